"""What became of two groups of records, and which rule decided, as far as that can be told later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from linkage import decision
from linkage.clustering import Reason
from linkage.conflicts import Conflict
from linkage.matcher import ScoredPair
from linkage.model import Thresholds

Words = tuple[str, str]
"""Vietnamese, English."""


class Fate(StrEnum):
    """What became of a pair."""

    ONE_THING = "one-thing"
    JOINED_BY_STEWARD = "joined-by-steward"
    JOINED_BY_SOURCE = "joined-by-source"
    JOINED = "joined"
    JOINED_BY_SECOND_LOOK = "joined-by-second-look"
    JOINED_THROUGH_OTHERS = "joined-through-others"
    ASKED = "asked"
    APART_BY_STEWARD = "apart-by-steward"
    NOT_LINKED_YET = "not-linked-yet"
    CONFLICT = "conflict"
    NEVER_COMPARED = "never-compared"
    TOO_LITTLE = "too-little"
    HEARSAY = "hearsay"
    HELD_BACK = "held-back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of two groups. `pair` is what the engine decides on: groups as one record each."""

    pair: ScoredPair
    thresholds: Thresholds
    joined: bool
    verdicts: frozenset[str]
    """What stewards said of records of both: "same", "not-same"; a chain of "same" is one."""
    question: Reason | None
    """Why the engine asked, where the question is open; of two that are joined: whether rightly."""
    pending: bool
    """Some of them has not been through a linking yet."""
    conflict: Conflict | None
    shares_key: bool
    reported: bool
    """One of both is a step report alone, which copies others' numbers."""
    looked: bool = False
    """The second look joined groups of which each has a record of one side."""


def fate_of(facts: Facts) -> Fate:
    """The first rule that holds. The order is that of precedence: stewards, conflicts, the score."""
    return next(fate for fate, holds in RULES if holds(facts))


RULES: tuple[tuple[Fate, Callable[[Facts], bool]], ...] = (
    (Fate.JOINED_BY_STEWARD, lambda f: f.joined and "same" in f.verdicts),
    (Fate.JOINED_BY_SOURCE, lambda f: f.joined and decision.is_merged(f.pair)),
    (Fate.JOINED_BY_SECOND_LOOK, lambda f: f.joined and f.looked),
    (Fate.JOINED_THROUGH_OTHERS, lambda f: f.joined and f.pair.weight < f.thresholds.alone),
    (Fate.JOINED, lambda f: f.joined),
    (Fate.ASKED, lambda f: f.question is not None),
    (Fate.APART_BY_STEWARD, lambda f: "not-same" in f.verdicts),
    (Fate.NOT_LINKED_YET, lambda f: f.pending),
    (Fate.CONFLICT, lambda f: f.conflict is not None),
    (Fate.NEVER_COMPARED, lambda f: not f.shares_key),
    (Fate.TOO_LITTLE, lambda f: f.pair.weight < f.thresholds.review),
    (Fate.HEARSAY, lambda f: f.reported and decision.is_of_another(f.pair)),
    (Fate.HELD_BACK, lambda f: True),
)


def doubts(pair: ScoredPair, thresholds: Thresholds, *, several: bool) -> list[str]:
    """Names of what makes the evidence of a pair too little for the engine, whatever its weight.

    `several`: one of both is known to be a twin, or found with others. Who else comes into question
    (a rival) is not told by a pair.
    """
    found = [doubt.__name__ for doubt in decision.DOUBTS if doubt(pair)]
    if decision.is_borrowed(pair, several=several):
        found.append(decision.is_borrowed.__name__)
    if pair.weight < thresholds.link and decision.is_contradicted(pair):
        found.append(decision.is_contradicted.__name__)
    if not decision.is_enough(pair):
        found.append(decision.is_enough.__name__)
    return found


