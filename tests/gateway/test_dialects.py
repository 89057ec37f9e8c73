"""Spellings of the site's file: whose they are, and what is said where they are wrong."""

import pickle
from pathlib import Path

import pytest

from adapters.catalog import load_adapters, load_vocabularies
from adapters.contract import SourceMessage
from adapters.dialect import Dialect
from adapters.formats.parts import columns_of
from gateway.agreements import agreed
from gateway.dialects import dialect_of, require_sound_dialects, speaking
from gateway.site import Agreement, Site, WrongSiteError, load_site

ADAPTERS, VOCABULARIES = load_adapters(), load_vocabularies()
AGREED = Site(
    agreement=(
        Agreement(source="facility", system=None, owner="x", allowed_fields=frozenset({"name"})),
    )
)
POLICE = '[[dialect]]\nsource = "police"\n'
HOSPITAL = '[[dialect]]\nsource = "hospital"\n'


def load(folder: Path, text: str) -> Site:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    site = load_site(path, VOCABULARIES)
    require_sound_dialects(site, VOCABULARIES)
    return site


def test_a_system_has_the_spellings_of_its_source_and_over_them_its_own(tmp_path: Path) -> None:
    site = load(
        tmp_path,
        POLICE
        + 'fields = { soBienBan = ["SoBB"], ngayLap = ["NgayBB"] }\n'
        + 'codes = { "tre.gioiTinh" = { G = "2", X = "0" } }\n'
        + POLICE
        + 'system = "ca-hn"\nfields = { soBienBan = ["So"] }\ncodes = { "tre.gioiTinh" = { G = "1" } }\n',
    )
    general = {"SoBB": "soBienBan", "NgayBB": "ngayLap"}
    assert dialect_of(site, "police", "ca-hn") == Dialect(
        spellings=general | {"So": "soBienBan"}, codes={"tre.gioiTinh": {"G": "1", "X": "0"}}
    )
    assert dialect_of(site, "police", "other").spellings == general
    assert not dialect_of(site, "hospital", "ca-hn")


def test_only_adapters_with_spellings_of_their_own_are_wrapped(tmp_path: Path) -> None:
    site = load(tmp_path, POLICE + 'system = "ca-hn"\nfields = { soBienBan = ["SoBB"] }\n')
    told = speaking(ADAPTERS, site, "ca-hn")
    assert told["hospital"] is ADAPTERS["hospital"]
    assert told["police"].version == ADAPTERS["police"].version
    assert speaking(ADAPTERS, site, "other")["police"] is ADAPTERS["police"]
    assert speaking(ADAPTERS, Site(), "any") is ADAPTERS


def test_a_large_table_is_cut_under_the_titles_of_its_sender(tmp_path: Path) -> None:
    site = load(tmp_path, '[[dialect]]\nsource = "facility"\nfields = { "Họ và tên" = ["Cháu"] }\n')
    told = agreed(speaking(ADAPTERS, site, "any"), AGREED, "any", VOCABULARIES)["facility"]
    there = pickle.loads(pickle.dumps(told))
    assert ["Cháu" in c.spellings for c in columns_of(there) if c.name == "Họ và tên"] == [True]
    assert len(columns_of(there)) == len(columns_of(ADAPTERS["facility"])) > 0


def test_what_is_told_reaches_a_reader_in_another_process(tmp_path: Path) -> None:
    site = load(tmp_path, POLICE + 'fields = { soBienBan = ["SoBB"] }\n')
    adapter = pickle.loads(pickle.dumps(speaking(ADAPTERS, site, "any")["police"]))
    content = '{"SoBB": "12/BB", "tre": [{"hoTen": "Mẫu"}]}'.encode()
    (statement,) = adapter.read(SourceMessage(source="police", content=content)).statements
    assert statement.content["soBienBan"] == "12/BB"
    assert adapter.convert(statement).resources


@pytest.mark.parametrize(
    ("text", "key", "vietnamese", "english"),
    [
        (POLICE + 'fields = { so = ["x"] }', 'fields."so"', "không có", "no such field"),
        (POLICE + 'codes = { so = { x = "1" } }', 'codes."so"', "không có", "no such field"),
        (
            POLICE + 'fields = { soBienBan = ["Ngày lập"] }',
            'fields."soBienBan", "Ngày lập"',
            "của trường ngayLap",
            "is that of field ngayLap",
        ),
        (
            POLICE + 'fields = { soBienBan = ["x"], ngayLap = ["X"] }',
            'fields."ngayLap", "X"',
            "của trường soBienBan",
            "is that of field soBienBan",
        ),
        (
            POLICE + 'fields = { soBienBan = ["--"] }',
            'fields."soBienBan", "--"',
            "không thể viết",
            "cannot be spelt so",
        ),
        (
            POLICE + 'codes = { "tre.gioiTinh" = { G = "gai gai" } }',
            'codes."tre.gioiTinh"."G"',
            "không có trong danh mục",
            "not in its list",
        ),
        (
            POLICE + 'codes = { "tre.gioiTinh" = { nam = "2" } }',
            'codes."tre.gioiTinh"."nam"',
            "đã có nghĩa khác",
            "means something else",
        ),
        (
            POLICE + 'codes = { "tre.gioiTinh" = { "+" = "2" } }',
            'codes."tre.gioiTinh"."+"',
            "chữ hoặc số",
            "letters or digits",
        ),
        (
            POLICE + 'codes = { soBienBan = { a = "b" } }',
            'codes."soBienBan"."a"',
            "không có danh mục",
            "no code list",
        ),
        (
            HOSPITAL + "codes = { LOAIHOSO = { xml6 = 'XML1' } }",
            'codes."LOAIHOSO"."xml6"',
            "đã có nghĩa khác",
            "means something else",
        ),
        (
            HOSPITAL + "codes = { LOAIHOSO = { HIV = 'XML9', GCS = 'XML99' } }",
            'codes."LOAIHOSO"."GCS"',
            "không có trong danh mục",
            "not in its list",
        ),
        (
            HOSPITAL + "fields = { HO_TEN = ['NHOM_MAU'] }",
            'fields."HO_TEN", "NHOM_MAU"',
            "của trường NHOM_MAU",
            "is that of field NHOM_MAU",
        ),
        (
            HOSPITAL + 'fields = { "PID-22" = ["ZPD"] }',
            'fields."PID-22", "ZPD"',
            "không thể viết",
            "cannot be spelt so",
        ),
        (
            HOSPITAL + 'fields = { "MSH-4" = ["MSH-3"] }',
            'fields."MSH-4", "MSH-3"',
            "không thể viết",
            "cannot be spelt so",
        ),
        (
            '[[dialect]]\nsource = "fhir"\nfields = { "Patient.name" = ["x"] }',
            'source = "fhir"',
            "theo chuẩn",
            "a standard fixes",
        ),
    ],
)
def test_what_is_wrong_is_said_in_both_languages_with_the_file_s_key(
    tmp_path: Path, text: str, key: str, vietnamese: str, english: str
) -> None:
    with pytest.raises(WrongSiteError) as caught:
        load(tmp_path, text)
    told = str(caught.value)
    assert told.startswith(f"MOTEM_SITE: dialect 1, {key}: ")
    assert vietnamese in told
    assert english in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POLICE + POLICE, "two dialects for one source"),
        (POLICE + "field = 1", "dialect 1, field: Extra"),
        (POLICE + 'fields = { so = "x" }', "dialect 1, fields, so"),
        (POLICE.replace("police", "ward"), "no source 'ward'"),
    ],
)
def test_a_wrong_form_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WrongSiteError, match=words):
        load(tmp_path, text)
