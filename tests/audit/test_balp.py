"""FHIR form of the log: valid for two readers, and with all that IHE BALP 1.1 requires."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent as Model
from fhirclient.models.auditevent import AuditEvent as Client

from audit.balp import PROFILES, event_id_of, resources_of
from audit.balp_codes import KINDS, Kind
from audit.event import Action, AuditEvent, Caller, Outcome, Seen

CALLER = Caller(who="unauthenticated:192.0.2.7", system="ward-7", purpose="TREAT", request="q-1")
TIME = datetime(2026, 11, 22, 8, 30, 0, 123456, tzinfo=UTC)
CHILD: dict[str, Any] = {"record": "01jd", "identity": "te-01ja"}


def event(action: Action, **told: Any) -> AuditEvent:
    return AuditEvent(action=action, caller=CALLER, occurred=TIME, **told)


def of_kind(kind: Kind) -> Action:
    return next(action for action, one in KINDS.items() if one is kind)


def codes(resource: dict[str, Any], element: str) -> list[str]:
    return [one["code"] for one in resource[element]]


def agents(resource: dict[str, Any]) -> list[str]:
    return [one["type"]["coding"][0]["code"] for one in resource["agent"]]


def entities(resource: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By type and role, as the profiles tell them apart."""
    return {
        f"{one['type']['code']}/{one.get('role', {}).get('code', '')}": one
        for one in resource["entity"]
    }


def test_every_action_has_its_codes() -> None:
    assert set(KINDS) == set(Action)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("about", [{}, CHILD, {"message": "01jm"}, {"seen": (Seen(**CHILD),)}])
def test_fhirclient_and_fhir_resources_take_every_action(
    about: dict[str, Any], outcome: Outcome
) -> None:
    for action in Action:
        told = event(action, outcome=outcome, withheld=("name",), policy="f00", **about)
        for resource in resources_of(told):
            Client(resource, strict=True)
            Model.model_validate_json(json.dumps(resource))


EXPECTED = {
    Kind.READ: ("Read", "rest", "read", "R", ["110152", "110153", "IRCP"]),
    Kind.SEARCH: ("Query", "rest", "search-type", "E", ["110153", "110152", "IRCP"]),
    Kind.CREATE: ("Create", "rest", "create", "C", ["110153", "110152", "AUT"]),
    Kind.UPDATE: ("Update", "rest", "update", "U", ["110153", "110152", "AUT"]),
    Kind.DELETE: ("Delete", "rest", "delete", "D", ["110150", "custodian", "AUT"]),
}


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("with_child", [True, False])
def test_what_the_profiles_of_rest_require_is_there(kind: Kind, with_child: bool) -> None:
    (resource,) = resources_of(event(of_kind(kind), **(CHILD if with_child else {})))
    profile, type_, subtype, action, types = EXPECTED[kind]
    assert resource["meta"]["profile"] == [f"{PROFILES}{'Patient' if with_child else ''}{profile}"]
    assert (resource["type"]["code"], resource["action"]) == (type_, action)
    assert codes(resource, "subtype")[0] == subtype
    assert resource["outcome"] == "0"
    assert resource["recorded"] == "2026-11-22T08:30:00.123456+00:00"
    assert agents(resource) == types
    client, server, user = resource["agent"]
    assert client["who"]["identifier"]["value"] == "ward-7"
    assert client["network"] == {"address": "192.0.2.7", "type": "2"}
    assert server["who"] == resource["source"]["observer"]
    assert server["network"]
    assert [one["requestor"] for one in resource["agent"]] == [False, False, True]
    assert "network" not in user
    assert user["purposeOfUse"][0]["coding"][0]["code"] == "TREAT"
    found = entities(resource)
    if with_child:
        assert found["1/1"]["what"] == {"reference": "Patient/te-01ja"}
    assert ("1/1" in found) is with_child
    assert found["XrequestId/"]["what"]["identifier"]["value"] == "q-1"
    if kind is Kind.SEARCH:
        assert "what" not in found["2/24"]
        assert json.loads(base64.b64decode(found["2/24"]["query"]))["action"] == "message:search"
    else:
        assert found["2/4"]["what"]
    one_object = [name for name in found if name.startswith("2/")]
    assert len(one_object) == 1


