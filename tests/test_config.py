"""Settings: every mistake at once, the environment, and the example that explains every key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from config import ConfigError, Settings, load

ROOT = Path(__file__).parent.parent
GOOD = '[telegram]\ntoken = "123456:TEST"\n'


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a settings file and read it, without the environment of whoever runs the tests."""
    for name in ("BANTAR_TELEGRAM__TOKEN", "BANTAR_DATABASE__URL"):
        monkeypatch.delenv(name, raising=False)

    def write(text: str) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return write


def mistakes(read: Any, text: str) -> list[str]:
    """What is wrong with a settings file."""
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value) == "\n".join(caught.value.mistakes)
    return caught.value.mistakes


def test_only_the_token_has_no_default(written: Any):
    """A file of one line is enough to start."""
    settings = written(GOOD)
    assert settings.telegram.mode == "polling"
    assert settings.database.url == "sqlite:///data/bantar.db"
    assert settings.kelurahan.zone.key == "Asia/Jakarta"
    assert (settings.rt_numbers, settings.staff.admins) == ((), ())
    assert mistakes(written, "") == ["telegram: Field required"]


def test_every_mistake_is_named_at_once(written: Any):
    """Each with the key as it stands in the file."""
    found = mistakes(
        written,
        """
        [telegram]
        token = "abc"
        api_url = "telegram.org"
        mode = "carrier pigeon"
        messages_per_second = 3001
        [telegram.webhook]
        port = 70000
        [database]
        url = "mysql://x"
        [kelurahan]
        name = ""
        timezone = "Asia/Jambi"
        [[rt]]
        number = "5"
        [[rt]]
        number = "05"
        households = -1
        [staff]
        admins = ["siti"]
        [limits]
        messages_per_minute = 1
        """,
    )
    assert [line.split(": ")[0] for line in found] == [
        "telegram.token", "telegram.api_url", "telegram.mode", "telegram.messages_per_second",
        "telegram.webhook.port", "database.url", "kelurahan.name", "kelurahan.timezone",
        "rt.0.number", "rt.1.households", "staff.admins.0", "limits.messages_per_minute",
    ]  # fmt: skip


def test_telegram_itself_is_never_written_to_faster_than_it_allows(written: Any):
    """A test server may be; the real one would answer 429."""
    fast = '[telegram]\ntoken = "123456:ABC-def"\nmessages_per_second = 200\n'
    assert mistakes(written, fast) == [
        "telegram: messages_per_second must be 30 or less: Telegram allows no more"
    ]
    settings = written(fast + 'api_url = "http://127.0.0.1:1"\n')
    assert settings.telegram.messages_per_second == 200


def test_unknown_keys_are_mistakes(written: Any):
    """A typing error must not silently leave a default."""
    text = (
        GOOD
        + "tokn = 1\n[databse]\nurl = 1\n[kelurahan]\nnama = 1\n[[rt]]\nnumber = '05'\nkk = 3\n"
    )
    found = mistakes(written, text)
    assert sorted(line.split(": ")[0] for line in found) == [
        "databse", "kelurahan.nama", "rt.0.kk", "telegram.tokn",
    ]  # fmt: skip


def test_an_rt_given_twice_is_a_mistake(written: Any):
    """Both would be the same button."""
    twice = "[[rt]]\nnumber = '05'\n" * 2
    assert mistakes(written, GOOD + twice) == ["rt: number given twice: 05"]


def test_a_webhook_needs_its_address_and_secret(written: Any):
    """Only when it is used."""
    webhook = "[telegram.webhook]\nurl = '{}'\nsecret = '{}'\n"
    assert written(GOOD + webhook.format("", "")).telegram.webhook.port == 8080
    hooked = GOOD + "mode = 'webhook'\n" + webhook
    assert "webhook.url" in mistakes(written, hooked.format("", ""))[0]
    assert "webhook.secret" in mistakes(written, hooked.format("https://a.id/b", "short"))[0]
    assert written(hooked.format("https://a.id/b", "a" * 16)).telegram.mode == "webhook"


