"""Puts citizens into a CongdanCollection of QCVN 109:2017."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "http://www.mic.gov.vn/dancu/1.0"
HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def collection(citizens: Sequence[Mapping[str, Any]], day: str, prefix: str) -> bytes:
    """One bulk file; `day` is ThoiDiemDuLieu, `prefix` the namespace's, "" for the default one."""
    mark = f"{prefix}:" if prefix else ""
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    body = "".join(f"{_element('CongDan', citizen, mark)}\n" for citizen in citizens)
    text = (
        f'{HEAD}\n<{mark}CongdanCollection GhiChu="" ThoiDiemDuLieu="{day}" '
        f'SoCongDan="{len(citizens)}" {declared}="{NAMESPACE}">\n{body}</{mark}CongdanCollection>\n'
    )
    return text.encode()


def _element(name: str, value: Any, mark: str) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one, mark) for one in value)
    inner = (
        "".join(_element(inside, part, mark) for inside, part in value.items())
        if isinstance(value, Mapping)
        else escape(str(value))
    )
    return f"<{mark}{name}>{inner}</{mark}{name}>" if inner else f"<{mark}{name}/>"
