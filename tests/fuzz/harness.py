"""What every reader must stand: any bytes give statements, refusals or a PayloadError, else nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage, content_text
from adapters.errors import PayloadError, Rejection
from adapters.formats.acknowledgement import acknowledgement

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "fuzz" / "corpus"
"""By source: inputs that once broke a reader. Fuzzing adds; nothing is removed."""
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def one_input(source: str, content: bytes) -> None:
    """Raises whatever a reader raises that it may not, and AssertionError for what it may not give."""
    adapter = load_adapters()[source]
    message = SourceMessage(source=source, content=content)
    assert adapter.recognises(message) in (True, False)
    try:
        reading = adapter.read(message)
    except PayloadError as error:
        _check(error.rejection)
        return
    for rejection in reading.rejections:
        _check(rejection)
    for statement in reading.statements:
        assert statement.record_id or statement.episode
        assert content_text(statement.content)
        try:
            assert adapter.convert(statement).resources
        except PayloadError as error:
            _check(error.rejection)
    if source == "hospital":
        answer = acknowledgement(content, reading.rejections, time=NOON, control_id="1")
        assert answer.count(b"\r") == 2 + len(reading.rejections)


def _check(rejection: Rejection) -> None:
    """It can be kept, and shown to people."""
    assert rejection.position.encode()
    assert rejection.vietnamese.encode()
    assert isinstance(rejection.excerpt, bytes)


def seeds(source: str) -> Iterator[Path]:
    """The samples of a source, and what broke it once."""
    samples = (ROOT / "adapters" / "sources" / source / "samples").glob("*")
    yield from (path for path in sorted(samples) if not path.name.endswith(".fhir.json"))
    yield from sorted((CORPUS / source).glob("*"))
