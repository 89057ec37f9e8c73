"""Health XML and citizens, cut between records; each part repeats what stands around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from adapters.errors import PayloadError, Problem
from adapters.formats.parts.record import Cut, Record
from adapters.formats.parts.text import Text
from adapters.formats.xml import MAX_DEPTH

RECORDS = frozenset({"HOSO", "CONGDAN", "GIAYCHUNGSINH", "DU_LIEU_GIAY_CHUNG_SINH"})
"""Local names of elements that each hold one record, wherever they stand."""
_MOST_HEAD = 256 * 1024
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[^\s<>/!?=\"']+)(?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+>")
_SKIPPED = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"))
_ANY = re.compile("<")
_WEIGHT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tag:
    sent: str = field(repr=False)
    name: str
    is_end: bool

    @property
    def is_empty(self) -> bool:
        return self.sent.endswith("/>")

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]


class _Markup:
    """The tags of a text one by one; `begin` is where the last of them stands in `held`."""

    def __init__(self, text: Text, *, reads_on: bool = True) -> None:
        self.text, self.reads_on = text, reads_on
        self.begin = self.at = text.at

    def next(self, sought: re.Pattern[str]) -> _Tag | None:
        """The next tag that `sought` finds, outside comments and CDATA; None at the end.

        Raises PayloadError: DOCTYPE, MALFORMED, TOO_LARGE.
        """
        while True:
            held = self.text.held
            found = sought.search(held, self.at)
            if found is None:
                last = held.rfind("<", self.at)
                self.at = len(held) if last < 0 else last
                if not self._more():
                    return None
                continue
            self.at = found.start()
            tag = _TAG.match(held, self.at)
            if tag:
                self.begin, self.at = self.at, tag.end()
                return _Tag(sent=tag[0], name=tag["name"], is_end=bool(tag["end"]))
            if not self._is_passed_over() and not self._more():
                raise PayloadError(Problem.MALFORMED)

    def pass_over(self, tag: _Tag) -> None:
        """Go behind the end of the element that a tag begins. Raises PayloadError."""
        sought = _tags_named(tag.name)
        depth = 0 if tag.is_empty else 1
        while depth:
            inner = self.next(sought)
            if inner is None:
                raise PayloadError(Problem.MALFORMED)
            if depth > MAX_DEPTH:
                raise PayloadError(Problem.TOO_DEEP)
            depth += -1 if inner.is_end else not inner.is_empty

    def _is_passed_over(self) -> bool:
        """Whether a comment, CDATA or instruction is complete; no tag may be half another thing."""
        held = self.text.held
        for begin, end in _SKIPPED:
            if held.startswith(begin, self.at):
                found = held.find(end, self.at + len(begin))
                self.at = self.at if found < 0 else found + len(end)
                return found >= 0
        if held[self.at : self.at + 9].upper() == "<!DOCTYPE":
            raise PayloadError(Problem.DOCTYPE)
        if held.find("<", self.at + 1) >= 0:
            raise PayloadError(Problem.MALFORMED)
        return False

    def _more(self) -> bool:
        self.at -= self.text.at
        return self.reads_on and self.text.more()


@lru_cache(maxsize=100)
def _tags_named(name: str) -> re.Pattern[str]:
    """What matters inside a record: its own end, and what could hide it."""
    return re.compile(rf"<(?:!--|!\[CDATA\[|\?|/?{re.escape(name)}(?=[\s/>]))")


def cut(text: Text) -> Cut | None:
    """None where no record begins near the beginning, inside something."""
    markup = _Markup(text, reads_on=False)
    try:
        above = _above_first(markup)
    except PayloadError:
        return None
    # A root is the only one.
    if above is None or len(above) < 2 or markup.begin > _MOST_HEAD:
        return None
    path = "".join(f"/{tag.local}" for tag in above)
    return Cut(
        records=_records(text, above[-1].local.upper()),
        place=lambda number: f"{path}[{number + 1}]",
    )


def _above_first(markup: _Markup) -> list[_Tag] | None:
    """The first record's own tag and those around it, outermost first."""
    stack: list[_Tag] = []
    while tag := markup.next(_ANY):
        if not tag.is_end and tag.local.upper() in RECORDS:
            return [*stack, tag]
        _step(stack, tag)
    return None


def _step(stack: list[_Tag], tag: _Tag) -> None:
    """Raises PayloadError: MALFORMED, TOO_DEEP."""
    if tag.is_end:
        if not stack or stack.pop().name != tag.name:
            raise PayloadError(Problem.MALFORMED)
    elif not tag.is_empty:
        stack.append(tag)
    if len(stack) > MAX_DEPTH:
        raise PayloadError(Problem.TOO_DEEP)


def _records(text: Text, local: str) -> Iterator[Record]:
    """Raises PayloadError; MALFORMED also where what is around the records does not end."""
    markup = _Markup(text)
    stack: list[_Tag] = []
    first: list[_Tag] = []
    number, beginning, head = -1, "", ""
    while tag := markup.next(_ANY):
        if tag.is_end or tag.local.upper() != local:
            _step(stack, tag)
            continue
        sent = text.take(markup.begin)
        if number < 0:
            beginning, first = sent, [*stack]
        else:
            yield _record(sent, number, head, _closing(stack))
        number, head = number + 1, beginning + _between(first, stack)
        markup.pass_over(tag)
    if stack:
        raise PayloadError(Problem.MALFORMED)
    yield _record(text.take(len(text.held)), number, head, "")


def _record(sent: str, number: int, head: str, closing: str) -> Record:
    """Weighed by its elements and attributes: the reader bounds both together."""
    weight = _WEIGHT * (sent.count("</") + sent.count("/>") + sent.count("="))
    return Record(text=sent, number=number, weight=weight, head=head, closing=closing)


def _closing(stack: Sequence[_Tag]) -> str:
    return "".join(f"</{tag.name}>" for tag in reversed(stack))


def _between(first: Sequence[_Tag], stack: Sequence[_Tag]) -> str:
    """From inside the elements around the first record into those around another one."""
    same = 0
    while same < min(len(first), len(stack)) and first[same] == stack[same]:
        same += 1
    return _closing(first[same:]) + "".join(tag.sent for tag in stack[same:])
