"""Vietnamese names as families, hospitals and facilities give them."""

from functools import lru_cache
from random import Random

SURNAMES: dict[str, float] = {
    "Nguyễn": 31.0, "Trần": 10.9, "Lê": 8.4, "Phạm": 5.9, "Hoàng": 3.4, "Huỳnh": 1.7, "Phan": 3.2,
    "Vũ": 2.0, "Võ": 1.9, "Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Hồ": 1.3, "Ngô": 1.3, "Dương": 1.0,
    "Lý": 0.5, "Trương": 1.68, "Đinh": 1.55, "Trịnh": 1.01, "Mai": 0.98, "Hà": 0.97, "Đoàn": 0.93,
    "Lương": 0.89, "Cao": 0.86, "Đào": 0.76, "Tô": 0.4, "Tạ": 0.4, "Lâm": 0.5, "Châu": 0.3,
    "Kiều": 0.2, "Thái": 0.3, "Quách": 0.2, "Tăng": 0.2, "Chu": 0.3, "Phùng": 0.4, "Vương": 0.3,
}  # fmt: skip
"""Per cent: national 2005 and Saigon, tail from Đắk Lắk (vn_domain.md 8.1)."""

MIDDLE: dict[str, tuple[str, ...]] = {
    "M": (
        "Văn", "Văn", "Văn", "Đức", "Minh", "Gia", "Bảo", "Quốc", "Hữu", "Thành", "Anh", "Công",
        "Đình", "Xuân", "Quang", "Tuấn", "Hoàng", "Ngọc", "Thanh", "Duy", "Trung", "Thiện", "",
    ),
    "F": (
        "Thị", "Thị", "Thị", "Thị Ngọc", "Thị Thanh", "Thị Kim", "Ngọc", "Bảo", "Gia", "Minh",
        "Thanh", "Kim", "Khánh", "Hoài", "Thùy", "Phương", "Quỳnh", "Diệu", "Thảo", "An", "Hà", "",
    ),
}  # fmt: skip
GIVEN_TEXT: dict[str, str] = {
    "M": (
        "An Anh Ân Bách Bảo Bắc Bình Bằng Bửu Cảnh Châu Chí Chiến Chính Chung Chương Công Cương"
        " Cường Danh Dân Dũng Duy Dương Đại Đạo Đạt Đăng Điền Điệp Định Đông Đồng Đức Giang Giáp Hà"
        " Hai Hải Hàn Hào Hậu Hiển Hiệp Hiếu Hiền Hoàn Hòa Hoàng Hoạt Hợp Huân Hùng Huy Huỳnh Hưng"
        " Hữu Kha Khang Khanh Khánh Khải Khiêm Khoa Khôi Khương Kiên Kiệt Kỳ Lâm Lân Lập Linh Long"
        " Lộc Lợi Luân Luật Lực Lương Mạnh Mẫn Minh Nam Nghị Nghĩa Nghiêm Ngọc Nguyên Nhân Nhật Nhất"
        " Phát Phi Phong Phú Phúc Phước Phương Quang Quân Quảng Quốc Quý Quyền Quyết Sang Sáng Sinh"
        " Sơn Sỹ Tài Tâm Tân Tấn Thái Thanh Thành Thạch Thắng Thân Thiên Thiện Thịnh Thọ Thông Thuận"
        " Thuật Thụy Thức Tiến Tiệp Tín Tình Toàn Toản Trí Triết Triều Trọng Trung Trường Trực Tú Tuấn"
        " Tuệ Tùng Tường Văn Việt Vinh Vĩnh Vũ Vương Vượng Xuân Ý Y"
    ),
    "F": (
        "An Anh Ánh Ân Bích Bình Ca Cầm Chi Chung Cúc Châu Dân Diễm Diệp Diệu Dung Duyên Dương Đan"
        " Đào Đoan Giang Giao Hà Hạ Hạnh Hảo Hằng Hân Hậu Hiền Hiếu Hoa Hoài Hòa Hồng Huệ Huyền Hương"
        " Hường Hướng Khanh Khánh Khuê Kiều Kim Kỳ Lam Lan Lành Lâm Len Lệ Lê Liên Liễu Linh Loan Lộc"
        " Lụa Lương Lưu Ly Lý Mai Mẫn Mây Mến Miên Minh Mơ My Mỹ Na Nga Ngà Ngân Nghi Ngoan Ngọc"
        " Nguyên Nguyệt Nhã Nhàn Nhi Nhiên Như Nhung Nương Oanh Phúc Phương Phượng Quế Quyên Quỳnh Sa"
        " Sang Sen Sương Tâm Thanh Thảo Thắm Thi Thoa Thơ Thơm Thu Thùy Thủy Thúy Thư Thương Thy Tiên"
        " Tình Trà Trang Trâm Trân Trinh Trúc Tú Tuyền Tuyết Tươi Uyên Vân Vi Việt Vy Xinh Xoan Xuân"
        " Xuyến Ý Yên Yến Hoà Thuỷ Quý"
    ),
}
"""About 150 given names for each sex."""

ALIKE: dict[str, tuple[tuple[str, str], ...]] = {
    "M": (
        ("An", "Ân"), ("Long", "Lộng"), ("Tú", "Tư"), ("Hưng", "Hùng"), ("Khải", "Khai"),
        ("Phúc", "Phước"), ("Lâm", "Lân"), ("Minh", "Mình"), ("Quân", "Quang"), ("Nam", "Năm"),
        ("Hòa", "Hoàn"), ("Thiện", "Thiên"), ("Tín", "Tính"), ("Bảo", "Bạo"), ("Kiệt", "Kiên"),
    ),
    "F": (
        ("An", "Ân"), ("Lan", "Lân"), ("Thu", "Thư"), ("Hà", "Hạ"), ("Nhi", "Nhì"),
        ("Hân", "Hạnh"), ("Ngân", "Ngần"), ("Thùy", "Thúy"), ("My", "Mỹ"), ("Vân", "Văn"),
        ("Trân", "Trâm"), ("Linh", "Lình"), ("Hoa", "Hòa"), ("Thảo", "Thao"), ("My", "Mỹ"),
    ),
}  # fmt: skip
"""Names that differ by one mark or letter, as twins and house names do (vn_domain.md 8.3, 8.4)."""

