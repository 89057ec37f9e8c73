"""What minutes hold: fields, how each is read and spelt, and their code lists."""

from adapters.formats.codes import SEXES, UNITS
from adapters.formats.fields import Field
from adapters.formats.values import (
    coded,
    commune,
    day,
    digits,
    grams,
    instant,
    long_text,
    number,
    whole,
)

KINDS = {"BIEN_BAN_TRE_BI_BO_ROI": "BIEN_BAN_TRE_BI_BO_ROI"}
MAKERS = {"CONG_AN_XA": "CONG_AN_XA", "UBND_XA": "UBND_XA"}
PLACE_TYPES = {
    code: code
    for code in (
        "BENH_VIEN",
        "CHUA",
        "DUONG_PHO",
        "CHO",
        "NHA_DAN",
        "TRAM_Y_TE",
        "CO_SO_BTXH",
        "KHAC",
    )
}
RECEIVERS = {code: code for code in ("CO_SO_Y_TE", "CO_SO_BTXH", "CA_NHAN")}

MAKER = digits(5, lost=4)
"""A part of the key: kept as sent where it is no commune code."""

MINUTES = (
    Field(name="loai", read=coded(KINDS), required=True),
    Field(name="soBienBan", required=True),
    Field(name="ngayLap", read=instant),
    Field(name="donViLap.maXa", read=MAKER, required=True),
    Field(name="donViLap.ten"),
    Field(name="donViLap.loai", read=coded(MAKERS)),
    Field(name="phatHien.thoiGian", read=instant),
    Field(name="phatHien.maXa", read=commune),
    Field(name="phatHien.diaDiem"),
    Field(name="phatHien.loaiNoi", read=coded(PLACE_TYPES)),
    Field(name="nguoiPhatHien.hoTen", aliases=("nguoiPhatHien",)),
    Field(name="nguoiPhatHien.loaiGiayTo"),
    Field(name="nguoiPhatHien.soGiayTo"),
    Field(name="nguoiPhatHien.noiCuTru"),
    Field(name="banGiao.loai", read=coded(RECEIVERS)),
    Field(name="banGiao.maCoSo"),
    Field(name="banGiao.ten"),
    Field(name="banGiao.thoiGian", read=instant),
    Field(name="banGiao.maHoSoNoiNhan"),
)
"""Of the minutes as a whole. The key's numbers reject when unreadable, the rest is noted; `ngayLap`
rejects where minutes state no other time."""

CHILD = (
    Field(name="stt", read=whole, required=True),
    Field(name="hoTen"),
    Field(name="gioiTinh", read=coded(SEXES)),
    Field(name="ngaySinh", read=day),
    Field(name="tuoiUocLuong.giaTri", read=number),
    Field(name="tuoiUocLuong.donVi", read=coded(UNITS)),
    Field(name="canNangGram", read=grams, aliases=("canNang",)),
    Field(name="dacDiem", read=long_text),
    Field(name="tinhTrang", read=long_text),
    Field(name="soGiayChungSinh"),
    Field(name="maHoSoNoiNhan"),
)
"""Of each child. `maHoSoNoiNhan` is accepted here too: siblings have a file each."""

LISTS = ("taiSan",)
NOT_MAPPED = ("ghiChu", "nguoiLap", "nguoiLamChung")
"""Known and kept in the message only: signatures and free remarks are no evidence."""
