"""A statement as a whole: who answers for it, and content nobody of this source wrote."""

from dataclasses import replace

import pytest

from adapters.contract import SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.sources.hospital import adapter
from tests.adapters.sources.hospital.payloads import envelope, filed, read, stay


@pytest.mark.parametrize(
    ("facility", "province"), [("01999", "01"), ("77998", "79"), ("99001", None)]
)
def test_the_facility_answers_for_the_record(facility: str, province: str | None) -> None:
    (statement,) = read(envelope(filed("XML1", stay(MA_CSKCB=facility)))).statements
    conversion = adapter.convert(statement)
    assert (conversion.custodian, conversion.province) == (f"hospital:{facility}", province)


@pytest.mark.parametrize("content", [{}, {"facility": "01999"}, {"facility": "1", "table": "XML6"}])
def test_foreign_content_is_not_convertible(content: dict[str, str]) -> None:
    (statement,) = read(envelope(filed("XML1", stay()))).statements
    with pytest.raises(PayloadError) as refusal:
        adapter.convert(replace(statement, content=content))
    assert refusal.value.rejection.problem is Problem.NOT_CONVERTIBLE


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (envelope(), True),
        (b'<?xml version="1.0"?><n:GIAMDINHHS xmlns:n="urn:n">', True),
        ("\ufeff<TONG_HOP><A/></TONG_HOP>".encode("utf-16"), True),
        (b"<HSDLGCS/>", True),
        (b"<!DOCTYPE GIAMDINHHS []><GIAMDINHHS>", True),
        (b"<CongdanCollection/>", False),
        (b"<TONG_HOPS/>", False),
        (b'{"loai": "BIEN_BAN_TRE_BI_BO_ROI"}', False),
        (b"MSH|^~\\&|", True),
        (b"\r\n\x0bMSH^*+!:^", True),
        (b"\xef\xbb\xbfFHS|^~\\&|", True),
        ("\ufeffMSH|^~\\&|".encode("utf-16"), True),
        (b"MSHA|^~\\&|", False),
        (b"msh|^~\\&|", False),
        (b"", False),
    ],
)
def test_content_tells_whether_it_is_a_hospitals(content: bytes, ours: bool) -> None:
    assert adapter.recognises(SourceMessage(source="", content=content)) is ours
