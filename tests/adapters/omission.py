"""What a source's FHIR loses when a field of a payload is left out: where the field really goes."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from adapters.contract import Conversion, SourceAdapter, SourceMessage, Statement
from adapters.errors import PayloadError
from adapters.formats import xlsx
from adapters.formats.hl7 import is_er7
from adapters.formats.values import plain

KEY, TIME, CUSTODIAN, REQUIRED = "record id", "own time", "custodian", "required"
"""Where a field goes besides the resources."""
_SURVIVED = "a record was read without it"
_CONSTANT = frozenset({"id", "resourceType", "meta"})
_DIRECTION = "direction"
"""Of a handover: says nothing by itself."""
_INSIDE = frozenset({"hospitalization"})
"""Elements of which the parts are told apart."""
_HL7 = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?(?:/(.*))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One statement of a payload, and its FHIR by path."""

    statement: Statement
    conversion: Conversion
    values: Mapping[str, list[Any]]


def lost(
    adapter: SourceAdapter, message: SourceMessage, name: str, names: Collection[str]
) -> set[str]:
    """The paths that change where a field is left out of all records; empty where it is not sent."""
    rest = without(message.content, name, names)
    # Written anew like the other, so that only what was left out makes a difference.
    whole = without(message.content, "", names) or message.content
    if rest is None or rest == whole:
        return set()
    before, refused_before = _said(adapter, replace(message, content=whole))
    after, refused = _said(adapter, replace(message, content=rest))
    both = before.keys() & after.keys()
    changed = {path for at in both for path in _lost(before[at], after[at])}
    if any(before[at].statement.content != after[at].statement.content for at in both):
        changed.add(_SURVIVED)
    return changed | ({REQUIRED} if refused > refused_before else set())


def _lost(before: Said, after: Said) -> Iterator[str]:
    keyed = not before.statement.unkeyed
    if keyed and before.statement.record_id != after.statement.record_id:
        yield KEY
    if before.statement.effective != after.statement.effective:
        yield TIME
    if before.conversion.custodian != after.conversion.custodian:
        yield CUSTODIAN
    gone = {
        path
        for path, values in before.values.items()
        if "." not in path and len(values) > len(after.values.get(path, ()))
    }
    yield from gone
    for path, values in before.values.items():
        if after.values.get(path) != values and path.partition(".")[0] not in gone:
            yield path


def specific(paths: set[str]) -> set[str]:
    """Without resources that only sometimes vanish as a whole: an element of them says more.

    A field is required where no record was read without it.
    """
    only_sometimes = {REQUIRED} if _SURVIVED in paths else set()
    said = paths - {_SURVIVED} - only_sometimes
    return {path for path in said if not any(other.startswith(f"{path}.") for other in said)}


def _said(adapter: SourceAdapter, message: SourceMessage) -> tuple[dict[str, Said], int]:
    """Position → what is said there, and how much is refused."""
    try:
        reading = adapter.read(message)
    except PayloadError:
        return {}, len(message.content)
    found = {}
    for statement in reading.statements:
        conversion = adapter.convert(statement)
        values = by_path(conversion.resources)
        found[statement.position] = Said(statement=statement, conversion=conversion, values=values)
    return found, len(reading.rejections)


