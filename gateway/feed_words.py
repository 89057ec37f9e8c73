"""What a sender of Patients is told: why nothing was done, and what was done otherwise than meant."""

from gateway.errors import GatewayError, NotFoundError, WrongRequestError

Words = tuple[str, str]
"""Vietnamese, English."""

NOT_JOINED: Words = (
    "Đã lưu, nhưng chưa nhập hai số làm một: bằng chứng hoặc người duyệt nói là hai trẻ. Cần người xem xét.",
    "Kept, but the two numbers were not joined: evidence or a steward says that they are two"
    " children. Somebody must look at it.",
)
REUSED: Words = (
    "Cùng một số nhưng giới tính, ngày sinh và tên đều khác: được giữ như hai trẻ. Cần người xem xét.",
    "One number, but sex, birth date and name are all different: kept as two children. Somebody must"
    " look at it.",
)
NOT_LINKED: Words = (
    "Chưa liên kết: sẽ được so khớp ở lần liên kết tới. Chưa thể coi là trẻ mới.",
    "Not linked yet: that comes with the next linking. It does not mean that the child is new.",
)


class ForeignDomainError(GatewayError):
    """The number is of another body's identifier system; a system writes in its own only."""

    status = 403
    code = "forbidden"
    vietnamese = (
        "Số thuộc hệ thống định danh của đơn vị khác; bên gửi chỉ được ghi trong hệ thống của mình."
    )
    expression = "Patient.identifier.system"


class SeveralMatchError(GatewayError):
    """Several Patients match; nothing was done."""

    status = 412
    code = "multiple-matches"
    vietnamese = "Nhiều Patient cùng khớp điều kiện; chưa ghi gì."


class VersionError(GatewayError):
    """The Patient has another version than If-Match says; nothing was done."""

    status = 412
    code = "conflict"
    vietnamese = "Patient có phiên bản khác với If-Match; chưa ghi gì."


class OtherChildError(GatewayError):
    """Sex, birth date and name are all different: this is another child, with a number of its own.
    Who corrects all three does it in two updates. Nothing was done."""

    status = 409
    code = "conflict"
    vietnamese = (
        "Giới tính, ngày sinh và tên đều khác: đây là trẻ khác, phải mang số riêng."
        " Nếu sửa cả ba, hãy sửa trong hai lần. Chưa ghi gì."
    )
    expression = "Patient"


class OtherNumberError(WrongRequestError):
    """The identifier of the URL must be the Patient's own number in the body too."""

    vietnamese = "Số trong URL phải là số riêng của Patient trong nội dung gửi."
    expression = "Patient.identifier"


class OtherIdError(WrongRequestError):
    """Patient.id is given out here: leave it out, or send that of the Patient with this number."""

    vietnamese = (
        "Patient.id do hệ thống này cấp: bỏ trống, hoặc ghi đúng id của Patient mang số này."
    )
    expression = "Patient.id"


class UnknownSurvivorError(GatewayError):
    """Nobody bears the number that this one is replaced by. Send that Patient first."""

    status = 422
    code = "not-found"
    vietnamese = "Chưa có Patient mang số thay thế. Hãy gửi Patient đó trước."
    expression = "Patient.link.other.identifier"


class NobodyError(NotFoundError):
    """Nobody bears this number."""

    vietnamese = "Không có Patient nào mang số này."
