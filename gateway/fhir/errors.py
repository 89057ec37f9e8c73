"""What can be wrong with a question in FHIR's terms."""

from gateway.errors import GatewayError, WrongRequestError


class WrongParameterError(WrongRequestError):
    """A search parameter is unknown or cannot be read."""

    vietnamese = "Tham số tìm kiếm không có hoặc không đọc được."


class UnknownParameterError(WrongParameterError):
    """No such search parameter here. Leave it out, or send: Prefer: handling=lenient"""

    code = "not-supported"
    vietnamese = "Không có tham số tìm kiếm này. Hãy bỏ đi, hoặc gửi Prefer: handling=lenient"


class UnsortableError(UnknownParameterError):
    """Nothing is sorted by what stands in other resources. Sort by a parameter of its own, or send:
    Prefer: handling=lenient
    """

    vietnamese = (
        "Không sắp xếp theo dữ liệu của tài nguyên khác. Hãy chọn tham số khác,"
        " hoặc gửi Prefer: handling=lenient"
    )
    expression = "_sort"


class WrongValueError(WrongParameterError):
    """The value of a search parameter cannot be read."""

    code = "value"
    vietnamese = "Không đọc được giá trị của một tham số tìm kiếm."


class TooCostlyError(WrongRequestError):
    """The search takes too long. Please ask for less: with a further parameter, or a smaller page."""

    code = "too-costly"
    vietnamese = "Tìm kiếm mất quá nhiều thời gian. Hãy thêm điều kiện hoặc giảm số kết quả."


class WithdrawnError(GatewayError):
    """It was here, and its source no longer says it. Its versions are at _history."""

    status = 410
    code = "deleted"
    vietnamese = "Nguồn không còn khai báo dữ liệu này. Các phiên bản cũ ở _history."


class NotAcceptableError(GatewayError):
    """FHIR is answered as application/fhir+json or application/fhir+xml."""

    status = 406
    code = "not-supported"
    vietnamese = "Chỉ trả lời bằng application/fhir+json hoặc application/fhir+xml."
