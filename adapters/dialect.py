"""How one sending system spells a source's fields and codes, where it does so in its own way."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """Spellings of a sender beside those of the source's own tables: from a site's file.

    `spellings`: name as sent → the source's own name. `codes`: the source's own name of a field →
    code as sent → a code of the source's list. Nothing in it: the source as its page describes it.
    """

    spellings: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.spellings or self.codes)


OURS = Dialect()
