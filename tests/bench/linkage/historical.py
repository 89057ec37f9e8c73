"""Historical persons with errors: names, day of birth, place, postcode, sex, occupation."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from linkage.configuration import Configuration
from linkage.features import Feature
from linkage.normalise import fold
from tests.bench.linkage.english import full_forms, names, sound
from tests.bench.linkage.rows import Row, level, row, same, text, texts

UNKNOWN_DAY = "01-01"
"""Where only the year is known, the set has the first of January."""
INITIALS = 2
"""Words of so many letters are no name to look for."""


def figures(records: Sequence[Mapping[str, str | None]]) -> list[Row]:
    """The records as they are compared; where a place lies is learned from all that name both."""
    areas = _areas(records)
    return [_figure(record, areas) for record in records]


def _areas(records: Sequence[Mapping[str, str | None]]) -> dict[str, str]:
    """Place → the postcode area (ex, tq) in which most of those live who were born there."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        place, postcode = record["birth_place"], record["postcode_fake"]
        if place and postcode:
            told[place][_area(postcode)] += 1
    return {
        place: min(counts, key=lambda area: (-counts[area], area)) for place, counts in told.items()
    }


def _area(postcode: str) -> str:
    return postcode[:2].rstrip("0123456789")


def _figure(record: Mapping[str, str | None], areas: Mapping[str, str]) -> Row:
    words = [word for part in names(record["full_name"]) if (word := fold(part).replace(" ", ""))]
    place, postcode, dob = record["birth_place"], record["postcode_fake"], record["dob"]
    first, last = (words[0], words[-1]) if words else ("", "")
    told = {areas.get(place or ""), _area(postcode) if postcode else None}
    return row(
        str(record["unique_id"]),
        {
            "first": first,
            "last": last,
            "whole": "yes" if len(words) > 1 else None,
            "first_last": f"{first} {last}" if len(words) > 1 else None,
            "dob": dob,
            "year": dob[:4] if dob else None,
            "day": dob[5:] if dob else None,
            "place": place,
            "postcode": postcode,
            "district": postcode.partition(" ")[0] if postcode else None,
            "sex": record["gender"],
            "work": record["occupation"],
        },
        words=words,
        middle=words[1:-1],
        forms=full_forms(first) if first else (),
        sounds=map(sound, words),
        first_sound=map(sound, full_forms(first)) if first else (),
        last_sound=[sound(last)] if last else (),
        areas=filter(None, told),
    )


def near(column: str) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= 1"


