"""The commune reform of 1 July 2025: what a commune code of any date means today."""

from datetime import date

from adapters.commune_tables import REFORM, merged_provinces, old_to_new, today
from adapters.commune_text import by_text

__all__ = ["REFORM", "by_text", "name_of", "province_of", "province_today", "readings"]


def readings(code: str, on: date | None) -> tuple[str, ...]:
    """Today's commune codes that `code` may mean on that day, sorted.

    Before the reform the old table decides (471 split communes have several readings), from then
    on today's list first. Without a day both readings stay. An unknown code gives nothing.
    """
    old = old_to_new().get(code, ())
    new = (code,) if code in today() else ()
    if on is None:
        return tuple(sorted({*old, *new}))
    return (old or new) if on < REFORM else (new or old)


def province_of(code: str) -> str | None:
    """Today's two-digit province code of one of today's communes."""
    found = today().get(code)
    return found[0] if found else None


def province_today(code: str) -> str | None:
    """Today's province of a two-digit code from before the reform (vn_domain.md 3.3).

    The codes that hospitals and identity numbers begin with are still those of the 63 provinces.
    """
    return merged_provinces().get(code)


def name_of(code: str) -> str | None:
    """The name, with its kind, of one of today's communes: "Phường Láng"."""
    found = today().get(code)
    return found[1] if found else None
