"""Messages of every other kind that people send, as the Bot API shows them.

A message of a kind that no library knows yet is sent with `Person.sends_raw`.
"""

from collections.abc import Callable
from typing import Any

from simulator.rules import Json
from simulator.state import Human, World

Maker = Callable[[World, Human], Json]
CLIP: Json = {"width": 320, "height": 240, "duration": 2}
HOUR = 3600  # seconds


def animation(world: World, data: bytes = b"GIF89a") -> Json:
    """A GIF; Telegram adds a document for old bots."""
    shown = world.files.add("animation", data, "giphy.mp4", "video/mp4", **CLIP)
    document = world.files.add("document", data, "giphy.mp4", "video/mp4")
    return {"animation": shown, "document": document}


def sticker(world: World, data: bytes = b"RIFFxxxxWEBP", emoji: str = "👍") -> Json:
    """A sticker."""
    shape: Json = {"type": "regular", "width": 512, "height": 512, "emoji": emoji}
    shape |= {"is_animated": False, "is_video": False}
    return {"sticker": world.files.add("sticker", data, mime="image/webp", **shape)}


def _file(kind: str, name: str = "", **shown: Any) -> Maker:
    return lambda world, human: {kind: world.files.add(kind, kind.encode(), name, **shown)}


def _document(world: World, human: Human) -> Json:
    shown = world.files.add("document", b"%PDF-1.7", "surat edaran.pdf", "application/pdf")
    return {"document": shown, "caption": "surat"}


def _contact(world: World, human: Human) -> Json:
    return {"contact": {"phone_number": "+628117400001", "first_name": "Bu Ani", "last_name": "_"}}


def _poll(world: World, human: Human) -> Json:
    options = [
        {"persistent_id": str(n), "text": text, "voter_count": 0}
        for n, text in enumerate(("Sabtu", "Minggu"))
    ]
    return {
        "poll": {
            "id": str(5_000_000 + world.seq),
            "question": "Kerja bakti hari apa?",
            "options": options,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
    }


def _place(world: World, human: Human) -> Json:
    return {"latitude": -1.6, "longitude": 103.61}


def _live(world: World, human: Human) -> Json:
    return {"location": {**_place(world, human), "live_period": HOUR, "heading": 90}}


def _venue(world: World, human: Human) -> Json:
    where = _place(world, human)
    venue = {"location": where, "title": "Pos ronda", "address": "Jalan Melati"}
    return {"venue": venue, "location": where}


def _story(world: World, human: Human) -> Json:
    return {"story": {"chat": world.chats[human.id].shown, "id": 7}}


def _paid(world: World, human: Human) -> Json:
    preview = {"type": "preview", "width": 320, "height": 240, "duration": 3}
    return {"paid_media": {"star_count": 5, "paid_media": [preview]}, "caption": "bayar"}


def _pinned(world: World, human: Human) -> Json:
    old = {"message_id": 1, "chat": world.chats[human.id].shown, "date": 0}  # too old to be shown
    return {"pinned_message": old}


def _always(content: Json) -> Maker:
    return lambda world, human: content


MEDIA: dict[str, Maker] = {
    "animation": lambda world, human: animation(world),
    "sticker": lambda world, human: sticker(world),
    "audio": _file("audio", duration=7, title="Lagu"),
    "video": _file("video", **CLIP),
    "video_note": _file("video_note", length=240, duration=3),
    "voice": _file("voice", duration=3),
    "document": _document,
    "contact": _contact,
    "poll": _poll,
    "dice": _always({"dice": {"emoji": "🎲", "value": 4}}),
    "game": _always({"game": {"title": "Ular", "description": "x", "photo": []}}),
    "venue": _venue,
    "location": lambda world, human: {"location": _place(world, human)},
    "live_location": _live,
    "story": _story,
    "paid_media": _paid,
}
SERVICE: dict[str, Maker] = {  # notes of Telegram's own in a private chat
    "pinned": _pinned,
    "auto_delete": _always({"message_auto_delete_timer_changed": {"message_auto_delete_time": 1}}),
    "write_access": _always({"write_access_allowed": {"from_request": True}}),
    "users_shared": _always({"users_shared": {"request_id": 1, "users": [{"user_id": 42}]}}),
    "boost": _always({"boost_added": {"boost_count": 1}}),
}
IN_GROUPS: dict[str, Maker] = {  # notes of Telegram's own in a group
    "joined": lambda world, human: {"new_chat_members": [human.user()]},
    "left": lambda world, human: {"left_chat_member": human.user()},
    "bot_joined": lambda world, human: {"new_chat_members": [world.bot]},
    "title": _always({"new_chat_title": "RT 05 baru"}),
    "made": _always({"group_chat_created": True}),
    "video_chat_started": _always({"video_chat_started": {}}),
    "video_chat_ended": _always({"video_chat_ended": {"duration": 60}}),
    "video_chat_scheduled": _always({"video_chat_scheduled": {"start_date": 2_000_000_000}}),
    "proximity": lambda world, human: {
        "proximity_alert_triggered": {
            "traveler": human.user(), "watcher": world.bot, "distance": 10,
        }
    },
}  # fmt: skip
ALL = {**MEDIA, **SERVICE, **IN_GROUPS}


def forwarded(world: World) -> Json:
    """What marks a message as forwarded from somebody who hides the account."""
    origin = {"type": "hidden_user", "sender_user_name": "Bu RW", "date": world.now()}
    return {"forward_origin": origin}


def via_bot() -> Json:
    """What marks a message as written with the help of another bot."""
    helper = {"id": 777_000_001, "is_bot": True, "first_name": "gif", "username": "gif"}
    return {"via_bot": helper}


def reply_to(message: Json) -> Json:
    """What marks a message as the reply to another one, with a quotation."""
    old = {k: v for k, v in message.items() if k not in ("reply_to_message", "pinned_message")}
    words = str(message.get("text", ""))[:20]
    quote = {"quote": {"text": words, "position": 0, "is_manual": True}} if words else {}
    return {"reply_to_message": old, **quote}
