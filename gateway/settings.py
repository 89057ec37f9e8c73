"""Every setting, once, with its description; nothing else reads the environment."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import DirectoryPath, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from audit.purposes import PURPOSES
from gateway.errors import GatewayError

KNOWN_SECRETS = frozenset(
    {
        *("admin", "change-me", "change_me", "changeit", "changeme", "default", "example"),
        *("keycloak", "motem", "password", "postgres", "secret", "test", "todo", "your-secret"),
    }
)
"""What programs and manuals have in the place of a secret."""


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


class Access(StrEnum):
    """Whether callers must say who they are."""

    REQUIRED = "required"


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
    audit: Path | None = Field(
        default=None,
        validation_alias="MOTEM_AUDIT",
        description=(
            "Folder with the keys and the last checkpoint of the access log: never in the database, "
            "and in no backup of it. Without it, `audit` in MOTEM_HOME; made when it is missing."
        ),
    )
    audit_witness: HttpUrl | None = Field(
        default=None,
        validation_alias="MOTEM_AUDIT_WITNESS",
        description="Address of a witness of the access log (`motem audit witness`, or any other).",
    )
    audit_witness_key: str | None = Field(
        default=None,
        validation_alias="MOTEM_AUDIT_WITNESS_KEY",
        description="What the witness's cosignatures are checked with: name+id+key.",
    )
    audit_grace: int = Field(
        default=4 * 3600,
        ge=1,
        validation_alias="MOTEM_AUDIT_GRACE",
        description=(
            "Seconds that the witness may be silent; after that nothing is disclosed until it answers."
        ),
    )
    audit_shared: bool = Field(
        default=False,
        validation_alias="MOTEM_AUDIT_SHARED",
        description=(
            "Several hosts write this log: the witness, instead of a file, then keeps the last "
            "checkpoint, and is asked each time. All hosts have the same keys."
        ),
    )
    audit_syslog: str | None = Field(
        default=None,
        pattern=r"^(/.+|[^/\s:]+:\d{1,5})$",
        validation_alias="MOTEM_AUDIT_SYSLOG",
        description=(
            "Where checkpoints of the access log go too, and who did what kind of thing when (nothing "
            "of a child), for a security operations centre: "
            "host:port (syslog over UDP) or a socket such as /dev/log."
        ),
    )
    findings_every: int = Field(
        default=3600,
        ge=0,
        le=86_400,
        validation_alias="MOTEM_FINDINGS_EVERY",
        description=(
            "Seconds after which the rules look at the access log again, beside the service; "
            "0: only when `motem audit findings --look` tells them to."
        ),
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
    access: Access | None = Field(
        default=None,
        validation_alias="MOTEM_ACCESS",
        description=(
            "`required`: callers need a token with the embedded database too. With any other "
            "database they always do, and nothing can switch that off."
        ),
    )
    url: HttpUrl | None = Field(
        default=None,
        validation_alias="MOTEM_URL",
        description=(
            "Address under which clients know this service, without a path: what they sign in their "
            "assertions is this and /token. Without it, the loopback address that was called."
        ),
    )
    policy: Path | None = Field(
        default=None,
        validation_alias="MOTEM_POLICY",
        description="The policy, in TOML: who may do what for what purpose (see access.md). Without it, that of the program.",
    )
    keys_inside: bool = Field(
        default=False,
        validation_alias="MOTEM_KEYS_INSIDE",
        description="Public keys of clients may also be fetched from private and loopback addresses, and by http.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        validation_alias="MOTEM_OIDC_ISSUER",
        description=(
            "Issuer of the OpenID Connect provider by which people log in, exactly as it says it "
            "itself; https, or on this machine. Without it nobody logs in."
        ),
    )
    oidc_client: str = Field(
        default="motem",
        min_length=1,
        max_length=200,
        validation_alias="MOTEM_OIDC_CLIENT",
        description="Id under which the provider knows this service.",
    )
    oidc_secret: SecretStr | None = Field(
        default=None,
        validation_alias="MOTEM_OIDC_SECRET",
        description="Secret of this service at the provider. No default.",
    )
    oidc_acr: str | None = Field(
        default=None,
        max_length=200,
        validation_alias="MOTEM_OIDC_ACR",
        description=(
            "How strongly a person must have proved who it is for dangerous acts (acr of the "
            "provider). Without it, the password again suffices."
        ),
    )
    session_idle: int = Field(
        default=900,
        ge=1,
        le=86_400,
        validation_alias="MOTEM_SESSION_IDLE",
        description="Seconds without use after which a person's session is over.",
    )
    session_longest: int = Field(
        default=8 * 3600,
        ge=1,
        le=86_400,
        validation_alias="MOTEM_SESSION_LONGEST",
        description="Seconds after which a person's session is over in any case.",
    )
    host: str = Field(
        default="127.0.0.1",
        validation_alias="MOTEM_HOST",
        description="Address that `motem serve` listens on: loopback only, a proxy in front adds TLS.",
    )
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias="MOTEM_PORT",
        description="TCP port that `motem serve` listens on.",
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        validation_alias="MOTEM_WORKERS",
        description=(
            "Processes in which `motem serve` answers: one for each core, as one interpreter uses one. "
            "Each has its own connections (MOTEM_POOL_SIZE), budgets and about 250 MB."
        ),
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
    budget_client: int | None = Field(
        default=None,
        ge=1,
        validation_alias="MOTEM_BUDGET_CLIENT",
        description=(
            "Requests a minute of one client, in each process. Without it 12000; with the embedded "
            "database as many as it likes. Also of the next two."
        ),
    )
    budget_match: int | None = Field(
        default=None,
        ge=1,
        validation_alias="MOTEM_BUDGET_MATCH",
        description=(
            "Of one client, questions a minute who a child is ($match, $ihe-pix), which no other "
            "request counts against. Without it 1200."
        ),
    )
    budget_address: int | None = Field(
        default=None,
        ge=1,
        validation_alias="MOTEM_BUDGET_ADDRESS",
        description=(
            "Requests a minute of one address for tokens, and of those without a valid one. "
            "Without it 600."
        ),
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
    receivers_inside: bool = Field(
        default=False,
        validation_alias="MOTEM_RECEIVERS_INSIDE",
        description="Receivers of changes may also be at private and loopback addresses, and by http.",
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

    @field_validator("purpose")
    @classmethod
    def known_purpose(cls, value: str) -> str:
        """A purpose that nobody knows would be no answer to "why"."""
        if value not in PURPOSES:
            raise ValueError(f"one of {', '.join(PURPOSES)}")
        return value

    @field_validator("oidc_secret", "platform_secret", "platform_key")
    @classmethod
    def no_default_secret(cls, value: SecretStr | None) -> SecretStr | None:
        """What stands in every manual is no secret."""
        if value is not None and value.get_secret_value().strip().lower() in KNOWN_SECRETS:
            raise ValueError("a secret that everybody knows")
        return value

    @field_validator("database_url")
    @classmethod
    def no_default_password(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            told = urlsplit(value.get_secret_value()).password if value is not None else None
        except ValueError:  # Its text quotes the address; whoever connects says that it is none.
            return value
        if told is not None and unquote(told).lower() in KNOWN_SECRETS:
            raise ValueError("its password is one that everybody knows")
        return value

    @property
    def audit_folder(self) -> Path:
        """Where the keys and the last checkpoint of the access log stand."""
        return self.audit or self.home / "audit"

    @field_validator("host")
    @classmethod
    def loopback_only(cls, value: str) -> str:
        """Without TLS nothing but this machine may connect."""
        if not ip_address(value).is_loopback:
            raise ValueError("only a loopback address (127.0.0.1 or ::1): a proxy adds TLS")
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
