"""The table of steps and its document say the same."""

from pathlib import Path

from adapters.sources.casework.steps import STEPS

DOCUMENT = Path(__file__).parents[4] / "docs/sources/casework.md"


def test_every_step_stands_in_the_document_with_its_words() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))[:3]
        for line in DOCUMENT.read_text("utf-8").splitlines()
    ]
    told = {row for row in rows if row[0] in STEPS}
    assert told == {(step.code, step.vietnamese, step.english) for step in STEPS.values()}
