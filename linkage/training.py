"""Estimates a model's weights from unlabelled records with Splink."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from splink import Linker, block_on
from splink.internals.exceptions import SplinkException

from linkage.configuration import CHILDREN, Configuration
from linkage.matcher import make_linker, told_apart
from linkage.model import MatchModel, Thresholds, untrained
from linkage.records import Comparable
from linkage.splitting import to_split

SEED = 20261121
LEAST_TO_LEARN_FROM = 200
"""Records below which a model would learn chance."""
U_PAIRS = 4_000_000
EM_PAIRS = 2_000_000
M_FLOOR, U_FLOOR = 0.001, 1e-6


def train(
    records: Sequence[Comparable],
    *,
    configuration: Configuration = CHILDREN,
    name: str = "trained",
    thresholds: Thresholds | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> MatchModel:
    """u by random sampling, m by EM, both from unlabelled records; term frequencies frozen,
    and what a house writes of everybody.

    So are the blocks that are too large with these records, which are then split for ever.

    Raises ValueError where there are too few records to learn from.
    """
    if len(records) < LEAST_TO_LEARN_FROM:
        raise ValueError(f"at least {LEAST_TO_LEARN_FROM} records are needed to train a model")
    start = untrained(configuration)
    habits = configuration.habits(records)
    fingerprint = _fingerprint(records)
    records = told_apart(records, habits)
    frequencies, unseen = _frequencies(records, configuration)
    linker = make_linker(records, start, configuration)
    progress("u")
    linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=SEED)
    for columns in configuration.em_rules:
        progress(f"m ({', '.join(columns)})")
        _learn(linker, columns)
    weights = _weights(linker.misc.save_model_to_json(), start, configuration)
    return MatchModel(
        name=name,
        prior=start.prior,
        weights=weights,
        thresholds=thresholds or start.thresholds,
        frequencies=frequencies,
        unseen=unseen,
        habits=habits,
        split=to_split((set(configuration.block_keys(r)) for r in records), configuration.finer),
        trained_on={"records": len(records), "fingerprint": fingerprint},
    )


def _learn(linker: Linker, columns: Sequence[str]) -> None:
    """One session of EM.

    A kind of evidence that no two records share teaches nothing, nor does one that leaves no doubt:
    its odds are infinite, which Splink cannot write as a number. Then the model stays as it was.
    """
    inside = linker._settings_obj
    before = deepcopy(inside.core_model_settings)
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns),
            estimate_without_term_frequencies=True,
            max_pairs=EM_PAIRS,
        )
    except SplinkException:
        # The session has taken its own columns out, and puts them back only at its end.
        inside.core_model_settings = before


def _weights(
    trained: dict[str, Any], start: MatchModel, configuration: Configuration
) -> dict[str, tuple[tuple[float, float], ...]]:
    """Each level's (m, u): where it was trained, moved towards the estimate."""
    estimates = {
        c["output_column_name"]: c["comparison_levels"][1:] for c in trained["comparisons"]
    }
    weights = {}
    for feature in configuration.features:
        prior = start.weights[feature.name]
        if not feature.trained:
            weights[feature.name] = prior
            continue
        kept = [not level.trained for level in feature.levels] + [False]
        m, u = (
            [
                p[side]
                if keep
                else _blend(p[side], estimate.get(name), floor, configuration.learning)
                for p, keep, estimate in zip(prior, kept, estimates[feature.name], strict=True)
            ]
            for side, name, floor in ((0, "m_probability", M_FLOOR), (1, "u_probability", U_FLOOR))
        )
        weights[feature.name] = tuple((round(a, 8), round(b, 8)) for a, b in zip(m, u, strict=True))
    return weights


def _blend(prior: float, estimate: float | None, floor: float, learning: float) -> float:
    """Geometric mean of prior and estimate; the prior where nothing was seen."""
    if not isinstance(estimate, float):
        return prior
    return float(prior ** (1 - learning) * max(estimate, floor) ** learning)


def _frequencies(
    records: Sequence[Comparable], configuration: Configuration
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Share of records with each term that occurs more than once, and of one that never did."""
    tables: dict[str, dict[str, float]] = {}
    unseen: dict[str, float] = {}
    for column in configuration.term_columns:
        of = configuration.columns[column].of
        counts = Counter(t for r in records if (t := of(r)) is not None)
        total = sum(counts.values()) + 1
        tables[column] = {t: round(n / total, 9) for t, n in sorted(counts.items()) if n > 1}
        unseen[column] = round(1 / total, 9)
    return tables, unseen


def _fingerprint(records: Sequence[Comparable]) -> str:
    """SHA-256 over all records, whatever their order."""
    digest = hashlib.sha256()
    for text in sorted(record.as_json() for record in records):
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()
