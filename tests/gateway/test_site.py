"""The site's file: what it may hold, and what is said where it is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.site import Site, WrongSiteError, load_site

ENTRY = '[[agreement]]\nsource = "police"\nowner = "Công an Hà Nội"\n'
FHIR = '[[agreement]]\nsource = "fhir"\nsystem = "{}"\nowner = "x"\ndomains = ["urn:x"]\n'
SOURCES = ("hospital", "police")


def load(folder: Path, text: str) -> Site:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path, SOURCES)


def test_without_a_file_nothing_is_agreed_and_everything_is_allowed() -> None:
    assert load_site(None, SOURCES).agreement_of("police", "x") is None


def test_an_entry_says_all_that_was_agreed(tmp_path: Path) -> None:
    text = ENTRY + (
        'agreement = "12/2026"\nlegal_basis = "NĐ 123/2015 Đ14"\npurpose = "PUBHLTH"\n'
        'allowed_fields = ["tre"]\nrhythm = "12h"\n'
    )
    found = load(tmp_path, text).agreement_of("police", "any")
    assert found is not None
    assert (found.owner, found.rhythm) == ("Công an Hà Nội", timedelta(hours=12))
    assert found.allowed_fields == frozenset({"tre"})


def test_an_entry_of_the_system_goes_before_that_of_the_source(tmp_path: Path) -> None:
    site = load(tmp_path, ENTRY + ENTRY + 'system = "ca-hn"\nagreement = "1"\n')
    of_system, of_others = (site.agreement_of("police", name) for name in ("ca-hn", "other"))
    assert of_system is not None
    assert of_others is not None
    assert (of_system.agreement, of_others.agreement) == ("1", None)
    assert site.agreement_of("hospital", "ca-hn") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = ", "not TOML"),
        ("x = 1", "x: Extra inputs"),
        ('[[agreement]]\nsource = "police"\n', "agreement 1, owner: Field required"),
        (ENTRY + ENTRY.replace('"Công an Hà Nội"', "5"), "agreement 2, owner"),
        (ENTRY + 'rhythm = "daily"', 'agreement 1, rhythm: .*"12h"'),
        (ENTRY + "rhythm = 5", "agreement 1, rhythm"),
        (ENTRY + 'system = "a b"', "agreement 1, system"),
        (ENTRY + 'allowed_field = ["x"]', "agreement 1, allowed_field: Extra"),
        (ENTRY + ENTRY, "two agreements for one source"),
        (ENTRY + 'domains = ["urn:x"]', "domains: only for the source fhir"),
        (FHIR.format("a") + FHIR.format("b"), "two agreements for one identifier system"),
        (ENTRY.replace("police", "ward"), "no source 'ward'; there are: hospital, police"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(WrongSiteError, match=words):
        load(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSiteError, match="missing"):
        load_site(tmp_path / "missing.toml", SOURCES)
    (tmp_path / "latin.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongSiteError, match="UTF-8"):
        load_site(tmp_path / "latin.toml", SOURCES)
