"""What can go wrong in the gateway, each with its sentence and its HTTP status."""

import re
from inspect import getdoc
from typing import ClassVar

NAME_PART = re.compile(r"[A-Z][a-z0-9]*")


class GatewayError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    """Code of FHIR's IssueType for the OperationOutcome."""
    vietnamese: ClassVar[str] = "Đã xảy ra lỗi."
    problem: ClassVar[str] = "gateway"
    """Our stable code: the name of the class, unless it says another one (docs/errors.md)."""
    expression: str | None = None
    """Which element or parameter of the request it is about: a name of ours, never what was sent."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "problem" not in cls.__dict__:
            words = NAME_PART.findall(cls.__name__.removesuffix("Error"))
            cls.problem = "-".join(words).lower()

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or getdoc(type(self)))

    @property
    def sentence(self) -> str:
        """In Vietnamese, as `str` is in English; of some errors with what the content is refused for."""
        return self.vietnamese


class DatabaseUnavailableError(GatewayError):
    """The database cannot be used."""

    status = 503
    code = "transient"
    vietnamese = "Cơ sở dữ liệu tạm thời không dùng được."


class NotSignedError(DatabaseUnavailableError):
    """The access log cannot be signed, so nothing is shown."""

    vietnamese = "Không ký được nhật ký truy cập, nên không cung cấp dữ liệu."


class NotKeptError(DatabaseUnavailableError):
    """The payload could not be kept. Please send it again later."""

    vietnamese = "Không lưu giữ được dữ liệu. Xin gửi lại sau."


class NotMigratedError(DatabaseUnavailableError):
    """The database has no tables yet, or older ones. Run: motem migrate"""


class RolesMissingError(DatabaseUnavailableError):
    """The login may not create the roles that Motem needs."""


class EmbeddedServerError(DatabaseUnavailableError):
    """The embedded PostgreSQL cannot be used."""


class NotFoundError(GatewayError):
    """There is nothing here."""

    status = 404
    code = "not-found"
    vietnamese = "Không tìm thấy."


class WrongRequestError(GatewayError):
    """The request cannot be understood."""

    status = 400
    code = "invalid"
    vietnamese = "Yêu cầu không hợp lệ."


class NotAgreedError(GatewayError):
    """This system has no agreement for this source. Check X-Motem-System; nothing was kept."""

    status = 403
    code = "forbidden"
    vietnamese = "Hệ thống này chưa có thỏa thuận cho nguồn này. Kiểm tra X-Motem-System; dữ liệu chưa được lưu giữ."


class WrongSystemError(WrongRequestError):
    """X-Motem-System has 1 to 64 letters, digits, ".", "_" or "-"."""

    vietnamese = "X-Motem-System gồm 1 đến 64 chữ cái không dấu, chữ số, dấu chấm, _ hoặc -."


class WrongPurposeError(WrongRequestError):
    """X-Purpose-Of-Use is none of the codes that docs/operations.md lists, such as HOPERAT."""

    vietnamese = "X-Purpose-Of-Use không thuộc danh mục trong docs/operations.md, ví dụ HOPERAT."


class ConflictError(GatewayError):
    """The state of this message does not allow it: nothing in it is refused, or it came twice."""

    status = 409
    code = "conflict"
    vietnamese = "Trạng thái hiện tại của thông điệp không cho phép thao tác này."


class OtherSourceError(ConflictError):
    """The message that is to be corrected is of another source."""

    vietnamese = "Thông điệp cần đính chính thuộc nguồn khác."


class CorrectsOtherError(ConflictError):
    """A message corrects one other message: not itself, and no second one."""

    vietnamese = "Một thông điệp chỉ đính chính một thông điệp khác, không phải chính nó."


class InProgressError(GatewayError):
    """A request with this Idempotency-Key is being answered at this moment."""

    status = 409
    code = "conflict"
    vietnamese = "Một yêu cầu có cùng Idempotency-Key đang được xử lý."


class OtherRequestError(GatewayError):
    """This Idempotency-Key came before, with another request."""

    status = 422
    code = "business-rule"
    vietnamese = "Idempotency-Key này đã được dùng cho một yêu cầu khác."


class GoneError(GatewayError):
    """The sender has closed the connection before all was sent."""

    status = 400
    code = "incomplete"
    vietnamese = "Bên gửi đã ngắt kết nối trước khi gửi xong."


class TooLargeError(GatewayError):
    """The body is larger than this service takes."""

    status = 413
    code = "too-long"
    vietnamese = "Nội dung lớn hơn cỡ cho phép."


class NoRoomError(GatewayError):
    """There is no room on the disk for a body of this size; MOTEM_SPOOL says where it would be."""

    status = 507
    code = "no-store"
    vietnamese = "Không đủ chỗ trên đĩa cho nội dung lớn như vậy."


class TooSlowError(GatewayError):
    """The body did not come to its end in time. Please send it again."""

    status = 408
    code = "timeout"
    vietnamese = "Nội dung gửi quá chậm, chưa nhận xong. Xin gửi lại."


class UnsupportedTypeError(GatewayError):
    """The Content-Type is none that this source sends."""

    status = 415
    code = "not-supported"
    vietnamese = "Không hỗ trợ kiểu nội dung này."


class NotAllowedError(GatewayError):
    """This cannot be done here."""

    status = 405
    code = "not-supported"
    vietnamese = "Không hỗ trợ thao tác này."
