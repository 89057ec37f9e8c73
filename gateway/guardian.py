"""Who saw a child, in the form that a guardian may receive: without officials' names and findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from audit.balp_codes import KINDS, Kind
from audit.event import Outcome
from audit.who_saw import Sight
from gateway.audit_words import Words, done, purpose

VIETNAM = timezone(timedelta(hours=7))
SECURITY = frozenset(
    (Kind.LOG_USED, Kind.ALERT, Kind.BREAK_GLASS, Kind.BREAK_GLASS_END, Kind.LOGIN, Kind.LOGOUT)
)
"""Kinds of events that are part of watching over the service itself."""
TITLE: Words = ("Ai đã xem hồ sơ của trẻ", "Who has seen the child's record")
WITHHELD: Sequence[Words] = (
    (
        "Không ghi tên, tài khoản của cán bộ; chỉ ghi hệ thống của cơ quan.",
        "Names and accounts of officials are withheld; the body's system is named.",
    ),
    (
        "Không ghi kết quả giám sát an ninh và các lần kiểm tra nhật ký: {count} dòng.",
        "Security findings and audits of the log are withheld: {count} lines.",
    ),
    (
        "Không ghi những lần truy cập bị từ chối hoặc không thành: không có dữ liệu nào được xem.",
        "Attempts that were refused or failed are left out: they showed nothing.",
    ),
)
"""What the form leaves out, said in the form itself."""
COLUMNS = ("thời điểm · time", "cơ quan · body", "mục đích · purpose", "việc · what was done")


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardianForm:
    """Lines of time (Việt Nam), body, purpose and what was done; and what was left out."""

    title: Words
    rows: Sequence[tuple[str, str, str, str]]
    withheld: Sequence[Words]


def guardian_form(sight: Sight) -> GuardianForm:
    """The same looks, with no one's name and no id: neither of officials nor of children."""
    good = [one.event for one in sight.looks if one.event.outcome is Outcome.SUCCESS]
    told = [one for one in good if not is_security(one.action.value, KINDS[one.action])]
    rows = [
        (
            local(one.occurred),
            one.caller.system,
            " · ".join(dict.fromkeys(purpose(one.caller.purpose))),
            " · ".join(done(one.action)),
        )
        for one in told
    ]
    return GuardianForm(title=TITLE, rows=rows, withheld=list(_withheld(len(good) - len(told))))


def is_security(action: str, kind: Kind) -> bool:
    return kind in SECURITY or action.startswith(("finding:", "override:"))


def local(moment: datetime) -> str:
    """Day and time in Việt Nam, as people write them there."""
    return moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")


def _withheld(count: int) -> Iterator[Words]:
    for vietnamese, english in WITHHELD:
        yield vietnamese.format(count=count), english.format(count=count)
