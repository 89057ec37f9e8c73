"""Every route says what it needs; what says nothing is for nobody."""

import pytest
from sqlalchemy import URL

from gateway.access.policy import Right
from gateway.admission import Need
from gateway.api.disclosure import PUBLIC, PUBLIC_UNDER
from gateway.api.rights import need_of
from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings

WITHOUT = {"/token"}
"""Where a caller shows who it is."""


def test_every_route_that_is_not_public_needs_a_right(database_url: URL) -> None:
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(database_url)}))
    app.state.services.engine.dispose()
    for path, methods in app.openapi()["paths"].items():
        if path in PUBLIC | WITHOUT or path.startswith(PUBLIC_UNDER):
            continue
        for method in methods:
            assert need_of(method.upper(), path) is not None, (method, path)


NEEDS = {
    ("GET", "/fhir/R4/Patient/te-1"): Need(right=Right.READ, kind="Patient", letter="r"),
    ("GET", "/fhir/R4/Patient"): Need(right=Right.SEARCH, kind="Patient", letter="s"),
    ("POST", "/fhir/R4/Patient/_search"): Need(right=Right.SEARCH, kind="Patient", letter="s"),
    ("GET", "/fhir/R4/Patient/1/_history/2"): Need(right=Right.READ, kind="Patient", letter="r"),
    ("POST", "/fhir/R4/Patient/$match"): Need(right=Right.MATCH, kind="Patient", letter="s"),
    ("PUT", "/fhir/R4/Patient"): Need(right=Right.WRITE, kind="Patient", letter="u"),
    ("DELETE", "/fhir/R4/Patient"): Need(right=Right.WRITE, kind="Patient", letter="d"),
    ("PUT", "/fhir/R4/Patient/1"): Need(right=Right.WRITE, kind="Patient", letter="u"),
    ("DELETE", "/fhir/R4/Patient/1"): Need(right=Right.WRITE, kind="Patient", letter="d"),
    ("POST", "/fhir/R4/Flag"): Need(right=Right.WRITE, kind="Flag", letter="c"),
    ("PUT", "/fhir/R4/Flag/1"): Need(right=Right.WRITE, kind="Flag", letter="u"),
    ("DELETE", "/fhir/R4/Flag/1"): Need(right=Right.WRITE, kind="Flag", letter="d"),
    ("GET", "/fhir/R4/$mdm-query-links"): Need(right=Right.STEWARD, scope="motem/stewardship"),
    ("POST", "/fhir/R4/Patient/$validate"): Need(right=Right.WRITE, kind="Patient", letter="c"),
    ("POST", "/fhir/R4/Flag/1/$validate"): Need(right=Right.WRITE, kind="Flag", letter="u"),
    ("GET", "/fhir/R4/$export"): Need(right=Right.EXPORT),
    ("POST", "/fhir/R4/Patient/$export"): Need(right=Right.EXPORT),
    ("GET", "/fhir/R4/Group/1/$export"): Need(right=Right.EXPORT),
    ("POST", "/fhir/R4/Group/1/$export"): Need(right=Right.EXPORT),
    ("GET", "/fhir/R4/Group/$export"): None,
    ("GET", "/fhir/R4/Group"): Need(right=Right.SEARCH, kind="Group", letter="s"),
    ("GET", "/fhir/R4/Group/1"): Need(right=Right.READ, kind="Group", letter="r"),
    ("DELETE", "/exports/1"): Need(right=Right.EXPORT),
    ("GET", "/exports/1/Flag/2"): Need(right=Right.EXPORT, kind="Flag", letter="r"),
    ("POST", "/audit/findings/1/taken"): Need(right=Right.AUDIT, scope="motem/audit"),
    ("GET", "/audit/rules"): Need(right=Right.AUDIT, scope="motem/audit"),
    ("GET", "/events"): Need(right=Right.FOLLOW, scope="motem/events"),
    ("GET", "/fhir/R4/AuditEvent"): Need(right=Right.AUDIT, kind="AuditEvent", letter="s"),
    ("PUT", "/fhir/R4/AuditEvent/1"): None,
    ("POST", "/fhir/R4/Subscription"): Need(right=Right.SUBSCRIBE, kind="Subscription", letter="c"),
    ("GET", "/fhir/R4/Subscription/1"): Need(
        right=Right.SUBSCRIBE, kind="Subscription", letter="r"
    ),
    ("GET", "/fhir/R4/Subscription/1/_history/1"): Need(
        right=Right.SUBSCRIBE, kind="Subscription", letter="r"
    ),
    ("POST", "/fhir/R4/Subscription/1/$replay"): Need(
        right=Right.SUBSCRIBE, kind="Subscription", letter="u"
    ),
    ("DELETE", "/fhir/R4/Subscription/1"): Need(
        right=Right.SUBSCRIBE, kind="Subscription", letter="d"
    ),
    ("POST", "/fhir/R4"): Need(right=Right.READ),
    ("POST", "/fhir/R4/Patient/$unknown"): None,
    ("POST", "/break-glass"): Need(right=Right.BREAK_GLASS, scope="motem/break-glass"),
    ("POST", "/break-glass/1/end"): Need(right=Right.BREAK_GLASS, scope="motem/break-glass"),
    ("POST", "/break-glass/1/review"): Need(right=Right.AUDIT, scope="motem/audit"),
    ("GET", "/break-glass/1"): Need(right=Right.AUDIT, scope="motem/audit"),
    ("PUT", "/break-glass/1"): None,
    ("GET", "/unknown"): None,
    ("POST", "/sources/police/messages"): Need(right=Right.SEND, scope="motem/send"),
    ("GET", "/messages/1/content"): Need(right=Right.OPERATE, scope="motem/messages"),
}


@pytest.mark.parametrize("asked", NEEDS, ids=" ".join)
def test_what_a_request_needs(asked: tuple[str, str]) -> None:
    assert need_of(*asked) == NEEDS[asked]


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        ("system/Patient.rs", True),
        ("system/*.read", True),
        ("system/Patient.r", True),
        ("system/*.cruds", True),
        ("system/Patient.s", False),
        ("system/Patient.write", False),
        ("system/Observation.rs", False),
        ("patient/Patient.rs", False),
        ("system/Patient.rs?name=x", False),
    ],
)
def test_a_scope_covers_what_it_names_and_no_more(scope: str, covers: bool) -> None:
    assert Need(right=Right.READ, kind="Patient", letter="r").is_met_by([scope]) is covers
