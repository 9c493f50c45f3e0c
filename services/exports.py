"""Exports for planners: rows in, a spreadsheet-safe CSV out, in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from content.phrases import Phrases
from services.participation import ASSISTED, DIRECT
from services.roles import Actor, Permission
from services.verdicts import CLOSING, LATER, together
from storage import Connection, aspirations, audit, complaints, participation
from storage.participation import Span
from storage.verdicts import Closed, Counts

ENCODING = "utf-8-sig"  # with its mark, Excel reads UTF-8
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

TICKETS = ("complaints", "aspirations")  # exports with a state, and names if asked for

Cell = str | int | float | None
Rows = Iterator[dict[str, Cell]]


class Sink(Protocol):
    """Where the text of an export goes."""

    def write(self, text: str, /) -> object:
        """Take some more text."""


@dataclass(frozen=True)
class Filter:
    """What an export holds: all, unless narrowed by year, RT or state."""

    year: int | None = None
    rt: str | None = None
    state: str | None = None
    names: bool = False  # residents' names, left out unless asked for


def span_of(year: int | None, zone: ZoneInfo) -> Span | None:
    """A calendar year in the kelurahan's zone."""
    if year is None:
        return None
    return Span(datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone))


def complaint_rows(
    db: Connection, actor: Actor, phrases: Phrases, zone: ZoneInfo, wanted: Filter
) -> Rows:
    """Complaints, one row each, columns in the order of the sheet.

    Raises:
        NotAllowed: the actor may not export.
    """
    actor.require(Permission.EXPORT)
    found = complaints.rows(db, span=span_of(wanted.year, zone), rt=wanted.rt, state=wanted.state)
    return (_complaint(row, phrases, zone, wanted.names) for row in found)


def aspiration_rows(
    db: Connection, actor: Actor, phrases: Phrases, zone: ZoneInfo, wanted: Filter
) -> Rows:
    """Aspirations, one row each, columns in the order of the sheet.

    Raises:
        NotAllowed: the actor may not export.
    """
    actor.require(Permission.EXPORT)
    found = aspirations.rows(db, span=span_of(wanted.year, zone), rt=wanted.rt, state=wanted.state)
    return (_aspiration(row, phrases, zone, wanted.names) for row in found)


