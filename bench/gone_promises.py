"""What the crash bench holds the bot to when somebody has deleted his data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.verdict import Promise, none

if TYPE_CHECKING:
    from bench.crash import Bench


def gone(bench: Bench) -> list[Promise]:
    """Nothing of his is left in any row, file or other chat; his tickets are, without him."""
    people = bench.tally.own.gone
    markers = [marker for one in people for marker in one.markers]
    numbers = {number for one in people for number in one.numbers}
    owned = dict(bench.rows("SELECT number, reporter_id FROM ticket"))
    rows = _rows_with(bench, markers)
    disk = _files_with(bench, markers)
    chats, unknown = _chats_with(bench, {m: one.person for one in people for m in one.markers})
    allowed = bench.seen.sends_in_flight + bench.faults.lost_answers()
    stray = [f"file {path}" for path in _stray_files(bench)]
    bench.left_over = [*rows, *disk, *chats, *stray]
    return [
        none(f"rows with words of {len(people)} people who left", len(rows)),
        none("words of them left on the disk", len(disk)),
        none("messages of other chats that show them", len(chats)),
        (f"copies of which the bot cannot know, allowed {allowed}", unknown, unknown <= allowed),
        none(f"tickets of them lost, of {len(numbers)}", len(numbers - set(owned))),
        none("tickets of them that name somebody", sum(bool(owned.get(n)) for n in numbers)),
        none("files that no row knows", len(stray)),
        none("people there twice", _people_beyond_accounts(bench)),
    ]


def _rows_with(bench: Bench, markers: list[str]) -> list[str]:
    """Every row of every table that holds one of these words."""
    found = []
    tables = bench.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    for (table,) in tables:
        for row in bench.rows(f'SELECT rowid, * FROM "{table}"'):
            text = " ".join(value for value in row if isinstance(value, str))
            found += [f"{table} {row[0]} holds {marker}" for marker in markers if marker in text]
    return found


def _files_with(bench: Bench, markers: list[str]) -> list[str]:
    """The files of the database and the log, byte by byte: deleted text must be overwritten."""
    beside = [Path(f"{bench.database}{ending}") for ending in ("", "-wal", "-journal")]
    found = []
    for path in [*(path for path in beside if path.exists()), bench.log]:
        content = path.read_bytes()
        found += [f"{path.name} holds {m}" for m in markers if m.encode() in content]
    return found


def _chats_with(bench: Bench, markers: dict[str, int]) -> tuple[list[str], int]:
    """What the chats of others show of these words; `markers` say whose each one is.

    A message that was in flight at a kill is sent again, and nobody told the bot the number of
    the first copy: it cannot take that one back. Such copies are only counted, the second figure.
    """
    found, unknown = [], set()
    known = set(bench.rows("SELECT chat_id, message_id FROM outbox WHERE message_id > 0"))
    known |= {
        (chat, int(number))
        for chat, more in bench.rows("SELECT chat_id, more_ids FROM outbox WHERE more_ids > ''")
        for number in more.split(",")
    }
    for chat in bench.simulator.world.chats.values():
        for number, message in chat.messages.items():
            text = _shown(message) if message.get("from", {}).get("is_bot") else ""
            for marker, person in markers.items():
                if marker not in text or person == chat.id:
                    continue
                if (chat.id, number) in known:
                    found.append(f"{chat.id} reads {marker} in {number}: {text[:80]!r}")
                else:
                    unknown.add((chat.id, number))
    return found, len(unknown)


def _shown(message: dict[str, Any]) -> str:
    """All that a message shows, its buttons with it."""
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    labels = [button["text"] for row in keyboard for button in row]
    return " ".join([message.get("text", ""), message.get("caption", ""), *labels])


def _stray_files(bench: Bench) -> list[Path]:
    """Photos in the folder that no row has, and halves of them."""
    folder = bench.folder / "media"
    known = {path for (path,) in bench.rows("SELECT path FROM ticket_media WHERE path > ''")}
    files = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path.relative_to(folder) for path in files]
    return [path for path in kept if path.parts[0].isdecimal() and str(path) not in known]


def _people_beyond_accounts(bench: Bench) -> int:
    query = "SELECT count(*) - count(DISTINCT telegram_id) FROM resident"
    return int(bench.ask(query)[0])
