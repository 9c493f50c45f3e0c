"""What the people of the monkey bench do in groups: the bot says little there.

A command for this bot is answered; words, other bots' commands and Telegram's notes are not.
"""

from __future__ import annotations

from bench.monkey_acts import COMMANDS, Act, forged
from bench.monkey_cast import GROUPS, SUPERGROUP, Play, Visitor
from bench.people import picture
from simulator import Group, kinds


async def _say(play: Play, who: Visitor, text: str) -> None:
    group = play.chance.choice(play.groups)
    update = await who.person.sends(text, group)
    entities = update["message"].get("entities", [])
    if not group.chat.kicked and entities and entities[0]["type"] == "bot_command":
        first = text[: entities[0]["length"]] if entities[0]["offset"] == 0 else ""
        if first and first.partition("@")[2] in ("", "bantar_demo_bot"):
            play.called += 1
    who.did(f"in {group.id} writes {text!r}")


def _group(play: Play) -> Group:
    return play.chance.choice(play.groups)


async def says(play: Play, who: Visitor) -> None:
    """Words in a group."""
    text = play.chance.choice((play.words.marked(who.number), play.words.malice(who.number), "2"))
    await _say(play, who, text)


async def commands(play: Play, who: Visitor) -> None:
    """A command, to everybody, to this bot or to another one."""
    ending = play.chance.choice(("", "@bantar_demo_bot", "@other_bot"))
    name = play.chance.choice((*COMMANDS, "start rt05", "laporan DRN-2026-0001"))
    first, _, rest = name.partition(" ")
    await _say(play, who, f"/{first}{ending} {rest}".strip())


async def sends(play: Play, who: Visitor) -> None:
    """A message of any other kind, Telegram's notes too."""
    kind, group = play.chance.choice(sorted(kinds.ALL)), _group(play)
    if play.chance.random() < 0.2:
        await who.person.sends_photo(picture(play.chance), "/lapor", group)
        play.called += 1  # it may take this for a command
    else:
        await who.person.sends_kind(kind, group)
        play.called += kind == "bot_joined"
    who.did(f"in {group.id} sends {kind}")


async def taps(play: Play, who: Visitor) -> None:
    """A button that does not stand there."""
    group, data = _group(play), forged(play)
    play.taps.append(await who.person.taps_raw(1, data, group))
    who.did(f"in {group.id} taps {data!r}")


async def throws_out(play: Play, who: Visitor) -> None:
    """The bot is thrown out, or let in again."""
    group = _group(play)
    kicked = group.chat.kicked
    play.called += 1  # it may say hello
    (group.adds_bot if kicked else group.kicks_bot)(who.person)
    who.did(f"{group.id}: the bot is {'let in' if kicked else 'thrown out'}")


async def upgrades(play: Play, who: Visitor) -> None:
    """The first group becomes a supergroup, once."""
    if not play.moved and play.groups[0].id == GROUPS[0]:
        play.moved = True
        play.groups[0] = play.groups[0].upgrades(who.person, SUPERGROUP)
        who.did(f"{GROUPS[0]} becomes {SUPERGROUP}")


PUBLIC: tuple[tuple[Act, float], ...] = (
    (says, 1), (commands, 2), (sends, 1), (taps, 0.7), (throws_out, 0.3), (upgrades, 0.02),
)  # fmt: skip