def similar(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {least}"


def overlap(column: str) -> str:
    return f"list_has_any({column}_l, {column}_r)"


def among(column: str) -> str:
    return f"list_contains(words_l, {column}_r) or list_contains(words_r, {column}_l)"


WHOLE = "whole_l is not null and whole_r is not null"
INITIAL = "first_l = substr(first_r, 1, 1) or first_r = substr(first_l, 1, 1)"
FEATURES = (
    Feature(
        name="last",
        columns={
            "last": text("last"),
            "whole": text("whole"),
            "last_sound": texts("last_sound"),
            "words": texts("words"),
        },
        missing="last",
        unsaid=f"not ({WHOLE})",
        levels=(
            same("last", "same family name", 0.7, 0.001),
            level("family names one letter apart", near("last"), 0.1, 0.0005),
            level("similar family names", similar("last", 0.9), 0.03, 0.0005),
            level("family names that sound alike", overlap("last_sound"), 0.03, 0.002),
            level("family name among the other's names", among("last"), 0.05, 0.004),
            level("somewhat similar family names", similar("last", 0.75), 0.03, 0.01),
        ),
        otherwise=(0.06, 0.98),
    ),
    Feature(
        name="first",
        columns={
            "first": text("first"),
            "forms": texts("forms"),
            "first_sound": texts("first_sound"),
        },
        missing="first",
        unsaid=f"not ({WHOLE})",
        levels=(
            same("first", "same given name", 0.5, 0.02),
            level("forms of one given name", overlap("forms"), 0.2, 0.02),
            level("given names one letter apart", near("first"), 0.1, 0.005),
            level("an initial", INITIAL, 0.02, 0.004),
            level("similar given names", similar("first", 0.88), 0.03, 0.005),
            level("given names that sound alike", overlap("first_sound"), 0.02, 0.01),
            level("given name among the other's names", among("first"), 0.03, 0.02),
        ),
        otherwise=(0.1, 0.9),
    ),
    # Of a single word nobody knows which name it is.
    Feature(
        name="alone",
        columns={"sounds": texts("sounds")},
        missing="sounds",
        unsaid=f"sounds_l is null or sounds_r is null or ({WHOLE})",
        levels=(
            same("last", "the one word is the family name", 0.5, 0.002),
            same("first", "the one word is the given name", 0.2, 0.01),
            level("the one word is a form of the given name", overlap("forms"), 0.08, 0.01),
            level("the one word is nearly the family name", near("last"), 0.1, 0.002),
            level(
                "the one word is nearly a name",
                f"{similar('last', 0.88)} or {similar('first', 0.88)}",
                0.04,
                0.01,
            ),
            level("the one word sounds like a name", overlap("sounds"), 0.03, 0.01),
        ),
        otherwise=(0.1, 0.97),
    ),
    Feature(
        name="middle",
        columns={"middle": texts("middle")},
        missing="middle",
        levels=(level("same middle name", overlap("middle"), 0.7, 0.02),),
        otherwise=(0.3, 0.98),
    ),
    Feature(
        name="dob",
        columns={"dob": text("dob"), "year": text("year")},
        missing="dob",
        levels=(
            same("dob", "same day of birth", 0.6, 0.001),
            level("birth dates one digit apart", "levenshtein(dob_l, dob_r) <= 1", 0.25, 0.004),
            level("birth dates two digits apart", "levenshtein(dob_l, dob_r) <= 2", 0.08, 0.03),
            level("same year of birth", "year_l = year_r", 0.02, 0.01),
        ),
        otherwise=(0.05, 0.95),
    ),
    # Postcode and place hang together: one feature, in which the strongest agreement counts.
    Feature(
        name="place",
        columns={
            "postcode": text("postcode"),
            "district": text("district"),
            "areas": texts("areas"),
            "place": text("place"),
        },
        missing="areas",
        levels=(
            level(
                "same postcode and place",
                "postcode_l = postcode_r and place_l = place_r",
                0.25,
                0.00005,
            ),
            same("postcode", "same postcode", 0.2, 0.00008),
            level(
                "same district and place",
                "district_l = district_r and place_l = place_r",
                0.1,
                0.0005,
            ),
            level(
                "postcodes one sign apart",
                "levenshtein(postcode_l, postcode_r) <= 1",
                0.05,
                0.0003,
            ),
            same("place", "same place", 0.2, 0.005),
            level("same district", "district_l = district_r", 0.05, 0.001),
            level("same postcode area", overlap("areas"), 0.1, 0.02),
        ),
        otherwise=(0.1, 0.97),
    ),
    Feature(
        name="sex",
        columns={"sex": text("sex")},
        missing="sex",
        levels=(level("same sex", "sex_l = sex_r", 0.9, 0.7),),
        otherwise=(0.1, 0.3),
    ),
    Feature(
        name="work",
        # The whole name is for expectation maximisation, which blocks on a column.
        columns={"work": text("work"), "first_last": text("first_last")},
        missing="work",
        levels=(same("work", "same occupation", 0.85, 0.05),),
        otherwise=(0.15, 0.95),
    ),
)


def keys(record: Row) -> Iterator[str]:
    """A pair is compared when two things agree, each loosely, or one that is rare."""
    told, many = record.texts, record.lists
    yield from (f"{name}:{told[name]}" for name in ("postcode", "first_last") if name in told)
    yield from (f"words:{one}|{other}" for one, other in combinations(many.get("words", ()), 2))
    if len(told.get("last", "")) > INITIALS:
        yield f"last:{told['last']}"
    if told.get("day", UNKNOWN_DAY) != UNKNOWN_DAY:
        yield f"dob:{told['dob']}"
    named = [*many.get("sounds", ()), *many.get("forms", ())]
    beside = list(_beside(record))
    yield from (f"{name}|{other}" for name in named for other in beside)
    for one, other in (("place", "year"), ("district", "year"), ("district", "place")):
        if one in told and other in told:
            yield f"{one}-{other}:{told[one]}|{told[other]}"


def _beside(record: Row) -> Iterator[str]:
    """What a name is looked for together with."""
    told = record.texts
    for name in ("place", "district", "year", "work"):
        if name in told:
            yield f"{name}:{told[name]}"
    if told.get("day", UNKNOWN_DAY) != UNKNOWN_DAY:
        yield f"day:{told['day']}"
    yield from (f"area:{area}" for area in record.lists.get("areas", ()))


HISTORICAL = Configuration(
    name="historical",
    features=FEATURES,
    block_keys=keys,
    em_rules=(("first_last",), ("postcode",), ("dob",)),
    prior=1e-4,
)
