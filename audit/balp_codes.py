"""Which codes of FHIR, DICOM and IHE each action of the log has in an AuditEvent: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from audit.event import Action

DCM = "http://dicom.nema.org/resources/ontology/DCM"
EVENT_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
LIFECYCLE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PROVENANCE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
OWN = "urn:motem:code:action"
"""Code system of our own: the action as the log has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coding:
    """A code of a system, with the word that the system has for it."""

    system: str
    code: str
    display: str


REST = Coding(system=EVENT_TYPE, code="rest", display="RESTful Operation")
SOURCE = Coding(system=DCM, code="110153", display="Source Role ID")
DESTINATION = Coding(system=DCM, code="110152", display="Destination Role ID")
APPLICATION = Coding(system=DCM, code="110150", display="Application")
CUSTODIAN = Coding(system=PROVENANCE, code="custodian", display="Custodian")
RECIPIENT = Coding(system=PARTICIPATION, code="IRCP", display="information recipient")
AUTHOR = Coding(system=PARTICIPATION, code="AUT", display="author (originator)")
ALERT_TYPE = Coding(system=DCM, code="110113", display="Security Alert")
ACTIVITY = Coding(system=DCM, code="110100", display="Application Activity")
AUTHENTICATION = Coding(system=DCM, code="110114", display="User Authentication")
LOG_USED_TYPE = Coding(system=DCM, code="110101", display="Audit Log Used")
EXPORT_TYPE = Coding(system=DCM, code="110106", display="Export")
IMPORT_TYPE = Coding(system=DCM, code="110107", display="Import")
DISCLOSE = Coding(system=LIFECYCLE, code="disclose", display="Disclose Record Lifecycle Event")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interaction:
    """How one kind of event looks in FHIR R4.

    `client`, `server`, `user`: types of the agents. `profile`: of IHE BALP 1.1, where it has one:
    without a child, and with one. `is_query`: what was asked is told instead of what was touched.
    """

    type: Coding
    subtypes: tuple[Coding, ...] = ()
    action: str
    client: Coding = SOURCE
    server: Coding = DESTINATION
    user: Coding = AUTHOR
    profile: str | None = None
    patient_profile: str | None = None
    is_query: bool = False


def _rest(code: str) -> tuple[Coding, ...]:
    return (Coding(system=INTERACTION, code=code, display=code),)


def _dicom(code: str, display: str) -> tuple[Coding, ...]:
    return (Coding(system=DCM, code=code, display=display),)


class Kind(Enum):
    """Every kind of event, as IHE BALP 1.1 (ITI.BasicAudit) and DICOM PS3.15 A.5 have it."""

    READ = Interaction(
        type=REST,
        subtypes=_rest("read"),
        action="R",
        client=DESTINATION,
        server=SOURCE,
        user=RECIPIENT,
        profile="Read",
        patient_profile="PatientRead",
    )
    VREAD = Interaction(
        type=REST,
        subtypes=_rest("vread"),
        action="R",
        client=DESTINATION,
        server=SOURCE,
        user=RECIPIENT,
        profile="Read",
        patient_profile="PatientRead",
    )
    SEARCH = Interaction(
        type=REST,
        subtypes=_rest("search-type"),
        action="E",
        user=RECIPIENT,
        profile="Query",
        patient_profile="PatientQuery",
        is_query=True,
    )
    HISTORY = Interaction(
        type=REST, subtypes=_rest("history"), action="E", user=RECIPIENT, is_query=True
    )
    CREATE = Interaction(
        type=REST,
        subtypes=_rest("create"),
        action="C",
        profile="Create",
        patient_profile="PatientCreate",
    )
    UPDATE = Interaction(
        type=REST,
        subtypes=_rest("update"),
        action="U",
        profile="Update",
        patient_profile="PatientUpdate",
    )
    DELETE = Interaction(
        type=REST,
        subtypes=_rest("delete"),
        action="D",
        client=APPLICATION,
        server=CUSTODIAN,
        profile="Delete",
        patient_profile="PatientDelete",
    )
    OPERATION = Interaction(type=REST, subtypes=_rest("operation"), action="E", user=RECIPIENT)
    EXPORT = Interaction(
        type=EXPORT_TYPE,
        subtypes=(DISCLOSE,),
        action="R",
        client=DESTINATION,
        server=SOURCE,
        user=RECIPIENT,
        patient_profile="PrivacyDisclosure.Source",
    )
    IMPORT = Interaction(
        type=IMPORT_TYPE,
        subtypes=(DISCLOSE,),
        action="C",
        patient_profile="PrivacyDisclosure.Recipient",
    )
    LOGIN = Interaction(type=AUTHENTICATION, subtypes=_dicom("110122", "Login"), action="E")
    LOGOUT = Interaction(type=AUTHENTICATION, subtypes=_dicom("110123", "Logout"), action="E")
    BREAK_GLASS = Interaction(
        type=ALERT_TYPE, subtypes=_dicom("110127", "Emergency Override Started"), action="E"
    )
    BREAK_GLASS_END = Interaction(
        type=ALERT_TYPE, subtypes=_dicom("110138", "Emergency Override Stopped"), action="E"
    )
    ALERT = Interaction(type=ALERT_TYPE, action="E")
    CONFIGURATION = Interaction(
        type=ALERT_TYPE, subtypes=_dicom("110131", "Software Configuration"), action="E"
    )
    LOG_USED = Interaction(type=LOG_USED_TYPE, action="R", is_query=True)
    JOB = Interaction(type=ACTIVITY, action="E")