def by_path(resources: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """`Patient.identifier[ho-so]`, `RelatedPerson(mother).name` → what stands there."""
    found: dict[str, list[Any]] = {}
    for resource in resources:
        head = _head(resource)
        found.setdefault(head, []).append(True)
        for path, value in _elements(resource):
            found.setdefault(f"{head}.{path}", []).append(value)
    return found


def _head(resource: Mapping[str, Any]) -> str:
    """The type, and which of several: the relation, or the code that is observed."""
    kind: str = resource["resourceType"]
    which = ""
    if kind == "RelatedPerson":
        which = resource["id"].removeprefix("related-").partition("-")[0]
    elif kind == "Observation":
        coded = resource.get("code", {}).get("coding") or [{}]
        which = coded[0].get("code", "")
    return f"{kind}({which})" if which else kind


def _elements(resource: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    meta = resource.get("meta", {})
    yield "meta.security", [label["code"] for label in meta.get("security", ())]
    for name, value in resource.items():
        if name not in _CONSTANT:
            yield from _parts(name.removeprefix("_"), value)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name == "extension":
        for one in value:
            yield from _extension(f"extension[{re.split('[:/]', one['url'])[-1]}]", one)
    elif name == "identifier":
        for one in value:
            yield f"identifier[{re.split('[:/]', one.get('system', ''))[-1]}]", one
    elif name in _INSIDE:
        yield from ((f"{name}.{inner}", part) for inner, part in value.items())
    else:
        yield name, value


def _extension(path: str, one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    parts = one.get("extension", ())
    for part in parts:
        if part["url"] != _DIRECTION:
            yield f"{path}.{part['url']}", part
    if not parts:
        yield path, one


def without(content: bytes, name: str, names: Collection[str]) -> bytes | None:
    """The payload without a field, in whatever format it is; None where it cannot be left out."""
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b'"resourceType"' in text:
        return _without_element_of_fhir(text, name)
    if is_er7(content):
        return _without_place(content, name)
    if xlsx.is_zip(content) or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    if text.startswith(b"<"):
        return _without_element(content, name, names)
    return _without_member(text, name) if text[:1] in b"{[" else _without_column(content, name)


def _without_member(content: bytes, name: str) -> bytes | None:
    try:
        made = [json.loads(content)]
    except ValueError:
        made = [_line(line) for line in content.splitlines()]
    for one in made:
        _drop(one, [plain(part) for part in name.split(".")])
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in made)


def _without_element_of_fhir(content: bytes, name: str) -> bytes | None:
    """`Patient.name` in every resource of that type."""
    kind, _, element = name.partition(".")
    found = json.loads(content) if not content.rstrip().count(b"\n{") else None
    if found is None:
        return None
    todo = [found]
    while todo:
        one = todo.pop()
        if isinstance(one, dict) and one.get("resourceType") == kind:
            _drop(one, [plain(part) for part in element.split(".")])
        todo += (
            list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        )
    return json.dumps(found).encode()


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _drop(value: Any, path: list[str]) -> None:
    for one in value if isinstance(value, list) else [value]:
        for key in list(one) if isinstance(one, dict) else ():
            if plain(key) == path[0]:
                if len(path) == 1:
                    del one[key]
                else:
                    _drop(one[key], path[1:])


def _without_element(content: bytes, name: str, names: Collection[str]) -> bytes | None:
    try:
        root = etree.fromstring(content)
    except etree.XMLSyntaxError:
        return None
    known = {one.upper() for one in names}
    *outer, last = name.upper().split(".")
    for element in list(root.iter(etree.Element)):
        parent = element.getparent()
        if parent is None or _local(element) != last:
            continue
        # At the top, what stands inside another field is that field's.
        if _local(parent) == outer[-1] if outer else f"{_local(parent)}.{last}" not in known:
            parent.remove(element)
    return etree.tostring(root)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].upper()


def _without_column(content: bytes, name: str) -> bytes | None:
    text = content.decode("utf-8-sig")
    delimiter = max(",;\t|", key=text.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    columns = {
        at for row in rows[:5] for at, cell in enumerate(row) if plain(cell) == plain(name) != ""
    }
    for row in rows:
        for at in columns & set(range(len(row))):
            row[at] = "" if plain(row[at]) != plain(name) else row[at]
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter).writerows(rows)
    return made.getvalue().encode()


def _without_place(content: bytes, name: str) -> bytes | None:
    """`PID-7`, `PID-11.9`; `PID-3/MR` is the repetition with that type. Declared marks: |^~."""
    found = _HL7.fullmatch(name)
    if found is None or b"|^~" not in content:
        return None
    segment, number, component, kind = found.groups()
    at = int(number) - (segment == "MSH")
    lines = re.split(r"[\r\n]+", content.decode("utf-8", "surrogateescape"))
    for number_of_line, line in enumerate(lines):
        fields = line.split("|")
        if fields[0] == segment and at < len(fields):
            repetitions = fields[at].split("~")
            fields[at] = "~".join(_cut(one, component, kind) for one in repetitions)
            lines[number_of_line] = "|".join(fields)
    return "\r".join(lines).encode("utf-8", "surrogateescape")


def _cut(repetition: str, component: str | None, kind: str | None) -> str:
    parts = repetition.split("^")
    if kind is not None and kind != (parts[4] if len(parts) > 4 else ""):
        return repetition
    if component is None:
        return ""
    if int(component) <= len(parts):
        parts[int(component) - 1] = ""
    return "^".join(parts)
