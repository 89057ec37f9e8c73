"""Versions of a record: what stands, what stays as old, and when a key was reused."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import profile
from adapters.contract import Conversion, Resource, Statement
from adapters.history import Pair, by_time, compose, group, merged, orders
from adapters.profile import Basis, IdentifierKind, Place, PlaceKind, Tag

START = datetime(2026, 1, 1, tzinfo=UTC)


def pair(day: int | None = 0, *resources: Resource, **patient: Any) -> Pair:
    """A statement `day` days after the start (None: no time of its own), and its resources."""
    tags = patient.pop("tags", [])
    record_id, episode = patient.pop("record_id", "k"), patient.pop("episode", None)
    said = profile.without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": profile.meta("fake", tags=tags),
            **patient,
        }
    )
    statement = Statement(
        kind="child",
        record_id=record_id,
        content={"day": day, "said": said, "more": list(resources)},
        position="/",
        episode=episode,
        effective=None if day is None else START + timedelta(days=day),
    )
    return statement, Conversion(
        resources=(said, *resources), custodian=f"home:{day}", province=None
    )


def child(day: int | None, name: str, sex: str = "female", born: str = "2026-01-01") -> Pair:
    names = [profile.human_name(name)] if name else []
    return pair(day, name=names, gender=sex, birthDate=born)


def said_by(*pairs: Pair) -> Conversion:
    return compose(by_time(pairs))


def patient(*pairs: Pair) -> Resource:
    return said_by(*pairs).resources[0]


def test_since_when_a_number_holds_stays_where_it_is_said_again_without() -> None:
    kind = IdentifierKind.CIVIL_REGISTRATION
    first = profile.identifier(kind, "1", start="2026-01-02")
    again, moved = profile.identifier(kind, "1"), profile.identifier(kind, "1", start="2026-02-03")
    assert patient(pair(1, identifier=[first]), pair(2, identifier=[again]))["identifier"] == [
        first
    ]
    assert patient(pair(1, identifier=[first]), pair(2, identifier=[moved]))["identifier"] == [
        moved
    ]


def test_a_daughter_may_be_called_like_her_mother_outside_hospitals() -> None:
    mother = profile.related_person("fake", "mother", name="Trần Thị Mẹ")
    (name,) = patient(child(1, "Trần Thị Mẹ"), pair(2, mother))["name"]
    assert name == profile.human_name("Trần Thị Mẹ")


GIRL, BOY = child(1, "Nguyễn Thị Thử"), child(2, "Trần Văn Mẫu", "male", "2025-03-04")


def said_in(*pairs: Pair) -> list[Any]:
    return [compose(order).resources[0] for order in orders(pairs)]


@pytest.mark.parametrize("day", [1, None])
def test_versions_that_nobody_can_order_are_read_both_ways_round(day: int | None) -> None:
    one, other = child(day, "An Một", "female"), child(day, "An Một", "male")
    assert said_in(one, other) == said_in(other, one)
    assert sorted(said["gender"] for said in said_in(one, other)) == ["female", "male"]


def test_versions_with_times_of_their_own_are_read_once() -> None:
    for order in permutations([child(1, "An Một"), child(2, "An Hai"), child(3, "An Ba")]):
        assert said_in(*order) == [patient(*order)]


def test_readings_do_not_depend_on_the_order_of_arrival() -> None:
    """With versions between them that have a time, and one that has none."""
    said = [child(1, "An Một"), child(2, "An Hai"), child(2, "An Ba"), child(None, "An Tư")]
    told = said_in(*said)
    assert len(told) == 2
    assert all(said_in(*order) == told for order in permutations(said))


def test_the_newest_by_its_own_time_wins_whatever_came_last() -> None:
    for order in permutations([child(1, "An Một"), child(2, "An Hai"), child(3, "An Ba")]):
        names = [(n["text"], n["use"]) for n in patient(*order)["name"]]
        assert names == [("An Ba", "official"), ("An Hai", "old"), ("An Một", "old")]


def test_without_time_the_last_that_came_wins() -> None:
    names = patient(child(None, "An Một"), child(None, "An Hai"))["name"]
    assert [n["text"] for n in names] == ["An Hai", "An Một"]


def test_a_version_without_time_is_newer_than_what_came_before_and_no_more() -> None:
    dated, undated, later = child(1, "An Một"), child(None, "An Hai"), child(3, "An Ba")
    late = child(0, "An Cũ")
    for order in ([dated, undated], [undated, dated]):
        assert patient(*order)["name"][0]["text"] == order[-1][1].resources[0]["name"][0]["text"]
    names = patient(dated, undated, late, later)["name"]
    assert [n["text"] for n in names] == ["An Ba", "An Hai", "An Một", "An Cũ"]


def test_a_part_without_time_is_as_old_as_its_stay() -> None:
    stay = pair(1, episode="e", gender="male", birthDate="2026-01-01")
    part = pair(None, record_id=None, episode="e", gender="male", birthDate="2026-01-02")
    later = pair(5, episode="f", gender="female")
    for order in permutations([stay, part, later]):
        assert patient(*order)["gender"] == "female"
        assert said_in(*order) == said_in(stay, part, later)


def test_what_a_newer_version_does_not_state_is_kept() -> None:
    newer = pair(2, gender="male")
    said = patient(child(1, "An Một"), newer)
    assert (said["gender"], said["birthDate"]) == ("male", "2026-01-01")
    assert said["name"] == [profile.human_name("An Một")]


def test_not_known_does_not_replace_a_known_sex() -> None:
    assert patient(pair(1, gender="female"), pair(2, gender="unknown"))["gender"] == "female"


def test_a_birth_date_goes_with_its_range() -> None:
    extension = profile.birth_range(START.date(), START.date(), Basis.ESTIMATED_AGE)
    older = pair(1, birthDate="2026", _birthDate={"extension": [extension]})
    assert "_birthDate" not in patient(older, pair(2, birthDate="2026-01-01"))


def test_one_type_of_a_choice_replaces_another() -> None:
    said = patient(pair(1, multipleBirthBoolean=True), pair(2, multipleBirthInteger=2))
    assert said["multipleBirthInteger"] == 2
    assert "multipleBirthBoolean" not in said


def number(value: str, kind: IdentifierKind = IdentifierKind.PERSONAL_ID) -> Resource:
    return profile.identifier(kind, value)


def test_a_number_is_old_once_another_of_its_kind_is_stated() -> None:
    card = number("TE1", IdentifierKind.INSURANCE)
    said = patient(
        pair(1, identifier=[number("998000000001"), card]),
        pair(2, identifier=[number("998000000002")]),
    )
    uses = {i["value"]: i.get("use") for i in said["identifier"]}
    assert uses == {"998000000002": None, "998000000001": "old", "TE1": None}


def test_addresses_and_handovers_of_older_versions_stay() -> None:
    places = [Place(kind=PlaceKind.HOME, code=code) for code in ("A", "B")]
    versions = [
        pair(
            day,
            address=[profile.address(text=place.code)],
            extension=[profile.handover("given", places=[place])],
        )
        for day, place in enumerate(places)
    ]
    said = patient(*versions)
    assert [(a["text"], a.get("use")) for a in said["address"]] == [("B", None), ("A", "old")]
    assert len(said["extension"]) == 2


def test_events_of_older_versions_stay() -> None:
    stays = [{"resourceType": "Encounter", "id": f"encounter-{n}"} for n in (1, 2)]
    composed = said_by(pair(1, stays[0]), pair(2, stays[1]))
    assert [r["id"] for r in composed.resources] == ["patient", "encounter-1", "encounter-2"]


def test_a_mother_with_another_name_is_another_person() -> None:
    first, second = (
        profile.related_person("fake", "mother", name=name) for name in ("Lê Thị A", "Vũ Thị B")
    )
    mothers = {r["id"]: r for r in said_by(pair(1, first), pair(2, second)).resources[1:]}
    assert mothers["related-mother"]["name"][0]["text"] == "Vũ Thị B"
    (retired,) = (mother for role, mother in mothers.items() if role != "related-mother")
    assert (retired["name"][0]["text"], retired["active"]) == ("Lê Thị A", False)


def test_the_same_mother_is_one_person_with_all_that_was_said_of_her() -> None:
    older = profile.related_person("fake", "mother", name="Lê Thị A", birth_date="1999")
    newer = profile.related_person("fake", "mother", name="LÊ THỊ A")
    (mother,) = said_by(pair(1, older), pair(2, newer)).resources[1:]
    assert mother["birthDate"] == "1999"


def test_a_list_of_groups_that_drops_one_ends_it() -> None:
    flags = [profile.group_flag("fake", code, start=None) for code in ("ABANDONED", "DISABILITY")]
    composed = said_by(pair(1, *flags), pair(2, flags[0]))
    assert [r["status"] for r in composed.resources[1:]] == ["active", "inactive"]


def placeholder(day: int) -> Pair:
    return pair(
        day,
        name=[profile.human_name("Bệnh viện A", placeholder="hospital-name")],
        birthDate="2026-05-05",
        tags=[Tag.PLACEHOLDER_NAME, Tag.PLACEHOLDER_BIRTH_DATE],
    )


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
def test_a_placeholder_never_displaces_what_is_stated(days: tuple[int, int]) -> None:
    said = patient(placeholder(days[0]), child(days[1], "An Một"))
    assert said["birthDate"] == "2026-01-01"
    assert [(n["text"], n["use"]) for n in said["name"]] == [
        ("An Một", "official"),
        ("Bệnh viện A", "old"),
    ]
    assert "tag" not in said["meta"]


def test_a_placeholder_that_stands_keeps_its_tag() -> None:
    tags = patient(placeholder(1), placeholder(2))["meta"]["tag"]
    assert {t["code"] for t in tags} == {Tag.PLACEHOLDER_NAME, Tag.PLACEHOLDER_BIRTH_DATE}


def test_a_sensitivity_label_is_never_lost() -> None:
    labelled: Resource = {"id": "x", "meta": profile.meta("fake", labels=["HIV"])}
    assert merged(labelled, {"id": "x", "meta": profile.meta("fake")})["meta"]["security"]


def test_the_custodian_is_the_newest_one() -> None:
    assert said_by(pair(2), pair(1)).custodian == "home:2"


def test_one_child_under_a_key_has_no_variant() -> None:
    assert set(group([GIRL, child(3, "Lê Thị Mới")])) == {None}


@pytest.mark.parametrize(
    "other",
    [
        child(2, "Trần Văn Mẫu", "female", "2025-03-04"),
        child(2, "Trần Văn Mẫu", "male", "2026-01-01"),
        child(2, "Trần Văn Mẫu", "male", "2026"),
        child(2, "Thử Nguyễn Thị", "male", "2025-03-04"),
        child(2, "Trần Văn Mẫu", "unknown", "2025-03-04"),
        pair(2, gender="male", birthDate="2025-03-04"),
        placeholder(2),
    ],
)
def test_less_than_a_contradiction_in_all_three_is_the_same_child(other: Pair) -> None:
    assert len(group([GIRL, other])) == 1


def test_a_contradiction_in_sex_birth_date_and_names_is_another_child() -> None:
    groups = group([BOY, GIRL])
    assert groups == {p[0].content_hash[:12]: (p,) for p in (GIRL, BOY)}


def test_a_part_without_key_goes_with_its_episode() -> None:
    boy = child(2, "Trần Văn Mẫu", "male", "2025-03-04")
    boy = pair(2, record_id="k", episode="e", **boy[0].content["said"])
    part = pair(3, record_id=None, episode="e")
    groups = group([part, GIRL, boy])
    assert groups[boy[0].content_hash[:12]] == (part, boy)


VERSIONS = st.lists(
    st.builds(
        child,
        st.one_of(st.none(), st.integers(0, 3)),
        st.sampled_from(["An Một", "Bình Hai", "Chi Ba", ""]),
        st.sampled_from(["male", "female", "unknown"]),
        st.sampled_from(["2024", "2025-01-01", "2026-01-01"]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one[0].content_hash,
)


@given(VERSIONS, st.randoms(use_true_random=False))
def test_which_statements_stand_together_does_not_depend_on_arrival(
    versions: list[Pair], random: Any
) -> None:
    shuffled = list(versions)
    random.shuffle(shuffled)
    one, other = (
        {variant: {p[0].content_hash for p in pairs} for variant, pairs in group(order).items()}
        for order in (versions, shuffled)
    )
    assert one == other
    assert sum(len(members) for members in one.values()) == len(versions)


@given(VERSIONS, st.randoms(use_true_random=False))
def test_what_a_record_says_does_not_depend_on_arrival_where_times_differ(
    versions: list[Pair], random: Any
) -> None:
    distinct = list({p[0].effective: p for p in versions if p[0].effective}.values())
    shuffled = list(distinct)
    random.shuffle(shuffled)
    assert by_time(distinct) == by_time(shuffled)


@given(VERSIONS)
def test_no_name_is_ever_lost(versions: list[Pair]) -> None:
    said = {n["text"] for _, c in versions for n in c.resources[0].get("name", ())}
    assert {n["text"] for n in patient(*versions).get("name", ())} == said
