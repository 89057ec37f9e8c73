"""Tests of gateway.sample.broken."""

from collections.abc import Callable
from random import Random

import pytest

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import PayloadError, Rejection
from gateway.sample.broken import FAULTS, Broken


def refusals(broken: Broken) -> list[Rejection]:
    message = SourceMessage(source=broken.source, content=broken.content)
    try:
        reading = load_adapters()[broken.source].read(message)
    except PayloadError as error:
        return [error.rejection]
    assert not reading.statements
    return list(reading.rejections)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_by_its_adapter(fault: Callable[[Random, int], Broken]) -> None:
    assert len(refusals(fault(Random(1), 7))) >= 1
