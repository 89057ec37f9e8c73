"""Which types of resources can be written by themselves, which only with a child, and how patched."""

from collections.abc import Sequence

OF_A_CHILD: Sequence[str] = (
    "RelatedPerson",
    "Encounter",
    "EpisodeOfCare",
    "Observation",
    "Condition",
    "Flag",
    "CareTeam",
    "Task",
    "Communication",
    "Provenance",
)
"""Each says whose it is."""
NUMBERED = frozenset({"Patient", *OF_A_CHILD} - {"Provenance"})
"""Those that bear an identifier, by which a condition can find them."""
SHARED: Sequence[str] = ("Organization", "Location")
"""Kept where a child's resource names them: written in a transaction together with it."""
WRITTEN_TYPES = frozenset({"Patient", *OF_A_CHILD, *SHARED})
JSON_PATCH = "application/json-patch+json"
