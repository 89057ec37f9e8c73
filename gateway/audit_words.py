"""What stands in the access log, in words for people: Vietnamese first, then English."""

from collections.abc import Mapping

from audit.balp_codes import KINDS, Kind
from audit.event import Action
from audit.purposes import PURPOSES

Words = tuple[str, str]

KIND_WORDS: Mapping[Kind, Words] = {
    Kind.READ: ("xem", "viewed"),
    Kind.VREAD: ("xem bản cũ", "viewed an earlier version"),
    Kind.HISTORY: ("xem các bản cũ", "viewed earlier versions"),
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


def purpose(code: str) -> Words:
    """The words for a purpose; the code itself where there are none."""
    return PURPOSES.get(code, (code, code))


def done(action: Action) -> Words:
    """What was done, as people say it."""
    return KIND_WORDS[KINDS[action]]
