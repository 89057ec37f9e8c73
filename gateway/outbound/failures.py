"""What can go wrong on the way out, each with its sentence in both languages."""

from inspect import getdoc
from typing import ClassVar

from gateway.errors import GatewayError


class OutboundError(GatewayError):
    """Nothing can be sent."""

    vietnamese: ClassVar[str] = "Không gửi đi được."

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        """Codes and ids of ours; never what the other side wrote in words."""
        sentence = getdoc(type(self)) or ""
        super().__init__(f"{sentence} ({detail})" if detail else sentence)


class NotConfiguredError(OutboundError):
    """The site's file has no usable [platform], or a secret is missing: see docs/outbound.md."""

    status = 503
    vietnamese = "Chưa cấu hình nền tảng kết nối: xem docs/outbound.md."


class UnreachableError(OutboundError):
    """The platform does not answer."""

    status = 503
    code = "transient"
    vietnamese = "Nền tảng kết nối không trả lời."


class RestingError(UnreachableError):
    """The platform failed too often: nothing is sent to it for a while."""

    vietnamese = "Nền tảng kết nối lỗi liên tiếp: tạm ngừng gửi một lúc."


class WrongAnswerError(UnreachableError):
    """What came back is no answer of this service."""

    vietnamese = "Nội dung trả về không phải là câu trả lời của dịch vụ này."


class RefusedError(OutboundError):
    """The platform refuses the message: the same one would be refused again."""

    status = 502
    code = "processing"
    vietnamese = "Nền tảng kết nối từ chối thông điệp; gửi lại cũng sẽ bị từ chối."


class UnwelcomeError(RefusedError):
    """The platform does not let this body in: check [platform] and its secrets."""

    vietnamese = "Nền tảng kết nối không cho phép đơn vị này: kiểm tra [platform] và khóa bí mật."