@pytest.mark.parametrize(
    "key", ["inbox_hours = 24", "inbox_hours = 49", "sent_hours = 0", "sent_hours = 49",
            "drafts_days = 0", "media_days = -1", "participation_years = -1", "audit_years = x"],
)  # fmt: skip
def test_nothing_is_kept_longer_or_shorter_than_allowed(written: Any, key: str):
    """Telegram delivers for 24 hours; consent says what goes within two days."""
    with pytest.raises(ConfigError):
        written(GOOD + f"[retention]\n{key}\n")
    assert written(GOOD).retention.media_days == 0


def test_the_environment_wins(written: Any, monkeypatch: pytest.MonkeyPatch):
    """Section and key in capitals, joined by two underscores."""
    monkeypatch.setenv("BANTAR_TELEGRAM__TOKEN", "999:ENVIRONMENT")
    monkeypatch.setenv("BANTAR_DATABASE__URL", "postgresql://bantar@db/bantar")
    monkeypatch.setenv("BANTAR_STAFF__ADMINS", "[1, 2]")
    settings = written(GOOD + "[kelurahan]\nname = 'Legok'\n")
    assert settings.telegram.token.get_secret_value() == "999:ENVIRONMENT"
    assert settings.database.url == "postgresql://bantar@db/bantar"
    assert settings.staff.admins == (1, 2)
    assert settings.kelurahan.name == "Legok"
    assert written("").telegram.api_url == "https://api.telegram.org"


def test_secrets_are_in_no_message(written: Any):
    """Neither in a mistake nor when settings are shown."""
    found = mistakes(written, '[telegram]\ntoken = "not a token 4711"\n')
    assert "4711" not in "".join(found)
    assert "TEST" not in repr(written(GOOD))


def test_what_cannot_be_read_is_one_sentence(written: Any, tmp_path: Path):
    """No file, no TOML, no text."""
    with pytest.raises(ConfigError, match=r"config\.example\.toml"):
        load(tmp_path / "none.toml")
    assert "not valid TOML" in mistakes(written, "[telegram")[0]
    broken = tmp_path / "broken.toml"
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(broken)


def test_trailing_slashes_do_no_harm(written: Any):
    """The bot appends its own."""
    settings = written(GOOD + 'api_url = "http://127.0.0.1:8081/"\n')
    assert settings.telegram.api_url == "http://127.0.0.1:8081"


def keys_of(model: type[BaseModel], prefix: str = "") -> set[str]:
    """All keys of the settings, as they are written in the file."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        inner = [t for t in (field.annotation, *get_args(field.annotation)) if is_section(t)]
        found |= keys_of(inner[0], f"{prefix}{name}.") if inner else {prefix + name}
    return found


def is_section(kind: Any) -> bool:
    """Whether an annotation is a table of the file."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def keys_in(table: dict[str, Any], prefix: str = "") -> set[str]:
    """All keys of a parsed file."""
    found: set[str] = set()
    for name, value in table.items():
        inner = value if isinstance(value, list) else [value]
        if inner and isinstance(inner[0], dict):
            for item in inner:
                found |= keys_in(item, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def test_the_example_explains_every_key_and_no_other():
    """What can be set is in the example; what is in the example can be set."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    shown = text.replace("# group =", "group =")
    assert keys_in(tomllib.loads(shown)) == keys_of(Settings)
    assert text != shown


def test_the_example_gives_the_defaults(tmp_path: Path):
    """Copied and given a token, it is the same as an almost empty file."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    path = tmp_path / "config.toml"
    path.write_text(text.replace('token = ""', 'token = "123456:TEST"'), encoding="utf-8")
    example = load(path)
    path.write_text(GOOD, encoding="utf-8")
    plain = load(path)
    assert example.model_copy(update={"rt": ()}) == plain
    assert example.rt_numbers == ("01", "02")
