"""Makes the children of one family, or the look-alikes of one facility, as they truly are."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from gateway.sample import names, rates
from gateway.sample.children import (
    MARKS,
    Child,
    Parent,
    begin,
    birth_weight,
    house_name,
    make_parent,
    midnight,
)
from gateway.sample.courses import Course
from gateway.sample.places import Home
from gateway.sample.scene import Scene


def family(scene: Scene, stratum: str, course: Course, first: int, home: Home) -> list[Child]:
    """The children of a course, numbered from `first`."""
    begins = begin(scene.rng, scene.start, scene.end)
    sex = "M" if scene.happens(rates.BOYS) else "F"
    eldest = _child(scene, stratum, first, sex, begins, _age(scene, course), home)
    if course.size == 1:
        return [eldest]
    second = _another(scene, course, eldest, first + 1, home)
    return _named_alike(scene, course, eldest, second, home)


def _age(scene: Scene, course: Course) -> timedelta:
    """Age when the story begins: mostly newborn; siblings and some others are older."""
    rng = scene.rng
    if course.begins == "parents":
        # Most come into care years after their birth, half of them from before the world began.
        return timedelta(days=rng.randint(0, 6 * 365))
    if course.begins == "left":
        return timedelta(0)
    siblings = course.together and not course.twins
    if siblings or scene.happens(rates.OLDER_FOUND):
        return timedelta(days=rng.randint(300, 5 * 365), minutes=rng.randrange(1440))
    return timedelta(minutes=int(rng.expovariate(1 / 3) * 1440) + rng.randint(60, 600))


def _child(
    scene: Scene,
    stratum: str,
    number: int,
    sex: str,
    begins: datetime,
    age: timedelta,
    home: Home,
) -> Child:
    rng, born = scene.rng, begins - age
    people = names.people(rng, rng.random() < rates.MINORITY)
    mother = _parent(scene, "F", born.date(), people[0])
    father = _parent(scene, "M", born.date(), people[0]) if rng.random() < 0.8 else None
    family_name = names.family_of((father or mother).name, people[0])
    return Child(
        id=child_id(number),
        stratum=stratum,
        sex=sex,
        born=born,
        begins=begins,
        birth_weight=birth_weight(rng, twins="twins" in stratum),
        mark=rng.choice(MARKS) if rng.random() < 0.6 else None,
        people=people,
        mother=mother,
        father=father,
        planned_name=names.full_name(rng, sex, people[0], family=family_name),
        house_name=house_name(rng, sex, home),
    )


def child_id(number: int) -> str:
    return f"child-{number:06d}"


def _parent(scene: Scene, sex: str, born: date, people: str) -> Parent:
    parent = make_parent(scene.rng, scene.place, sex, born)
    card = scene.registers.personal_id(scene.rng, sex, parent.born)
    return replace(parent, name=names.full_name(scene.rng, sex, people), card=card)


def _another(scene: Scene, course: Course, eldest: Child, number: int, home: Home) -> Child:
    """A twin, an older sibling, or an unrelated look-alike."""
    rng = scene.rng
    same_sex = course.alike or scene.happens(rates.SAME_SEX_TWINS)
    sex = eldest.sex if same_sex else "MF".replace(eldest.sex, "")
    begins, age = eldest.begins, eldest.begins - eldest.born
    if course.alike:
        begins = min(eldest.begins + timedelta(days=rng.randint(0, 120)), midnight(scene.end))
        return _child(scene, eldest.stratum, number, sex, begins, age, home)
    older = timedelta(days=rng.randint(330, 1200), minutes=rng.randrange(1440))
    born_after = timedelta(minutes=rng.randint(3, 25)) if course.twins else -older
    sibling = _child(scene, eldest.stratum, number, sex, begins, age - born_after, home)
    return replace(sibling, people=eldest.people, mother=eldest.mother, father=eldest.father)


def _named_alike(
    scene: Scene, course: Course, first: Child, second: Child, home: Home
) -> list[Child]:
    """Twins and look-alikes bear names that differ by a syllable, mark or letter."""
    if course.alike and scene.happens(rates.LOOK_ALIKE_SAME_NAME):
        return [first, replace(second, house_name=first.house_name)]
    if not (course.twins or course.alike):
        return [first, second]
    rng = scene.rng
    house = names.alike(rng, first.sex, second.sex, home.surname or names.surname(rng))
    first, second = replace(first, house_name=house[0]), replace(second, house_name=house[1])
    if course.alike:
        return [first, second]
    family_name = names.family_of((first.father or first.mother).name, first.people[0])
    planned = names.alike(rng, first.sex, second.sex, family_name)
    return [
        replace(first, planned_name=planned[0], born_together=2),
        replace(second, planned_name=planned[1], born_together=2, birth_order=2),
    ]
