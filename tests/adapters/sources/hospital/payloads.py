"""Writes health XML for tests: rows, tables, dossiers, envelopes."""

import base64
from collections.abc import Mapping
from typing import Any

from adapters.contract import Reading, SourceMessage
from adapters.sources.hospital import adapter

STAY = {
    "MA_LK": "LK1",
    "MA_BN": "BN1",
    "HO_TEN": "Nguyễn Thị An",
    "NGAY_SINH": "202603040000",
    "GIOI_TINH": "2",
    "NGAY_VAO": "202603060900",
    "NGAY_RA": "202603101530",
    "MA_CSKCB": "01999",
}
CERTIFICATE = {
    "MA_LK": "LK9",
    "SO": "00998.GCS.01999.26",
    "GIOI_TINH_CON": "1",
    "NGAY_SINH_CON": "202603041015",
    "NGAY_CT": "20260305",
}
LETTER = {
    "MA_LK": "LK1",
    "GIAY_CHUYEN_TUYEN": "45/GCT",
    "MA_NOI_DI": "01999",
    "MA_NOI_DEN": "79998",
}
ROOTS = {
    "XML0": "CHI_TIEU_TRANG_THAI_KCB",
    "XML1": "TONG_HOP",
    "XML7": "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN",
    "XML8": "CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN",
    "XML9": "DU_LIEU_GIAY_CHUNG_SINH",
    "XML13": "CHI_TIEU_GIAYCHUYENTUYEN",
}


def element(name: str, fields: Mapping[str, str]) -> str:
    return f"<{name}>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + f"</{name}>"


def stay(**fields: str) -> str:
    return element("TONG_HOP", STAY | fields)


def table(kind: str, **fields: str) -> str:
    """One FILEHOSO in base64."""
    return filed(kind, encoded(element(ROOTS[kind], fields)))


def encoded(document: str) -> str:
    return base64.b64encode(document.encode()).decode()


def filed(kind: str, content: str) -> str:
    return f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def envelope(*dossiers: str, sender: str = "01999") -> bytes:
    body = "".join(f"<HOSO>{dossier}</HOSO>" for dossier in dossiers)
    return (
        f"<GIAMDINHHS><THONGTINDONVI><MACSKCB>{sender}</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        f"<DANHSACHHOSO>{body}</DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>"
    ).encode()


def read(content: bytes | str) -> Reading:
    data = content.encode() if isinstance(content, str) else content
    return adapter.read(SourceMessage(source="hospital", content=data))


def resources(content: bytes | str, kind: str) -> list[dict[str, Any]]:
    """All resources of one type that the file's statements convert to."""
    return [
        resource
        for statement in read(content).statements
        for resource in adapter.convert(statement).resources
        if resource["resourceType"] == kind
    ]


def patient(content: bytes | str) -> dict[str, Any]:
    (only,) = resources(content, "Patient")
    return only


def tags(resource: Mapping[str, Any]) -> set[str]:
    return {tag["code"] for tag in resource["meta"].get("tag", ())}
