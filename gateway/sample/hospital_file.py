"""Puts hospital parts into the health-XML envelope of QĐ 4750 and 3176."""

import base64
from collections.abc import Sequence
from xml.sax.saxutils import escape

from gateway.sample.hospital import Part
from gateway.sample.hospital_tables import Fields
from gateway.sample.places import Hospital

ROOTS: dict[str, tuple[str, ...]] = {
    "XML0": ("CHI_TIEU_TRANG_THAI_KCB",),
    "XML1": ("TONG_HOP",),
    "XML7": ("CHI_TIEU_DU_LIEU_GIAY_RA_VIEN",),
    "XML8": ("CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN",),
    "XML13": ("CHI_TIEU_GIAYCHUYENTUYEN",),
    "XML9": ("CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH", "DSACH_GIAYCHUNGSINH"),
}
RENAMED = {"SO": "MA_GCS", "HO_TEN_NND": "HOTEN_NND", "HO_TEN_CON": "TEN_CON"}
"""Newer spelling of certificates (vn_domain.md 4.3)."""
XML = '<?xml version="1.0" encoding="utf-8"?>'


def envelope(hospital: Hospital, dossiers: Sequence[Sequence[Part]], made: str) -> bytes:
    """One file of dossiers (HOSO). `made` is yyyymmdd."""
    body = "".join(_dossier(hospital, parts) for parts in dossiers)
    text = (
        f'{XML}\n<GIAMDINHHS xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema">\n'
        f"<THONGTINDONVI><MACSKCB>{hospital.code}</MACSKCB></THONGTINDONVI>\n"
        f"<THONGTINHOSO><NGAYLAP>{made}</NGAYLAP><SOLUONGHOSO>{len(dossiers)}</SOLUONGHOSO>\n"
        f"<DANHSACHHOSO>\n{body}</DANHSACHHOSO></THONGTINHOSO>\n<CHUKYDONVI/>\n</GIAMDINHHS>\n"
    )
    return text.encode()


def standalone(parts: Sequence[Part]) -> bytes:
    """New certificates as a file of their own: root HSDLGCS."""
    return f"{XML}\n{_certificates(parts[0].rows)}\n".encode()


def document(part: Part) -> str:
    """The inner XML document of one table, without its declaration."""
    if part.table == "HSDLGCS":
        return _certificates(part.rows)
    first, *inner = ROOTS[part.table]
    if not inner:
        return _element(first, _fields(part.rows[0]))
    rows = "".join(_element("DU_LIEU_GIAY_CHUNG_SINH", _fields(row)) for row in part.rows)
    return _element(first, _element(inner[0], rows))


def _dossier(hospital: Hospital, parts: Sequence[Part]) -> str:
    return _element("HOSO", "".join(_file(hospital, part) for part in parts)) + "\n"


def _file(hospital: Hospital, part: Part) -> str:
    table = "XML9" if part.table == "HSDLGCS" else part.table
    content = _content(hospital.content_form, document(part))
    return f"<FILEHOSO><LOAIHOSO>{table}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


def _content(form: str, inner: str) -> str:
    if form == "nested":
        return inner
    if form == "cdata":
        return f"<![CDATA[{inner}]]>"
    mark = "\ufeff" if form == "base64-bom" else ""
    return base64.b64encode(f"{mark}{XML}{inner}".encode()).decode()


def _certificates(rows: Sequence[Fields]) -> str:
    certificates = "".join(
        _element(
            "GIAYCHUNGSINH", _fields({RENAMED.get(name, name): text for name, text in row.items()})
        )
        for row in rows
    )
    return _element("HSDLGCS", certificates)


def _fields(fields: Fields) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"
