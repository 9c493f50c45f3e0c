"""Sheets and posters to be printed: their words, and the message that brings the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.calls import text_call
from handlers.world import World
from services.complaint_form import KINDS
from services.paper import Poster, Sheet
from services.prints import POSTER
from storage.outbox import Message


def pages(world: World, what: str, rts: Sequence[str]) -> list[Poster | Sheet]:
    """One page for each RT."""
    make = _poster if what == POSTER else _sheet
    return [make(world, rt) for rt in rts]


def _poster(world: World, rt: str) -> Poster:
    say = world.phrases.plain
    address = f"https://t.me/{world.username}?start=rt{rt}"
    return Poster(
        head=say("print.poster.head", kelurahan=world.settings.kelurahan.name),
        rt=say("print.poster.rt", rt=rt),
        title=say("print.poster.title"),
        subtitle=say("print.poster.subtitle"),
        address=address,
        steps=say("print.poster.steps"),
        link=say("print.poster.link", link=address.removeprefix("https://")),
        helped=say("print.poster.helped"),
        emergency=say("print.poster.emergency"),
    )


def _sheet(world: World, rt: str) -> Sheet:
    say = world.phrases.plain
    kinds = [say(f"complaint.kind.choice.{kind}") for kind in KINDS]
    complaints = [say("print.sheet.complaint", kind=kind.lower()) for kind in kinds]
    return Sheet(
        title=say("print.sheet.title"),
        head=say("print.sheet.head", kelurahan=world.settings.kelurahan.name, rt=rt),
        note=say("print.sheet.note"),
        what=say("print.sheet.what"),
        choices=(*complaints, say("print.sheet.aspiration")),
        where=say("print.sheet.where"),
        words=say("print.sheet.words"),
        since=say("print.sheet.since"),
        consent=say("print.sheet.consent"),
        name=say("print.sheet.name"),
        received=say("print.sheet.received"),
        number=say("print.sheet.number"),
    )


def document(world: World, request: dict[str, Any], path: str) -> Message:
    """The message that brings a file of the media folder to who asked for it."""
    what, rts, chat_id = request["what"], request["rts"], int(request["telegram_id"])
    named = ", ".join(world.phrases.plain("form.choice.rt", number=rt) for rt in rts)
    name = world.phrases.plain(f"assisted.file.{what}")
    whose = f"-rt{rts[0]}" if len(rts) == 1 else ""
    params = {
        "chat_id": chat_id,
        "document": {"upload": path, "name": f"{name}{whose}.pdf"},
        "caption": world.phrases.text(f"assisted.caption.{what}", rts=named),
        "parse_mode": "HTML",
    }
    return Message(chat_id, "sendDocument", params)


def sorry(world: World, request: dict[str, Any]) -> Message:
    """The message that says why no file comes."""
    chat_id = int(request["telegram_id"])
    params = text_call(chat_id, world.phrases.text("assisted.not_allowed"), None)
    return Message(chat_id, "sendMessage", params)
