"""The other side of the population look-up, for sandboxes and tests: reads questions, answers them."""

from lxml import etree

from adapters.errors import PayloadError, Problem
from adapters.formats import xml
from adapters.formats.fields import Field, read_object
from adapters.formats.values import day
from adapters.outbound.population_lookup import OPERATION, SERVICE, SOAP, Question

_QUESTION = (
    Field(name="MaYeuCau", required=True),
    Field(name="SoDinhDanh", required=True),
    Field(name="HoVaTen", required=True),
    Field(name="NgayThangNamSinh.NgayThangNam", read=day),
    Field(name="NgayThangNamSinh.Nam", read=day),
)


def asked(content: bytes) -> Question:
    """The question in a request. Raises PayloadError where there is none, or an impossible one."""
    root = xml.parse(content)
    operation = next(root.iterdescendants(f"{{{SERVICE}}}{OPERATION}"), None)
    told = xml.members(operation) if operation is not None else None
    if not isinstance(told, dict):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    values = read_object(_QUESTION, told, f"/Envelope/Body/{OPERATION}").values
    born = "NgayThangNamSinh"
    try:
        return Question(
            transaction_id=values["MaYeuCau"],
            number=values["SoDinhDanh"],
            name=values["HoVaTen"],
            birth_date=values.get(f"{born}.NgayThangNam") or values[f"{born}.Nam"],
        )
    except (KeyError, ValueError):
        raise PayloadError(Problem.MISSING_VALUE, f"/Envelope/Body/{OPERATION}") from None


def found(question: Question) -> bytes:
    """The citizen as asked for."""
    envelope, collection = _collection(question)
    citizen = _child(collection, "CongDan")
    _child(citizen, "SoDinhDanh", question.number)
    family, _, rest = question.name.partition(" ")
    name = _child(citizen, "HoVaTen")
    _child(name, "Ho", family)
    _child(name, "Ten", rest)
    form = "Nam" if len(question.birth_date) == 4 else "NgayThangNam"
    _child(_child(citizen, "NgayThangNamSinh"), form, question.birth_date.replace("-", ""))
    return _bytes(envelope)


def nobody(question: Question) -> bytes:
    """An empty collection."""
    return _bytes(_collection(question)[0])


def fault(code: str) -> bytes:
    """A SOAP fault, `Client` or `Server.…`."""
    envelope, body = _envelope()
    failed = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(failed, "faultcode").text = f"soapenv:{code}"
    etree.SubElement(failed, "faultstring").text = "made by the sandbox"
    return _bytes(envelope)


def _collection(question: Question) -> tuple[etree._Element, etree._Element]:
    envelope, body = _envelope()
    response = _child(body, f"{OPERATION}Response")
    _child(response, "MaYeuCau", question.transaction_id)
    return envelope, _child(response, "CongdanCollection")


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "ns1": SERVICE})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _child(parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{SERVICE}}}{name}")
    child.text = value
    return child


def _bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
