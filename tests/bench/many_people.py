"""Very many made-up person records, written straight into the table that linkage compares from."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import psycopg

from gateway.sample.names import MIDDLE, SURNAMES, given_names
from linkage import compared, normalise
from linkage.blocking import block_keys
from linkage.records import Move, PersonRecord

NAMES, MOTHERS = 16_000, 8_000
"""Different draws of names; those that are common come up several times, as among real children."""
FIRST, DAYS = date(2010, 1, 1).toordinal(), 16 * 365
COPY = (
    "COPY linkage_record (record_id, key, source, founding_id, identity_id, decision, content,"
    " block_keys, compared, changed, custodian, province, sensitivity) FROM STDIN"
)
INDEX = "ix_linkage_record_block_keys"


def _names(chance: Random) -> list[tuple[str, str]]:
    """Sex and name as `PersonRecord` has it."""
    families = chance.choices(list(SURNAMES), weights=list(SURNAMES.values()), k=NAMES)
    made = []
    for family in families:
        sex = chance.choice("FM")
        parts = (family, chance.choice(MIDDLE[sex]), chance.choice(given_names(sex)))
        made.append((sex, normalise.name_key(" ".join(part for part in parts if part))))
    return made


def people(count: int, seed: int = 20261122) -> Iterator[PersonRecord]:
    """Children of sixteen years, each in one record of a hospital, a registrar or a home.

    Every child is an identity of its own: how many candidates there are does not depend on that.
    """
    chance = Random(seed)
    names = _names(chance)
    mothers = [
        normalise.folded_name(
            f"{chance.choice(list(SURNAMES))} thị {chance.choice(given_names('F'))}"
        )
        for _ in range(MOTHERS)
    ]
    for number in range(count):
        sex, name = chance.choice(names)
        yield _person(number, sex, name, chance.choice(mothers), chance)


def _person(number: int, sex: str, name: str, mother: str, chance: Random) -> PersonRecord:
    day, kind = FIRST + chance.randrange(DAYS), chance.random()
    source = "hospital" if kind < 0.4 else "civil_status" if kind < 0.7 else "facility"
    commune = f"{chance.randrange(3321):05d}"
    house = f"hospital:{number % 1200:05d}" if source == "hospital" else f"home:{number % 400:05d}"
    told: dict[str, Any] = {"provinces": (commune[:2],)}
    if source == "civil_status":
        told["registrations"] = (f"{commune}/{number}",)
    else:
        told |= {"files": (f"{house}|{number}|a",), "grams": 2500 + number % 1500, "grams_day": day}
    if source == "hospital":
        told["moves"] = (Move(direction="in", place=house, day=day, hour=day * 24 + 8),)
    return PersonRecord(
        record_id=f"{number:026d}",
        key=f"{source}:{number}",
        source=source,
        names=(name,),
        personal_ids=(f"999{chance.randrange(10**9):09d}",) if kind < 0.5 else (),
        sex="female" if sex == "F" else "male",
        birth_low=day,
        birth_high=day,
        birth_firm=True,
        mothers=(mother,),
        **told,
    )


def fill(connection: psycopg.Connection, count: int) -> Counter[str]:
    """Write so many records and index them; how often each name came."""
    often: Counter[str] = Counter()
    connection.execute("SET ROLE motem_owner")
    # What is written needs an event: that of the migration.
    connection.execute("SELECT set_config('motem.event', min(id), true) FROM audit_event")
    connection.execute(f"DROP INDEX {INDEX}".encode())
    # Where rows are hidden from its owner too, a table takes no COPY.
    connection.execute("ALTER TABLE linkage_record NO FORCE ROW LEVEL SECURITY")
    with connection.cursor().copy(COPY.encode()) as copy:
        for record in people(count):
            often.update(record.names)
            identity = f"te-{record.record_id}"
            copy.write_row(
                (
                    *(record.record_id, record.key, record.source, identity, identity, "single"),
                    *(record.as_json(), sorted(set(block_keys(record)))),
                    *(compared.as_text(record), False, "shared", None, []),
                )
            )
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute("ALTER TABLE linkage_record FORCE ROW LEVEL SECURITY")
    connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
    connection.execute(
        f"CREATE INDEX {INDEX} ON linkage_record USING gin (block_keys)"
        " WITH (fastupdate = off)".encode()
    )
    connection.execute("RESET ROLE")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE linkage_record")
    return often