def _ticket(row: dict[str, Any], phrases: Phrases, zone: ZoneInfo, names: bool) -> dict[str, Cell]:
    """The columns that tickets of every kind have."""
    photos = [file_name(m) for m in row["media"] if m.kind != "voice"]
    voices = [file_name(m) for m in row["media"] if m.kind == "voice"]
    channel = DIRECT if row["assisted_as"] is None else ASSISTED
    cells: dict[str, Cell] = {
        "number": row["number"],
        "created": local(row["created_at"], zone),
        "updated": local(row["updated_at"], zone),
        "state": row["state"],
        "rt": row["rt"],
        "landmark": row["landmark"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "description": row["description"] or _without_words(row, phrases, voices),
        "additions": "\n".join(row["additions"]),
        "followers": row["followers"],
        "photos": len(photos),
        "files": ", ".join(photos + voices),
        "reporter_rt": row["home_rt"],
        "channel": phrases.plain(f"export.channel.{channel}"),
        "authority": _authority(row, phrases),
        "outside_number": row["outside_number"],
    }
    if names:
        cells["reporter"] = None if row["hide_name"] else row["reporter"]
    return cells


def _authority(row: dict[str, Any], phrases: Phrases) -> str | None:
    """To whom it was forwarded: the name in full, or the words that staff typed."""
    key = f"authority.name.{row['authority']}"
    return phrases.plain(key) if key in phrases else row["authority"]


def _without_words(row: dict[str, Any], phrases: Phrases, voices: list[str]) -> str:
    """What stands instead: that it was spoken, or that its author deleted it."""
    if row["reporter_id"] is None:
        return phrases.plain("ticket.erased")
    return phrases.plain("export.voice_only", file=", ".join(voices))


def _complaint(
    row: dict[str, Any], phrases: Phrases, zone: ZoneInfo, names: bool
) -> dict[str, Cell]:
    depth, since = row["depth"], row["since"]
    since_key = f"complaint.since.choice.{since}"
    return {
        **_ticket(row, phrases, zone, names),
        "kind": phrases.plain(f"complaint.kind.choice.{row['kind']}"),
        "depth": phrases.plain(f"complaint.depth.choice.{depth}") if depth else None,
        "since": phrases.plain(since_key) if since_key in phrases else since,
        **_closing(row["closed"], phrases, zone),
    }


def _closing(closed: Closed | None, phrases: Phrases, zone: ZoneInfo) -> dict[str, Cell]:
    """When staff closed it last, and apart from that what residents say of it."""
    names = {CLOSING: ("verdict_yes", "verdict_no", "verdict"), LATER: LATER_COLUMNS}
    cells: dict[str, Cell] = {"closed": local(closed.at, zone) if closed else None}
    for stage, (yes, no, word) in names.items():
        asked = closed is not None and (stage == CLOSING or closed.asked_again)
        said = closed.said.get(stage, Counts()) if closed and asked else None
        cells[yes] = said.good if said else None
        cells[no] = said.bad if said else None
        cells[word] = phrases.plain(f"export.verdict.{together(said)}") if said else None
    return cells


def _aspiration(
    row: dict[str, Any], phrases: Phrases, zone: ZoneInfo, names: bool
) -> dict[str, Cell]:
    def label(step: str, value: str | None) -> str | None:
        return phrases.plain(f"aspiration.{step}.choice.{value}") if value else None

    offered = [label("contributions", value) for value in row["contributions"] or ()]
    return {
        **_ticket(row, phrases, zone, names),
        "problem": row["problem"],
        "pillar": phrases.plain(f"proposal.pillar.{row['pillar']}") if row["pillar"] else None,
        "field": label("field", row["field"]),
        "households": row["households"],
        "volume": row["volume"],
        "unit": row["unit"],
        "contributions": ", ".join(filter(None, offered)) or None,
        "supporters": row["followers"],  # who follows an aspiration supports it
    }


def file_name(medium: Any) -> str:
    """The name under which a photo or voice note is kept; its id until it is."""
    return PurePosixPath(medium.path).name if medium.path else f"{medium.kind}-{medium.id}"


def participation_rows(
    db: Connection, actor: Actor, phrases: Phrases, zone: ZoneInfo, wanted: Filter
) -> Rows:
    """The participation log, one row per act, persons as random ids.

    Raises:
        NotAllowed: the actor may not export.
    """
    actor.require(Permission.EXPORT)
    for row in participation.rows(db, span=span_of(wanted.year, zone), rt=wanted.rt):
        yield {
            "at": local(row["at"], zone),
            "stage": phrases.plain(f"export.stage.{row['stage']}"),
            "activity": phrases.plain(f"export.activity.{row['activity']}"),
            "person_rt": row["rt"],
            "person": row["person"],
            "channel": phrases.plain(f"export.channel.{row['channel']}"),
            "reference": row["reference"],
        }


def audit_rows(
    db: Connection, actor: Actor, phrases: Phrases, zone: ZoneInfo, wanted: Filter
) -> Rows:
    """The audit trail, one row per act of staff, with the Telegram ids of those who acted.

    Raises:
        NotAllowed: the actor may not see what colleagues did.
    """
    actor.require(Permission.MANAGE_ROLES)
    for row in audit.rows(db, span=span_of(wanted.year, zone)):
        yield {
            "at": local(row.at, zone),
            "actor": row.actor,
            "role": row.role,
            "act": row.act,
            "subject": row.subject,
            "detail": row.detail,
        }


AUDIT_COLUMNS = ("at", "actor", "role", "act", "subject", "detail")
Source = Callable[[Connection, Actor, Phrases, ZoneInfo, Filter], Rows]
LATER_COLUMNS = ("later_yes", "later_no", "later")
COMPLAINT_COLUMNS = (
    "number", "created", "updated", "state", "kind", "rt", "landmark", "latitude", "longitude",
    "description", "additions", "depth", "since", "followers", "photos", "files", "reporter_rt",
    "channel", "authority", "outside_number",
    "closed", "verdict_yes", "verdict_no", "verdict", *LATER_COLUMNS,
)  # fmt: skip
ASPIRATION_COLUMNS = (
    "number", "created", "updated", "state", "rt", "landmark", "latitude", "longitude",
    "description", "problem", "pillar", "field", "households", "volume", "unit", "contributions",
    "additions", "supporters", "photos", "files", "reporter_rt",
    "channel", "authority", "outside_number",
)  # fmt: skip
PARTICIPATION_COLUMNS = ("at", "stage", "activity", "person_rt", "person", "channel", "reference")
EXPORTS: dict[str, tuple[Source, tuple[str, ...]]] = {
    "complaints": (complaint_rows, COMPLAINT_COLUMNS),
    "aspirations": (aspiration_rows, ASPIRATION_COLUMNS),
    "participation": (participation_rows, PARTICIPATION_COLUMNS),
    "audit": (audit_rows, AUDIT_COLUMNS),
}
IN_CHAT = ("complaints", "aspirations", "participation")  # the trail is for the operator alone


def write_csv(
    out: Sink, db: Connection, actor: Actor, phrases: Phrases, zone: ZoneInfo,
    *, what: str, wanted: Filter,
) -> int:  # fmt: skip
    """Write an export as CSV and give the number of its rows."""
    source, columns = EXPORTS[what]
    if wanted.names and what in TICKETS:
        columns = (*columns, "reporter")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([phrases.plain(f"export.column.{column}") for column in columns])
    count = 0
    for row in source(db, actor, phrases, zone, wanted):
        writer.writerow([safe(row[column]) for column in columns])
        count += 1
    return count


def safe(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula (OWASP ASVS 1.2.10, CWE-1236).

    Numbers stay numbers; text that begins like a formula, after spaces or a byte order mark,
    gets a leading apostrophe.
    """
    if isinstance(cell, str) and cell.lstrip(" \ufeff").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in the kelurahan's zone, in the form that spreadsheets sort and read."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
