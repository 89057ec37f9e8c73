"""Every sample of every source, cut as finely as it can be, says what it says as a whole."""

from pathlib import Path

import pytest

from tests.adapters.formats.parts.cutting import (
    adapter,
    assert_same,
    cut,
    message,
    read,
    read_whole,
    small_steps,
)

SAMPLES = [
    path
    for path in sorted((Path(__file__).parents[2] / "sources").glob("*/samples/*"))
    if not path.name.endswith(".fhir.json")
]
MOTHER_ELSEWHERE = "an_adult_mother_in_the_file.xml"
"""Her record completes her child's, where one part holds both."""


def _source(path: Path) -> str:
    return path.parents[1].name


@pytest.mark.parametrize("size", [1, 300, 2_000])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{_source(path)}/{path.name}")
def test_a_sample_says_the_same_in_parts(path: Path, size: int) -> None:
    if path.name == MOTHER_ELSEWHERE:
        size = 10_000
    content = path.read_bytes()
    made = assert_same(_source(path), content, size)
    with small_steps(sniffed=len(content) // 2 + 500):
        assert cut(content, size, _source(path)) == made


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{_source(path)}/{path.name}")
def test_the_first_part_of_a_sample_is_recognised_as_the_whole_is(path: Path) -> None:
    source, content = _source(path), path.read_bytes()
    first = cut(content, 1, source)[0].content
    whole = adapter(source).recognises(message(source, content))
    assert adapter(source).recognises(message(source, first)) == whole


def test_a_mother_in_another_part_completes_nobody() -> None:
    path = next(path for path in SAMPLES if path.name == MOTHER_ELSEWHERE)
    content = path.read_bytes()
    apart, whole = read("population", *cut(content, 1)), read_whole("population", content)
    assert apart.keys == whole.keys
    assert apart.statements != whole.statements
