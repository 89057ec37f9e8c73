"""What a write at the FHIR door asks for, entry by entry, and the payload that its entries make together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Any

from adapters.contract import Resource
from adapters.errors import Rejection
from gateway.errors import GatewayError, NotFoundError, WrongRequestError
from gateway.feed import Number

Pointed = Callable[[str], str]


class WriteRefusedError(GatewayError):
    """The fhir source refuses this content; nothing was stored."""

    status = 422
    code = "business-rule"
    vietnamese = "Nguồn fhir không nhận nội dung này; chưa ghi gì."

    def __init__(self, rejection: Rejection | None = None, *, element: str = "") -> None:
        super().__init__(f"{getdoc(type(self))} {rejection.english}" if rejection else None)
        self.rejection = rejection
        self.expression = element or None

    @property
    def sentence(self) -> str:
        further = self.rejection.vietnamese if self.rejection else ""
        return f"{self.vietnamese} {further}".strip()


class NotKeptTypeError(WriteRefusedError):
    """This is not kept: no resource of this type or status, or it belongs to no child."""

    code = "not-supported"
    vietnamese = "Không lưu giữ: loại hoặc trạng thái này không nhận, hoặc không thuộc về trẻ nào."


class MovedError(WriteRefusedError):
    """A resource stays with its child: it cannot be made another one's."""

    vietnamese = "Tài nguyên thuộc về trẻ của nó, không chuyển sang trẻ khác được."


class SameTwiceError(WrongRequestError):
    """Two entries of a transaction write the same resource."""

    vietnamese = "Hai mục của transaction cùng ghi một tài nguyên."


class NoReferenceError(WrongRequestError):
    """A conditional reference must be one identifier that exactly one resource of the sender has."""

    vietnamese = (
        "Tham chiếu có điều kiện phải là một mã số mà đúng một tài nguyên của bên gửi mang."
    )


class NoSuchError(NotFoundError):
    """No resource of the sender fits the condition."""

    vietnamese = "Không có tài nguyên nào của bên gửi khớp điều kiện."


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One write. `number`: of a condition; `version`: of If-Match; `place`: for error texts.

    `change` makes of what stands what shall stand (PATCH).
    """

    method: str
    kind: str
    place: str = ""
    id: str | None = None
    number: Number | None = field(default=None, repr=False)
    version: int | None = None
    url: str = field(default="", repr=False)
    resource: Resource | None = field(default=None, repr=False)
    change: Callable[[Resource], Resource] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"{self.kind}/{self.id}" if self.id else self.kind


def pointing(resource: Any, pointed: Pointed) -> Any:
    """A resource whose references are what `pointed` makes of them; those inside it stay."""
    if isinstance(resource, list):
        return [pointing(one, pointed) for one in resource]
    if not isinstance(resource, dict):
        return resource
    made = {name: pointing(value, pointed) for name, value in resource.items()}
    told = made.get("reference")
    return (
        made | {"reference": pointed(told)} if isinstance(told, str) and told[:1] != "#" else made
    )


def payload(entries: Sequence[tuple[Entry, Resource | None, str | None]]) -> Resource:
    """The Bundle that a source adapter reads: of each entry what is to be said, and its id here.

    What says nothing leaves its place empty, so that positions are those of the request.
    """
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [_entry(*one) for one in entries],
    }


def as_asked(entry: Entry, said: Resource | None) -> Resource:
    """An entry of the message that is kept: also of what is taken back there is a word."""
    return said or {"request": {"method": entry.method, "url": entry.address}}


def _entry(entry: Entry, resource: Resource | None, id_: str | None) -> Resource | None:
    if resource is None:
        return None
    rest = {name: value for name, value in resource.items() if name != "id"}
    if id_ is not None:
        return {
            "resource": rest | {"id": id_},
            "request": {"method": "PUT", "url": f"{entry.kind}/{id_}"},
        }
    url = {"fullUrl": entry.url} if entry.url else {}
    return url | {"resource": rest, "request": {"method": "POST", "url": entry.kind}}
