"""Historical persons with errors: names, day of birth, place, postcode, sex, occupation."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from linkage import normalise
from linkage.configuration import Configuration
from linkage.features import Feature
from tests.bench.linkage.english import full_forms, names, sound
from tests.bench.linkage.rows import Row, level, row, same, text, texts

UNKNOWN_DAY = "01-01"
SHORTEST = 2
"""Words of so many letters are initials."""


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
    words = [normalise.fold(word).replace(" ", "") for word in names(record["full_name"])]
    words = [word for word in words if word]
    place, postcode = record["birth_place"], record["postcode_fake"]
    area = areas.get(place or "") or (_area(postcode) if postcode else None)
    dob = record["dob"]
    return row(
        str(record["unique_id"]),
        {
            "first": words[0] if words else None,
            "last": words[-1] if words else None,
            "whole": "yes" if len(words) > 1 else None,
            "dob": dob,
            "year": dob[:4] if dob else None,
            "day": dob[5:] if dob else None,
            "place": place,
            "postcode": postcode,
            "district": postcode.partition(" ")[0] if postcode else None,
            "area": area,
            "sex": record["gender"],
            "work": record["occupation"],
            "first_last": " ".join((words[0], words[-1])) if len(words) > 1 else None,
        },
        forms=full_forms(words[0]) if words else (),
        words=words,
        middle=words[1:-1],
        sounds={sound(word) for word in words},
        first_sound=[sound(form) for form in full_forms(words[0])] if words else (),
        last_sound=[sound(words[-1])] if words else (),
        areas={one for one in (area, _area(postcode) if postcode else None) if one},
    )


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
        unsaid="last_l is null or last_r is null or whole_l is null or whole_r is null",
        levels=(
            same("last", "same family name", 0.7, 0.001),
            level(
                "family names one letter apart",
                "damerau_levenshtein(last_l, last_r) <= 1",
                0.1,
                0.0005,
            ),
            level(
                "similar family names",
                "jaro_winkler_similarity(last_l, last_r) >= 0.9",
                0.03,
                0.0005,
            ),
            level(
                "family names that sound alike",
                "list_has_any(last_sound_l, last_sound_r)",
                0.03,
                0.002,
            ),
            level(
                "family name among the other's names",
                "list_contains(words_l, last_r) or list_contains(words_r, last_l)",
                0.05,
                0.004,
            ),
            level(
                "somewhat similar family names",
                "jaro_winkler_similarity(last_l, last_r) >= 0.75",
                0.03,
                0.01,
            ),
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
        unsaid="first_l is null or first_r is null or whole_l is null or whole_r is null",
        levels=(
            same("first", "same given name", 0.5, 0.02),
            level("forms of one given name", "list_has_any(forms_l, forms_r)", 0.2, 0.02),
            level(
                "given names one letter apart",
                "damerau_levenshtein(first_l, first_r) <= 1",
                0.1,
                0.005,
            ),
            level(
                "an initial",
                "first_l = substr(first_r, 1, 1) or first_r = substr(first_l, 1, 1)",
                0.02,
                0.004,
            ),
            level(
                "similar given names",
                "jaro_winkler_similarity(first_l, first_r) >= 0.88",
                0.03,
                0.005,
            ),
            level(
                "given names that sound alike",
                "list_has_any(first_sound_l, first_sound_r)",
                0.02,
                0.01,
            ),
            level(
                "given name among the other's names",
                "list_contains(words_l, first_r) or list_contains(words_r, first_l)",
                0.03,
                0.02,
            ),
        ),
        otherwise=(0.1, 0.9),
    ),
    Feature(
        name="alone",
        columns={"sounds": texts("sounds")},
        missing="sounds",
        unsaid="sounds_l is null or sounds_r is null or (whole_l is not null and whole_r is not null)",
        levels=(
            level(
                "the one word is the family name",
                "last_l = last_r",
                0.5,
                0.002,
                term_frequency=None,
            ),
            level("the one word is the given name", "first_l = first_r", 0.2, 0.01),
            level(
                "the one word is a form of the given name",
                "list_has_any(forms_l, forms_r)",
                0.08,
                0.01,
            ),
            level(
                "the one word is nearly the family name",
                "damerau_levenshtein(last_l, last_r) <= 1",
                0.1,
                0.002,
            ),
            level(
                "the one word is nearly a name",
                "jaro_winkler_similarity(last_l, last_r) >= 0.88 or jaro_winkler_similarity(first_l, first_r) >= 0.88",
                0.04,
                0.01,
            ),
            level(
                "the one word sounds like a name", "list_has_any(sounds_l, sounds_r)", 0.03, 0.01
            ),
        ),
        otherwise=(0.1, 0.97),
    ),
    Feature(
        name="middle",
        columns={"middle": texts("middle")},
        missing="middle",
        levels=(level("same middle name", "list_has_any(middle_l, middle_r)", 0.7, 0.02),),
        otherwise=(0.3, 0.98),
    ),
    Feature(
        name="dob",
        columns={"dob": text("dob"), "year": text("year"), "day": text("day")},
        missing="dob",
        levels=(
            same("dob", "same day of birth", 0.6, 0.001),
            level("birth dates one digit apart", "levenshtein(dob_l, dob_r) <= 1", 0.25, 0.004),
            level("birth dates two digits apart", "levenshtein(dob_l, dob_r) <= 2", 0.08, 0.03),
            level("same year of birth", "year_l = year_r", 0.02, 0.01),
        ),
        otherwise=(0.05, 0.95),
    ),
    Feature(
        name="place",
        columns={
            "postcode": text("postcode"),
            "district": text("district"),
            "area": text("area"),
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
                "postcodes one sign apart", "levenshtein(postcode_l, postcode_r) <= 1", 0.05, 0.0003
            ),
            same("place", "same place", 0.2, 0.005),
            level("same district", "district_l = district_r", 0.05, 0.001),
            level("same postcode area", "list_has_any(areas_l, areas_r)", 0.1, 0.02),
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
    yield from (f"w:{a}|{b}" for a, b in combinations(many.get("words", ()), 2))
    if told.get("day", UNKNOWN_DAY) != UNKNOWN_DAY:
        yield f"dob:{told['dob']}"
    if "last" in told and len(told["last"]) > SHORTEST:
        yield f"last:{told['last']}"
    named = [f"s{one}" for one in many.get("sounds", ())] + [
        f"f{one}" for one in many.get("forms", ())
    ]
    near = [
        f"{name}:{told[name]}" for name in ("place", "district", "year", "work") if name in told
    ]
    if told.get("day", UNKNOWN_DAY) != UNKNOWN_DAY:
        near.append(f"day:{told['day']}")
    near += [f"a:{one}" for one in many.get("areas", ())]
    yield from (f"{name}|{other}" for name in named for other in near)
    for one, other in (("place", "year"), ("district", "year"), ("district", "place")):
        if one in told and other in told:
            yield f"{one}{other}:{told[one]}|{told[other]}"


HISTORICAL = Configuration(
    name="historical",
    features=FEATURES,
    block_keys=keys,
    em_rules=(("first_last",), ("postcode",), ("dob",)),
    prior=2e-4,
)
