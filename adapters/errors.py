"""What can be wrong with a payload, each with a stable code and a sentence in two languages."""

from dataclasses import dataclass, field
from enum import StrEnum


class Problem(StrEnum):
    """Stable codes of everything an adapter refuses."""

    EMPTY = "empty-payload"
    TOO_LARGE = "payload-too-large"
    TOO_DEEP = "nesting-too-deep"
    ENCODING = "wrong-encoding"
    FORBIDDEN_CHARACTER = "forbidden-character"
    DOCTYPE = "doctype-refused"
    MALFORMED = "malformed-syntax"
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_STRUCTURE = "unknown-structure"
    MISSING_HEADER = "missing-header"
    MISSING_VALUE = "missing-value"
    WRONG_TYPE = "wrong-type"
    WRONG_CODE = "wrong-code"
    WRONG_DATE = "wrong-date"
    WRONG_NUMBER = "wrong-number"
    WRONG_IDENTIFIER = "wrong-identifier"
    FOREIGN_DOMAIN = "foreign-domain"
    NO_AGREEMENT = "no-agreement"
    NOT_CONVERTIBLE = "not-convertible"
    INTERNAL = "internal-error"
    """A mistake of ours, not of the sender; `element` is the type of the exception."""
    BROKE_OFF = "reading-broke-off"
    """Reading it ended the process each time it was tried: nobody knows more."""


OURS = frozenset({Problem.INTERNAL, Problem.BROKE_OFF})
"""No fault of the sender, who need not send again: the payload is kept."""


SENTENCES: dict[Problem, tuple[str, str]] = {
    Problem.EMPTY: ("Tệp rỗng.", "The payload is empty."),
    Problem.TOO_LARGE: ("Dữ liệu vượt quá cỡ cho phép.", "The payload is larger than allowed."),
    Problem.TOO_DEEP: ("Cấu trúc lồng nhau quá sâu.", "The structure is nested too deeply."),
    Problem.ENCODING: ("Bảng mã không phải UTF-8.", "The text is not UTF-8."),
    Problem.FORBIDDEN_CHARACTER: (
        "Có ký tự điều khiển không được phép.",
        "A control character is not allowed here.",
    ),
    Problem.DOCTYPE: ("Không chấp nhận khai báo DOCTYPE.", "A DOCTYPE declaration is refused."),
    Problem.MALFORMED: ("Sai cú pháp.", "The syntax is broken."),
    Problem.DUPLICATE_KEY: ("Một khóa xuất hiện hai lần.", "A key occurs twice."),
    Problem.UNKNOWN_STRUCTURE: (
        "Không nhận ra cấu trúc của nguồn này.",
        "The structure is not the one this source sends.",
    ),
    Problem.MISSING_HEADER: ("Không tìm thấy dòng tiêu đề cột.", "No header row was found."),
    Problem.MISSING_VALUE: ("Thiếu giá trị bắt buộc.", "A required value is missing."),
    Problem.WRONG_TYPE: ("Sai kiểu dữ liệu.", "The value has the wrong type."),
    Problem.WRONG_CODE: ("Mã không có trong danh mục.", "The code is not in its code list."),
    Problem.WRONG_DATE: ("Ngày giờ không hợp lệ.", "The date or time is not valid."),
    Problem.WRONG_NUMBER: ("Số không hợp lệ.", "The number is not valid."),
    Problem.WRONG_IDENTIFIER: ("Số định danh sai định dạng.", "The identifier has a wrong form."),
    Problem.FOREIGN_DOMAIN: (
        "Mã số thuộc hệ thống định danh của đơn vị khác; bên gửi chỉ được ghi trong hệ thống mã "
        "của mình.",
        "The number is of another body's identifier system; a sender writes in its own only.",
    ),
    Problem.NO_AGREEMENT: (
        "Hệ thống gửi này không có thỏa thuận cho nguồn này trong tệp cấu hình. Kiểm tra tên hệ "
        "thống; dữ liệu đã được giữ và đọc lại được khi đã có thỏa thuận.",
        "The sending system has no agreement for this source in the site's file. Check the system's "
        "name; the payload is kept and can be read again under an agreement.",
    ),
    Problem.NOT_CONVERTIBLE: (
        "Không chuyển được sang FHIR.",
        "The record cannot be expressed in FHIR.",
    ),
    Problem.INTERNAL: (
        "Lỗi của hệ thống nhận. Dữ liệu đã được giữ và sẽ được đọc lại; không cần gửi lại.",
        "An error of the receiving system. The payload is kept and will be read again; "
        "there is no need to send it again.",
    ),
    Problem.BROKE_OFF: (
        "Việc đọc dữ liệu này đã nhiều lần làm dừng chương trình. Dữ liệu đã được giữ và chỉ được "
        "đọc lại khi có người yêu cầu; không cần gửi lại.",
        "Reading this payload ended the program several times. It is kept and read again by hand "
        "only; there is no need to send it again.",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """One refused record or payload: where, why, and the bytes that were refused.

    `position` is an XPath, a JSON pointer, or `sheet!row:column`. `element` names the source's own
    field. Neither ever holds a value from the payload. `excerpt` is kept, never shown.
    `about_child`: it may be the only report about a child, and gets a deadline.
    """

    problem: Problem
    position: str
    element: str | None = None
    excerpt: bytes = field(default=b"", repr=False)
    about_child: bool = True

    @property
    def vietnamese(self) -> str:
        return self._sentence(0)

    @property
    def english(self) -> str:
        return self._sentence(1)

    def _sentence(self, language: int) -> str:
        sentence = SENTENCES[self.problem][language]
        return f"{sentence} ({self.element})" if self.element else sentence


class PayloadError(Exception):
    """A payload, or one record in it, cannot be read."""

    def __init__(self, problem: Problem, position: str = "/", element: str | None = None) -> None:
        self.rejection = Rejection(problem=problem, position=position, element=element)
        super().__init__(f"{problem.value} at {position}")


def mistake(error: Exception, position: str = "/") -> Rejection:
    """The refusal for a mistake of ours. It names the type alone: a text may quote child data."""
    return Rejection(problem=Problem.INTERNAL, position=position, element=type(error).__name__)
