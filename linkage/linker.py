"""All records in, identities and questions out: score, decide, and look again at what was joined."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import count
from math import inf

from linkage import directory, given_ids, own_merges, siblings
from linkage.clustering import Keys, Partition, Reason, Review, partition, questions
from linkage.composite import composite, united
from linkage.conflicts import MISTYPED, Conflict, conflict
from linkage.decision import COPIED_TWICE, Forbids, is_copied, is_named, is_of_another, judge
from linkage.habits import without
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel
from linkage.own_merges import Groups
from linkage.parity import scorer_for
from linkage.records import PersonRecord
from linkage.replay import Past, replayed
from linkage.scores import NOTHING, Atom, Engine, Seen, fingerprint, scored
from linkage.second_look import Judged, Memory, explained, joins, judged
from linkage.standing import Decision, Standing, stand
from linkage.step_reports import SOURCE as REPORT
from linkage.suspects import suspects

NUMBERS = ("personal_ids", "active_ids", "certificates", "registrations")
"""What a conflict is about; stewards may say that a child has two of them."""
LEAST_DESPITE = min(MISTYPED.values())
Look = Callable[
    [Sequence[PersonRecord], Sequence[ScoredPair], Groups, Forbids, MatchModel], Sequence[Judged]
]
"""Groups as one record each, their pairs, the groups → the likeliest first: `second_look.judged`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Linkage:
    """The outcome: `groups` cover every record key once; `manual` stand on a steward's decision."""

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    manual: frozenset[str] = field(repr=False)
    reviews: tuple[Review, ...] = field(repr=False)
    pairs: int
    rounds: int
    likely: tuple[Judged, ...] = field(default=(), repr=False)
    """What the second look joined."""
    doubtful: tuple[Judged, ...] = field(default=(), repr=False)
    """What it found for the groups that are asked about."""
    seen: tuple[Seen, ...] = field(default=(), repr=False, compare=False)
    """What each round saw, to be remembered."""


def link(
    records: Sequence[PersonRecord],
    model: MatchModel,
    decisions: Sequence[Decision] = (),
    progress: Callable[[str], None] = lambda step: None,
    remembered: Sequence[Seen] = (),
    engine: Engine = score,
    look: Look | None = None,
) -> Linkage:
    """Which records are one child: a pure function of records, model and standing decisions.

    `remembered`: what the rounds of a linking before saw, with this model; it saves time and
    changes nothing. `engine` scores what is new. `look` takes the second look, if not `judged`.

    What no pair of records proves, a group may: the roster knows the name, the minutes know the
    place. So groups are compared again as if each were one record, until nothing more joins.
    """
    in_order = sorted(prepared(records), key=lambda record: record.key)
    originals = {record.key: record for record in in_order}
    standing = stand(originals, decisions)
    apart = _apart(_vouched(originals, standing), standing)
    decided: Groups = {group[0]: group for group in standing.groups}
    groups = own_merges.joined(decided, originals, _forbids(decided, apart))
    atom_of = _atoms(originals, standing)
    plain = cache(lambda group: without(atom_of(group).record, model.habits))
    look = look or partial(judged, memory=Memory())
    first: list[ScoredPair] = []
    seen: list[Seen] = []
    surely: list[Judged] = []
    for number in count(1):  # Every round but the last leaves fewer groups.
        progress(f"round {number}: {len(groups)} groups")
        atoms = [atom_of(group) for group in groups.values()]
        records = [atom.record for atom in atoms]
        alone = frozenset(record.key for record in records if record.source == REPORT)
        past = [*remembered[number - 1 :][:1], *remembered[-1:], NOTHING]
        now = scored(atoms, model, least_weight(model), [*seen[-1:], *past], engine)
        pairs = [pair for pair in now.pairs.values() if not _is_hearsay(pair, alone)]
        first = first or pairs
        forbids = _forbids(groups, apart)
        decide = partial(_round, records, pairs, model, forbids)
        done = replayed(now, past[0], model.thresholds.alone, decide)
        seen.append(replace(now, outcomes=done.outcomes))
        if len(done.groups) < len(groups):
            groups = _regroup(groups, done.groups)
            continue
        found = look([*map(plain, groups.values())], pairs, groups, forbids, model)
        likely = joins(found, model.thresholds)
        if not likely:
            break
        surely += explained(likely, model)
        groups = _regroup(groups, _united(groups, likely))
    asked = _asked(done, found, forbids, model)
    mistyped = _mistyped(groups, pairs, originals, standing)
    reviews = [
        *_between_records([*asked, *mistyped], groups, first),
        *_forced(originals, standing, first, model),
        *suspects(groups.values(), first, originals, standing.groups, surely, model),
    ]
    return Linkage(
        groups=tuple(sorted(groups.values())),
        manual=standing.manual,
        reviews=tuple(reviews),
        pairs=len(first),
        rounds=number,
        likely=tuple(surely),
        doubtful=tuple(explained(_told(asked, found), model)),
        seen=tuple(seen),
    )