KINDS: Mapping[Action, Kind] = {
    Action.MESSAGE_INGEST: Kind.CREATE,
    Action.MESSAGE_REJECT: Kind.CREATE,
    Action.MESSAGE_RECEIVE: Kind.CREATE,
    Action.MESSAGE_READ: Kind.READ,
    Action.MESSAGE_SEARCH: Kind.SEARCH,
    Action.MESSAGE_REPLAY: Kind.UPDATE,
    Action.MESSAGE_WITHDRAW: Kind.UPDATE,
    Action.MESSAGE_PREVIEW: Kind.OPERATION,
    Action.RECORD_CREATE: Kind.CREATE,
    Action.RECORD_UPDATE: Kind.UPDATE,
    Action.RECORD_READ: Kind.READ,
    Action.PATIENT_READ: Kind.READ,
    Action.PATIENT_SEARCH: Kind.SEARCH,
    Action.PATIENT_EVERYTHING: Kind.OPERATION,
    Action.RESOURCE_READ: Kind.READ,
    Action.RESOURCE_SEARCH: Kind.SEARCH,
    Action.RESOURCE_HISTORY: Kind.HISTORY,
    Action.IDENTITY_CREATE: Kind.CREATE,
    Action.IDENTITY_LINK: Kind.UPDATE,
    Action.IDENTITY_SPLIT: Kind.UPDATE,
    Action.IDENTITY_READ: Kind.READ,
    Action.LINKAGE_RUN: Kind.JOB,
    Action.REVIEW_OPEN: Kind.CREATE,
    Action.REVIEW_EXPORT: Kind.EXPORT,
    Action.DECISION_MAKE: Kind.UPDATE,
    Action.DECISION_WITHDRAW: Kind.UPDATE,
    Action.DECISION_EXPORT: Kind.EXPORT,
    Action.LINKS_EXPORT: Kind.EXPORT,
    Action.CHANGES_READ: Kind.SEARCH,
    Action.CHANGES_SEND: Kind.EXPORT,
    Action.EXPORT_BEGIN: Kind.OPERATION,
    Action.EXPORT_LIST: Kind.SEARCH,
    Action.EXPORT_ASK: Kind.OPERATION,
    Action.EXPORT_READ: Kind.EXPORT,
    Action.EXPORT_END: Kind.OPERATION,
    Action.RECEIVER_CHANGE: Kind.CONFIGURATION,
    Action.RECEIVER_READ: Kind.OPERATION,
    Action.EXPLANATION_READ: Kind.READ,
    Action.MATCH_SEARCH: Kind.SEARCH,
    Action.MATCH_READ: Kind.SEARCH,
    Action.LOOKUP_ASK: Kind.EXPORT,
    Action.LOOKUP_ANSWER: Kind.IMPORT,
    Action.LOOKUP_READ: Kind.READ,
    Action.REGISTRATION_DRAFT: Kind.CREATE,
    Action.REGISTRATION_SEND: Kind.EXPORT,
    Action.REGISTRATION_ASK: Kind.OPERATION,
    Action.REGISTRATION_CHANGE: Kind.UPDATE,
    Action.REGISTRATION_WITHDRAW: Kind.UPDATE,
    Action.REGISTRATION_READ: Kind.READ,
    Action.REGISTRATION_SEARCH: Kind.SEARCH,
    Action.REPORT_READ: Kind.OPERATION,
    Action.EVALUATION_RUN: Kind.JOB,
    Action.MODEL_TRAIN: Kind.JOB,
    Action.MODEL_ADD: Kind.CREATE,
    Action.MODEL_ACTIVATE: Kind.CONFIGURATION,
    Action.MODEL_COMPARE: Kind.OPERATION,
    Action.MODEL_READ: Kind.READ,
    Action.DATABASE_MIGRATE: Kind.CONFIGURATION,
    Action.SANDBOX_RESET: Kind.CONFIGURATION,
    Action.CONFIGURATION_CHANGE: Kind.CONFIGURATION,
    Action.CLIENT_ADD: Kind.CONFIGURATION,
    Action.CLIENT_CHANGE: Kind.CONFIGURATION,
    Action.CLIENT_READ: Kind.OPERATION,
    Action.TOKEN_ISSUE: Kind.LOGIN,
    Action.TOKEN_REFUSE: Kind.LOGIN,
    Action.ACCESS_REFUSE: Kind.ALERT,
    Action.USER_ADD: Kind.CONFIGURATION,
    Action.USER_CHANGE: Kind.CONFIGURATION,
    Action.USER_READ: Kind.OPERATION,
    Action.SESSION_REFUSE: Kind.LOGIN,
    Action.SESSION_OPEN: Kind.LOGIN,
    Action.SESSION_CLOSE: Kind.LOGOUT,
    Action.OVERRIDE_OPEN: Kind.BREAK_GLASS,
    Action.OVERRIDE_CLOSE: Kind.BREAK_GLASS_END,
    Action.OVERRIDE_REVIEW: Kind.UPDATE,
    Action.FINDING_OPEN: Kind.CREATE,
    Action.FINDING_CHANGE: Kind.UPDATE,
    Action.FINDING_READ: Kind.SEARCH,
    Action.AUDIT_READ: Kind.LOG_USED,
    Action.AUDIT_EXPORT: Kind.LOG_USED,
    Action.AUDIT_VERIFY: Kind.LOG_USED,
    Action.AUDIT_BACKFILL: Kind.JOB,
    Action.AUDIT_ALARM: Kind.ALERT,
    Action.AUDIT_GAP: Kind.ALERT,
    Action.AUDIT_ROTATE: Kind.ALERT,
    Action.AUDIT_ERASE: Kind.DELETE,
}