PEOPLES: tuple[tuple[str, str, float], ...] = (
    ("02", "Tày", 1.9), ("03", "Thái", 1.9), ("05", "Khmer", 1.4), ("06", "Mường", 1.5),
    ("07", "Nùng", 1.1), ("08", "Mông", 1.4), ("09", "Dao", 0.9), ("10", "Gia Rai", 0.5),
    ("12", "Ê Đê", 0.4),
)  # fmt: skip
"""Code (QĐ 121-TCTK/PPCĐ), name, per cent of the population (census 2019)."""
KINH = ("01", "Kinh")

MINORITY_SURNAMES: dict[str, tuple[str, ...]] = {
    "02": ("Nông", "Hoàng", "Bế", "Triệu", "Ma", "Lương"),
    "03": ("Lò", "Cà", "Quàng", "Tòng", "Vi", "Hà"),
    "05": ("Thạch", "Sơn", "Kim", "Danh", "Châu", "Lâm"),
    "06": ("Bùi", "Quách", "Đinh", "Hà", "Bạch"),
    "07": ("Nông", "Lục", "Vy", "Hứa", "Đàm"),
    "08": ("Vàng", "Giàng", "Sùng", "Thào", "Mùa", "Lý", "Hạng", "Cứ"),
    "09": ("Triệu", "Bàn", "Đặng", "Phùng", "Chảo", "Tẩn"),
    "10": ("Ksor", "Siu", "Rơ Châm", "Rah Lan", "Kpă", "Nay"),
    "12": ("Niê", "Êban", "Mlô", "Ayun", "Kbuôr", "Hđơk"),
}
HIGHLAND_GIVEN: dict[str, tuple[str, ...]] = {
    "M": ("Bhăm", "Thuân", "Krông", "Hlơi", "Blê", "Phin", "Yuê", "Nghĩa", "Khoa", "Djuôn"),
    "F": ("Hen", "Lan", "Bia", "Nhuân", "Mơ", "Yuôn", "Đao", "Phương", "Wiên", "Blim"),
}
MONG_GIVEN: dict[str, tuple[str, ...]] = {
    "M": ("Pó", "Dơ", "Chứ", "Sử", "Páo", "Lềnh", "Tủa", "Vừ", "Dình", "Hồng"),
    "F": ("Mỷ", "Dợ", "Xúa", "Mai", "Chở", "Pà", "Say", "Sua", "Dí", "Máy"),
}
NICKNAMES = ("Bống", "Tít", "Cún", "Tôm", "Bi", "Na", "Mít", "Gạo", "Sóc", "Bòn Bon", "Ốc", "Nấm")


@lru_cache(maxsize=2)
def given_names(sex: str) -> tuple[str, ...]:
    return tuple(GIVEN_TEXT[sex].split())


def surname(rng: Random) -> str:
    return rng.choices(list(SURNAMES), weights=list(SURNAMES.values()))[0]


def people(rng: Random, minority: bool) -> tuple[str, str]:
    """Code and name of an ethnic group."""
    if not minority:
        return KINH
    code, name, _ = rng.choices(PEOPLES, weights=[weight for *_, weight in PEOPLES])[0]
    return code, name


def join(*parts: str) -> str:
    """One name out of its parts, empty ones left out."""
    return " ".join(part for part in parts if part)


def full_name(rng: Random, sex: str, people_code: str = "01", family: str | None = None) -> str:
    """A whole name in the order of its people; `family` fixes the surname."""
    if people_code in ("10", "12"):
        return _highland_name(rng, sex, people_code, family)
    first = family or _family(rng, people_code)
    if people_code == "08":
        return join(first, "A" if sex == "M" else "Thị", rng.choice(MONG_GIVEN[sex]))
    return join(first, rng.choice(MIDDLE[sex]), rng.choice(given_names(sex)))


def family_of(name: str, people_code: str) -> str:
    """The surname inside a name that `full_name` made."""
    syllables = name.split()
    if people_code == "12":
        return syllables[-1]
    for candidate in MINORITY_SURNAMES.get(people_code, ()):
        if name.startswith(candidate + " "):
            return candidate
    return syllables[0]


def alike(rng: Random, sex: str, other_sex: str, family: str) -> tuple[str, str]:
    """Two names that look alike; of one sex they differ by one mark or letter."""
    middle = rng.choice(MIDDLE[sex])
    if sex == other_sex:
        first, second = rng.choice(ALIKE[sex])
        return join(family, middle, first), join(family, middle, second)
    given = rng.choice([name for name in given_names(sex) if name in given_names(other_sex)])
    return join(family, middle, given), join(family, rng.choice(MIDDLE[other_sex]), given)


def _family(rng: Random, people_code: str) -> str:
    known = MINORITY_SURNAMES.get(people_code)
    return rng.choice(known) if known else surname(rng)


def _highland_name(rng: Random, sex: str, people_code: str, family: str | None) -> str:
    clan = family or rng.choice(MINORITY_SURNAMES[people_code])
    given = rng.choice(HIGHLAND_GIVEN[sex])
    if people_code == "10":
        return f"{clan} {given}" if sex == "M" else f"{clan} H'{given}"
    return f"Y {given} {clan}" if sex == "M" else f"H'{given} {clan}"
