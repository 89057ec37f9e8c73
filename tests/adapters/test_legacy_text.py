"""Cleaning and decoding of text as sources send it."""

import codecs
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.legacy_text import clean, decode, fold, is_syllable, valid_syllables

LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ"
# An independent writing of both tables, from the encodings' side (vn_domain.md 8.6).
TCVN3 = dict(
    zip(
        LETTERS,
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢§£¤¥¦",
        strict=True,
    )
)
VNI_BYTES = (
    "aø aù aû aõ aï aê aè aé aú aü aë aâ aà aá aå aã aä ñ eø eù eû eõ eï eâ eà eá eå eã eä "
    "ì í æ ó ò oø où oû oõ oï oâ oà oá oå oã oä ô ôø ôù ôû ôõ ôï uø uù uû uõ uï "
    "ö öø öù öû öõ öï yø yù yû yõ î"
)
VNI = dict(zip(LETTERS[:67], VNI_BYTES.split(), strict=True))
VNI |= {small.upper(): bytes_.upper() for small, bytes_ in VNI.items()}

SURNAMES = ["Nguyễn", "Trần", "Phạm", "Huỳnh", "Đặng", "Đỗ", "Ngô", "Võ", "Trương", "Nghiêm"]
MIDDLE = ["Thị", "Văn", "Đức", "Ngọc", "Hữu", "Bảo", "Xuân", "Thuỳ", "Khánh", "Tuệ"]
GIVEN = ["Đức", "Hương", "Tuấn", "Dũng", "Nguyệt", "Phượng", "Kiệt", "Thảo", "Uyển", "Hậu", "Quý"]
NAMES = st.tuples(st.sampled_from(SURNAMES), st.sampled_from(MIDDLE), st.sampled_from(GIVEN)).map(
    " ".join
)


def encode(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)


@given(NAMES)
def test_a_name_survives_tcvn3(name: str) -> None:
    assert clean(encode(name, TCVN3)) == name


@given(NAMES)
def test_a_name_survives_vni(name: str) -> None:
    assert clean(encode(name, VNI)) == name


@given(NAMES)
def test_a_name_in_unicode_stays_as_it_is(name: str) -> None:
    assert clean(name) == name
    assert clean(unicodedata.normalize("NFD", name)) == name


@given(st.text())
def test_cleaning_twice_is_cleaning_once_for_unicode_text(text: str) -> None:
    once = clean(text)
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert once == once.strip()


@given(st.text(alphabet=st.characters(max_codepoint=0xFF)))
def test_decoding_never_loses_a_valid_syllable(text: str) -> None:
    assert valid_syllables(clean(text)) >= valid_syllables(" ".join(text.split()))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("NguyÔn V¨n §øc", "Nguyễn Văn Đức"),
        ("Tröông Ñình Quyù", "Trương Đình Quý"),
        ("NGUYÔN V¡N HïNG", "NGUYỄN VĂN HÙNG"),
        ("Lª ThÞ Hµ", "Lê Thị Hà"),
        ("UBND ph\u00ad\u00eang L¸ng", "UBND phường Láng"),
        ("Hoà Toán", "Hoà Toán"),
        ("Hồ Toàn", "Hồ Toàn"),
        ("Ðặng Văn ðức", "Đặng Văn đức"),
        ("Café Ksor H'Niê", "Café Ksor H'Niê"),
        ("Y Blô Êban", "Y Blô Êban"),
        ("Phaolô", "Phaolô"),
        ("  Trần\u00a0\u00a0Thị\u200b\tAn \ufeff", "Trần Thị An"),
        ("Tran\u00adg", "Trang"),
        ("a\x00b\x9fc", "a b c"),
        ("", ""),
    ],
)
def test_text_is_read_as_it_was_meant(sent: str, meant: str) -> None:
    assert clean(sent) == meant


@pytest.mark.parametrize(
    "word",
    ["Nguyễn", "nghiêng", "quốc", "giếng", "gì", "khuya", "Thuở", "quýt", "xoong", "ai", "YẾN"],
)
def test_vietnamese_syllables_are_recognised(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["", "Nguyôn", "bàc", "tốp2", "zà", "mát̀", "wang", "V¨n", "12"])
def test_other_words_are_no_vietnamese_syllables(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng Văn ĐỨC", "dang van duc"),
        ("NguyÔn  V¨n §øc", "nguyen van duc"),
        ("Ðào", "dao"),
        ("Mã định danh Bộ GD&ĐT", "ma dinh danh bo gd&dt"),
        ("Ước nguyện", "uoc nguyen"),
    ],
)
def test_folding_leaves_ascii(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folded_text_is_lower_case_ascii(text: str) -> None:
    folded = fold(text)
    assert folded.isascii()
    assert folded == folded.lower() == " ".join(folded.split())


@pytest.mark.parametrize(
    "content",
    [
        "Nguyễn".encode(),
        codecs.BOM_UTF8 + "Nguyễn".encode(),
        codecs.BOM_UTF16_LE + "Nguyễn".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Nguyễn".encode("utf-16-be"),
    ],
)
def test_unicode_bytes_are_decoded(content: bytes) -> None:
    assert decode(content) == "Nguyễn"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", Problem.ENCODING),
        ("Nguyễn".encode("utf-16-le"), Problem.ENCODING),
        (codecs.BOM_UTF16_LE + b"a", Problem.ENCODING),
        (b"\xed\xa0\x80", Problem.ENCODING),
        (b"a\x00b", Problem.FORBIDDEN_CHARACTER),
        (b"a\x1bb", Problem.FORBIDDEN_CHARACTER),
    ],
)
def test_other_bytes_are_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        decode(content)
    assert caught.value.rejection.problem == problem