def test_a_disclosure_names_source_and_recipient_and_the_source_recorded_it() -> None:
    (sent,) = resources_of(event(Action.REGISTRATION_SEND, **CHILD))
    assert (sent["type"]["code"], sent["action"]) == ("110106", "R")
    assert codes(sent, "subtype") == ["disclose", "registration:send"]
    by_type = dict(zip(agents(sent), sent["agent"], strict=True))
    assert by_type["110153"]["who"] == sent["source"]["observer"]
    assert by_type["110152"]["who"]["identifier"]["value"] == "ward-7"
    (came,) = resources_of(event(Action.LOOKUP_ANSWER, **CHILD))
    assert (came["type"]["code"], came["action"]) == ("110107", "C")
    by_type = dict(zip(agents(came), came["agent"], strict=True))
    assert by_type["110152"]["who"] == came["source"]["observer"]
    assert came["meta"]["profile"] == [f"{PROFILES}PrivacyDisclosure.Recipient"]


@pytest.mark.parametrize(
    ("action", "type_", "subtype"),
    [
        (Action.SESSION_OPEN, "110114", "110122"),
        (Action.SESSION_CLOSE, "110114", "110123"),
        (Action.OVERRIDE_OPEN, "110113", "110127"),
        (Action.AUDIT_READ, "110101", "audit:read"),
        (Action.LINKAGE_RUN, "110100", "linkage:run"),
        (Action.AUDIT_ALARM, "110113", "audit:alarm"),
    ],
)
def test_what_is_no_rest_has_the_codes_of_dicom(action: Action, type_: str, subtype: str) -> None:
    (resource,) = resources_of(event(action))
    assert (resource["type"]["code"], codes(resource, "subtype")[0]) == (type_, subtype)


@pytest.mark.parametrize(("outcome", "code"), [(Outcome.REFUSED, "4"), (Outcome.FAILURE, "8")])
def test_what_did_not_succeed_says_so_and_claims_no_profile(outcome: Outcome, code: str) -> None:
    (resource,) = resources_of(event(Action.PATIENT_READ, outcome=outcome, **CHILD))
    assert resource["outcome"] == code
    assert resource["outcomeDesc"]
    assert "meta" not in resource
    (contained,) = resource["contained"]
    assert contained["resourceType"] == "OperationOutcome"
    assert resource["entity"][-1]["what"] == {"reference": "#outcome"}


def test_each_child_of_an_answer_has_an_event_of_its_own() -> None:
    seen = (
        Seen(identity="te-a", record="ra", version=3),
        Seen(record="rb"),
        Seen(identity="te-a"),
        Seen(message="m"),
    )
    found = resources_of(event(Action.MATCH_SEARCH, id="01JX", seen=seen))
    assert [one["id"] for one in found] == ["01JX-1", "01JX-2"]
    assert {event_id_of(one["id"]) for one in found} == {"01JX"}
    whom = [entities(one)["1/1"]["what"]["reference"] for one in found]
    assert whom == ["Patient/te-a", "Patient/rb"]


def test_versions_and_withheld_fields_are_told() -> None:
    told = event(Action.PATIENT_READ, detail={"version": 3}, withheld=("name",), **CHILD)
    (resource,) = resources_of(told)
    data = entities(resource)["2/4"]
    assert data["what"] == {"reference": "Patient/01jd/_history/3"}
    assert data["detail"] == [{"type": "withheld", "valueString": "name"}]
    (asked,) = resources_of(event(Action.PATIENT_READ, detail={"version": 3, "vread": True}))
    assert codes(asked, "subtype")[0] == "vread"


def test_a_caller_of_a_command_is_on_this_machine() -> None:
    caller = Caller(who="lan", system="motem-cli", purpose="HOPERAT")
    (resource,) = resources_of(AuditEvent(action=Action.REPORT_READ, caller=caller))
    assert resource["agent"][0]["network"] == {"address": "localhost", "type": "1"}
    unnamed = Caller(who="unauthenticated:unknown", system="s", purpose="HOPERAT")
    (resource,) = resources_of(AuditEvent(action=Action.REPORT_READ, caller=unnamed))
    assert resource["agent"][0]["network"] == {"address": "unknown", "type": "1"}
