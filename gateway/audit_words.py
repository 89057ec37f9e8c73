"""What stands in the access log, in words for people: Vietnamese first, then English."""

from collections.abc import Mapping

from audit.balp_codes import KINDS, Kind
from audit.event import Action

Words = tuple[str, str]

KIND_WORDS: Mapping[Kind, Words] = {
    Kind.READ: ("xem", "viewed"),
    Kind.VREAD: ("xem bản cũ", "viewed an earlier version"),
    Kind.SEARCH: ("có trong kết quả tìm kiếm", "shown in a search"),
    Kind.CREATE: ("ghi mới", "entered"),
    Kind.UPDATE: ("cập nhật", "changed"),
    Kind.DELETE: ("xóa", "erased"),
    Kind.OPERATION: ("xử lý", "processed"),
    Kind.EXPORT: ("cung cấp ra ngoài", "disclosed to another body"),
    Kind.IMPORT: ("nhận từ nơi khác", "received from another body"),
    Kind.LOGIN: ("đăng nhập", "logged in"),
    Kind.LOGOUT: ("đăng xuất", "logged out"),
    Kind.BREAK_GLASS: ("mở khẩn cấp", "emergency access began"),
    Kind.BREAK_GLASS_END: ("đóng khẩn cấp", "emergency access ended"),
    Kind.ALERT: ("cảnh báo an ninh", "security alert"),
    Kind.CONFIGURATION: ("thay đổi cấu hình", "configuration changed"),
    Kind.LOG_USED: ("xem nhật ký truy cập", "access log used"),
    Kind.JOB: ("công việc tự động", "job"),
}
PURPOSE_WORDS: Mapping[str, Words] = {
    "TREAT": ("khám, chữa bệnh", "treatment"),
    "ETREAT": ("cấp cứu", "emergency treatment"),
    "BTG": ("truy cập khẩn cấp", "break the glass"),
    "PUBHLTH": ("y tế công cộng", "public health"),
    "HOPERAT": ("vận hành hệ thống", "running the service"),
    "COVERAGE": ("bảo hiểm", "coverage"),
    "HRESCH": ("nghiên cứu", "research"),
    "PATRQT": ("theo yêu cầu của chính người đó", "asked for by the person"),
    "FAMRQT": ("theo yêu cầu của gia đình", "asked for by the family"),
}


def purpose(code: str) -> Words:
    """The words for a code of v3-ActReason; the code itself where there are none."""
    return PURPOSE_WORDS.get(code, (code, code))


def done(action: Action) -> Words:
    """What was done, as people say it."""
    return KIND_WORDS[KINDS[action]]
