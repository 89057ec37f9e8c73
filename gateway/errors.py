"""What can go wrong in the gateway, each with its sentence and its HTTP status."""

from inspect import getdoc
from typing import ClassVar


class GatewayError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exception"
    """Code of FHIR's IssueType for the OperationOutcome."""
    vietnamese: ClassVar[str] = "Đã xảy ra lỗi."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or getdoc(type(self)))


class DatabaseUnavailableError(GatewayError):
    """The database cannot be used."""

    status = 503
    code = "transient"
    vietnamese = "Cơ sở dữ liệu tạm thời không dùng được."


class NotMigratedError(DatabaseUnavailableError):
    """The database has no tables yet, or older ones. Run: motem migrate"""


class RolesMissingError(DatabaseUnavailableError):
    """The login may not create the roles that Motem needs."""


class EmbeddedServerError(DatabaseUnavailableError):
    """The embedded PostgreSQL cannot be used."""


class NotFoundError(GatewayError):
    """There is nothing here."""

    status = 404
    code = "not-found"
    vietnamese = "Không tìm thấy."


class WrongRequestError(GatewayError):
    """The request cannot be understood."""

    status = 400
    code = "invalid"
    vietnamese = "Yêu cầu không hợp lệ."


class NotAllowedError(GatewayError):
    """This cannot be done here."""

    status = 405
    code = "not-supported"
    vietnamese = "Không hỗ trợ thao tác này."
