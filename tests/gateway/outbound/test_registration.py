"""Drafts: from the records and their minutes, one for each child, and clear words where not."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from audit.event import Action, Caller, Outcome
from gateway.database import transaction
from gateway.errors import NotFoundError
from gateway.outbound.lookup import look_up
from gateway.outbound.obstacles import (
    MISSING_WORDS,
    AlreadyRegisteredError,
    AlreadyRequestedError,
    CannotRequestError,
    HasNameError,
    HasNumberError,
    IncompleteError,
    UnknownOfficeError,
    UnusableNameError,
)
from gateway.outbound.platform import Platform
from gateway.outbound.registration import (
    Choices,
    State,
    WithdrawalReason,
    draft,
    listed,
    shown,
    withdraw,
    without_number,
)
from gateway.registry import registrations
from tests.gateway.outbound.conftest import (
    NAME,
    NUMBER,
    OTHER_NUMBER,
    child_with_number,
    found_child,
    identity_of,
    merge,
    written,
)
from tests.journeys.steps import ingest, minutes, registration

CITIZENS = (
    '<dc:CongdanCollection ThoiDiemDuLieu="2026-05-01" xmlns:dc="http://www.mic.gov.vn/dancu/1.0">'
    "<dc:CongDan><dc:SoDinhDanh>{0}</dc:SoDinhDanh><dc:HoVaTen>{1}</dc:HoVaTen>"
    "<dc:GioiTinh>2</dc:GioiTinh></dc:CongDan></dc:CongdanCollection>"
)


@pytest.fixture
def child(engine: Engine) -> str:
    return found_child(engine)


def test_a_draft_holds_the_form_and_the_minutes(engine: Engine, child: str, caller: Caller) -> None:
    made = draft(engine, child, caller, requester="Trung tâm Mẫu")
    assert (made.state, made.left, made.draft.office) == (State.DRAFTED, False, "00199")
    told = json.loads(made.draft.content or "")
    assert told["maYeuCau"] == made.id
    assert (told["toKhai"]["nksHoTen"], told["toKhai"]["bbSo"]) == (NAME, "12/BB-CAX")
    assert told["toKhai"]["nycTenCoSo"] == "Trung tâm Mẫu"
    assert told["bienBan"]["diaDiem"] == "cổng chùa Láng"
    (event,) = written(engine, Action.REGISTRATION_DRAFT)
    assert (event.identity, event.detail) == (child, {"request": made.id})
    with transaction(engine) as session:
        assert registrations.read(session, [made.id]) == [made]


def test_the_home_that_a_roster_names_asks(engine: Engine, child: str, caller: Caller) -> None:
    roster = (
        "Mã cơ sở,Tên cơ sở,Số hồ sơ,Họ và tên,Ngày sinh,Giới tính\n"
        f"HN01,Mái ấm Mẫu,H1,{NAME},04/03/2026,Nữ\n"
    )
    (result,) = ingest(engine, [roster.encode()])
    merge(engine, child, result.records[0].identity)
    told = json.loads(draft(engine, child, caller).draft.content or "")
    assert told["toKhai"]["nycTenCoSo"] == "Mái ấm Mẫu"


def test_what_is_labelled_stays_here(engine: Engine, caller: Caller) -> None:
    tre = {"hoTen": NAME, "gioiTinh": "NU", "tinhTrang": "mẹ nhiễm HIV", "taiSan": "khăn xanh"}
    (result,) = ingest(engine, [minutes(tre)])
    content = draft(engine, result.records[0].identity, caller).draft.content or ""
    assert "khăn xanh" in content
    assert "HIV" not in content


def test_a_second_request_for_a_child_is_refused(
    engine: Engine, child: str, caller: Caller
) -> None:
    first = draft(engine, child, caller)
    with pytest.raises(AlreadyRequestedError, match=f"{first.id}: drafted"):
        draft(engine, child, caller)
    assert [e.outcome for e in written(engine, Action.REGISTRATION_DRAFT)] == [
        Outcome.SUCCESS,
        Outcome.REFUSED,
    ]


def test_many_who_draft_at_once_make_one_request(
    engine: Engine, child: str, caller: Caller
) -> None:
    def attempt(_: int) -> bool:
        try:
            draft(engine, child, caller)
        except AlreadyRequestedError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1


def test_a_draft_that_has_not_left_can_be_renewed_under_its_id(
    engine: Engine, child: str, caller: Caller
) -> None:
    first = draft(engine, child, caller)
    second = draft(engine, child, caller, chosen=Choices(office="00004"), renew=True)
    assert (second.id, second.draft.office) == (first.id, "00004")
    assert [step.state for step in second.steps] == [State.DRAFTED, State.DRAFTED]


def test_a_draft_is_withdrawn_with_its_reason_and_not_drafted_again_by_itself(
    engine: Engine, child: str, caller: Caller
) -> None:
    made = draft(engine, child, caller)
    with transaction(engine) as session:
        ended = withdraw(session, made.id, WithdrawalReason.FAMILY_FOUND, caller)
        assert registrations.read(session, [made.id]) == [ended]
        assert without_number(session, caller, 9) == []
    assert (ended.state, ended.steps[-1].told.reason_code) == (State.WITHDRAWN, "family-found")
    assert ended.draft == made.draft, "its history stays"
    (event,) = written(engine, Action.REGISTRATION_WITHDRAW)
    assert event.detail == {"request": made.id, "reason": "family-found"}
    assert (event.identity, event.outcome) == (child, Outcome.SUCCESS)
    assert draft(engine, child, caller).id != made.id


def test_a_request_follows_its_child_to_another_identity(engine: Engine, caller: Caller) -> None:
    kept, retired = found_child(engine, 12), found_child(engine, 13)
    made = draft(engine, retired, caller)
    merge(engine, kept, retired)
    for id_ in (kept, retired):
        with pytest.raises(AlreadyRequestedError, match=made.id):
            draft(engine, id_, caller)


def test_who_is_in_the_population_database_needs_no_request(
    engine: Engine, child: str, caller: Caller
) -> None:
    (citizen,) = ingest(engine, [CITIZENS.format(NUMBER, NAME).encode()])
    merge(engine, child, citizen.records[0].identity)
    with pytest.raises(HasNumberError):
        draft(engine, child, caller)


def test_whose_birth_is_registered_needs_no_request(
    engine: Engine, child: str, caller: Caller
) -> None:
    (entry,) = ingest(engine, [registration(24)])
    merge(engine, child, entry.records[0].identity)
    with pytest.raises(AlreadyRegisteredError):
        draft(engine, child, caller)


@pytest.mark.parametrize(("number", "refuted"), [(OTHER_NUMBER, True), (NUMBER, False)])
def test_a_number_that_somebody_stated_stands_until_it_is_refuted(
    number: str, refuted: bool, engine: Engine, platform: Platform, child: str, caller: Caller
) -> None:
    merge(engine, child, identity_of(engine, child_with_number(engine, number=number)))
    with pytest.raises(HasNumberError, match="look it up"):
        draft(engine, child, caller)
    look_up(engine, platform, child, caller)
    if refuted:
        assert draft(engine, child, caller).state is State.DRAFTED
    else:
        with pytest.raises(HasNumberError):
            draft(engine, child, caller)


def test_two_stated_numbers_are_more_than_one_answer_can_refute(
    engine: Engine, platform: Platform, child: str, caller: Caller
) -> None:
    for id_, number in (("k1", OTHER_NUMBER), ("k2", "999326000103")):
        merge(engine, child, identity_of(engine, child_with_number(engine, id_, number)))
    look_up(engine, platform, child, caller)
    with pytest.raises(HasNumberError):
        draft(engine, child, caller)


def test_what_is_missing_is_told_in_both_languages_and_nothing_is_kept(
    engine: Engine, caller: Caller
) -> None:
    nameless = child_with_number(engine, numbers=[], sex=None)
    with pytest.raises(IncompleteError) as caught:
        draft(engine, nameless, caller)
    assert caught.value.missing == (
        "noiNhan",
        "nksGioiTinh",
        "nksNoiSinh",
        "bbSo",
        "bbMaXa",
        "bbNgay",
    )
    for words in ("số biên bản", "the number of the minutes", "--office"):
        assert words in str(caught.value)
    with transaction(engine) as session:
        assert listed(session, caller) == []


def test_every_field_that_can_be_missing_has_its_words() -> None:
    with pytest.raises(KeyError):
        IncompleteError(["unknown"])
    for vietnamese, english in MISSING_WORDS.values():
        assert vietnamese != english


def test_an_office_that_is_no_commune_of_today_is_refused(
    engine: Engine, child: str, caller: Caller
) -> None:
    with pytest.raises(UnknownOfficeError):
        draft(engine, child, caller, chosen=Choices(office="99999"))


def test_nobody_is_not_found(engine: Engine, caller: Caller) -> None:
    with pytest.raises(NotFoundError):
        draft(engine, "te-00000000000000000000000000", caller)
    with transaction(engine) as session, pytest.raises(NotFoundError):
        shown(session, "nothing", caller)


def test_every_obstacle_says_its_reason_in_two_languages() -> None:
    kinds = CannotRequestError.__subclasses__()
    assert len(kinds) == 7
    assert len({kind.vietnamese for kind in kinds}) == 7


def test_next_are_found_children_without_number_and_request(engine: Engine, caller: Caller) -> None:
    found = [found_child(engine, number) for number in range(1, 5)]
    child_with_number(engine)
    draft(engine, found[1], caller)
    with transaction(engine) as session:
        assert without_number(session, caller, 10) == [found[0], found[2], found[3]]
        assert without_number(session, caller, 1) == found[:1]


def test_requests_are_listed_the_newest_first_and_each_look_is_logged(
    engine: Engine, caller: Caller
) -> None:
    made = [draft(engine, found_child(engine, number), caller).id for number in range(1, 4)]
    with transaction(engine) as session:
        assert [one.id for one in listed(session, caller, most=2)] == made[:0:-1]
        assert listed(session, caller, [State.SENT]) == []
        assert shown(session, made[0], caller).id == made[0]
    events = written(engine, Action.REGISTRATION_SEARCH, Action.REGISTRATION_READ)
    assert [event.detail for event in events] == [{"count": 2}, {"count": 0}, {"request": made[0]}]


def test_a_child_whom_nobody_named_is_asked_for_by_a_proposed_name(
    engine: Engine, caller: Caller
) -> None:
    (result,) = ingest(engine, [minutes({"gioiTinh": "NU"})])
    child = result.records[0].identity
    with pytest.raises(IncompleteError) as caught:
        draft(engine, child, caller)
    assert caught.value.missing == ("nksHoTen",)
    made = draft(engine, child, caller, chosen=Choices(name="  Nguyễn  Thị Thử "))
    told = json.loads(made.draft.content or "")
    assert told["toKhai"]["nksHoTen"] == "Nguyễn Thị Thử"
    assert "Thử" not in repr(Choices(name="Nguyễn Thị Thử"))


def test_who_has_a_name_keeps_it(engine: Engine, child: str, caller: Caller) -> None:
    with pytest.raises(HasNameError):
        draft(engine, child, caller, chosen=Choices(name="Trần Thị Khác"))


@pytest.mark.parametrize(
    "name", ["", " ", "không rõ", "Bé gái", "A1", "An\nBình2", "Bệnh viện Nhi", "a" * 256]
)
def test_what_is_no_name_is_not_proposed(engine: Engine, name: str, caller: Caller) -> None:
    (result,) = ingest(engine, [minutes({"gioiTinh": "NU"})])
    with pytest.raises(UnusableNameError):
        draft(engine, result.records[0].identity, caller, chosen=Choices(name=name))
