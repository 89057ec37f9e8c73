"""Hotline 111 and commune child-protection workers: intake reports (JSON, Mẫu 01 NĐ 56/2017)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.hotline import mapping, reader
from adapters.sources.hotline.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class HotlineAdapter:
    """One statement for each report: a report is about one child."""

    version = "hotline-1"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = HotlineAdapter()
