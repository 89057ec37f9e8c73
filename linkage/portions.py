"""Pairs in DuckDB: who shares a key is found once, then portions are scored by Splink's own SQL."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from splink import Linker
from splink.internals.comparison_vector_values import (
    compute_comparison_vector_values_from_id_pairs_sqls,
)
from splink.internals.dialects import SplinkDialect
from splink.internals.pipeline import CTEPipeline
from splink.internals.predict import predict_from_comparison_vectors_sqls
from splink.internals.vertically_concatenate import enqueue_df_concat_with_tf

FETCH = 50_000
PAIRS_AT_ONCE = 4_000_000
"""Scored at once; a pair takes DuckDB about a hundred bytes."""
WITH_FREQUENCIES = "__splink__df_concat_with_tf"
PORTION = "__splink__blocked_id_pairs"
"""Where Splink's SQL looks for the records and for the pairs that it scores."""

# A block is a number here: keys are long, and most are one record's alone.
MEMBERS = """
create temp table members as
with known as (select unique_id as id, crowd, unnest(block_keys) as block_key from {records}),
shared as (
    select block_key, row_number() over () as block, count(*) as size
    from known group by block_key having count(*) > 1
)
select id, crowd, block, size from known join shared using (block_key)
"""
PAIRS = "select coalesce(sum(size - 1), 0)::bigint // 2 from members"
BLOCKED = f"""
create or replace temp table {PORTION} as
select distinct '0' as match_key, l.id as join_key_l, r.id as join_key_r
from members as l join members as r using (block)
where l.id < r.id and l.id % ? = ? and coalesce(l.crowd <> r.crowd, true)
"""


def pairs_in_duckdb(linker: Linker, least: float, columns: str) -> Iterator[tuple[Any, ...]]:
    """These columns of every pair that shares a block key and reaches `least` bits.

    The records of the linker have numbers for `unique_id`, `block_keys` and a `crowd`. Splink by
    itself would join all keys again for each portion, and read all records. The database is closed
    at the end.
    """
    # Closed at once, because Splink's objects hold one another until some later time.
    with closing(linker._db_api._con) as connection:  # type: ignore[attr-defined]
        (records,) = linker._input_tables_dict.values()
        connection.execute(MEMBERS.format(records=records.physical_name))
        (most,) = connection.execute(PAIRS).fetchone()
        portions = 1 + most // PAIRS_AT_ONCE if most else 0
        for number in range(portions):
            connection.execute(BLOCKED, [portions, number])
            found = connection.execute(f"select {columns} from ({_scores(linker, least)})")
            while batch := found.fetchmany(FETCH):
                yield from batch


def _scores(linker: Linker, least: float) -> str:
    """What Splink's `predict` would run, without reading again who shares a key."""
    inside = linker._settings_obj
    # A pair with all that it was compared by is forty times as large.
    inside._retain_matching_columns = False
    pipeline = CTEPipeline()
    enqueue_df_concat_with_tf(linker, pipeline)
    pipeline.enqueue_list_of_sqls(
        compute_comparison_vector_values_from_id_pairs_sqls(
            inside._columns_to_select_for_blocking,
            inside._columns_to_select_for_comparison_vector_values,
            input_tablename_l=WITH_FREQUENCIES,
            input_tablename_r=WITH_FREQUENCIES,
            source_dataset_input_column=None,
            unique_id_input_column=inside.column_info_settings.unique_id_input_column,
        )
    )
    pipeline.enqueue_list_of_sqls(
        predict_from_comparison_vectors_sqls(
            unique_id_input_columns=inside.column_info_settings.unique_id_input_columns,
            core_model_settings=inside.core_model_settings,
            sql_dialect=SplinkDialect.from_string(inside._sql_dialect_str),
            threshold_match_weight=least,
            retain_intermediate_calculation_columns=True,
            training_mode=True,  # Only so are the levels told without those columns.
        )
    )
    return pipeline.generate_cte_pipeline_sql()
