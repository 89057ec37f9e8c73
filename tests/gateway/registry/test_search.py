"""What a search finds is what an independent reading of all resources finds; each has an index."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from gateway.fhir.extraction import is_listed as is_listed_here
from gateway.fhir.parameters import META, TYPES
from gateway.fhir.query import search_of
from gateway.registry import search, tables
from gateway.registry.search import _base
from tests.gateway.registry.searched import (
    KNOWN,
    Known,
    Resource,
    Values,
    holds,
    is_listed,
    of,
    pairs,
    stated,
)

ALL = 100_000


class World(dict[str, list[Resource]]):
    """Resources by type. Hypothesis tells what a test was called with, and this is too long."""

    def __repr__(self) -> str:
        return f"World({', '.join(self)})"


@pytest.fixture(scope="module")
def reader(kept: Engine) -> Iterator[Session]:
    with Session(kept) as session:
        yield session


@pytest.fixture(scope="module")
def resources(reader: Session) -> dict[str, list[Resource]]:
    """All that stands, by type."""
    c = tables.resource.c
    found = World()
    for body in reader.scalars(select(c.body).where(c.is_current)):
        resource = json.loads(body)
        found.setdefault(resource["resourceType"], []).append(resource)
    return found


def found_by(session: Session, kind: str, *asked: tuple[str, str]) -> list[str]:
    wanted = search_of(kind, asked, search.veil_of(session))
    return list(search.page(session, replace(wanted, count=ALL)).ids)


def escaped(text_: str) -> str:
    for mark in "\\,|$":
        text_ = text_.replace(mark, f"\\{mark}")
    return text_


def asked_for(chance: Random, known: Known, values: Values) -> str:
    """A value that somebody may ask for, near one that there is."""
    value = chance.choice(values)
    match known.form:
        case "token":
            system, code = chance.choice(list(pairs(value)))
            forms = [escaped(code), f"{escaped(system or '')}|{escaped(code)}", f"|{escaped(code)}"]
            return chance.choice(forms)
        case "string":
            part = str(value)[: chance.randint(1, len(value))]
            part = chance.choice([part, part.upper(), value, value[-3:]])
            return escaped(part if any(c.isalnum() for c in part) else value)
        case "date":
            text_ = value if isinstance(value, str) else chance.choice(list(value.values()))
            lengths = [n for n in (4, 7, 10, len(text_)) if n <= len(text_)]
            prefix = chance.choice(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"])
            return prefix + text_[: chance.choice(lengths)]
        case _:
            whole: str = value["reference"]
            return chance.choice([whole, whole.partition("/")[2]])


MODIFIERS = {
    "token": ["", "", "not", "missing"],
    "string": ["", "", "exact", "contains", "missing"],
    "date": ["", "", "missing"],
    "reference": ["", "", "missing"],
}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_search_finds_what_reading_everything_finds(
    reader: Session, resources: dict[str, list[Resource]], seed: int
) -> None:
    chance = Random(seed)
    kind = chance.choice(sorted({known.kind for known in KNOWN}))
    mine = [known for known in KNOWN if known.kind == kind]
    asked, tests = [], []
    for known in chance.choices(mine, k=chance.randint(1, 3)):
        values = [v for one in resources[kind] for v in stated_values(known, one)]
        modifier = chance.choice(MODIFIERS[known.form]) if values else "missing"
        if modifier == "missing":
            wanted = [chance.choice(["true", "false"])]
        else:
            wanted = [asked_for(chance, known, values) for _ in range(chance.randint(1, 3))]
        name = f"{known.name}:{modifier}" if modifier else known.name
        asked.append((name, ",".join(wanted)))
        tests.append((known, modifier, [plain_of(one) for one in wanted]))
    by_tag = any(known.name == "_tag" for known, _, _ in tests)
    expected = {
        one["id"]
        for one in resources[kind]
        if (by_tag or is_listed(one))
        and all(holds(known, known.values(one), m, wanted) for known, m, wanted in tests)
    }
    found = found_by(reader, kind, *asked)
    assert set(found) == expected, asked
    assert found == sorted(found)


def stated_values(known: Known, resource: Resource) -> Values:
    values = known.values(resource)
    kept_ = [v for v in values if stated(known.form, [v])]
    return [v for v in kept_ if "reference" in v] if known.form == "reference" else kept_


def plain_of(wanted: str) -> str:
    """Without the escapes that `escaped` made."""
    return wanted.replace("\\,", ",").replace("\\|", "|").replace("\\$", "$").replace("\\\\", "\\")


def test_each_child_is_found_once(reader: Session, resources: dict[str, list[Resource]]) -> None:
    standing = [one["id"] for one in resources["Patient"] if is_listed(one)]
    assert found_by(reader, "Patient") == sorted(standing)
    assert len(standing) < len(resources["Patient"]) / 3


def test_records_are_found_by_id_or_tag(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    records = sorted(one["id"] for one in resources["Patient"] if not one["id"].startswith("te-"))
    assert found_by(reader, "Patient", ("_tag:not", "golden")) == records
    assert found_by(reader, "Patient", ("_id", f"{records[0]},{records[1]}")) == records[:2]
    retired = [one["id"] for one in resources["Patient"] if one.get("active") is False]
    assert retired
    assert found_by(reader, "Patient", ("_id", retired[0])) == [retired[0]]


def of_child(identity: Resource) -> set[str]:
    """Records of a golden Patient."""
    return {one["reference"].partition("/")[2] for one in of(identity, "link", "other")}


def test_a_chain_finds_all_records_of_the_child_that_matches(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    """One source knows the name, another the weight: they are one child."""
    patients = resources["Patient"]
    name = next(n for n in patients if is_listed(n) and of(n, "name", "family"))["name"][0][
        "family"
    ]
    matching = [p for p in patients if name in of(p, "name", "family")]
    known = {p["id"] for p in matching}.union(*(of_child(p) for p in matching))
    expected = sorted(
        one["id"]
        for one in resources["Observation"]
        if one["subject"]["reference"].partition("/")[2] in known
    )
    assert found_by(reader, "Observation", ("patient.family:exact", name)) == expected
    assert found_by(reader, "Observation", ("subject:Patient.family:exact", name)) == expected


def test_a_chain_of_two_goes_over_the_encounter(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    hospital = resources["Encounter"][0]["serviceProvider"]["reference"].partition("/")[2]
    stays = {
        one["id"]
        for one in resources["Encounter"]
        if one["serviceProvider"]["reference"].endswith(f"/{hospital}")
    }
    expected = sorted(
        one["id"]
        for one in resources["Condition"]
        if one.get("encounter", {}).get("reference", "/").partition("/")[2] in stays
    )
    assert expected
    assert found_by(reader, "Condition", ("encounter.service-provider._id", hospital)) == expected


def test_a_reverse_chain_finds_the_child_by_what_one_of_its_records_says(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    code = resources["Condition"][0]["code"]["coding"][0]["code"]
    records = {
        one["subject"]["reference"].partition("/")[2]
        for one in resources["Condition"]
        if code in [c["code"] for c in one["code"]["coding"]]
    }
    expected = sorted(
        one["id"] for one in resources["Patient"] if is_listed(one) and of_child(one) & records
    )
    assert expected
    assert found_by(reader, "Patient", ("_has:Condition:patient:code", code)) == expected
    deeper = "_has:Encounter:patient:_has:Condition:encounter:code"
    assert set(found_by(reader, "Patient", (deeper, code))) <= set(expected)


def test_an_identity_stands_for_its_records_where_it_is_referred_to(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    golden = next(p for p in resources["Patient"] if is_listed(p) and len(of_child(p)) > 2)
    expected = sorted(
        one["id"]
        for one in resources["Provenance"]
        if one["target"][0]["reference"].partition("/")[2] in of_child(golden)
    )
    assert found_by(reader, "Provenance", ("patient", golden["id"])) == expected
    assert found_by(reader, "Provenance", ("target", f"Patient/{golden['id']}")) == expected


def test_a_reference_is_found_by_the_identifier_that_it_gives(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    task = next(one for one in resources["Task"] if of(one, "owner", "identifier"))
    number = task["owner"]["identifier"]
    asked = ("owner:identifier", f"{number['system']}|{number['value']}")
    found = found_by(reader, "Task", asked)
    assert task["id"] in found
    assert all(
        one["owner"]["identifier"] == number for one in resources["Task"] if one["id"] in found
    )


@pytest.mark.parametrize("sort", ["birthdate", "-birthdate", "family,-_id", "-gender,birthdate"])
def test_pages_in_any_order_go_forward_and_back_over_each_child_once(
    reader: Session, sort: str
) -> None:
    veil = search.veil_of(reader)
    wanted = search_of("Patient", [("_sort", sort), ("_count", "7")], veil)
    pages = [search.page(reader, wanted)]
    while pages[-1].following:
        pages.append(search.page(reader, replace(wanted, place=pages[-1].following)))
    ids = [id_ for page in pages for id_ in page.ids]
    assert ids == list(search.page(reader, replace(wanted, count=ALL)).ids)
    assert sorted(ids) == found_by(reader, "Patient")
    back = pages[-1]
    for page in reversed(pages[:-1]):
        assert back.previous is not None
        back = search.page(reader, replace(wanted, place=back.previous))
        assert back.ids == page.ids
    assert back.previous is None


def test_an_order_by_birth_is_that_of_the_dates(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    born = {one["id"]: one.get("birthDate", "9999") for one in resources["Patient"]}
    ids = found_by(reader, "Patient", ("_sort", "birthdate"))
    dates = [(born[id_] + "-01-01")[:10] for id_ in ids]
    assert dates == sorted(dates)


EXPLAINED: Sequence[tuple[str, Sequence[tuple[str, str]], str]] = [
    ("Patient", [("identifier", "urn:x|999")], "ix_registry_search_value"),
    ("Patient", [("family", "ngu")], "ix_registry_search_value"),
    ("Patient", [("name:exact", "Nguyễn Thị Thử")], "ix_registry_search_value"),
    ("Location", [("name:contains", "cau")], "ix_registry_search_value"),
    ("Patient", [("birthdate", "2024-03")], "ix_registry_search_time"),
    ("Patient", [("birthdate", "ge2024")], "ix_registry_search_time"),
    ("Patient", [("_lastUpdated", "gt2026")], "ix_registry_search_time"),
    ("Patient", [("_source", "urn:motem:source:police")], "ix_registry_search_value"),
    ("Observation", [("patient", "Patient/x")], "ix_registry_search_value"),
    ("Task", [("owner:identifier", "urn:x|1")], "ix_registry_search_value"),
    ("Observation", [("patient.identifier", "999")], "ix_registry_search_value"),
    ("Patient", [("_has:Condition:patient:code", "Z38")], "ix_registry_search_value"),
    ("Patient", [("gender:not", "male")], "ix_registry_search_"),
    ("Patient", [("gender:missing", "true")], "ix_registry_search_"),
    ("Patient", [("mothersMaidenName:missing", "true")], "ix_registry_search_value"),
    ("Patient", [("mothersMaidenName:missing", "false")], "ix_registry_search_value"),
    ("Patient", [], "ix_registry_search_page"),
    ("Patient", [("_id", "te-x")], "ix_registry_search_of"),
]


@pytest.mark.parametrize(("kind", "asked", "index"), EXPLAINED, ids=lambda v: str(v)[:40])
def test_each_kind_of_parameter_has_an_index_behind_it(
    reader: Session, kind: str, asked: Sequence[tuple[str, str]], index: str
) -> None:
    """Without the plan of reading whole tables, which is the quicker one in a small database."""
    base, holds_ = _base(search_of(kind, asked, search.veil_of(reader)))
    query = select(base.c.id).where(holds_).order_by(base.c.id).limit(51)
    dialect = reader.get_bind().dialect
    compiled = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    reader.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(
        reader.connection().exec_driver_sql(f"EXPLAIN {compiled}".replace("%%", "%")).scalars()
    )
    reader.rollback()
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan


def test_rows_are_those_of_what_stands(
    reader: Session, resources: dict[str, list[Resource]]
) -> None:
    """Each resource that stands has its row, and nothing else has one."""
    s = tables.search.c
    rows = reader.execute(select(s.type, s.id, s.listed).where(s.parameter == META)).all()
    expected = sorted(
        (kind, one["id"], is_listed(one)) for kind, several in resources.items() for one in several
    )
    assert sorted(tuple(row) for row in rows) == expected
    assert resources.keys() <= TYPES.keys()
    assert all(is_listed_here(p) is is_listed(p) for p in resources["Patient"])
    assert reader.scalars(select(s.type).distinct()).all()
