"""One engine over very many records, in a process of its own: `python -m tests.bench.linkage.scale`.

Arguments: `motem` or `splink`, how many records. Prints what it cost as one line of JSON.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker

from linkage import linker
from linkage.configuration import CHILDREN
from linkage.matcher import score
from linkage.model import MatchModel, load, settings
from linkage.records import PersonRecord
from linkage.rows import Rows, as_table
from linkage.splitting import to_split
from tests.bench.many_people import people

TWICE = 4
"""One child of so many has a second record: a school's or another body's."""
SEED = 20261123


def records(count: int) -> Iterator[PersonRecord]:
    """So many records, of which one in five is the second of its child."""
    chance = Random(SEED)
    made = 0
    for number, record in enumerate(people(count)):
        for one in (record, _again(record, chance)) if number % TWICE == 0 else (record,):
            if made == count:
                return
            made += 1
            yield one


def _again(record: PersonRecord, chance: Random) -> PersonRecord:
    """Half of them know no number, a third not the mother."""
    return PersonRecord(
        record_id=f"Z{record.record_id[1:]}",
        key=f"education:{record.key}",
        source="education",
        names=record.names,
        personal_ids=record.personal_ids if chance.random() < 0.5 else (),
        sex=record.sex,
        birth_low=record.birth_low,
        birth_high=record.birth_high,
        birth_firm=True,
        mothers=record.mothers if chance.random() < 0.66 else (),
        provinces=record.provinces,
    )


def trained(known: list[PersonRecord]) -> MatchModel:
    """The shipped weights, with the blocks split that training on these records would freeze."""
    keys = (set(CHILDREN.block_keys(record)) for record in known)
    return replace(load(), split=to_split(keys, CHILDREN.finer))


def by_motem(known: list[PersonRecord], model: MatchModel) -> dict[str, Any]:
    """From the records to identities and questions, without the database."""
    started = time.perf_counter()
    steps: dict[str, float] = {}

    def progress(step: str) -> None:
        steps[step] = _since(started)

    engine = partial(score, rows=Rows())
    done = linker.link(known, model, progress=progress, engine=engine)
    return {
        "seconds": _since(started),
        "pairs": done.pairs,
        "groups": len(done.groups),
        "questions": len(done.reviews),
        "steps_begun": steps,
    }


def by_splink(known: list[PersonRecord], model: MatchModel) -> dict[str, Any]:
    """From a table with the same columns and keys to clusters; to make the table is not counted."""
    table = as_table(known, CHILDREN, model.split)
    creator = settings(model)
    # What a caller would leave out who knows Splink; with them it takes several times the memory.
    creator.retain_matching_columns = creator.retain_intermediate_calculation_columns = False
    known.clear()
    started = time.perf_counter()
    api = DuckDBAPI(connection=duckdb.connect())
    plain = Linker(
        api.register(table, dataset_display_name="records"), creator, log_level=logging.CRITICAL
    )
    for column in CHILDREN.term_columns:
        plain.table_management.register_term_frequency_lookup(
            api.register(_frequencies(table, column, model)), column
        )
    found = plain.inference.predict(threshold_match_weight=linker.least_weight(model))
    predicted = _since(started)
    clusters = plain.clustering.cluster_pairwise_predictions_at_threshold(
        found, threshold_match_weight=model.thresholds.link
    )
    return {
        "seconds": _since(started),
        "predict": predicted,
        "pairs": _count(api, f"select count(*) from {found.physical_name}"),
        "groups": _count(api, f"select count(distinct cluster_id) from {clusters.physical_name}"),
    }


def _frequencies(table: pa.Table, column: str, model: MatchModel) -> pa.Table:
    terms = [term for term in table[column].unique().to_pylist() if term is not None]
    known, unseen = model.frequencies.get(column, {}), model.unseen.get(column, 1e-4)
    return pa.table({column: terms, f"tf_{column}": [known.get(t, unseen) for t in terms]})


def _count(api: DuckDBAPI, statement: str) -> int:
    row = api._con.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    engine, count = sys.argv[1], int(sys.argv[2])
    held = list(records(count))
    using = trained(held)
    told = (by_motem if engine == "motem" else by_splink)(held, using)
    sys.stdout.write(json.dumps(told | {"split": {k: len(v) for k, v in using.split.items()}}))
