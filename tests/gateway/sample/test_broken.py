"""Tests of gateway.sample.broken."""

from random import Random

import pytest

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import PayloadError, Rejection
from gateway.sample.broken import FAULTS, Broken, Fault
from gateway.sample.later_faults import LATER_FAULTS


def refusals(broken: Broken) -> list[Rejection]:
    message = SourceMessage(source=broken.source, content=broken.content)
    try:
        reading = load_adapters()[broken.source].read(message)
    except PayloadError as error:
        return [error.rejection]
    assert not reading.statements
    return list(reading.rejections)


EVERY = (*FAULTS, *(fault for faults in LATER_FAULTS.values() for fault in faults))


@pytest.mark.parametrize("fault", EVERY)
def test_each_fault_is_refused_by_its_adapter(fault: Fault) -> None:
    assert len(refusals(fault(Random(1), 7))) >= 1


@pytest.mark.parametrize("folder", LATER_FAULTS)
def test_faults_of_a_folder_stay_in_it(folder: str) -> None:
    assert {fault(Random(1), 7).folder for fault in LATER_FAULTS[folder]} == {folder}
