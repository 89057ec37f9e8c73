"""How sure a match is: certain only without doubt, conflict or rival; a slip of the pen is no proof."""

from typing import Any

import pytest

from gateway.grading import Grade, grades
from gateway.matching import Answer, Match
from gateway.weighing import adding_up
from linkage.candidates import Wide
from linkage.matcher import ScoredPair
from linkage.model import untrained
from linkage.parity import scorer_for
from linkage.records import PersonRecord, Stay
from tests.linkage.people import HOSPITAL, TODAY, person, rich

MODEL = untrained()
ASKED = rich("", stays=(), several=False)


def matched(record: PersonRecord, asked: PersonRecord = ASKED) -> Match:
    pair: ScoredPair = scorer_for(MODEL).pair(asked, record)
    return Match(
        identity=f"te-{record.record_id}",
        record=record.record_id,
        weight=pair.weight,
        probability=MODEL.calibration.probability(pair.weight),
        lines=adding_up(pair, MODEL),
    )


def graded(*records: PersonRecord, asked: PersonRecord = ASKED, **more: Any) -> list[Grade]:
    told: dict[str, Any] = {"more": 0, "compared": len(records), "wide": (), "model": "x"} | more
    matches = tuple(matched(record, asked) for record in records)
    found = Answer(matches=matches, **told)
    return grades(asked, found, [[record] for record in records], MODEL.thresholds)


TWIN = rich("b:2", certificates=("00002.GCS.01234.26",), stays=())
SAME = rich("a:1", stays=())
WEAK = person("a:3", names=("nguyễn thị bình an",), sex="female")


def test_who_fits_in_all_is_certain() -> None:
    assert graded(SAME) == [Grade.CERTAIN]
    assert graded(SAME, WEAK) == [Grade.CERTAIN, Grade.POSSIBLE]


@pytest.mark.parametrize(
    "more",
    [
        {"rival": matched(SAME).weight - MODEL.thresholds.margin + 0.1, "more": 1},
        {"wide": (Wide(kind="n", at_least=9),)},
    ],
)
def test_nobody_is_certain_beside_a_rival_or_who_was_not_compared(more: dict[str, Any]) -> None:
    assert graded(SAME, **more) == [Grade.PROBABLE]


def test_two_who_fit_alike_are_not_certain() -> None:
    assert graded(SAME, rich("c:3", stays=())) == [Grade.PROBABLE, Grade.PROBABLE]


def test_another_certificate_may_be_a_slip_of_the_pen() -> None:
    assert graded(TWIN) == [Grade.POSSIBLE]


def night(file: str) -> Stay:
    return Stay(place=HOSPITAL, file=file, start=TODAY * 1440, end=TODAY * 1440 + 600)


def test_two_beds_at_one_time_are_two_children_and_no_rival() -> None:
    asked = rich("", stays=(night("1"),), merged=())
    other = rich("d:4", stays=(night("2"),), merged=())
    assert graded(other, asked=asked) == [Grade.CERTAINLY_NOT]
    assert graded(SAME, other, asked=asked) == [Grade.CERTAIN, Grade.CERTAINLY_NOT]


def test_the_report_that_a_question_names_does_not_make_it_another_child() -> None:
    asked = rich("", stays=(), report="police:1")
    assert graded(rich("e:5", stays=(), report="police:1"), asked=asked) == [Grade.CERTAIN]


def test_no_match_has_no_grade() -> None:
    assert graded() == []
