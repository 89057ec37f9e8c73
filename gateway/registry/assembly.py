"""Makes the records under one base key from all statements that stand under it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ulid import ULID

from adapters import history, replacing
from adapters.contract import Conversion, Resource
from adapters.profile import TAG_SYSTEM, Tag, coding
from gateway.registry.inherited_labels import with_inherited
from gateway.registry.records import KeptRecord
from gateway.registry.statements import KeptStatement
from gateway.registry.versions import is_shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembled:
    """What one record says now. `before` is None for a record that is new."""

    record_id: str
    key: str = field(repr=False)
    before: KeptRecord | None
    flags: tuple[str, ...]
    custodian: str
    province: str | None
    resources: tuple[Resource, ...] = field(repr=False)
    """Their ids are still roles."""
    shared: tuple[Resource, ...] = field(repr=False)
    readings: tuple[Conversion, ...] = field(repr=False)
    """What it may say if its statements arrived in another order: what is compared must not go by
    arrival."""
    statements: tuple[KeptStatement, ...]
    """With the base key and the record that each belongs to."""


def assemble(
    base: str,
    said: Sequence[tuple[KeptStatement, Conversion]],
    records: Sequence[KeptRecord],
    bodies: Mapping[str, str],
) -> Iterator[Assembled]:
    """The record under `base` (`<source>:<record id>`), or several where the key was reused.

    `bodies`: names of those that all records share, of which labels are inherited.

    A record keeps its opaque id as long as one of its statements is in it.
    """
    pairs = replacing.standing([(kept.statement, conversion) for kept, conversion in said])
    kept_of = {id(pair): kept for pair, (kept, _) in zip(pairs, said, strict=True)}
    free = {record.id: record for record in records}
    for variant, members in history.group(pairs).items():
        kept = [kept_of[id(pair)] for pair in members]
        before = next((free.pop(k.record_id) for k in kept if k.record_id in free), None)
        order = history.by_time(members)
        now = history.compose(order)
        readings = tuple(
            now if history.is_same(other, order) else history.compose(other)
            for other in history.orders(members)
        )
        yield _assembled(base, variant, kept, before, now, readings, bodies)


def _assembled(
    base: str,
    variant: str | None,
    kept: Sequence[KeptStatement],
    before: KeptRecord | None,
    said: Conversion,
    readings: tuple[Conversion, ...],
    bodies: Mapping[str, str],
) -> Assembled:
    record_id = before.id if before else str(ULID()).lower()
    unkeyed = any(k.statement.unkeyed for k in kept)
    marks = {Tag.UNKEYED: unkeyed, Tag.REUSED_KEY: variant is not None}
    flags = tuple(sorted(tag.value for tag, holds in marks.items() if holds))
    tagged = with_inherited(list(_tagged(said.resources, flags)), bodies)
    base_key = base.partition(":")[2]
    return Assembled(
        record_id=record_id,
        key=f"{base}~{variant}" if variant else base,
        before=before,
        flags=flags,
        custodian=said.custodian,
        province=said.province,
        resources=tuple(r for r in tagged if not is_shared(r["id"])),
        shared=tuple(r for r in tagged if is_shared(r["id"])),
        readings=readings,
        statements=tuple(_placed(k, base_key, record_id) for k in kept),
    )


def _placed(kept: KeptStatement, base_key: str, record_id: str) -> KeptStatement:
    moved = (kept.base_key, kept.record_id) != (base_key, record_id)
    return replace(kept, base_key=base_key, record_id=record_id, moved=moved)


def _tagged(resources: Sequence[Resource], flags: Sequence[str]) -> Iterator[Resource]:
    """The resources, with the record's flags among the Patient's tags."""
    for resource in resources:
        if resource["resourceType"] != "Patient" or not flags:
            yield resource
            continue
        meta = resource.get("meta", {})
        others = [tag for tag in meta.get("tag", ()) if tag["code"] not in flags]
        tags = [*others, *(coding(TAG_SYSTEM, flag) for flag in flags)]
        yield {**resource, "meta": meta | {"tag": sorted(tags, key=lambda tag: tag["code"])}}
