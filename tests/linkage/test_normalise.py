"""Two spellings of one Vietnamese value become equal; two values stay two."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import normalise
from tests.linkage.people import QUICK

VIETNAMESE = (
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
)
# Written out by hand (house_style.md, trap 3): ASCII folding must keep a letter for each letter.
FOLDED = "aaaaaaaaaaaaaaaaaabcddeeeeeeeeeeeeghiiiiiiklmnoooooooooooooooooopqrstuuuuuuuuuuuuvxyyyyyy"
NAMES = st.lists(
    st.text(VIETNAMESE + VIETNAMESE.upper(), min_size=1, max_size=6), min_size=1, max_size=5
).map(" ".join)
ANYTHING = st.text(st.characters(codec="utf-8") | st.sampled_from(VIETNAMESE + "'’ ()~-\u0301"))


@pytest.mark.parametrize(("letter", "bare"), list(zip(VIETNAMESE, FOLDED, strict=True)))
def test_every_vietnamese_letter_keeps_its_letter(letter: str, bare: str) -> None:
    for text in (letter, letter.upper()):
        assert normalise.fold(text) == bare
        assert normalise.fold(unicodedata.normalize("NFD", text)) == bare


def test_a_name_full_of_marks_keeps_all_its_letters() -> None:
    assert normalise.folded_name("Đặng Văn Đức") == "dang van duc"
    assert normalise.name_key("ĐẶNG VĂN ĐỨC") == "đặng văn đức"


@pytest.mark.parametrize("letter", ["đ", "Đ", "ð", "Ð"])
def test_mistypings_of_dd_are_dd(letter: str) -> None:
    assert normalise.name_key(f"{letter}ức") == "đức"
    assert normalise.fold(f"{letter}ức") == "duc"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("Hoà", "HÒA"),
        ("thuý", "thúy"),
        ("khoẻ", "khỏe"),
        ("uỷ", "ủy"),
        ("quý", "quí"),
        ("Mỹ", "Mĩ"),
        ("Lí", "Lý"),
        ("Thuỵ", "Thụy"),
        ("Nguyễn  Văn\tAn", "nguyễn văn an"),
        ("Nguyễn\u00a0Văn An", "Nguyễn Văn An"),
        ("Nguyễn Thị A (bé)", "Nguyễn Thị A"),
        ("H'Hen Niê", "H’Hen Niê"),
        ("H`Hen Niê", "HHen Niê"),
        ("Nguyễn Văn An.", "Nguyễn Văn An"),
        ("Trần-Bình", "Trần Bình"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normalise.name_key(one) == normalise.name_key(other)
    assert normalise.folded_name(one) == normalise.folded_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("An", "Ân"), ("Dung", "Dũng"), ("Đức", "Dức"), ("Tú", "Tư"), ("hoàn", "hòa"), ("Lan", "Lân")],
)
def test_names_that_differ_by_a_mark_stay_two(one: str, other: str) -> None:
    assert normalise.name_key(one) != normalise.name_key(other)


@pytest.mark.parametrize("word", ["già", "hoàn", "quý", "toán", "huyền", "giỏ"])
def test_tones_move_in_open_syllables_only(word: str) -> None:
    assert normalise.name_key(word) == word.replace("y", "i").replace("ý", "í")


@pytest.mark.parametrize("name", ["HÒA", "Thúy", "H'Hen Niê", "Y Moan Êñuôl", "Đặng Văn Đức"])
def test_a_name_without_marks_folds_to_itself(name: str) -> None:
    folded = normalise.folded_name(name)
    assert normalise.folded_name(folded) == folded
    assert folded.isascii()
    assert folded == folded.lower()


@QUICK
@given(ANYTHING | NAMES)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    for clean in (normalise.name_key, normalise.fold, normalise.folded_name, normalise.plain_code):
        assert clean(clean(text)) == clean(text)
    folded = normalise.folded_name(text)
    assert normalise.given_name(normalise.given_name(folded)) == normalise.given_name(folded)
    for shorten in (normalise.without_order, normalise.without_middle):
        short = shorten(folded)
        # In alphabetical order a given name such as Ý may come to stand where a marker does.
        assert shorten(short) == short or normalise.MARKERS & set(short.split())


@QUICK
@given(NAMES)
def test_composed_and_decomposed_text_are_one(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    for clean in (normalise.name_key, normalise.fold, normalise.folded_name, normalise.words):
        assert clean(composed) == clean(decomposed)


@QUICK
@given(NAMES)
def test_capitals_make_no_difference(text: str) -> None:
    assert normalise.name_key(text.upper()) == normalise.name_key(text.lower())


@QUICK
@given(ANYTHING)
def test_what_is_folded_is_ascii_words(text: str) -> None:
    letters = set(string.ascii_lowercase + string.digits + " ")
    folded = normalise.fold(text)
    assert set(folded) <= letters
    assert folded == " ".join(folded.split())
    assert set(normalise.plain_code(text)) <= set(string.ascii_uppercase + string.digits)


@QUICK
@given(NAMES, st.randoms(use_true_random=False))
def test_the_order_of_syllables_makes_no_difference(text: str, random: object) -> None:
    words = normalise.folded_name(text).split()
    shuffled = list(words)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert normalise.without_order(" ".join(words)) == normalise.without_order(" ".join(shuffled))


def test_order_middle_and_given_name() -> None:
    folded = normalise.folded_name("Nguyễn Thị Bình An")
    assert normalise.given_name(folded) == "an"
    assert normalise.without_order(folded) == normalise.without_order("an binh nguien thi")
    assert normalise.without_middle(folded) == normalise.without_middle("nguien an")
    assert normalise.without_middle(folded) == normalise.without_middle("an nguien")
    assert normalise.without_middle("an") == "an"
    assert normalise.without_middle("") == ""


@pytest.mark.parametrize(
    ("north", "south"), [("Hoàng Thị Mai", "Huỳnh Thị Mai"), ("Vũ Văn Tí", "Võ Văn Tý")]
)
def test_regional_forms_of_a_surname_agree(north: str, south: str) -> None:
    one, other = normalise.folded_name(north), normalise.folded_name(south)
    assert normalise.without_order(one) == normalise.without_order(other)
    assert normalise.without_middle(one) == normalise.without_middle(other)


def test_regional_surnames_differ_where_the_exact_name_is_compared() -> None:
    assert normalise.name_key("Hoàng Mai") != normalise.name_key("Huỳnh Mai")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12/BB-UBND", "12"),
        ("Số 015/BB-UBND", "15"),
        ("012", "12"),
        ("0", "0"),
        ("BB 7", "7"),
        ("không số", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_the_number_of_minutes(text: str, number: str | None) -> None:
    assert normalise.report_number(text) == number


@pytest.mark.parametrize(
    ("card", "core"),
    [
        ("TE1019900000123", "9900000123"),
        ("TE1 01 9900000123", "9900000123"),
        ("9900000123", "9900000123"),
        ("TE1010000000000", None),
        ("0000000000", None),
        ("123", None),
        ("", None),
        ("١٢٣٤٥٦٧٨٩٠", None),
    ],
)
def test_the_part_of_a_card_that_lasts(card: str, core: str | None) -> None:
    assert normalise.card_core(card) == core


def test_a_number_of_a_file_is_its_letters_and_digits() -> None:
    assert normalise.plain_code(" bn-001/26 ") == normalise.plain_code("BN001.26") == "BN00126"


def test_only_telling_words_describe_a_place() -> None:
    assert normalise.words("Ở trên vai trái có một vết bớt đỏ") >= {"vai", "bot", "do"}
    assert not normalise.words("có một và ở") & normalise.STOP_WORDS
    assert normalise.words("cổng chùa Láng") == normalise.words("CONG CHUA LANG")


# Names of other peoples -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling", ["H'Hen Niê", "H’Hen Niê", "H' Hen Niê", "h` hen  niê", "HHen Niê", "H Hen Niê"]
)
def test_a_prefix_is_a_word_however_it_is_written(spelling: str) -> None:
    assert normalise.name_key(spelling) == "h hen niê"
    assert normalise.name_key("K'Brể") == normalise.name_key("K’ Brể") == "k brể"


@pytest.mark.parametrize("syllable", ["M'Lô", "Hân", "Hồng", "Khánh", "Hoà", "Kpă", "Ƀă"])
def test_what_is_one_syllable_stays_one(syllable: str) -> None:
    assert " " not in normalise.name_key(syllable)
    assert " " not in normalise.folded_name(f"{syllable}")
    assert normalise.folded_name("Ƀă") == "ba"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Y Bhiăt Niê", "bhiat"),
        ("H'Hen Niê", "hen"),
        ("A Phương", "phuong"),
        ("Y Nhi", "nhi"),
        ("K'Brể", "bre"),
        ("Giàng A Páo", "pao"),
        ("Ksor H'Lan", "lan"),
        ("Páo", "pao"),
        ("Nguyễn Như Ý", "i"),
        ("Y", "i"),
    ],
)
def test_the_given_name_stands_where_its_people_put_it(name: str, given: str) -> None:
    assert normalise.given_name(normalise.folded_name(name)) == given


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("Y Nhi", False),
        ("A Phương", False),
        ("K'Brể", False),
        ("Páo", False),
        ("", False),
        ("H'Hen Niê", True),
        ("Giàng A Páo", True),
        ("Ý Nhi", True),
    ],
)
def test_a_marker_and_one_word_are_no_full_name(name: str, whole: bool) -> None:
    assert normalise.is_whole(normalise.name_key(name)) is whole


def test_who_leaves_the_marker_out_means_the_same_name() -> None:
    with_it, without = (normalise.folded_name(n) for n in ("H'Hen Niê", "Niê Hen"))
    assert normalise.without_order(with_it) == normalise.without_order(without)
    with_it, without = (normalise.folded_name(n) for n in ("Y Bhiăt Niê", "Bhiăt Niê"))
    assert normalise.without_middle(with_it) == normalise.without_middle(without)


def test_marks_are_kept_without_order_and_regional_surnames_are_one() -> None:
    one, other = (normalise.name_key(n) for n in ("Huỳnh Thị Mỹ", "Mỹ Thị Hoàng"))
    assert normalise.marked_without_order(one) == normalise.marked_without_order(other)
    bao, bạo = (normalise.marked_without_order(n) for n in ("võ bảo", "vũ bạo"))
    assert bao != bạo
    assert normalise.marked_without_order("võ bảo") == normalise.marked_without_order("bảo vũ")
