"""Splink on Spark gives what Splink on DuckDB gives: weights, levels, and who is one child.

Needs what requirements/spark.txt names, and Java 17 or newer.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import product

import pytest

from linkage.features import FEATURES
from linkage.linker import link
from linkage.matcher import score
from linkage.model import load
from linkage.parity import NEARLY, made_rows, scored_by_splink
from linkage.parity import prepared as prepared_row
from linkage.scorer import compiled
from tests.linkage.people import made_people

pytest.importorskip(
    "pyspark", reason="Spark is not installed: pip install -r requirements/spark.txt"
)
if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17 or newer", allow_module_level=True)

pytestmark = [
    pytest.mark.spark,
    # What the library that talks to Java leaves open.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

from linkage.spark import Spark, running  # noqa: E402

FOLDED = ("a", "ab", "abcd", "tran", "trna")
"""Texts of which edit distances are taken: DuckDB counts bytes, Spark letters; they are folded."""
LEVELS = {(f.name, level) for f in FEATURES for level in (None, *range(len(f.levels) + 1))}


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    with running("local[2]") as backend:
        yield backend


def test_every_level_of_every_feature_weighs_the_same(spark: Spark) -> None:
    scorer = compiled(load())
    rows = made_rows(scorer.model, seed=7, count=140, texts=FOLDED)
    left, right = rows[:70], rows[70:]
    theirs = scored_by_splink(left, right, scorer, spark)
    prepared = {row["unique_id"]: prepared_row(row) for row in rows}
    seen: Counter[tuple[str, int | None]] = Counter()
    for one, other in product(left, right):
        key = one["unique_id"], other["unique_id"]
        weight, levels, bits = scorer.exact(prepared[key[0]], prepared[key[1]])
        assert theirs[key][1:] == (levels, bits)
        assert theirs[key][0] == pytest.approx(weight, abs=NEARLY)
        seen.update((f.name, level) for f, level in zip(FEATURES, levels, strict=True))
    assert set(seen) == LEVELS


def test_the_same_pairs_are_compared_and_the_same_records_are_one_child(spark: Spark) -> None:
    records = made_people(24, seed=3)
    model = load()
    assert set(score(records, model, -20.0, backend=spark)) == set(score(records, model, -20.0))
    here = link(records, model)
    assert link(records, model, engine=partial(score, backend=spark)) == here
    assert len(here.groups) < len(records)


def test_what_is_written_to_disk_on_this_machine_is_enciphered(spark: Spark) -> None:
    """A command that is killed leaves its folder, but no key to it."""
    assert spark._session.conf.get("spark.io.encryption.enabled") == "true"
