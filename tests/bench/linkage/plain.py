"""Splink as its own examples set it up, on the same records and in the same run."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_library as cl

U_PAIRS, SEED = 1e7, 1
Record = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """What an example of Splink's documentation sets (docs/demos/examples/duckdb, version 5)."""

    comparisons: tuple[Any, ...]
    blocking: tuple[Any, ...]
    certain: tuple[Any, ...]
    """Rules by which the prior is guessed, together with the `recall` that they are said to have."""
    recall: float
    sessions: tuple[Any, ...]
    """Rules of the EM sessions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """Pairs with their probability, and the seconds that training and scoring took."""

    pairs: list[tuple[str, str, float]]
    seconds: float

    def over(self, least: float) -> Iterator[tuple[str, str]]:
        return ((left, right) for left, right, likely in self.pairs if likely >= least)


def predict(example: Example, *tables: Sequence[Record]) -> Predicted:
    """Two tables are linked with each other, one within itself. The key is `unique_id`."""
    started = time.perf_counter()
    api = DuckDBAPI(connection=duckdb.connect())
    given = [
        api.register(pa.Table.from_pylist(list(table)), dataset_display_name=f"t{number}")
        for number, table in enumerate(tables)
    ]
    settings = SettingsCreator(
        link_type="link_only" if len(tables) > 1 else "dedupe_only",
        blocking_rules_to_generate_predictions=list(example.blocking),
        comparisons=list(example.comparisons),
    )
    linker = Linker(given, settings, log_level=logging.CRITICAL)
    linker.training.estimate_probability_two_random_records_match(
        list(example.certain), recall=example.recall
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=SEED)
    for rule in example.sessions:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )
    table = linker.inference.predict(threshold_match_probability=0.2).physical_name
    cursor = linker._db_api._con.cursor()  # type: ignore[attr-defined]
    cursor.execute(f"select unique_id_l, unique_id_r, match_probability from {table}")
    return Predicted(pairs=cursor.fetchall(), seconds=time.perf_counter() - started)


NAMES = (cl.NameComparison("given_name"), cl.NameComparison("surname"))
DATE = cl.DateOfBirthComparison(
    "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
)

FEBRL3 = Example(
    comparisons=(
        *NAMES,
        DATE,
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
    ),
    blocking=tuple(
        map(block_on, ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode"))
    ),
    certain=(
        block_on("soc_sec_id"),
        block_on("given_name", "surname", "date_of_birth"),
        "l.given_name = r.surname and l.surname = r.given_name"
        " and l.date_of_birth = r.date_of_birth",
    ),
    recall=0.9,
    sessions=(block_on("date_of_birth"), block_on("postcode")),
)
FEBRL4 = Example(
    comparisons=(
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        DATE,
        cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(
            term_frequency_adjustments=True
        ),
    ),
    blocking=(
        block_on("given_name", "surname"),
        "l.given_name = r.surname and l.surname = r.given_name",
        block_on("date_of_birth"),
        block_on("soc_sec_id"),
        block_on("state", "address_1"),
        block_on("street_number", "address_1"),
        block_on("postcode"),
    ),
    certain=(block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")),
    recall=0.8,
    sessions=(block_on("date_of_birth"), block_on("postcode")),
)
# There is no example for OpenCR's set: the comparisons of the one for FEBRL, as far as they fit.
UGANDA = Example(
    comparisons=(
        *NAMES,
        DATE,
        cl.DamerauLevenshteinAtThresholds("phone_number", [1, 2]),
        cl.ExactMatch("sex"),
    ),
    blocking=tuple(map(block_on, ("phone_number", "given_name", "surname", "date_of_birth"))),
    certain=(block_on("given_name", "surname", "date_of_birth"), block_on("phone_number")),
    recall=0.9,
    sessions=(block_on("date_of_birth"), block_on("surname")),
)
HISTORICAL = Example(
    comparisons=(
        cl.ForenameSurnameComparison(
            "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
        ),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ),
    blocking=(
        block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
        block_on("surname", "dob"),
        block_on("first_name", "dob"),
        block_on("postcode_fake", "first_name"),
        block_on("postcode_fake", "surname"),
        block_on("dob", "birth_place"),
        block_on("substr(postcode_fake,1,3)", "dob"),
        block_on("substr(postcode_fake,1,3)", "first_name"),
        block_on("substr(postcode_fake,1,3)", "surname"),
        block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
    ),
    certain=(
        block_on("first_name", "surname", "dob"),
        block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
        block_on("dob", "postcode_fake"),
    ),
    recall=0.6,
    sessions=(block_on("first_name", "surname"), block_on("dob")),
)
