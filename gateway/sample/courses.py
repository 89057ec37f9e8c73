"""The courses a made-up life can take: one row for each stratum."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How a family's story begins and what else befalls it."""

    begins: str
    """found, left (in the hospital where it was born), parents."""
    size: int = 1
    together: bool = False
    """Found or left together, rather than only living in one facility."""
    twins: bool = False
    alike: bool = False
    transferred: bool = False
    renamed: bool = False
    adopted: bool = False
    moved: bool = False
    two_minutes: bool = False
    two_registrations: bool = False


COURSES: dict[str, Course] = {
    "found-outside": Course(begins="found"),
    "abandoned-in-hospital": Course(begins="left"),
    "twins-found": Course(begins="found", size=2, together=True, twins=True),
    "twins-in-hospital": Course(begins="left", size=2, together=True, twins=True),
    "siblings-found": Course(begins="found", size=2, together=True),
    "look-alike": Course(begins="found", size=2, alike=True),
    "named": Course(begins="parents"),
    "renamed": Course(begins="found", renamed=True),
    "adopted": Course(begins="left", adopted=True),
    "two-hospitals": Course(begins="left", transferred=True),
    "two-minutes": Course(begins="found", two_minutes=True),
    "two-registrations": Course(begins="found", two_registrations=True),
    "moved": Course(begins="found", moved=True),
}
