"""Two groups side by side: the loudest pair, the groups as one, conflicts and keys."""

from dataclasses import replace

from linkage.composite import composite
from linkage.conflicts import Conflict
from linkage.model import untrained
from linkage.scorer import compiled
from linkage.sides import compared, loudest
from tests.linkage.people import person

SCORER = compiled(untrained())
ONE = person("hospital:1", certificates=("1",), names=("an",))
OTHER = person("facility:2", certificates=("1",), sex="male")
STRANGER = person("police:3", names=("bình",))


def test_two_records_are_compared_as_they_are() -> None:
    found = compared(([ONE], [OTHER]), ([ONE], [OTHER]), SCORER)
    assert found.as_groups is None
    assert found.deciding == found.loudest == SCORER.pair(ONE, OTHER)
    assert (found.clash, found.kinds, found.several, found.reported) == (
        None,
        ("cert",),
        False,
        False,
    )


def test_of_groups_the_strongest_records_speak_and_the_groups_decide() -> None:
    groups = ([ONE, STRANGER], [OTHER])
    found = compared(groups, groups, SCORER)
    assert found.loudest == SCORER.pair(ONE, OTHER)
    assert found.deciding == SCORER.pair(composite([ONE, STRANGER]), OTHER)


def test_the_loudest_is_the_same_whichever_side_comes_first() -> None:
    twins = [person(f"hospital:{n}", certificates=("1",)) for n in range(3)]
    assert loudest((twins, [OTHER]), SCORER) == loudest(([OTHER], twins[::-1]), SCORER)
    assert loudest((twins, [OTHER]), SCORER).right == "hospital:0"


def test_a_conflict_between_any_two_records_is_named_with_both() -> None:
    second = person("civil_status:4", certificates=("2",))
    found = compared(([OTHER], [STRANGER]), ([OTHER], [STRANGER, second]), SCORER)
    assert found.clash == (Conflict.TWO_CERTIFICATES, ("facility:2", "civil_status:4"))


def test_keys_that_only_the_groups_share_count() -> None:
    named = person("police:5", names=("tống khánh vy",))
    dated = person("facility:6", birth_low=738000, birth_high=738000, birth_firm=True)
    both = person("civil_status:7", names=("lê vy",), birth_low=738000, birth_high=738000)
    apart = compared(([named], [both]), ([named], [both]), SCORER)
    found = compared(([named], [both]), ([named, dated], [both]), SCORER)
    assert "ny" not in apart.kinds
    assert found.kinds == ()
    whole = compared(
        ([named], [both]),
        ([named, dated], [person("x:8", names=("tống vy",), birth_low=738000, birth_high=738000)]),
        SCORER,
    )
    assert "ny" in whole.kinds


def test_keys_of_nobody_in_common_are_none() -> None:
    assert compared(([ONE], [STRANGER]), ([ONE], [STRANGER]), SCORER).kinds == ()


def test_twins_and_mere_reports_are_told() -> None:
    report = person("casework:1", copied=("id:998326000001",), several=True)
    found = compared(([ONE], [report]), ([ONE], [report]), SCORER)
    assert (found.several, found.reported) == (True, True)


def test_a_block_that_the_model_splits_is_shared_only_by_those_who_meet_in_it() -> None:
    scorer = compiled(replace(untrained(), split={"n": ("*",)}))
    one = person("police:8", names=("lê vy",), birth_low=738000, birth_high=738000)
    other = replace(one, key="facility:9", birth_low=739500, birth_high=739500)
    assert compared(([one], [other]), ([one], [other]), SCORER).kinds == ("n",)
    assert compared(([one], [other]), ([one], [other]), scorer).kinds == ()
