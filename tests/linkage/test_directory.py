"""Which hospital a name means, learned from records that state code and name together."""

from hypothesis import given
from hypothesis import strategies as st

from linkage.directory import CLEAR_SHARE, NAMED, learn, resolve
from linkage.records import Move, PersonRecord
from tests.linkage.people import PEOPLE, QUICK, TODAY, person

NHI = "benh vien nhi"


def says(number: int, code: str, name: str = NHI) -> PersonRecord:
    return person(f"police:{number}", names_of_places=((f"hospital:{code}", name),))


def named(place: str, day: int = TODAY) -> PersonRecord:
    return person("facility:1", moves=(Move(direction="out", place=place, day=day, hour=5),))


def test_a_name_with_one_code_is_clear() -> None:
    assert learn([says(1, "01234")]) == {f"{NAMED}{NHI}": "hospital:01234"}


def test_a_name_of_two_hospitals_is_nobodys() -> None:
    assert learn([says(1, "01234"), says(2, "05678")]) == {}


def test_a_rare_slip_does_not_hide_a_name() -> None:
    mentions = [says(number, "01234") for number in range(9)]
    assert CLEAR_SHARE <= 9 / 10
    assert learn([*mentions, says(9, "05678")]) == {f"{NAMED}{NHI}": "hospital:01234"}


def test_who_says_nothing_teaches_nothing() -> None:
    assert learn([]) == learn([person("hospital:1")]) == {}


MENTIONS = st.lists(
    st.builds(
        says, st.integers(0, 9), st.sampled_from(["1", "2"]), st.sampled_from([NHI, "bach mai"])
    ),
    max_size=12,
)


@QUICK
@given(MENTIONS, st.randoms(use_true_random=False))
def test_the_order_of_records_makes_no_difference(
    records: list[PersonRecord], random: object
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert learn(shuffled) == learn(records)


@QUICK
@given(MENTIONS)
def test_a_name_has_at_most_one_code_and_the_one_that_nearly_all_say(
    records: list[PersonRecord],
) -> None:
    for name, place in learn(records).items():
        said = [p for r in records for p, n in r.names_of_places if f"{NAMED}{n}" == name]
        assert said.count(place) >= CLEAR_SHARE * len(said)


def test_a_known_name_becomes_its_code() -> None:
    (record,) = resolve([named(f"{NAMED}{NHI}")], {f"{NAMED}{NHI}": "hospital:01234"})
    assert record == named("hospital:01234")


def test_a_move_that_was_told_by_code_and_by_name_is_one_move() -> None:
    moves = (*named("hospital:01234").moves, *named(f"{NAMED}{NHI}").moves)
    known = {f"{NAMED}{NHI}": "hospital:01234"}
    (record,) = resolve([person("facility:1", moves=moves)], known)
    assert record == named("hospital:01234")


@QUICK
@given(st.lists(PEOPLE, max_size=4))
def test_an_unknown_name_stays(records: list[PersonRecord]) -> None:
    assert resolve([*records, named("name:bach mai")], {}) == [*records, named("name:bach mai")]
