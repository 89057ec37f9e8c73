"""What a search has to find, told again from the JSON alone: shares nothing with the product."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

Resource: TypeAlias = dict[str, Any]
Values: TypeAlias = list[Any]
VIETNAM = timezone(timedelta(hours=7))
EARLY = datetime(1, 1, 2, tzinfo=VIETNAM)
LATE = datetime(9999, 1, 1, tzinfo=VIETNAM)


@dataclass(frozen=True, kw_only=True)
class Known:
    """A parameter of a type, as section 3.1.1.4 of R4 describes it."""

    kind: str
    name: str
    form: str
    values: Callable[[Resource], Values]


def of(resource: Any, *steps: str) -> Values:
    found = [resource]
    for step in steps:
        found = [one[step] for one in found if isinstance(one, dict) and step in one]
        found = [inner for one in found for inner in (one if isinstance(one, list) else [one])]
    return found


def several(*paths: str) -> Callable[[Resource], Values]:
    return lambda resource: [v for path in paths for v in of(resource, *path.split("."))]


ADDRESS = tuple(
    f"address.{part}"
    for part in ["text", "line", "city", "district", "state", "postalCode", "country"]
)
NAME = tuple(f"name.{part}" for part in ["text", "family", "given", "prefix", "suffix"])
KNOWN = [
    Known(kind=kind, name=name, form=form, values=several(*paths.split()))
    for kind, name, form, paths in [
        ("Patient", "identifier", "token", "identifier"),
        ("Patient", "active", "token", "active"),
        ("Patient", "gender", "token", "gender"),
        ("Patient", "_tag", "token", "meta.tag"),
        ("Patient", "family", "string", "name.family"),
        ("Patient", "given", "string", "name.given"),
        ("Patient", "name", "string", " ".join(NAME)),
        ("Patient", "address", "string", " ".join(ADDRESS)),
        ("Patient", "address-state", "string", "address.state"),
        ("Patient", "birthdate", "date", "birthDate"),
        ("Patient", "_lastUpdated", "date", "meta.lastUpdated"),
        ("Patient", "link", "reference", "link.other"),
        ("RelatedPerson", "name", "string", " ".join(NAME)),
        ("RelatedPerson", "relationship", "token", "relationship"),
        ("RelatedPerson", "patient", "reference", "patient"),
        ("Observation", "code", "token", "code"),
        ("Observation", "status", "token", "status"),
        ("Observation", "date", "date", "effectiveDateTime effectivePeriod"),
        ("Observation", "patient", "reference", "subject"),
        ("Observation", "value-string", "string", "valueString"),
        ("Condition", "code", "token", "code"),
        ("Condition", "encounter", "reference", "encounter"),
        ("Encounter", "date", "date", "period"),
        ("Encounter", "class", "token", "class"),
        ("Encounter", "identifier", "token", "identifier"),
        ("Encounter", "service-provider", "reference", "serviceProvider"),
        ("EpisodeOfCare", "date", "date", "period"),
        ("Flag", "date", "date", "period"),
        ("Flag", "code", "token", "code"),
        ("Task", "authored-on", "date", "authoredOn"),
        ("Task", "patient", "reference", "for"),
        ("Task", "code", "token", "code"),
        ("Location", "name", "string", "name"),
        ("Organization", "name", "string", "name"),
    ]
]


def is_listed(resource: Resource) -> bool:
    if resource["resourceType"] != "Patient":
        return True
    golden = any(tag["code"] == "golden" for tag in of(resource, "meta", "tag"))
    return golden and resource.get("active") is True


def holds(known: Known, values: Values, modifier: str, wanted: Sequence[str]) -> bool:
    """Whether any of the values is any of those wanted."""
    if modifier == "missing":
        return (not stated(known.form, values)) == (wanted == ["true"])
    if modifier == "not":
        return not holds(known, values, "", wanted)
    test = FORMS[known.form]
    return any(test(value, one, modifier) for value in values for one in wanted)


def stated(form: str, values: Values) -> Values:
    """A concept that is only a text is no token, and a reference that only shows a name is none."""
    if form == "token":
        return [pair for value in values for pair in pairs(value)]
    if form == "reference":
        return [v for v in values if "reference" in v or "identifier" in v]
    return values


def pairs(value: Any) -> Iterator[tuple[str | None, str]]:
    if isinstance(value, dict):
        for one in value.get("coding", [value]):
            text = one.get("code", one.get("value"))
            if isinstance(text, str):
                yield one.get("system"), text
    else:
        yield None, {True: "true", False: "false"}.get(value, value)


def token(value: Any, wanted: str, _modifier: str) -> bool:
    system, bar, code = wanted.rpartition("|")
    return any(
        (not code or has_code == code) and (not bar or (has_system or "") == system)
        for has_system, has_code in pairs(value)
    )


def plain(text: str) -> str:
    """Without case, marks and punctuation."""
    parts = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("ð", "d"))
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join("".join(c if c.isascii() and c.isalnum() else " " for c in bare).split())


def string(value: str, wanted: str, modifier: str) -> bool:
    if modifier == "exact":
        return value == wanted
    if modifier == "contains":
        return plain(wanted) in plain(value)
    return plain(value).startswith(plain(wanted))


def bounds(text: str) -> tuple[datetime, datetime]:
    """First moment, and the first after it."""
    if "T" in text:
        begin = datetime.fromisoformat(text)
        digits = text[11:].split("+")[0].split("Z")[0].partition(".")[2]
        whole = timedelta(microseconds=10 ** (6 - len(digits))) if digits else timedelta(seconds=1)
        return begin, begin + whole
    parts = [int(part) for part in text.split("-")]
    year, month, day = [*parts, 1, 1][:3]
    begin = datetime(year, month, day, tzinfo=VIETNAM)
    if len(parts) == 3:
        return begin, begin + timedelta(days=1)
    years, months = divmod(parts[1] if len(parts) == 2 else 12, 12)
    return begin, begin.replace(year=begin.year + years, month=months + 1)


def span(value: Any) -> tuple[datetime, datetime]:
    if isinstance(value, str):
        return bounds(value)
    begin = bounds(value["start"])[0] if "start" in value else EARLY
    return begin, bounds(value["end"])[1] if "end" in value else LATE


def date(value: Any, wanted: str, _modifier: str) -> bool:
    prefix = wanted[:2] if wanted[0].isalpha() else "eq"
    low, high = bounds(wanted.removeprefix(prefix))
    begin, end = span(value)
    inside = low <= begin and end <= high
    return {
        "eq": inside,
        "ne": not inside,
        "gt": end > high,
        "ge": end > high or inside,
        "lt": begin < low,
        "le": begin < low or inside,
        "sa": begin >= high,
        "eb": end <= low,
    }[prefix]


def reference(value: Any, wanted: str, _modifier: str) -> bool:
    stated = value.get("reference", "")
    return bool(stated) and (stated == wanted or stated.endswith(f"/{wanted}"))


FORMS: dict[str, Callable[[Any, str, str], bool]] = {
    "token": token,
    "string": string,
    "date": date,
    "reference": reference,
}
