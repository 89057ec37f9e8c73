"""Broken payloads of the later sources, by folder: each is refused by its own adapter."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from gateway.sample.broken import Broken, Fault
from gateway.sample.education import COLUMNS
from gateway.sample.population_file import collection
from gateway.sample.xlsx import workbook

HL7_HEAD = "MSH|^~\\&|HIS|01999|MOTEM||202603041200||ADT^{}|SAI{}|P|2.5|||||||UNICODE UTF-8\r"


def _cut(content: bytes, rng: Random) -> bytes:
    """The first part of a payload, never in the middle of a letter."""
    cut = content[: rng.randint(len(content) // 2, len(content) - 10)]
    return cut.decode(errors="ignore").encode()


def _json(source: str, fault: str, value: object) -> Broken:
    content = json.dumps(value, ensure_ascii=False).encode()
    return Broken(source=source, ending="json", fault=fault, content=content)


def _report(number: int) -> dict[str, Any]:
    return {
        "loai": "BAO_CAO_TIEP_NHAN",
        "maVuViec": f"SAI-2026-{number}",
        "kenh": "111",
        "thoiGian": "2026-03-04T05:25:00+07:00",
        "noiXayRa": {"maXa": "00199"},
        "tre": {"gioiTinh": "NU"},
        "nhom": ["ABANDONED"],
    }


def _cut_report(rng: Random, number: int) -> Broken:
    whole = json.dumps([_report(number)]).encode()
    return Broken(source="hotline", ending="json", fault="truncated-json", content=_cut(whole, rng))


def _two_children_of_one_case(_: Random, number: int) -> Broken:
    children = {"tre": [{"gioiTinh": "NU"}, {"gioiTinh": "NAM"}]}
    return _json("hotline", "two-children", _report(number) | children)


def _citizen(number: int) -> bytes:
    citizen = {"SoDinhDanh": f"9983{number % 100_000_000:08d}", "HoVaTen": "Nguyễn Văn Sai"}
    return collection([citizen], "2026-03-04", "dc")


def _cut_collection(rng: Random, number: int) -> Broken:
    content = _cut(_citizen(number), rng)
    return Broken(source="population", ending="xml", fault="truncated-xml", content=content)


def _collection_with_doctype(_: Random, number: int) -> Broken:
    declaration = b'<!DOCTYPE x [<!ENTITY ten "Sai">]>\n'
    head, _newline, rest = _citizen(number).partition(b"\n")
    content = head + b"\n" + declaration + rest
    return Broken(source="population", ending="xml", fault="doctype", content=content)


def _list_without_header(_: Random, number: int) -> Broken:
    text = f"1;Trường Tiểu học Sai;1A;0998{number % 1_000_000:06d};Nguyễn Văn Sai;01/02/2019;Nam\n"
    return Broken(source="education", ending="csv", fault="missing-header", content=text.encode())


def _cut_list(_: Random, number: int) -> Broken:
    row = ["1", "Trường Tiểu học Sai", "SAI", "1A", f"0998{number % 1_000_000:06d}"]
    whole = workbook([[*COLUMNS], [*row]])
    content = whole[: len(whole) // 2]
    return Broken(source="education", ending="xlsx", fault="cut-workbook", content=content)


def _step(number: int) -> dict[str, Any]:
    return {
        "loai": "PHIEU_BUOC",
        "soPhieu": f"SAI-{number}",
        "maDonVi": "00199",
        "buoc": "NIEM_YET",
        "thoiGian": "2026-03-05T10:00:00+07:00",
        "tre": {"gioiTinh": "NU"},
    }


def _unknown_step(_: Random, number: int) -> Broken:
    return _json("casework", "wrong-code", _step(number) | {"buoc": "BUOC_LA"})


def _zero_report_with_a_child(_: Random, number: int) -> Broken:
    return _json("casework", "zero-with-child", _step(number) | {"buoc": "BAO_CAO_KHONG"})


def _patient(number: int) -> dict[str, Any]:
    own = {"system": "https://sai-mau.example/mrn", "value": f"SAI{number}"}
    return {"resourceType": "Patient", "identifier": [own], "gender": "female"}


def _bad_birth_date(_: Random, number: int) -> Broken:
    return _json("fhir", "wrong-date", _patient(number) | {"birthDate": "hôm qua"})


def _bundle_without_type(_: Random, number: int) -> Broken:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": _patient(number)}]}
    return _json("fhir", "bundle-type", bundle)


def _messages(fault: str, text: str) -> Broken:
    return Broken(source="hospital", ending="hl7", fault=fault, content=text.encode(), form="hl7")


def _message_without_patient(_: Random, number: int) -> Broken:
    return _messages("no-patient", HL7_HEAD.format("A08", number) + "EVN|A08|202603041200\r")


def _message_of_unknown_event(_: Random, number: int) -> Broken:
    pid = f"PID|1||SAI{number}^^^01999^MR||Vô danh||20260304|F\r"
    return _messages("wrong-event", HL7_HEAD.format("A99", number) + pid)


LATER_FAULTS: Mapping[str, tuple[Fault, ...]] = {
    "hotline": (_cut_report, _two_children_of_one_case),
    "population": (_cut_collection, _collection_with_doctype),
    "education": (_list_without_header, _cut_list),
    "casework": (_unknown_step, _zero_report_with_a_child),
    "fhir": (_bad_birth_date, _bundle_without_type),
    "hospital_hl7": (_message_without_patient, _message_of_unknown_event),
}
