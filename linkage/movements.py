"""Where a child was and when: moves between bodies and stays in a house, from FHIR resources."""

from collections.abc import Iterator, Sequence

from adapters import profile
from adapters.profile import IdentifierKind
from linkage import normalise
from linkage.fhir_elements import (
    Element,
    days,
    extensions,
    hour_of,
    is_placeholder,
    minute_of,
    of_type,
    place_of,
    place_of_reference,
    value,
    values,
)
from linkage.records import OPEN, Move, Stay

NEVER_HELD = frozenset({"cancelled", "entered-in-error"})
"""States of an Encounter."""
VISITS = frozenset({"AMB", "PRENC"})
"""Classes of an Encounter after which the child goes home, though its papers may span weeks."""
CHECK_IN_MINUTES = 60
"""A stay whose end nobody stated is taken as one hour: enough to see two at once, no more."""


def held(encounters: Sequence[Element]) -> list[Element]:
    """Those that took place, as far as is known: a cancelled stay says nothing of where anybody
    was."""
    return [e for e in encounters if e.get("status") not in NEVER_HELD]


def encounter_moves(encounters: Sequence[Element]) -> Iterator[Move]:
    """Arrival at and departure from a hospital, with where from and where to."""
    for encounter in encounters:
        house = place_of_reference(encounter.get("serviceProvider"))
        start = encounter.get("period", {}).get("start")
        end = encounter.get("period", {}).get("end")
        ways = encounter.get("hospitalization", {})
        yield from _move("in", house, start)
        yield from _move("out", house, end)
        yield from _move("out", place_of_reference(ways.get("origin")), start)
        yield from _move("in", place_of_reference(ways.get("destination")), end)


def episode_moves(episodes: Sequence[Element]) -> Iterator[Move]:
    """Reception into and leaving of a home."""
    for episode in episodes:
        home = place_of_reference(episode.get("managingOrganization"))
        period = episode.get("period", {})
        yield from _move("in", home, period.get("start"))
        yield from _move("out", home, period.get("end"))


def handover_moves(handovers: Sequence[Element], reception: str | None) -> Iterator[Move]:
    """Given to a place: into it. Received from a place: out of it, at its time or at reception.

    A hospital that is only named stands as `name:<folded name>` until the directory knows its code.
    """
    for handover in handovers:
        given = value(handover, "direction") == "given"
        time = value(handover, "time") or (None if given else reception)
        name = normalise.fold(str(value(handover, "name") or ""))
        places = [place_of(identifier) for identifier in values(handover, "place")]
        if normalise.body_kind(name) == "hospital":
            places.append(f"name:{name}")
        for place in places:
            yield from _move("in" if given else "out", place, time)


def report_moves(patient: Element, handovers: Sequence[Element]) -> Iterator[Move]:
    """Who made the minutes gave the child away: out of the commune, on the day of the handover."""
    for identifier in patient.get("identifier", ()):
        minutes = identifier.get("system") == profile.SYSTEMS[IdentifierKind.MINUTES]
        if minutes and not is_placeholder(identifier):
            commune = place_of(identifier.get("assigner", {}).get("identifier"))
            given = [value(h, "time") for h in handovers if value(h, "direction") == "given"]
            day = identifier.get("period", {}).get("start")
            for time in given or [day]:
                yield from _move("out", commune, time)


def birth_moves(patient: Element, resources: Sequence[Element]) -> Iterator[Move]:
    """A birth certificate has no stay, but it says in which hospital the child came, and when."""
    if of_type(resources, "Encounter"):
        return
    times = [
        time
        for extension in extensions(patient.get("_birthDate", {}), profile.BIRTH_TIME)
        if (time := extension.get("valueDateTime"))
    ]
    for organization in of_type(resources, "Organization"):
        place = place_of((organization.get("identifier") or [{}])[0])
        if place and place.startswith("hospital:"):
            yield from _move("in", place, next(iter(times), patient.get("birthDate")))


def handover_files(handovers: Sequence[Element]) -> Iterator[tuple[str, str]]:
    """(place, number of the child's file there) as the other body states it."""
    for handover in handovers:
        number = value(handover, "file")
        for identifier in values(handover, "place") if number else ():
            place = place_of(identifier)
            if place:
                yield place, str(number)


def hospital_stays(encounters: Sequence[Element], file: str) -> Iterator[Stay]:
    """One stay an Encounter; check-in without an end counts for CHECK_IN_MINUTES."""
    for encounter in encounters:
        house = place_of_reference(encounter.get("serviceProvider"))
        start = encounter.get("period", {}).get("start")
        end = encounter.get("period", {}).get("end")
        if house and start and len(start) >= 10:
            begins = minute_of(start)
            ends = minute_of(end) if end and len(end) >= 10 else begins + CHECK_IN_MINUTES
            yield Stay(
                place=house,
                file=file,
                start=begins,
                end=max(begins, ends),
                visit=encounter.get("class", {}).get("code") in VISITS,
            )


def home_stays(episodes: Sequence[Element], file: str) -> Iterator[Stay]:
    """One stay an EpisodeOfCare, open where the child is still there."""
    for episode in episodes:
        home = place_of_reference(episode.get("managingOrganization"))
        start = episode.get("period", {}).get("start")
        end = episode.get("period", {}).get("end")
        if home and start and len(start) >= 10:
            yield Stay(
                place=home,
                file=file,
                start=minute_of(start),
                end=minute_of(end) if end and len(end) >= 10 else OPEN,
            )


def handovers_of(patient: Element, episodes: Sequence[Element]) -> list[Element]:
    """All handover extensions of a record."""
    found = list(extensions(patient, profile.EXT_HANDOVER))
    for episode in episodes:
        found += extensions(episode, profile.EXT_HANDOVER)
    return found


def _move(direction: str, place: str | None, time: str | None) -> Iterator[Move]:
    if place and time and len(time) >= 10:
        yield Move(direction=direction, place=place, day=days(time)[0], hour=hour_of(time))
