"""Why a client gets no token, or nothing by it: each reason with its sentence in both languages."""

from typing import ClassVar

from gateway.errors import GatewayError, WrongRequestError


class NotAllowedHereError(GatewayError):
    """This caller may not do this. Scope, role and purpose of use: docs/access.md."""

    status = 403
    code = "forbidden"
    vietnamese = "Bên gọi không được phép thực hiện thao tác này. Phạm vi (scope), vai trò và mục đích: docs/access.md."
    reason: ClassVar[str] = "rule"


class NoTokenError(NotAllowedHereError):
    """A valid access token is needed (Authorization: Bearer …). How to get one: docs/access.md."""

    status = 401
    code = "login"
    vietnamese = "Cần mã truy cập hợp lệ (Authorization: Bearer …). Cách lấy: docs/access.md."
    reason = "token"


class ScopeError(NotAllowedHereError):
    """The scopes of this token do not cover this."""

    vietnamese = "Phạm vi (scope) của mã truy cập không bao gồm thao tác này."
    reason = "scope"


class NoPurposeError(NotAllowedHereError):
    """For what purpose? Ask for a scope purpose/<code>, or send X-Purpose-Of-Use if you may."""

    vietnamese = "Chưa nêu mục đích sử dụng: yêu cầu phạm vi purpose/<mã>, hoặc gửi X-Purpose-Of-Use nếu được phép."
    reason = "purpose"


class NothingOpenError(NotAllowedHereError):
    """No child is open for you in an emergency, or its time is over: POST /break-glass first."""

    vietnamese = (
        "Chưa mở truy cập khẩn cấp cho trẻ nào, hoặc đã hết giờ: gọi POST /break-glass trước."
    )
    reason = "not-open"


class OtherSystemError(NotAllowedHereError):
    """A client speaks for its own system and writes in its own sources only."""

    vietnamese = "Hệ thống chỉ được gửi dưới tên của mình và vào nguồn đã đăng ký."
    reason = "source"


class WrongClientError(WrongRequestError):
    """The client cannot be registered like this."""

    vietnamese = "Không thể đăng ký hệ thống như vậy."


class StepUpError(NotAllowedHereError):
    """For this prove again who you are, then come back within five minutes: GET /login?fresh=true."""

    status = 401
    code = "login"
    vietnamese = (
        "Thao tác này cần đăng nhập lại, rồi thực hiện trong vòng năm phút: GET /login?fresh=true."
    )
    reason = "step-up"


class ForgedError(NotAllowedHereError):
    """A request with a cookie that changes something needs X-CSRF-Token (GET /session tells it)."""

    vietnamese = "Yêu cầu thay đổi dữ liệu bằng cookie cần X-CSRF-Token (xem GET /session)."
    reason = "csrf"


class LoginRefusedError(GatewayError):
    """The login is not accepted. Begin again: GET /login."""

    status = 403
    code = "login"
    vietnamese = "Không chấp nhận lần đăng nhập này. Hãy bắt đầu lại: GET /login."


class ProviderAwayError(GatewayError):
    """The login provider (MOTEM_OIDC_ISSUER) does not answer as it should. Please try again later."""

    status = 503
    code = "transient"
    vietnamese = "Nhà cung cấp đăng nhập (MOTEM_OIDC_ISSUER) không trả lời đúng. Xin thử lại sau."


class WrongUserError(WrongRequestError):
    """The user cannot be added like this."""

    vietnamese = "Không thể thêm người dùng như vậy."


class OverBudgetError(GatewayError):
    """Too many requests in this minute. Retry-After says in how many seconds to come again."""

    status = 429
    code = "throttled"
    vietnamese = (
        "Quá nhiều yêu cầu trong một phút. Retry-After cho biết sau bao nhiêu giây có thể gửi lại."
    )
    reason: ClassVar[str] = "budget"

    def __init__(self, *, first: bool) -> None:
        super().__init__()
        self.first = first