FATE_WORDS: Mapping[Fate, Words] = MappingProxyType(
    {
        Fate.ONE_THING: (
            "Hai tên đã nêu chỉ cùng một hồ sơ.",
            "Both names mean the same.",
        ),
        Fate.JOINED_BY_STEWARD: (
            "Là một trẻ: người duyệt đã nói vậy.",
            "One child: a steward said so.",
        ),
        Fate.JOINED_BY_SOURCE: (
            "Là một trẻ: chính nơi đó nói hai số là một trẻ.",
            "One child: the house itself said that both numbers are one patient.",
        ),
        Fate.JOINED: (
            "Là một trẻ: bằng chứng đủ để máy tự nối.",
            "One child: the evidence is enough for the engine.",
        ),
        Fate.JOINED_BY_SECOND_LOOK: (
            "Là một trẻ: xét lại mọi manh mối thì đủ chắc chắn.",
            "One child: likely enough once all clues were looked at again.",
        ),
        Fate.JOINED_THROUGH_OTHERS: (
            "Là một trẻ nhờ các bản ghi khác; riêng hai bên này thì chưa đủ.",
            "One child by way of other records; these two alone would not be joined.",
        ),
        Fate.ASKED: (
            "Chưa nối: đang chờ người duyệt trả lời.",
            "Not joined: it waits for a steward's answer.",
        ),
        Fate.APART_BY_STEWARD: (
            "Không nối: người duyệt đã nói là hai trẻ.",
            "Apart: a steward said that they are two children.",
        ),
        Fate.NOT_LINKED_YET: (
            "Chưa nối: có bản ghi chưa qua lần liên kết nào (motem link).",
            "Apart: not all of these records have been through a linking yet (motem link).",
        ),
        Fate.CONFLICT: (
            "Không nối: có mâu thuẫn mà máy không được tự vượt qua.",
            "Apart: a conflict forbids the engine to join them.",
        ),
        Fate.NEVER_COMPARED: (
            "Không nối: không có khóa phân khối chung nên chưa từng được so sánh.",
            "Apart: they share no block key, so they were never compared.",
        ),
        Fate.TOO_LITTLE: (
            "Không nối, không hỏi: trọng số thấp hơn ngưỡng hỏi.",
            "Apart and not asked about: the weight is below the threshold for a question.",
        ),
        Fate.HEARSAY: (
            "Không nối: số nêu trong phiếu là của một trẻ được tìm thấy vào ngày khác.",
            "Apart: the number in the report is that of a child found on another day.",
        ),
        Fate.HELD_BACK: (
            "Chưa nối: đủ để hỏi, nhưng đang có câu hỏi khác mạnh hơn về một trong hai bên,"
            " hoặc dữ liệu đã đổi sau lần liên kết cuối.",
            "Apart: enough for a question, but a stronger one about one of both comes first,"
            " or the records have changed since the last linking.",
        ),
    }
)
REASON_WORDS: Mapping[Reason, Words] = MappingProxyType(
    {
        Reason.UNCERTAIN: (
            "chưa đủ chắc, hoặc còn lựa chọn khác",
            "not certain enough, or there is another choice",
        ),
        Reason.RIVAL: (
            "một bản ghi khác cũng hợp gần như vậy mà không thể cùng là trẻ này",
            "another record fits nearly as well and cannot be the same child",
        ),
        Reason.DOUBT: (
            "bằng chứng thuộc loại máy không được tự tin",
            "the evidence is of a kind that the engine may not act on",
        ),
        Reason.MISTYPED: (
            "chỉ một số viết tay khác nhau ngăn việc nối",
            "only a number written by hand keeps them apart",
        ),
        Reason.REUSED_KEY: (
            "một mã được dùng cho hai nội dung trái nhau",
            "one key was given to two contradicting contents",
        ),
        Reason.CONTRADICTING_DECISIONS: (
            "các quyết định của người duyệt trái nhau",
            "stewards' decisions contradict each other",
        ),
        Reason.BRIDGE: (
            "đang là một trẻ, nhưng hai phần chỉ dính nhau bởi một mối nối yếu: có thể là hai trẻ",
            "one child now, but only a weak link holds its two parts together: they may be two",
        ),
        Reason.OVERSIZED: (
            "đang là một trẻ, nhưng có nhiều bản ghi hơn một trẻ thường có: đây là mối nối yếu nhất",
            "one child now, but with more records than a child has: this is its weakest link",
        ),
    }
)
CONFLICT_WORDS: Mapping[Conflict, Words] = MappingProxyType(
    {
        Conflict.REPORTED_TOGETHER: (
            "hai trẻ của một lần báo",
            "two children of one report",
        ),
        Conflict.REUSED_KEY: (
            "hai nội dung trái nhau dưới một mã",
            "two contradicting contents under one key",
        ),
        Conflict.TWO_ACTIVE_IDS: (
            "hai số định danh đều được xác nhận",
            "two personal ID numbers, both confirmed",
        ),
        Conflict.TWO_CERTIFICATES: (
            "hai số giấy chứng sinh",
            "two birth certificate numbers",
        ),
        Conflict.TWO_REGISTRATIONS: (
            "hai số đăng ký khai sinh tại một nơi",
            "two registrations at one office",
        ),
        Conflict.TWO_BEDS: (
            "nằm hai giường cùng lúc ở một nơi",
            "two beds in one house at one time",
        ),
        Conflict.TWO_HOSPITALS: (
            "nằm hai bệnh viện cùng lúc",
            "in two hospitals at one time",
        ),
    }
)
DOUBT_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "is_marked_otherwise": (
            "họ tên chỉ khác nhau ở dấu, như trẻ sinh đôi thường được đặt tên",
            "the names differ only in their marks, as the names of twins often do",
        ),
        "is_another_number": (
            "hai số định danh khác nhau, không có số chung nào khác",
            "two personal numbers, and no other number in common",
        ),
        "is_mistyped_minutes": (
            "cùng số biên bản nhưng ngày sinh hoặc giới tính khác: có thể là biên bản khác",
            "the same minutes, but birth or sex differ: other minutes may be meant",
        ),
        "is_another_of_the_minutes": (
            "cùng biên bản nhưng cả tên và giới tính đều khác: có thể là trẻ sinh đôi",
            "the same minutes, but name and sex both differ: they may be twins",
        ),
        "is_named_like_a_twin": (
            "sinh cùng ngày, tên chỉ gần giống: có thể là trẻ sinh đôi",
            "born on one day with names nearly the same: they may be twins",
        ),
        "is_twins_card": (
            "chung một thẻ bảo hiểm, tên hoặc giới tính khác: trẻ sinh đôi hay dùng chung thẻ",
            "one insurance card, but name or sex differ: twins share a card",
        ),
        "is_another_patient": (
            "hai bệnh nhân trong sổ của một nơi",
            "two patients in the books of one house",
        ),
        "is_other_weight": (
            "cân nặng trong vài ngày khác quá xa",
            "weights within days are too far apart",
        ),
        "is_mother_alone": (
            "chỉ có tên mẹ và ngày sinh giống nhau",
            "only the mother's name and the birth agree",
        ),
        "is_borrowed": (
            "một số giống nhau, những điều khác thì không: số có thể bị mượn hoặc viết nhầm",
            "one number agrees and the rest does not: it may be borrowed or mistyped",
        ),
        "is_contradicted": (
            "nhiều điều nói ngược lại",
            "much speaks against it",
        ),
        "is_enough": (
            "bằng chứng chỉ thuộc một loại",
            "the evidence is of one kind only",
        ),
    }
)
