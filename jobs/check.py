"""`bot.py check`: every mistake of configuration, content and database at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from config import ConfigError, Kelurahan, Settings, load
from content import examples, kosakata, pages, phrases, replies
from content.phrases import ContentError
from handlers import table
from services import ready, understanding
from services.forms import phrase_keys
from storage import Connection, DatabaseError, groups, inbox, outbox_upkeep, tasks
from storage.database import open_reader, sqlite_path, sqlite_warning
from storage.schema import SchemaError, require_head


def mistakes(path: Path) -> list[str]:
    """One sentence per mistake, each with its key, or its file and line."""
    found: list[str] = []
    settings: Settings | None = None
    try:
        settings = load(path)
    except ConfigError as error:
        found += error.mistakes
    found += _content_mistakes(settings.kelurahan if settings else Kelurahan())
    if settings is not None:
        found += _database_mistakes(settings)
    return found


def _content_mistakes(kelurahan: Kelurahan) -> list[str]:
    """Phrases and pages that cannot be shown or are missing, an unreadable vocabulary."""
    found: list[str] = []
    try:
        known = phrases.load()
        for page in table.forms_of(("01",)).values():
            missing = [key for key in phrase_keys(page.form) if key not in known]
            found += [f"content/id/ui.po: {key}: is missing" for key in missing]
    except ContentError as error:
        found += error.mistakes
    answers = partial(replies.load, ready.PURPOSES)
    for read in (kosakata.load, examples.load, answers, lambda: _names(kelurahan)):
        try:
            read()
        except ContentError as error:
            found += error.mistakes
    return found


def _names(kelurahan: Kelurahan) -> None:
    """Pages, and example files that belong to nothing.

    Raises:
        ContentError: with every mistake.
    """
    known = understanding.names(pages.load(kelurahan).by_slug.values())
    if mistakes := examples.unknown(known):
        raise ContentError(mistakes)


def _is_new(settings: Settings) -> bool:
    """Whether the SQLite file is still to be made: no mistake before the first start."""
    url = settings.database.url
    return url.startswith("sqlite") and not sqlite_path(url).exists()


def _database_mistakes(settings: Settings) -> list[str]:
    if _is_new(settings):
        return []
    try:
        require_head(settings.database.url)
    except SchemaError as error:
        return [f"database.url: {error}"]
    except DatabaseError as error:
        return [f"database.url: cannot be opened ({type(error).__name__})"]
    return []


def _groups(db: Connection, settings: Settings) -> list[str]:
    """Groups in the settings that have another id since they became supergroups, and groups that
    could be put there: Telegram shows their ids nowhere."""
    named = {f"rt {rt.number}": rt.group for rt in settings.rt if rt.group is not None}
    if settings.staff.group is not None:
        named["staff"] = settings.staff.group
    now = {name: groups.id_now(db, group) for name, group in named.items()}
    lines = [
        f"{name}: group {named[name]} has become {group}; put that into the settings."
        for name, group in now.items()
        if group != named[name]
    ]
    others = [group for group in groups.known(db) if group not in now.values()]
    return lines + [f"group {group}: the bot is in it; no setting names it." for group in others]


def notes(path: Path) -> list[str]:
    """What the operator should know of a database in order: warnings and dead letters."""
    settings = load(path)
    if _is_new(settings):
        return ["The database does not exist yet; `bot.py migrate` makes it."]
    engine = open_reader(settings.database.url)
    with engine.connect() as db:
        counts = {
            "updates that failed for good (dead letters)": inbox.count(db, "dead"),
            "webhook bodies that were no update": inbox.count(db, "poison"),
            "messages that could not be sent": outbox_upkeep.count(db, "failed"),
            "downloads that were given up": tasks.count(db, "failed"),
        }
        lines = _groups(db, settings)
    engine.dispose()
    lines += [f"{number} {what}" for what, number in counts.items() if number]
    warning = sqlite_warning()
    if warning and settings.database.url.startswith("sqlite"):
        lines.append(warning)
    if not settings.staff.admins:
        lines.append("staff.admins is empty: nobody will get the reports.")
    return lines
