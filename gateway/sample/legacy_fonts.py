"""Text as the old Vietnamese fonts stored it, shown in Latin-1: TCVN3 (.VnTime) and VNI."""

import unicodedata

TCVN3_BYTES = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢§£¤¥¦"
TCVN3_LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ"
TCVN3 = dict(zip(TCVN3_LETTERS, TCVN3_BYTES, strict=True))
"""vn_domain.md 8.6. TCVN3 has no capitals with tone marks: the lower-case byte stands for them."""

VNI_GROUPS: tuple[tuple[str, str, str], ...] = (
    ("a", "ùøûõïâáàåãäêéèúüë", "áàảãạâấầẩẫậăắằẳẵặ"),
    ("e", "ùøûõïâáàåãä", "éèẻẽẹêếềểễệ"),
    ("o", "ùøûõïâáàåãä", "óòỏõọôốồổỗộ"),
    ("ô", "ùøûõï", "ớờởỡợ"),
    ("u", "ùøûõï", "úùủũụ"),
    ("ö", "ùøûõï", "ứừửữự"),
    ("y", "ùøûõ", "ýỳỷỹ"),
)
VNI_SINGLE = dict(zip("ơưíìỉĩịỵđ", "ôöíìæóòîñ", strict=True))


def to_tcvn3(text: str) -> str:
    """ "Nguyễn Văn Đức" → "NguyÔn V¨n §øc"."""
    return "".join(
        TCVN3.get(letter, TCVN3.get(letter.lower(), letter))
        for letter in unicodedata.normalize("NFC", text)
    )


def to_vni(text: str) -> str:
    """ "Trương Đình Quý" → "Tröông Ñình Quyù"."""
    table = _vni_table()
    return "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFC", text))


def _vni_table() -> dict[str, str]:
    table = dict(VNI_SINGLE)
    for base, marks, letters in VNI_GROUPS:
        table |= {letter: base + mark for mark, letter in zip(marks, letters, strict=True)}
    return table | {letter.upper(): code.upper() for letter, code in table.items()}
