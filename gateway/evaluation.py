"""Use case: how right the identities are, against a file of known truth."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller
from audit.log import append
from gateway.errors import GatewayError
from linkage.evaluation import Pair, Quality, answered, merged_siblings, quality
from linkage.store import IdentityStore

TRUTH_COLUMNS = ("source", "record", "child")
STRATA_FILE = "strata.csv"


class TruthFileError(GatewayError):
    """The file of known truth cannot be read: it needs the columns source, record and child."""

    status = 422


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """Quality of the engine alone and after the reviews, whole and per stratum.

    `siblings`: pairs of children of one family or one report, of whom both left records.
    `missing`: records of the truth that the registry does not hold. `unknown`: the reverse.
    """

    engine: Quality
    answered: Quality
    strata: Mapping[str, tuple[Quality, Quality]]
    reviews: int
    true_reviews: int
    siblings: int
    siblings_merged: int
    missing: int
    unknown: int

    @property
    def reviews_per_100(self) -> float:
        return 100 * self.reviews / self.engine.children if self.engine.children else 0.0

    @property
    def true_share(self) -> float:
        return self.true_reviews / self.reviews if self.reviews else 0.0


def evaluate(session: Session, path: Path, caller: Caller) -> Evaluation:
    """Compare the identities with the truth file; strata.csv beside it names stratum and family.

    Raises TruthFileError.
    """
    truth = read_truth(path)
    store = IdentityStore(session)
    identity = {member.key: member.identity_id for member in store.memberships()}
    pairs = [(review.left_key, review.right_key) for review in store.reviews()]
    outcome = judged(truth, identity, pairs, *read_strata(path.with_name(STRATA_FILE)))
    append(session, AuditEvent(action=Action.EVALUATION_RUN, caller=caller))
    return outcome


def judged(
    truth: Mapping[str, str],
    identity: Mapping[str, str],
    reviews: Sequence[Pair],
    strata: Mapping[str, str],
    families: Mapping[str, str],
) -> Evaluation:
    """Compare record → identity, and the pairs asked about, with record → child.

    `strata` and `families`: child → the stratum and the family that it belongs to.
    """
    after = answered(truth, identity, reviews)
    siblings = _siblings(truth, families)
    known = truth.keys() & identity.keys()
    return Evaluation(
        engine=quality(truth, identity),
        answered=quality(truth, after),
        strata={
            name: (quality(part, identity), quality(part, after))
            for name, part in _parts(truth, strata)
        },
        reviews=len(reviews),
        true_reviews=sum(1 for one, other in reviews if _same(truth, one, other)),
        siblings=len(siblings),
        siblings_merged=merged_siblings(truth, identity, siblings),
        missing=len(truth) - len(known),
        unknown=len(identity) - len(known),
    )


def read_truth(path: Path) -> dict[str, str]:
    """Record key → child. Raises TruthFileError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(TRUTH_COLUMNS) <= set(reader.fieldnames or ()):
                raise TruthFileError
            rows = list(reader)
            if not all(row[column] for row in rows for column in TRUTH_COLUMNS):
                raise TruthFileError
            return {f"{row['source']}:{row['record']}": row["child"] for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TruthFileError from error


def read_strata(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """child → stratum and child → family, empty where there is no such file or column."""
    if not path.is_file():
        return {}, {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    strata, families = (
        {row["child"]: row[column] for row in rows if row.get(column)}
        for column in ("stratum", "family")
    )
    return strata, families


def _parts(
    truth: Mapping[str, str], strata: Mapping[str, str]
) -> Iterable[tuple[str, dict[str, str]]]:
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for record, child in truth.items():
        if child in strata:
            parts[strata[child]][record] = child
    return sorted(parts.items())


def _siblings(truth: Mapping[str, str], families: Mapping[str, str]) -> list[Pair]:
    """Children of one family, and those whom one report names."""
    together: dict[str, set[str]] = defaultdict(set)
    for record, child in truth.items():
        report, mark, _ = record.rpartition("#")
        if mark:
            together[f"report {report}"].add(child)
        if child in families:
            together[f"family {families[child]}"].add(child)
    return sorted({pair for group in together.values() for pair in combinations(sorted(group), 2)})


def _same(truth: Mapping[str, str], one: str, other: str) -> bool:
    return one in truth and truth[one] == truth.get(other)
