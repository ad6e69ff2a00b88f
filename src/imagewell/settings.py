"""The one tree of settings, read from IMAGEWELL_* once. Each section is written beside the code that uses it.

`Settings()` reads the environment; `load()` does the same and turns faults into one sentence each, for the command
line. Nested names are joined by two underscores: IMAGEWELL_RENDER__WORKERS=4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from imagewell import defaults
from imagewell.accounts.settings import AccountsSettings
from imagewell.assets.settings import AssetsSettings, SweepSettings
from imagewell.db.settings import DatabaseSettings
from imagewell.delivery.settings import DeliverySettings
from imagewell.faces.imgprocessing.settings import ImgProcessingSettings
from imagewell.faces.kit.settings import FacesSettings, RatesSettings, UploadSettings
from imagewell.imagine.settings import ImagineSettings, VisualizeSettings
from imagewell.imaging.settings import RenderSettings
from imagewell.jobs.settings import JobsSettings
from imagewell.logs import LogSettings
from imagewell.sources.settings import FetchSettings
from imagewell.storage.settings import StorageSettings
from imagewell.usage.settings import UsageSettings
from imagewell.vision.settings import VisionSettings


class ServerSettings(BaseModel):
    """IMAGEWELL_SERVER__*: how the HTTP server listens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = defaults.HOST
    port: Annotated[int, Field(ge=0, le=65535)] = defaults.PORT
    processes: Annotated[int, Field(ge=1, le=256)] = defaults.PROCESSES
    """API processes. More than one needs IMAGEWELL_VALKEY_URL, since rates and locks are then shared through it."""
    header_timeout_s: Annotated[int, Field(ge=1, le=120)] = defaults.HEADER_TIMEOUT_S
    """A connection that has not sent its request's head by then is cut."""
    stop_timeout_s: Annotated[int, Field(ge=1, le=300)] = defaults.STOP_TIMEOUT_S
    """After SIGTERM, what is in flight has this long to finish."""


class Settings(BaseSettings):
    """IMAGEWELL_*."""

    model_config = SettingsConfigDict(
        env_prefix="IMAGEWELL_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
    )

    data_dir: Path = Path("data")
    """Where the database, the pictures and the secret live unless the settings below name other places."""
    database_url: str | None = None
    """`postgresql://user:password@host/name`; SQLite in the data folder when unset."""
    storage_url: str | None = None
    """`s3://bucket/prefix`, `gs://…`, `az://…`, a folder; `<data folder>/store` when unset."""
    valkey_url: str | None = None
    """`redis://host:6379/0`: rates and locks shared by several API processes."""
    public_url: str | None = None
    """How clients reach this server; `http://<host>:<port>` when unset."""
    delivery_domains: Annotated[tuple[str, ...], NoDecode] = ()
    """Domains, comma separated, below which every label leads to a source, besides imgix.net."""
    secret_key: SecretStr | None = None
    """Keys are hashed and source tokens encrypted with it; made once in the data folder when unset."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    accounts: AccountsSettings = AccountsSettings()
    assets: AssetsSettings = AssetsSettings()
    sweep: SweepSettings = SweepSettings()
    render: RenderSettings = RenderSettings()
    vision: VisionSettings = VisionSettings()
    imagine: ImagineSettings = ImagineSettings()
    visualize: VisualizeSettings = VisualizeSettings()
    fetch: FetchSettings = FetchSettings()
    delivery: DeliverySettings = DeliverySettings()
    uploads: UploadSettings = UploadSettings()
    rates: RatesSettings = RatesSettings()
    usage: UsageSettings = UsageSettings()
    jobs: JobsSettings = JobsSettings()
    faces: FacesSettings = FacesSettings()
    imgprocessing: ImgProcessingSettings = ImgProcessingSettings()
    log: LogSettings = LogSettings()

    @field_validator("delivery_domains", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [part.strip().lower() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _located(self) -> Self:
        """The weights are below the data folder unless another place is named."""
        if self.vision.models_dir is None:
            located = self.vision.model_copy(update={"models_dir": self.data_dir / "models"})
            self.__dict__["vision"] = located  # the tree is frozen for everyone else
        return self

    @property
    def url(self) -> str:
        """The public URL without a trailing slash."""
        return (self.public_url or f"http://{self.server.host}:{self.server.port}").rstrip("/")


SECRETIVE = ("SECRET", "KEY", "PASSWORD", "URL", "OPTIONS")
"""Variables with such a word in their name may hold a secret, and are not shown."""


class SettingsError(Exception):
    """The settings cannot be used; `str(error)` has one sentence a fault."""


def load(**overrides: Any) -> Settings:
    """The settings from the environment, with `overrides` (nested dicts) on top.

    Raises: SettingsError, naming the variable, what came and what is allowed.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(dict(fault)) for fault in error.errors())) from error
    if settings.server.processes > 1 and settings.valkey_url is None:
        raise SettingsError(
            "IMAGEWELL_SERVER__PROCESSES is more than 1 but IMAGEWELL_VALKEY_URL is not set: several API processes "
            "share rates and locks through Valkey or Redis. Set it, or run one process. See docs/settings.md."
        )
    return settings


def _sentence(fault: dict[str, Any]) -> str:
    name = "IMAGEWELL_" + "__".join(str(part) for part in fault["loc"]).upper()
    if fault["type"] == "extra_forbidden":
        return f"{name} is not a setting. See docs/settings.md."
    came = "" if any(word in name for word in SECRETIVE) else f"={fault['input']!r}"
    return f"{name}{came}: {fault['msg']}. See docs/settings.md."
