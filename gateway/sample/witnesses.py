"""The sources that look at a family's story when it is over: each from random numbers of its own."""

from collections.abc import Callable, Iterator, Mapping

from gateway.sample import casework, education, fhir, hl7, hotline, population
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.scene import Scene

WITNESSES: Mapping[str, Callable[[Scene, Story], list[Paper]]] = {
    "hotline": hotline.papers,
    "population": population.papers,
    "education": education.papers,
    "casework": casework.papers,
    "fhir": fhir.papers,
    "hospital_hl7": hl7.papers,
}
"""By folder, in this order: casework knows the hotline's case, and a clinic's visit comes last."""


def testimony(story: Story, scene_of: Callable[[str], Scene]) -> Iterator[tuple[str, list[Paper]]]:
    """Folder and papers of each witness; `scene_of` gives each a scene of its own."""
    for folder, papers in WITNESSES.items():
        yield folder, papers(scene_of(folder), story)
