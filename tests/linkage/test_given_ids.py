"""Who is named by the identity that Motem gave out is told so; nobody else changes."""

from linkage.given_ids import resolve
from tests.linkage.people import person

CHILD, OTHER = person("police:1"), person("facility:2")
GIVEN = f"te-{CHILD.record_id}"


def test_a_record_whose_identity_is_named_bears_its_id() -> None:
    report = person("casework:3", copied=(f"motem:{GIVEN}",))
    child, other, same = resolve([CHILD, OTHER, report])
    assert child.motem_ids == (GIVEN,)
    assert (other, same) == (OTHER, report)


def test_any_source_may_name_it() -> None:
    partner = person("fhir:x|1", motem_ids=(GIVEN,))
    child, same = resolve([CHILD, partner])
    assert child.motem_ids == same.motem_ids == (GIVEN,)


def test_an_id_that_was_never_given_out_names_nobody() -> None:
    report = person("casework:3", copied=("motem:te-nobody",))
    assert resolve([CHILD, report]) == [CHILD, report]
