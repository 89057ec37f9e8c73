"""Whom the made-up population database knows: a register in a file, or a rule."""

import csv
from dataclasses import dataclass
from pathlib import Path

from adapters.legacy_text import fold
from adapters.outbound.population_lookup import Question
from gateway.errors import GatewayError

MADE_UP = ("998", "999")
"""How made-up numbers begin: no real one does."""
COLUMNS = ["number", "name", "birth_date"]


class WrongRegisterError(GatewayError):
    """The register of the sandbox cannot be read: CSV in UTF-8 with number,name,birth_date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Register:
    """With `citizens` (number → folded name, birth date) only those; else by rule."""

    citizens: dict[str, tuple[str, str]] | None = None

    def knows(self, question: Question) -> bool:
        """By rule: numbers that end in an even digit, under whatever name and birth date."""
        if self.citizens is None:
            return int(question.number[-1]) % 2 == 0
        name, born = self.citizens.get(question.number, ("", ""))
        return name == fold(question.name) and born.startswith(question.birth_date)


def is_made_up(number: str) -> bool:
    """A real child's number is refused: it was typed into a sandbox by mistake."""
    return number.startswith(MADE_UP)


def read_register(path: Path) -> Register:
    """Raises WrongRegisterError, which quotes nothing."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise WrongRegisterError from error
    if any(list(row) != COLUMNS or None in row.values() for row in rows):
        raise WrongRegisterError
    return Register(
        citizens={row["number"]: (fold(row["name"]), row["birth_date"]) for row in rows}
    )
