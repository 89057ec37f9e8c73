"""Days and moments as somebody in Việt Nam types them."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from gateway.guardian import VIETNAM

DAY, MINUTE = "%Y-%m-%d", "%Y-%m-%dT%H:%M"
FORMATS = [DAY, MINUTE, "%Y-%m-%dT%H:%M:%S"]
From = Annotated[
    datetime | None, typer.Option("--from", formats=FORMATS, help="From then on, Việt Nam time.")
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=FORMATS, help="Up to then; a day is included whole."),
]


def since(value: datetime | None) -> datetime | None:
    """What was typed after --from, with its zone."""
    return value.replace(tzinfo=VIETNAM) if value else None


def until(value: datetime | None) -> datetime | None:
    """What was typed after --to: the end of a day where no time was told."""
    if value is None:
        return None
    is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
    return value.replace(tzinfo=VIETNAM) + timedelta(days=1 if is_day else 0)
