"""Settings: one TOML file, each key also from the environment; every mistake is named at once.

`config.example.toml` explains every key. A key `token` in `[telegram]` is also read from
`BANTAR_TELEGRAM__TOKEN`; the environment wins over the file.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

TOKEN_FORM = re.compile(r"^\d+:[\w-]{3,}$")
SECRET_FORM = re.compile(r"^[A-Za-z0-9_-]{16,256}$")  # Bot API, setWebhook.secret_token
_HOUR = r"([01]\d|2[0-3])\.([0-5]\d)"
SPAN_FORM = re.compile(rf"^{_HOUR}\s*[-–]\s*{_HOUR}$")
Port = Annotated[int, Field(ge=0, le=65535)]


class ConfigError(Exception):
    """Bad configuration; `mistakes` holds one sentence per key."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Section(BaseModel):
    """A table of the file: unknown keys are mistakes, values never change while running."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Webhook(Section):
    """Where Telegram delivers updates when `telegram.mode` is "webhook"."""

    url: str = ""
    secret: SecretStr = SecretStr("")
    listen: str = "127.0.0.1"
    port: Port = 8080


class Telegram(Section):
    """The bot's account and the Bot API server it talks to."""

    token: SecretStr
    api_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    messages_per_second: float = Field(default=28, gt=0, le=1000)
    webhook: Webhook = Webhook()

    @field_validator("token")
    @classmethod
    def _token_form(cls, value: SecretStr) -> SecretStr:
        if not TOKEN_FORM.fullmatch(value.get_secret_value()):
            raise ValueError("must be the token from @BotFather, like 123456:ABC-def")
        return value

    @field_validator("api_url")
    @classmethod
    def _root_url(cls, value: str) -> str:
        if not re.match(r"^https?://[^/]+(/.*)?$", value):
            raise ValueError("must be an address like https://api.telegram.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _pace_of_telegram(self) -> Telegram:
        if self.messages_per_second > 30 and self.api_url == "https://api.telegram.org":
            raise ValueError("messages_per_second must be 30 or less: Telegram allows no more")
        return self

    @model_validator(mode="after")
    def _webhook_complete(self) -> Telegram:
        if self.mode == "webhook":
            if not re.match(r"^https?://", self.webhook.url):
                raise ValueError("webhook.url must be the public https:// address of this bot")
            if not SECRET_FORM.fullmatch(self.webhook.secret.get_secret_value()):
                raise ValueError("webhook.secret must be 16 to 256 letters, digits, _ or -")
        return self


class Database(Section):
    """Where everything is kept, as SQLAlchemy writes addresses."""

    url: str = "sqlite:///data/bantar.db"

    @field_validator("url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not re.match(r"^(sqlite:///.+|postgresql://.+)$", value):
            raise ValueError(
                "must be sqlite:///relative/path, sqlite:////absolute/path or postgresql://…"
            )
        return value


class Media(Section):
    """Where residents' photos and voice notes are kept."""

    folder: Path = Path("data/media")


class Kelurahan(Section):
    """Who runs the bot: shown to residents. Office facts are shown only if given."""

    name: str = Field(default="Beringin", min_length=1)
    kecamatan: str = Field(default="Pasar Jambi", min_length=1)
    kota: str = Field(default="Jambi", min_length=1)
    timezone: str = "Asia/Jakarta"
    address: str = ""
    hours: str = ""
    phone: str = ""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("must be a zone such as Asia/Jakarta") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown."""
        return ZoneInfo(self.timezone)


class Rt(Section):
    """One rukun tetangga; `households` = 0 means unknown."""

    number: str = Field(pattern=r"^\d{2,3}$")
    households: int = Field(default=0, ge=0)
    head: str = ""
    group: int | None = None


class Staff(Section):
    """The first administrators, by Telegram id (everyone else is invited), and their group."""

    admins: tuple[int, ...] = ()
    group: int | None = Field(default=None, lt=0)  # chat ids of groups begin with a minus


class Limits(Section):
    """Guard rails against one person flooding the bot."""

    messages_per_minute: int = Field(default=40, ge=5)


class Quiet(Section):
    """When notices and broadcasts wait, as "21.00-06.00" in the kelurahan's zone; "" = never."""

    night: str = "21.00-06.00"
    friday: str = "11.30-13.15"

    @field_validator("night", "friday")
    @classmethod
    def _span_form(cls, value: str) -> str:
        if value and not SPAN_FORM.fullmatch(value):
            raise ValueError('must be a span such as "21.00-06.00", or "" for none')
        return value

    @property
    def night_span(self) -> tuple[time, time] | None:
        """Begin and end of every night's quiet."""
        return _span(self.night)

    @property
    def friday_span(self) -> tuple[time, time] | None:
        """Begin and end of the quiet around Friday prayer."""
        return _span(self.friday)


class Deadlines(Section):
    """How many working days until something is owed, 0 = none; `holidays` are more days off."""

    verify_days: int = Field(default=3, ge=0, le=60)
    answer_days: int = Field(default=5, ge=0, le=60)
    news_days: int = Field(default=5, ge=0, le=60)
    holidays: tuple[date, ...] = ()


class Retention(Section):
    """How long what people sent is kept; 0 = for ever, where that is possible."""

    inbox_hours: int = Field(default=47, ge=25, le=48)  # Telegram redelivers for 24 hours
    sent_hours: int = Field(default=47, ge=1, le=48)
    drafts_days: int = Field(default=7, ge=1, le=30)
    media_days: int = Field(default=0, ge=0)
    participation_years: int = Field(default=0, ge=0)
    audit_years: int = Field(default=0, ge=0)

    @property
    def drafts(self) -> timedelta:
        """How long an unsent draft of a person who consented waits."""
        return timedelta(days=self.drafts_days)


def _span(text: str) -> tuple[time, time] | None:
    m = SPAN_FORM.fullmatch(text)
    return (time(int(m[1]), int(m[2])), time(int(m[3]), int(m[4]))) if m else None


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="BANTAR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    telegram: Telegram
    database: Database = Database()
    media: Media = Media()
    kelurahan: Kelurahan = Kelurahan()
    rt: tuple[Rt, ...] = ()
    staff: Staff = Staff()
    limits: Limits = Limits()
    quiet: Quiet = Quiet()
    deadlines: Deadlines = Deadlines()
    retention: Retention = Retention()

    @field_validator("rt")
    @classmethod
    def _unique_numbers(cls, value: tuple[Rt, ...]) -> tuple[Rt, ...]:
        numbers = [rt.number for rt in value]
        twice = sorted({n for n in numbers if numbers.count(n) > 1})
        if twice:
            raise ValueError(f"number given twice: {', '.join(twice)}")
        return value

    @property
    def rt_numbers(self) -> tuple[str, ...]:
        """RT numbers in the order of the file."""
        return tuple(rt.number for rt in self.rt)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        return env_settings, init_settings


def load(path: Path) -> Settings:
    """Read the settings from a TOML file and the environment.

    Raises:
        ConfigError: naming every wrong key at once.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            [f"{path}: not found. Copy config.example.toml to {path} and fill it in."]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from None
    try:
        return Settings(**data)
    except ValidationError as error:
        raise ConfigError(_sentences(error)) from None
    except SettingsError as error:  # a list in the environment that is no JSON
        raise ConfigError([str(error)]) from None


def _sentences(error: ValidationError) -> list[str]:
    """One line per mistake: the key as written in the file, then what is wrong.

    The given value is left out on purpose: it may be a secret.
    """
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "file"
        lines.append(f"{key}: {item['msg'].removeprefix('Value error, ')}")
    return lines
