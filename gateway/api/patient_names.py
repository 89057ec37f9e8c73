"""How a Patient is named in a parameter: `Patient/<id>`, with or without the version that was seen."""

import re

from gateway.api.fhir_parameters import UnknownParameterError
from gateway.stewardship import Named

NAME = re.compile(r"(?:Patient/)?([A-Za-z0-9\-.]{1,64})(?:/_history/([1-9]\d{0,8}))?")


def named(told: str, parameter: str) -> Named:
    """Raises UnknownParameterError for what can be no Patient's name."""
    found = NAME.fullmatch(told)
    if found is None:
        raise UnknownParameterError(parameter)
    return Named(id=found[1], version=int(found[2]) if found[2] else None)
