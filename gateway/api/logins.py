"""People log in and out, and see who they are here: JSON, or a page that needs no script."""

from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from gateway.access import sessions
from gateway.access.errors import ForgedError, LoginRefusedError, NoTokenError
from gateway.access.sessions import Opened
from gateway.access.users import User
from gateway.api.dependencies import SESSION, CurrentServices, host_of
from gateway.api.tokens import Form, own_url
from gateway.errors import NotFoundError, UnsupportedTypeError
from gateway.logins import Logins

router = APIRouter()
LOGIN = "__Host-motem-login"
"""The cookie of a login on its way: a callback without it is somebody else's."""
DEVELOPMENT = {"X-Motem-Development": "anybody may log in as anybody: made-up data only"}
BANNER = (
    '<p role="alert"><strong>CHẾ ĐỘ PHÁT TRIỂN: ai cũng đăng nhập được dưới tên bất kỳ.'
    " Chỉ dùng với dữ liệu giả.</strong><br>"
    '<span lang="en">DEVELOPMENT: anybody may log in as anybody. Made-up data only.</span></p>'
)


async def logins_of(request: Request) -> Logins:
    logins: Logins = request.app.state.logins
    return logins


async def base_of(request: Request, services: CurrentServices) -> str:
    """Our own address. Raises NotFoundError where it is not set and a caller could make it up."""
    base = own_url(request, services.settings)
    if base is None:
        raise NotFoundError
    return base


CurrentLogins = Annotated[Logins, Depends(logins_of)]
Base = Annotated[str, Depends(base_of)]
Word = Annotated[str, Query(max_length=4000)]


@router.get("/login")
def begin_login(
    request: Request, logins: CurrentLogins, base: Base, *, fresh: bool = False
) -> Response:
    """To the provider; `fresh`: it asks for the password again, for what is dangerous."""
    if logins.is_development:
        return _page("Đăng nhập", "Log in", _whom(logins.developers()), develops=True)
    way = logins.begin(_back(base), host_of(request), fresh=fresh)
    response = RedirectResponse(way.url, HTTPStatus.SEE_OTHER)
    lasts = int(sessions.LOGIN_LASTS.total_seconds())
    _set(response, LOGIN, way.secret, max_age=lasts)
    return response


@router.get("/login/callback")
def end_login(
    request: Request, logins: CurrentLogins, base: Base, state: Word = "", code: Word = ""
) -> Response:
    """Where the provider sends the browser back to."""
    secret = request.cookies.get(LOGIN, "")
    made = logins.finish(secret, state, code, _back(base), host_of(request))
    return _logged_in(request, logins, base, made)


@router.post("/login/development")
def develop(request: Request, form: Form, logins: CurrentLogins, base: Base) -> Response:
    """Only over the embedded database of our own: be anybody."""
    _require_here(request)
    made = logins.develop((form or {}).get("user", ""))
    response = _logged_in(request, logins, base, made)
    response.headers.update(DEVELOPMENT)
    return response


@router.post("/logout")
def log_out(request: Request, form: Form, logins: CurrentLogins, base: Base) -> Response:
    """End the session, at the provider too where it offers that."""
    if form is None and request.headers.get("content-length", "0") != "0":
        raise UnsupportedTypeError
    secret = request.cookies.get(SESSION, "")
    told = (form or {}).get("csrf", "") or request.headers.get("x-csrf-token", "")
    if secret and not sessions.is_csrf_of(secret, told):
        raise ForgedError
    response = RedirectResponse(logins.close(secret, f"{base}/session"), HTTPStatus.SEE_OTHER)
    _set(response, SESSION, "", max_age=0)
    return response


@router.get("/session")
def read_session(request: Request, logins: CurrentLogins) -> Response:
    """Who is logged in, what for, until when, and the token against forged requests."""
    secret = request.cookies.get(SESSION, "")
    found = logins.opened(secret)
    develops = logins.is_development
    if "text/html" in request.headers.get("accept", ""):
        body = _who(found, sessions.csrf_of(secret)) if found else NOBODY
        return _page("Phiên làm việc", "Session", body, develops=develops)
    if found is None:
        raise NoTokenError
    told = _told(found) | {"csrf": sessions.csrf_of(secret)}
    headers = DEVELOPMENT if develops else None
    return Response(orjson.dumps(told), media_type="application/json", headers=headers)


def _back(base: str) -> str:
    return f"{base}/login/callback"


def _logged_in(request: Request, logins: Logins, base: str, secret: str) -> Response:
    """A new secret for each login, and the one of before is good for nothing any more."""
    before = request.cookies.get(SESSION, "")
    if before:
        logins.close(before, base)
    response = RedirectResponse(f"{base}/session", HTTPStatus.SEE_OTHER)
    _set(response, SESSION, secret)
    _set(response, LOGIN, "", max_age=0)
    return response


def _set(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax"
    )


def _require_here(request: Request) -> None:
    """A form of another site is none of ours. Raises LoginRefusedError."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise LoginRefusedError


def _told(found: Opened) -> dict[str, Any]:
    user = found.user
    return {
        "user": user.id,
        "name": user.name,
        "role": user.role,
        "ministry": user.ministry,
        "body": user.body,
        "provinces": user.provinces,
        "purposes": user.purposes,
        "until": found.until,
        "authenticated": found.authenticated,
    }


NOBODY = (
    '<p>Chưa đăng nhập. <span lang="en">Nobody is logged in.</span></p>'
    '<p><a href="/login">Đăng nhập · <span lang="en">Log in</span></a></p>'
)
LABELS = {
    "name": ("Họ tên", "Name"),
    "role": ("Vai trò", "Role"),
    "ministry": ("Cơ quan", "Ministry"),
    "body": ("Đơn vị", "Body"),
    "provinces": ("Tỉnh, thành phố", "Provinces"),
    "purposes": ("Mục đích sử dụng", "Purposes of use"),
    "until": ("Kết thúc lúc", "Ends at"),
}


def _who(found: Opened, csrf: str) -> str:
    told = _told(found)
    rows = []
    for name, (vietnamese, english) in LABELS.items():
        value = told[name]
        text = " ".join(value) if isinstance(value, tuple) else str(value or "–")
        heading = f'{vietnamese} · <span lang="en">{english}</span>'
        rows.append(f"<dt>{heading}</dt><dd>{escape(text)}</dd>")
    return (
        f"<dl>{''.join(rows)}</dl>"
        '<form method="post" action="/logout">'
        f'<input type="hidden" name="csrf" value="{escape(csrf)}">'
        '<button>Đăng xuất · <span lang="en">Log out</span></button></form>'
    )


def _whom(users: Sequence[User]) -> str:
    options = "".join(
        f'<option value="{escape(one.id)}">{escape(f"{one.name} ({one.role})")}</option>'
        for one in users
    )
    if not options:
        return '<p>Chưa có người dùng: <code>motem user add</code>. <span lang="en">No user yet.</span></p>'
    return (
        '<form method="post" action="/login/development">'
        '<p><label for="user">Người dùng · <span lang="en">User</span></label>'
        f' <select id="user" name="user">{options}</select></p>'
        '<button>Đăng nhập · <span lang="en">Log in</span></button></form>'
    )


def _page(vietnamese: str, english: str, body: str, *, develops: bool) -> Response:
    text = (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{vietnamese} – Motem</title></head><body><main>"
        f'{BANNER if develops else ""}<h1>{vietnamese} · <span lang="en">{english}</span></h1>'
        f"{body}</main></body></html>"
    )
    return HTMLResponse(text, headers=DEVELOPMENT if develops else None)
