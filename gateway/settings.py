"""Every setting, once, with its description; nothing else reads the environment."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from pydantic import DirectoryPath, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.errors import GatewayError


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least serious line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class WrongSettingError(GatewayError):
    """A setting in the environment has a wrong value."""


class Settings(BaseSettings):
    """What an operator can set, each from one environment variable (see `variables`)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description=(
            "PostgreSQL 15 or newer, as postgresql://user:password@host/database. "
            "Without it, an embedded PostgreSQL in MOTEM_HOME, for demonstration and development."
        ),
    )
    home: Path = Field(
        default=Path("var"),
        validation_alias="MOTEM_HOME",
        description="Folder for the embedded database; made when it is missing.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.CONSOLE,
        validation_alias="MOTEM_LOG_FORMAT",
        description="Log lines on standard error: `console` for people, `json` for machines.",
    )
    log_level: LogLevel = Field(
        default=LogLevel.WARNING,
        validation_alias="MOTEM_LOG_LEVEL",
        description="The least serious log line written: debug, info, warning or error.",
    )
    host: str = Field(
        default="127.0.0.1",
        validation_alias="MOTEM_HOST",
        description="Address that `motem serve` listens on: loopback only, until logins exist.",
    )
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias="MOTEM_PORT",
        description="TCP port that `motem serve` listens on.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=1000,
        validation_alias="MOTEM_POOL_SIZE",
        description="Database connections one process keeps at most.",
    )
    max_body: int = Field(
        default=2 * 1024 * 1024 * 1024,
        ge=1024,
        validation_alias="MOTEM_MAX_BODY",
        description="Bytes in the body of one request at most; a larger one is answered with 413.",
    )
    spool: DirectoryPath | None = Field(
        default=None,
        validation_alias="MOTEM_SPOOL",
        description=(
            "Folder on disk in which payloads of more than 8 MiB stand without a name while they "
            "come in; without it, the system's folder for temporary files."
        ),
    )
    site: Path | None = Field(
        default=None,
        validation_alias="MOTEM_SITE",
        description=(
            "The site's file, in TOML: agreements under which source systems send (see doors.md), "
            "and the exchange platform (see outbound.md). "
            "Without it, every field of every source is allowed, and nothing goes out."
        ),
    )
    platform_secret: SecretStr | None = Field(
        default=None,
        validation_alias="MOTEM_PLATFORM_SECRET",
        description="Secret of this body on the exchange platform. No default.",
    )
    platform_key: SecretStr | None = Field(
        default=None,
        validation_alias="MOTEM_PLATFORM_KEY",
        description="ApiKey of this body on the exchange platform. No default.",
    )
    purpose: str = Field(
        default="HOPERAT",
        min_length=1,
        max_length=32,
        validation_alias="MOTEM_PURPOSE",
        description=(
            "Purpose that commands write into the audit log, a code of FHIR v3-ActReason: "
            "HOPERAT (running the service), PUBHLTH, HRESCH, TREAT…"
        ),
    )

    @field_validator("host")
    @classmethod
    def loopback_only(cls, value: str) -> str:
        """Without authentication nothing but this machine may connect."""
        if not ip_address(value).is_loopback:
            raise ValueError("only a loopback address (127.0.0.1 or ::1), until logins exist")
        return value


def load() -> Settings:
    """Read the environment. Raises WrongSettingError naming the variable, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (
            f"{problem['loc'][0]}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise WrongSettingError("Wrong setting: " + "; ".join(wrong)) from None


def variables() -> dict[str, str]:
    """Name of each environment variable → its description."""
    return {
        str(field.validation_alias): field.description or ""
        for field in Settings.model_fields.values()
    }
