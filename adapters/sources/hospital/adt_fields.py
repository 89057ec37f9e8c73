"""The elements of an ADT message that hold one value: our name, their place, how they are read."""

import re
from datetime import datetime

from adapters.errors import Problem
from adapters.sources.hospital.codes import SEXES
from adapters.sources.hospital.fields import Field, as_code, as_key, as_text, as_year
from adapters.sources.hospital.moments import VIETNAM, has_time, moment

_EVENTS = "A01 A02 A03 A04 A06 A07 A08 A11 A13 A28 A31 A40"
EVENTS = frozenset(_EVENTS.split())
"""Admission, registration, update, new person, changed person, merge (formats.md); and transfer,
discharge, change of class and what takes a stay back, which say the same of the same child and may
be the only ones that arrive."""
MERGE = "A40"
CANCELS = "A11"
"""The stay never was: admitted or registered by mistake."""
REOPENS = "A13"
"""The child was not discharged."""
STAY_NAMED_BY = {CANCELS: ("stay", "admitted"), REOPENS: ("admitted",)}
"""Events that take something of a stay back → what must be stated, one of it, for them to be read.

A stay has its period as a whole: a discharge is only taken back by stating the admission alone."""
_NOT_USED = """
    A05 A09 A10 A14 A15 A16 A17 A20 A21 A22 A35 A41 A42 A48 A49 A50 A51 A54 A55 A60 A61 A62
"""
_CANCELS_NOT_USED = "A12 A25 A26 A27 A32 A33 A38 A52 A53"
NOT_USED = dict.fromkeys(_NOT_USED.split(), "event-not-used") | dict.fromkeys(
    _CANCELS_NOT_USED.split(), "cancel-not-used"
)
"""Table 0003: events that change nothing that is kept → under which they are counted.

Plans, beds, leave, doctors, numbers of accounts and visits, and what is taken back of them. Merges
of patients, links, moves and deletions that are not read are in no list: somebody must look."""

NOT_PRODUCTION = frozenset({"D", "N", "T"})
"""Table 0103, processing id: debugging, non-production testing, training. Their patients are made up
(HL7 v2.5, 2.9.2: a receiver that is none of those rejects them, table 0357, 202)."""

_OTHER_TYPES = """
    ACK ADR BAR BPS BRP BRT BTS CRM CSU DFT DOC DSR EAC EAN EAR EDR EHC EQQ ERP ESR ESU INR INU LSR
    LSU MCF MDM MFD MFK MFN MFQ MFR NMD NMQ NMR OMB OMD OMG OMI OML OMN OMP OMS ORB ORD ORF ORG ORI
    ORL ORM ORN ORP ORR ORS ORU OSQ OSR OUL PEX PGL PMU PPG PPP PPR PPT PPV PRR PTR QBP QCK QCN QRY
    QSB QSX QVR RAR RAS RCI RCL RDE RDO RDR RDS RDY REF RER RGR RGV ROR RPA RPI RPL RPR RQA RQC RQI
    RQP RQQ RRA RRD RRE RRG RRI RSP RTB SIU SPQ SQM SQR SRM SRR SSR SSU SUR TBR TCR TCU UDM VQQ VXQ
    VXR VXU VXX
"""
OTHER_TYPES = frozenset(_OTHER_TYPES.split())
"""Table 0076: results, orders, appointments, bills. They are for other systems, and whoever they
name is told by an ADT message too: refused, and no report about a child that was lost."""

HL7_SEXES = SEXES | {"M": "male", "F": "female", "U": "unknown", "A": "other", "O": "other"}
"""Table 0001 as HL7's v2-to-FHIR guide maps it; the health XML's codes are taken too."""
STAYS = {"I": "IMP", "B": "IMP", "O": "AMB", "E": "EMER", "R": "AMB", "P": "PRENC"}
"""Table 0004, patient class → v3-ActCode; N "not applicable" says nothing."""
CLASS_OF_EVENT = {"A01": "IMP", "A04": "AMB", "A06": "IMP", "A07": "AMB"}
"""Where PV1-2 does not say it: admitted, registered for a visit, or changed to one of both."""
_STAMP = re.compile(r"(\d{4}(?:\d\d){0,5})(?:\.\d{1,4})?([+-]\d{4})?")


def as_time(text: str) -> str | None:
    """A time stamp to the minute in the words of `moments.moment`, in Vietnam's time."""
    return _time(text, seconds=False)


def as_stamp(text: str) -> str | None:
    """A time stamp to the second: messages of one minute have an order."""
    return _time(text, seconds=True)


