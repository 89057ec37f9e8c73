"""How probable a record is the child of its identity, by the other record that speaks loudest for it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from gateway import modelling
from gateway.weighing import scorer_of
from linkage import index
from linkage.decision import POSITION
from linkage.index import Held
from linkage.links import Member
from linkage.matcher import PRECISION
from linkage.scorer import Prepared

PERSONAL_ID = POSITION["personal_id"]


class LinkScores:
    """Of the records of some identities, each prepared once."""

    def __init__(self, session: Session, held: Sequence[Held]) -> None:
        self.model = modelling.in_use(session)
        self.scorer = scorer_of(self.model)
        records = index.resolved(session, [one.record for one in held])
        self.whole: dict[str, dict[str, Prepared]] = {}
        for one, record in zip(held, records, strict=True):
            members = self.whole.setdefault(one.identity_id, {})
            members[one.record_id] = self.scorer.prepared(record)

    def of(self, one: Member) -> tuple[float | None, bool]:
        """The probability by the record that speaks loudest for it, and whether by the same number."""
        members = self.whole.get(one.identity_id, {})
        own = members.get(one.record_id)
        others = [other for id_, other in members.items() if id_ != one.record_id]
        if own is None or not others:
            return None, False
        best = max((self.scorer.score(own, other) for other in others), key=lambda p: p.weight)
        likely = self.model.calibration.probability(best.weight)
        return round(likely, PRECISION), best.levels[PERSONAL_ID] == 0
