"""What the second look notices of two groups: each clue with its words, and how it is told apart.

A clue is a name and a value (`home=1`). Of what one side does not know there is no clue. What a
clue is worth is learnt from pairs of which it is known whether they are one child (`learning.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from sys import intern

from linkage import beside, decision, passage
from linkage.beginnings import (
    born_until_found,
    came_from,
    certified_and_left,
    certified_until_found,
    either_way,
    found_until_arrived,
    marks_shared,
)
from linkage.explanation import level_words
from linkage.features import FEATURES
from linkage.forest import UNKNOWN
from linkage.learning import BASE
from linkage.noticing import (
    AGAINST,
    AND,
    BIRTHS,
    GAPS,
    WEIGHTS,
    WIDTHS,
    Values,
    ahead,
    between_births,
    birth,
    born,
    closest,
    communes,
    days,
    family,
    growth,
    homes_by_code,
    homes_by_name,
    hospitals,
    inside,
    lag,
    levels_of,
    minutes_numbers,
    moved,
    overlap,
    share,
    sides,
    sources,
    syllables,
    upto,
    weight_now,
    when,
    whole_name,
    width,
    with_each,
)
from linkage.views import View


@dataclass(frozen=True, kw_only=True, slots=True)
class Clue:
    """One thing to notice; `of` gives the values that hold, none where a side does not know."""

    name: str
    vietnamese: str
    english: str
    of: Callable[[View], Values] = field(repr=False)


def clues(view: View) -> list[str]:
    """Everything noticed of a pair of groups, as `name=value`, sorted.

    Each text is there once: a hundred thousand pairs have a few thousand different clues.
    """
    levels = (
        intern(f"{feature.name}={level}")
        for feature, level in zip(FEATURES, view.pair.levels, strict=True)
        if level is not None
    )
    noticed = (intern(f"{clue.name}={value}") for clue in CLUES for value in clue.of(view))
    return sorted({*levels, *noticed})


def words_of(clue: str) -> tuple[str, str]:
    """What `name=value` says, in Vietnamese and English; itself where an older version noticed it."""
    if clue == BASE:
        return BASE_WORDS
    name, _, value = clue.partition("=")
    if value == UNKNOWN and name not in KNOWN:
        return f"{name}: {UNKNOWN_WORDS[0]}", f"{name}: {UNKNOWN_WORDS[1]}"
    if name not in KNOWN:
        return _level_words(clue)
    parts = [WORDED.get(part) or _level_words(part) for part in value.split(AND)]
    vietnamese, english = (AND.join(words) for words in zip(*parts, strict=True))
    return f"{KNOWN[name].vietnamese}: {vietnamese}", f"{KNOWN[name].english}: {english}"


def _level_words(told: str) -> tuple[str, str]:
    """Of `feature=level`; any other text is its own words."""
    name, _, level = told.partition("=")
    try:
        return level_words(name, int(level))
    except (LookupError, StopIteration, ValueError):
        return told, told


BASE_WORDS = ("trước khi xét manh mối", "before any clue")
UNKNOWN_WORDS = ("không rõ", "not known")
WORDED = {
    UNKNOWN: UNKNOWN_WORDS,
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    "same": ("giống", "same"),
    "other": ("khác", "different"),
    "none": ("không ai khác", "nobody else"),
    "province": ("khác, cùng tỉnh", "different, same province"),
    "pagoda": ("chùa", "pagoda"),
    "church": ("nhà thờ", "church"),
    "health": ("cơ sở y tế", "health facility"),
    "home": ("cơ sở nuôi dưỡng", "home"),
    "market": ("chợ", "market"),
    "street": ("đường phố", "street"),
    "house": ("nhà dân", "house"),
    "school": ("trường học", "school"),
    "outdoors": ("ngoài trời", "outdoors"),
}
CLUES: tuple[Clue, ...] = tuple(
    Clue(name=name, vietnamese=vietnamese, english=english, of=of)
    for name, vietnamese, english, of in (
        (
            "weight-of-all",
            "tổng bằng chứng, bit",
            "all evidence together, bits",
            lambda v: (upto(v.pair.weight, WEIGHTS),),
        ),
        (
            "against",
            "tổng bằng chứng trái ngược, bit",
            "all that speaks against, bits",
            lambda v: (upto(sum(b for b in v.pair.bits if b < 0), AGAINST),),
        ),
        (
            "kinds",
            "số loại bằng chứng",
            "kinds of evidence",
            lambda v: (str(min(4, decision.kinds(v.pair))),),
        ),
        (
            "ahead",
            "hơn người khác, bên gần hơn, bit",
            "ahead of others on the closer side, bits",
            ahead(lambda s: s.other, min),
        ),
        (
            "ahead-far",
            "hơn người khác, bên xa hơn, bit",
            "ahead of others on the farther side, bits",
            ahead(lambda s: s.other, max),
        ),
        (
            "choice",
            "hơn hồ sơ cùng nguồn, bên gần hơn, bit",
            "ahead of records of the same source, closer side, bits",
            ahead(lambda s: s.alike, min),
        ),
        (
            "choice-far",
            "hơn hồ sơ cùng nguồn, bên xa hơn, bit",
            "ahead of records of the same source, farther side, bits",
            ahead(lambda s: s.alike, max),
        ),
        (
            "apart",
            "có trẻ khác cũng khớp, số bên",
            "another child fits too, sides",
            sides(lambda s: s.apart),
        ),
        (
            "larger",
            "số bản ghi của bên lớn",
            "records on the larger side",
            lambda v: (str(min(4, max(len(s.keys) for s in v.sides))),),
        ),
        (
            "smaller",
            "số bản ghi của bên nhỏ",
            "records on the smaller side",
            lambda v: (str(min(3, min(len(s.keys) for s in v.sides))),),
        ),
        ("sources", "nguồn", "sources", sources),
        (
            "together",
            "cùng một lúc",
            "all at once",
            levels_of("name", "birth", "event"),
        ),
        (
            "event-between",
            "sự kiện giữa các nguồn",
            "event, between the sources",
            with_each(levels_of("event"), sources),
        ),
        (
            "several",
            "không phải một mình, số bên",
            "was not alone, sides",
            sides(lambda s: s.record.several),
        ),
        (
            "foundling",
            "bị bỏ rơi, số bên",
            "abandoned, sides",
            sides(lambda s: s.record.foundling),
        ),
        (
            "doubt",
            "có điều đáng ngờ",
            "something gives doubt",
            when(lambda v: decision.is_doubtful(v.pair)),
        ),
        (
            "borrowed",
            "số có thể là mượn",
            "the number may be borrowed",
            when(lambda v: decision.is_borrowed(v.pair, several=any(r.several for r in v.records))),
        ),
        (
            "named",
            "cùng họ tên, không gì trái ngược",
            "full name, nothing against it",
            when(lambda v: decision.is_named(v.pair)),
        ),
        ("home", "tên cơ sở nuôi dưỡng chung", "homes by name in common", overlap(homes_by_name)),
        (
            "home-code",
            "mã cơ sở nuôi dưỡng chung",
            "homes by code in common",
            overlap(homes_by_code),
        ),
        ("hospital", "bệnh viện chung", "hospitals in common", overlap(hospitals, 2)),
        ("province", "tỉnh chung", "provinces in common", overlap(lambda r: r.provinces)),
        (
            "commune",
            "xã tìm thấy chung",
            "communes of finding in common",
            overlap(lambda r: r.communes),
        ),
        (
            "any-commune",
            "xã tìm thấy hoặc bàn giao chung",
            "communes of finding or handing over in common",
            overlap(communes),
        ),
        (
            "minutes-number",
            "số biên bản chung",
            "numbers of minutes in common",
            overlap(minutes_numbers),
        ),
        (
            "registered-after",
            "từ khi đến tới khi đăng ký, ngày",
            "from arrival to registration, days",
            lag(passage.began),
        ),
        (
            "registered-old",
            "từ khi sinh tới khi đăng ký, ngày",
            "from birth to registration, days",
            lag(born),
        ),
        (
            "day",
            "hai ngày gần nhau nhất, ngày",
            "closest two days, days",
            closest(days, days, (*GAPS, 1000)),
        ),
        (
            "out-in",
            "rời nơi này và đến nơi kia, ngày",
            "out of one and into the other, days",
            closest(moved("out"), moved("in"), GAPS),
        ),
        (
            "in-in",
            "đến nơi này và đến nơi kia, ngày",
            "into one and into the other, days",
            closest(moved("in"), moved("in"), GAPS),
        ),
        (
            "out-out",
            "rời nơi này và rời nơi kia, ngày",
            "out of one and out of the other, days",
            closest(moved("out"), moved("out"), GAPS),
        ),
        ("in-care", "nằm viện trong thời gian ở cơ sở", "a stay while living in the home", inside),
        ("syllables", "số tiếng chung của họ tên", "syllables of names in common", syllables),
        (
            "whole-name",
            "số tiếng của họ tên giống nhau",
            "syllables of the name that both bear",
            whole_name,
        ),
        ("family", "họ", "family name", family),
        (
            "weight-week",
            "cân nặng trong một tuần khác nhau, phần nghìn",
            "weights of one week apart, thousandths",
            weight_now,
        ),
        ("growth", "tăng cân, gam một ngày", "gain of weight, grams a day", growth),
        (
            "marks-shared",
            "từ chung về đặc điểm, phần năm",
            "words on marks in common, fifths",
            share(lambda r: r.marks),
        ),
        (
            "found-arrived",
            "từ khi tìm thấy tới khi được tiếp nhận, ngày",
            "from finding to first arrival, days",
            either_way(found_until_arrived),
        ),
        (
            "born-found",
            "từ khi sinh tới khi được tìm thấy, ngày",
            "from birth to finding, days",
            either_way(born_until_found),
        ),
        (
            "certified-found",
            "từ khi sinh có giấy chứng sinh tới khi được tìm thấy, ngày",
            "from certified birth to finding, days",
            either_way(certified_until_found),
        ),
        (
            "certified-left",
            "có giấy chứng sinh, nơi tìm thấy",
            "born with a certificate, and found at",
            either_way(certified_and_left),
        ),
        (
            "came-from",
            "bệnh viện được nêu và bệnh viện có hồ sơ",
            "hospital that is named, and hospital with papers",
            either_way(came_from),
        ),
        (
            "marks-of-fewer",
            "từ chung về đặc điểm, trong số của bên ít từ",
            "words on marks in common, of the side with fewer",
            marks_shared,
        ),
        (
            "place-shared",
            "từ chung về nơi tìm thấy, phần năm",
            "words on the place in common, fifths",
            share(lambda r: r.place_words),
        ),
        (
            "birth-gap",
            "khoảng ngày sinh cách nhau, ngày",
            "birth intervals apart, days",
            birth(between_births, BIRTHS),
        ),
        (
            "birth-narrow",
            "ngày sinh chắc chắn hơn, độ rộng, ngày",
            "narrower birth interval, days",
            birth(lambda a, b: min(width(a), width(b)), WIDTHS),
        ),
        (
            "birth-wide",
            "ngày sinh kém chắc chắn, độ rộng, ngày",
            "wider birth interval, days",
            birth(lambda a, b: max(width(a), width(b)), WIDTHS),
        ),
    )
)
KNOWN: dict[str, Clue | beside.Clue] = {
    **{clue.name: clue for clue in CLUES},
    **{clue.name: clue for clue in beside.CLUES},
}
