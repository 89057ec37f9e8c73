"""The steps that are reported, each with its words, and what it says beyond having been done."""

from dataclasses import dataclass

ZERO_REPORT = "BAO_CAO_KHONG"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of the process for an abandoned child (vn_domain.md 2.1).

    `status` is the Task's. `gives`: the child is handed to `benNhan`. `sealed`: it leads to an
    adopted child's origin. `died`: the child is dead.
    """

    code: str
    vietnamese: str
    english: str
    status: str = "completed"
    gives: bool = False
    sealed: bool = False
    died: bool = False


_ALL = (
    Step(code="SANG_LOC_SUC_KHOE", vietnamese="Sàng lọc sức khỏe", english="health screening"),
    Step(code="KIEM_KE_TAI_SAN", vietnamese="Kiểm kê tài sản", english="belongings inventory"),
    Step(
        code="THONG_BAO_SAU_48_GIO",
        vietnamese="Thông báo sau 48 giờ",
        english="hospital notice after 48 hours without relatives",
    ),
    Step(
        code="NIEM_YET",
        vietnamese="Niêm yết",
        english="posting of the notice",
        status="in-progress",
    ),
    Step(
        code="KET_THUC_NIEM_YET",
        vietnamese="Kết thúc niêm yết",
        english="end of the posting",
    ),
    Step(code="BAN_GIAO", vietnamese="Bàn giao trẻ", english="handover given", gives=True),
    Step(
        code="NHAN_BAN_GIAO",
        vietnamese="Nhận bàn giao",
        english="handover accepted",
    ),
    Step(
        code="TU_CHOI_BAN_GIAO",
        vietnamese="Từ chối bàn giao",
        english="handover refused",
        status="rejected",
    ),
    Step(
        code="BO_TRI_CHAM_SOC",
        vietnamese="Bố trí chăm sóc thay thế",
        english="placement",
        gives=True,
    ),
    Step(
        code="THAY_DOI_CHAM_SOC",
        vietnamese="Thay đổi nơi chăm sóc",
        english="change of placement",
        gives=True,
    ),
    Step(
        code="QUYET_DINH_TRO_CAP",
        vietnamese="Quyết định trợ cấp",
        english="allowance decision",
    ),
    Step(
        code="DICH_VU_KHUYET_TAT",
        vietnamese="Tiếp cận dịch vụ khuyết tật",
        english="access to disability services",
    ),
    Step(
        code="DICH_VU_Y_TE",
        vietnamese="Tiếp cận dịch vụ y tế",
        english="access to health services",
    ),
    Step(
        code="DICH_VU_GIAO_DUC",
        vietnamese="Tiếp cận dịch vụ giáo dục",
        english="access to education",
    ),
    Step(code="DO_DAU", vietnamese="Đỡ đầu", english="sponsor"),
    Step(
        code="HO_TRO_CONG_DONG",
        vietnamese="Hỗ trợ của cộng đồng",
        english="community support",
    ),
    Step(code="TIM_CHA_ME", vietnamese="Tìm cha, mẹ", english="search for parents"),
    Step(code="TIM_THAY_GIA_DINH", vietnamese="Tìm thấy gia đình", english="family found"),
    Step(
        code="NHAN_CON_NUOI",
        vietnamese="Nhận con nuôi",
        english="adoption",
        sealed=True,
    ),
    Step(code="TU_VONG", vietnamese="Tử vong", english="death", died=True),
    Step(code=ZERO_REPORT, vietnamese="Báo cáo không", english="zero report of a body"),
)
STEPS = {step.code: step for step in _ALL}
"""SANG_LOC_SUC_KHOE and BAO_CAO_KHONG are in formats.md; the other codes are ours (assumed)."""
SPELLINGS = {spelling: step.code for step in _ALL for spelling in (step.code, step.vietnamese)}
"""Codes and words → code. A programme ("Mẹ đỡ đầu", "Địa chỉ tin cậy") stands in `chuongTrinh`."""