def prepared(records: Sequence[PersonRecord]) -> list[PersonRecord]:
    """The records with what only all of them together tell: hospitals' codes, siblings, given ids."""
    records = directory.resolve(records, directory.learn(records))
    return siblings.resolve(given_ids.resolve(records))


def _is_hearsay(pair: ScoredPair, reports: Collection[str]) -> bool:
    """A number that a step report copied from another child's papers, as far as can be told.

    Two reports that only copied one number, perhaps each from elsewhere, say nothing either.
    """
    if is_of_another(pair):
        return True
    return (
        pair.left in reports
        and pair.right in reports
        and not (is_copied(pair, COPIED_TWICE) or is_named(pair))
    )


def least_weight(model: MatchModel) -> float:
    """Pairs below this many bits can neither be joined, nor asked about, nor be a rival."""
    thresholds = model.thresholds
    return min(thresholds.least, thresholds.review, thresholds.alone - thresholds.margin)


def _apart(originals: Mapping[str, PersonRecord], standing: Standing) -> Forbids:
    """Whether two records may not be joined; people outrank the engine."""

    @cache
    def apart(one: str, other: str) -> bool:
        pair = _sorted(one, other)
        if pair in standing.decided:
            return pair in standing.not_same
        return conflict(originals[one], originals[other]) is not None

    return apart


def _forbids(groups: Groups, apart: Forbids) -> Forbids:
    """Whether two groups hold records that may not be joined."""

    @cache
    def forbids(left: str, right: str) -> bool:
        return any(apart(one, other) for one in groups[left] for other in groups[right])

    return forbids


def _vouched(originals: Mapping[str, PersonRecord], standing: Standing) -> dict[str, PersonRecord]:
    """The records, each with the numbers of all that stewards called the same child.

    Who said that a child has two certificates has said it of every record that carries one of them.
    """
    several = [group for group in standing.groups if len(group) > 1]
    return {**originals} | {
        key: replace(
            originals[key],
            **{name: united([getattr(originals[one], name) for one in group]) for name in NUMBERS},
        )
        for group in several
        for key in group
    }


def _mistyped(
    groups: Groups,
    pairs: Sequence[ScoredPair],
    originals: Mapping[str, PersonRecord],
    standing: Standing,
) -> list[Review]:
    """Groups that only a number written by hand keeps apart: the best such question of each."""

    def despite(pair: ScoredPair) -> float:
        """The bits from which on the pair is asked about."""
        left, right = (groups.get(key, ()) for key in (pair.left, pair.right))
        between = [_sorted(one, other) for one in left for other in right]
        if any(originals[key].several for key in (*left, *right)):
            return inf
        if not standing.decided.isdisjoint(between):
            return inf
        kinds = {conflict(originals[one], originals[other]) for one, other in between} - {None}
        return MISTYPED.get(kinds.pop(), inf) if len(kinds) == 1 else inf

    asked: set[str] = set()
    questions = []
    for pair in sorted(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right)):
        if pair.weight < LEAST_DESPITE:
            break
        if asked.isdisjoint((pair.left, pair.right)) and pair.weight >= despite(pair):
            asked |= {pair.left, pair.right}
            questions.append(
                Review(pair=pair, reason=Reason.MISTYPED, left=pair.left, right=pair.right)
            )
    return questions


def _atoms(
    originals: Mapping[str, PersonRecord], standing: Standing
) -> Callable[[tuple[str, ...]], Atom]:
    """Keys → the records as one, with a fingerprint of each of them and of what was decided."""
    said = defaultdict(list)
    for pair in sorted(standing.decided):
        for key in pair:
            said[key].append(f"{pair} {pair in standing.same} {pair in standing.not_same}")

    @cache
    def atom_of(group: tuple[str, ...]) -> Atom:
        members = [originals[key] for key in group]
        record = composite(members)
        known = (text for key in group for text in (originals[key].as_json(), *said[key]))
        return Atom(record=record, told=fingerprint(*known))

    return atom_of


