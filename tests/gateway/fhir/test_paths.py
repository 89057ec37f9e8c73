"""The part of FHIRPath that mapping files use: read strictly, and never more than is there."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.paths import WrongPathError, path_of, values_at

CHILD = {
    "id": "te-1",
    "active": True,
    "name": [
        {"use": "old", "text": "Bé A"},
        {"use": "official", "text": "Lê Thị Hà", "given": ["Thị", "Hà"]},
    ],
    "identifier": [
        {"system": "urn:a", "value": "1", "type": {"coding": [{"code": "MR"}]}},
        {"system": "urn:b.c", "value": "2"},
    ],
    "multipleBirthInteger": 2,
}
READ = {
    "id": ["te-1"],
    "active": ["true"],
    "name.text": ["Bé A", "Lê Thị Hà"],
    "name.first().text": ["Bé A"],
    "name.where(use='official').given": ["Thị", "Hà"],
    "identifier.where(system='urn:b.c').value": ["2"],
    "identifier.where(type.coding.code='MR').value": ["1"],
    "identifier.where(system='none').value": [],
    "multipleBirthInteger": ["2"],
    "name": [],
    "gender.text": [],
}


@pytest.mark.parametrize("path", READ)
def test_what_stands_at_a_path(path: str) -> None:
    assert values_at(CHILD, path_of(path)) == READ[path]


WRONG = (
    "", ".", "name.", ".name", "name..text", "Name", "name[0]", "name.where()", "name.where(use=x)",
    "name.where(use='x'", "name.last()", "name first()", "name.first()text", "a" * 65,
    ".".join(["a"] * 17), "name.where(use='a').where(use='b'))", "name\n",
)  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(WrongPathError):
        path_of(path)


trees: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=12,
)


@given(
    tree=st.dictionaries(st.sampled_from("abc"), trees),
    names=st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
)
def test_each_value_stands_in_the_resource(tree: dict[str, Any], names: list[str]) -> None:
    plain = json.dumps(tree, ensure_ascii=False)
    for value in values_at(tree, path_of(".".join(names))):
        assert value in plain or json.dumps(value, ensure_ascii=False) in plain