def _time(text: str, *, seconds: bool) -> str | None:
    found = _STAMP.fullmatch(text.replace(" ", ""))
    if found is None:
        raise ValueError("no time stamp of HL7")
    digits, zone = found.groups()
    stated = moment(f"{digits}00" if len(digits) == len("yyyymmddHH") else digits)
    if stated is None or not has_time(stated):
        return stated
    known = datetime.fromisoformat(stated)
    if seconds:
        known = known.replace(second=int(digits[12:14] or 0))
    if zone:
        known = known.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo).astimezone(VIETNAM)
    return known.isoformat()


def as_hl7_sex(text: str) -> str:
    code = text.upper()
    if code not in HL7_SEXES:
        raise ValueError("no code of table 0001")
    return HL7_SEXES[code]


def as_yes_or_no(text: str) -> bool:
    if text.upper() not in ("Y", "N"):
        raise ValueError("no code of table 0136")
    return text.upper() == "Y"


def as_yes(text: str) -> bool | None:
    """Only a yes: systems write N without asking."""
    return as_yes_or_no(text) or None


def as_order(text: str) -> int | None:
    if not re.fullmatch(r"0?[0-9]", text):
        raise ValueError("no order of birth")
    return int(text) or None


def as_stay_class(text: str) -> str | None:
    if text.upper() not in (*STAYS, "N", "C", "U"):
        raise ValueError("no code of table 0004")
    return STAYS.get(text.upper())


def as_newborn(text: str) -> bool | None:
    """Table 0007, N: admitted because it was born here."""
    return True if text.upper() == "N" else None


def as_people(text: str) -> str | None:
    """Dân tộc as two digits; a code of another list is unreadable."""
    if not re.fullmatch(r"\d{1,2}", text):
        raise ValueError("no code of dân tộc")
    return text.zfill(2)


FIELDS = (
    Field(key="born", elements=("PID-7",), read=as_time, rest=as_year),
    Field(key="sex", elements=("PID-8",), read=as_hl7_sex),
    Field(key="ethnicity", elements=("PID-22", "PID-10"), read=as_people),
    Field(key="birth_place", elements=("PID-23",), read=as_text),
    Field(key="born_together", elements=("PID-24",), read=as_yes_or_no),
    Field(key="birth_order", elements=("PID-25",), read=as_order),
    Field(key="died", elements=("PID-29",), read=as_time),
    Field(key="dead", elements=("PID-30",), read=as_yes),
    Field(key="stay", elements=("PV1-19",), read=as_key, problem=Problem.WRONG_IDENTIFIER),
    Field(key="stay_class", elements=("PV1-2",), read=as_stay_class),
    Field(key="born_here", elements=("PV1-4",), read=as_newborn),
    Field(key="admitted", elements=("PV1-44",), read=as_time),
    Field(key="discharged", elements=("PV1-45",), read=as_time),
    Field(key="reason", elements=("PV2-3.2", "PV2-3"), read=as_text),
    Field(key="disease", elements=("DG1-3",), read=as_code),
    Field(key="diagnosis", elements=("DG1-3.2", "DG1-4"), read=as_text),
    Field(key="recorded", elements=("EVN-2",), read=as_stamp),
    Field(key="sent", elements=("MSH-7",), read=as_stamp),
)
"""Spellings are places in `elements`; the first that is filled counts."""
NUMBERS = {
    "MR": "file",
    "PI": "file",
    "": "file",
    "NI": "paper",
    "SB": "card",
    "GCS": "certificate",
    "BCT": "certificate",
}
"""Type of a PID-3 (component 5) → what it is."""
NAME_USES = {"": "official", "L": "official", "U": "official"} | {
    "D": "usual",
    "A": "usual",
    "N": "nickname",
    "M": "maiden",
    "B": "old",
    "S": "anonymous",
}
"""Table 0200, type of a name (component 7) → use of a FHIR name."""
ADDRESSES = ("H", "C", "P", "", "L", "BR")
"""Table 0190, types of address (component 7) that say where the child lives, the best first."""
KIN = {"MTH": "mother", "FTH": "father", "GRD": "guardian"}
"""Table 0063, relationship of a next of kin."""

_SEGMENTS = """
    MSH SFT EVN PID PD1 ROL NK1 PV1 PV2 DB1 OBX AL1 DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC UB1 UB2 PDA MRG
    NTE ARV IAM DSC
"""
SEGMENTS = frozenset(_SEGMENTS.split())
"""Segments that the standard has in these messages; any other is reported as unknown."""