def _round(
    atoms: Sequence[PersonRecord],
    pairs: Sequence[ScoredPair],
    model: MatchModel,
    forbids: Forbids,
    past: Past,
) -> Partition:
    """One pass of joining over atoms: records at first, then the groups they formed."""
    by_key = {atom.key: atom for atom in atoms}
    judges = judge(by_key, list(filter(past.concerns, pairs)), forbids, model.thresholds)
    sources = {atom.key: frozenset(atom.source.split("+")) for atom in atoms}
    return partition(
        by_key,
        pairs,
        forbids,
        model.thresholds,
        sources=sources,
        judges=judges,
        known=past,
    )


def _regroup(groups: Groups, done: Iterable[Sequence[str]]) -> Groups:
    united = (tuple(sorted(k for atom in group for k in groups[atom])) for group in done)
    return {group[0]: group for group in united}


def _united(groups: Groups, likely: Sequence[Judged]) -> list[tuple[str, ...]]:
    """The groups by their first keys, those that are likely one child together."""
    both = [(one.pair.left, one.pair.right) for one in likely]
    return [*both, *((key,) for key in groups.keys() - {key for keys in both for key in keys})]


def _asked(
    done: Partition, found: Sequence[Judged], forbids: Forbids, model: MatchModel
) -> Sequence[Review]:
    """What a steward is asked: where there is a second look, by how likely that finds it.

    What is held is asked about however unlikely: a number that agrees where nothing else does is
    somebody's mistake, and is put right only if somebody hears of it.
    """
    if not model.clues:
        return done.reviews
    doubtful = [one.pair for one in found if one.held or one.bits >= model.thresholds.ask]
    return questions(doubtful, done.outcomes, forbids)


def _told(asked: Sequence[Review], found: Sequence[Judged]) -> list[Judged]:
    keys = {(review.pair.left, review.pair.right) for review in asked}
    return [one for one in found if (one.pair.left, one.pair.right) in keys]


def _between_records(
    reviews: Sequence[Review], groups: Groups, pairs: Sequence[ScoredPair]
) -> list[Review]:
    """Each question with the two records that speak loudest for it."""
    home = {key: group for group, keys in groups.items() for key in keys}
    best: dict[Keys, ScoredPair] = {}
    for pair in sorted(pairs, key=lambda pair: (-pair.weight, pair.left, pair.right)):
        best.setdefault(_sorted(home[pair.left], home[pair.right]), pair)
    return [
        replace(review, left=spoken.left, right=spoken.right)
        if (spoken := best.get(_sorted(home[review.left], home[review.right])))
        else review
        for review in reviews
    ]


def _forced(
    originals: Mapping[str, PersonRecord],
    standing: Standing,
    pairs: Sequence[ScoredPair],
    model: MatchModel,
) -> list[Review]:
    """Questions that are asked whatever the score: reused keys, contradicting decisions."""
    found = {(pair.left, pair.right): pair for pair in pairs}
    home = {key: group for group in standing.groups for key in group}
    questions = [(pair, Reason.CONTRADICTING_DECISIONS) for pair in standing.contradicted]
    variants = [record for key, record in originals.items() if "~" in key]
    questions += [
        (_sorted(one.key, other.key), Reason.REUSED_KEY)
        for i, one in enumerate(variants)
        for other in variants[i + 1 :]
        if conflict(one, other) is Conflict.REUSED_KEY
        and home[one.key] != home[other.key]
        and _sorted(one.key, other.key) not in standing.decided
    ]
    return [
        Review(
            pair=found.get(pair) or _scored_alone(pair, originals, model),
            reason=reason,
            left=pair[0],
            right=pair[1],
        )
        for pair, reason in questions
    ]


def _scored_alone(
    pair: Keys, originals: Mapping[str, PersonRecord], model: MatchModel
) -> ScoredPair:
    """A pair that shares no block key, or too little for any question: what it weighs all the same."""
    left, right = (originals[key] for key in pair)
    return scorer_for(model).pair(left, right)


def _sorted(one: str, other: str) -> Keys:
    return (one, other) if one <= other else (other, one)
