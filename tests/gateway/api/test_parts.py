"""Routes in parts: what a request finds among those of its word is what it would find among all."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response

from gateway.api.parts import parts
from tests.gateway.api.conftest import served


def routers() -> tuple[APIRouter, APIRouter]:
    first, last = APIRouter(), APIRouter(prefix="/Flag")
    for path in ("", "/Patient/$match", "/Patient/{id_}/$one"):
        first.add_api_route(path, lambda path=path: Response(f"first {path}"), methods=["POST"])
    for path in ("/{id_}", "", "/{id_}/{more}"):
        last.add_api_route(path, lambda path=path: Response(f"last {path}"), methods=["GET"])
    return first, last


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """In parts, and as FastAPI has them."""
    split, whole = FastAPI(), FastAPI()
    for part in parts(routers(), "/base"):
        split.include_router(part, prefix="/base")
    for router in routers():
        whole.include_router(router, prefix="/base")
    with served(split) as one, served(whole) as other:
        yield one, other


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        *("/base", "/base/", "/base/Patient/$match", "/base/Patient/7/$one", "/base/Patient"),
        *("/base/Flag", "/base/Flag/", "/base/Flag/7", "/base/Flag/7/8", "/base/Flags", "/Flag"),
        *("/base/Patients/$match", "/", "/bas"),
    ],
)
def test_what_is_found_is_what_all_would_find(
    both: tuple[httpx.Client, httpx.Client], method: str, path: str
) -> None:
    split, whole = (client.request(method, path) for client in both)
    assert (split.status_code, split.text) == (whole.status_code, whole.text)
    assert split.headers.get("allow") == whole.headers.get("allow")


def test_a_path_that_may_begin_with_anything_is_refused() -> None:
    router = APIRouter()
    router.add_api_route("/{any}/x", lambda: Response())
    with pytest.raises(ValueError, match="begin with anything"):
        list(parts([router]))
