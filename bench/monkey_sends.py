"""What the people of the monkey bench send beside words: media of every kind, and what is none."""

from __future__ import annotations

from typing import Any

from bench.monkey_cast import Play, Visitor
from bench.people import picture
from simulator import kinds

HALVES = range(0xD800, 0xE000)  # halves of a character
UNKNOWN: tuple[dict[str, Any], ...] = (
    {"hologram": {"file_id": "x", "depth": 3}}, {}, {"text": ""}, {"caption": "tanpa media"},
    {"checklist": {"title": "Belanja", "tasks": [{"id": 1, "text": "sapu"}]}},
    {"text": "a\ud83db"},
    {"gift": {"gift": {"id": "1"}}}, {"photo": []}, {"rich_text": [{"type": "para", "text": "x"}]},
    {"text": "/lapor", "entities": []}, {"entities": [], "text": "x" * 4096}, {"sticker_pack": 7},
    {"text": "x", "entities": [{"type": "sparkle", "offset": 0, "length": 1}]},
    {"text": "🙂/menu", "entities": [{"type": "bot_command", "offset": 2, "length": 5}]},
    {"text": "abc", "entities": [{"type": "bold", "offset": 1, "length": 90}]},
)  # fmt: skip


async def sends_photo(play: Play, who: Visitor) -> None:
    """A photo, sometimes with words or a command below it."""
    caption = play.chance.choice(("", "", play.words.marked(who.number), "/lapor", "<b>x"))
    update = await who.person.sends_photo(picture(play.chance), caption)
    _own(play, who, update)
    who.wanted += 1
    who.did(f"sends a photo {caption!r}")


async def sends_album(play: Play, who: Visitor) -> None:
    """Photos as an album: one answer to all of them."""
    pictures = [picture(play.chance) for _ in range(play.chance.randint(2, 10))]
    caption = play.chance.choice(("", play.words.marked(who.number)))
    for update in await who.person.sends_album(pictures, caption):
        _own(play, who, update)
    who.wanted += 1
    who.did(f"sends an album of {len(pictures)} {caption!r}")


async def sends_voice(play: Play, who: Visitor) -> None:
    """A voice note that nobody else sent."""
    update = await who.person.sends_voice(b"OggS" + play.chance.randbytes(40), 4)
    _own(play, who, update)
    who.wanted += 1
    who.did("sends a voice note")


def _own(play: Play, who: Visitor, update: dict[str, Any]) -> None:
    message = update["message"]
    for kind in ("photo", "voice"):
        files = message.get(kind, [])
        for shown in files if isinstance(files, list) else [files]:
            play.owners[shown["file_unique_id"]] = who.number


async def sends_place(play: Play, who: Visitor) -> None:
    """A place here, far away, or at the end of the world."""
    places = ((-1.61, 103.61), (0.0, 0.0), (90.0, 180.0), (-90.0, -180.0), (-1.6, 103.6))
    place = play.chance.choice(places)
    await who.person.sends_location(*place)
    who.wanted += 1
    who.did(f"sends the place {place}")


async def sends_kind(play: Play, who: Visitor) -> None:
    """A message of any kind, perhaps forwarded, as a reply, or by way of another bot."""
    kind = play.chance.choice(sorted(kinds.MEDIA))
    more = play.chance.choice(({}, {}, kinds.forwarded(play.simulator.world), kinds.via_bot()))
    if who.own and play.chance.random() < 0.2:
        more = kinds.reply_to(who.person.chat.messages[play.chance.choice(who.own)])
    update = await who.person.sends_kind(kind, **more)
    if kind == "live_location":
        who.live.append(update["message"]["message_id"])
    who.wanted += 1
    who.did(f"sends {kind} with {sorted(more)}")


async def sends_service(play: Play, who: Visitor) -> None:
    """One of Telegram's own notes: nobody expects an answer."""
    kind = play.chance.choice(sorted(kinds.SERVICE))
    await who.person.sends_kind(kind)
    who.did(f"service message {kind}")


async def sends_unknown(play: Play, who: Visitor) -> None:
    """What no library knows yet, or what fits no rule."""
    content = play.chance.choice(UNKNOWN)
    await who.person.sends_raw(content)
    half = any(ord(letter) in HALVES for letter in str(content.get("text", "")))
    who.wanted += 0 if half else 1  # kept aside for the operator: Telegram never sends halves
    who.did(f"sends raw {content!r}")


async def moves(play: Play, who: Visitor) -> None:
    """Walk on while the place is shared: nobody expects an answer."""
    if not who.live:
        return await sends_place(play, who)
    await who.person.moves(who.live[-1], -1.6 + play.chance.random() / 100, 103.6)
    who.did("moves")


async def comes_again(play: Play, who: Visitor) -> None:
    """Telegram delivers the last update a second time."""
    if who.person.human.last_update is not None:
        await who.person.sends_update_again()
        who.did("the last update comes again")


async def blocks(play: Play, who: Visitor) -> None:
    """Block the bot, or let it in again."""
    blocked = who.person.chat.blocked
    await (who.person.unblocks() if blocked else who.person.blocks())
    who.did("unblocks" if blocked else "blocks")
