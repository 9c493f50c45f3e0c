"""What a test or a bench does as a human being: send, tap, look, wait."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from simulator import incoming, kinds
from simulator.methods.profile import menu_for
from simulator.rules import Json
from simulator.state import Chat, Human, World

BUTTON_KEYS = ("text", "request_location", "request_contact")


class Group:
    """A group chat with the bot in it."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def id(self) -> int:
        """The chat id; another one after the group was upgraded."""
        return self.chat.id

    @property
    def messages(self) -> list[Json]:
        """All messages of the group, in order."""
        return list(self.chat.messages.values())

    @property
    def from_bot(self) -> list[Json]:
        """Only the bot's messages."""
        return [m for m in self.messages if m["from"]["id"] == self._world.bot["id"]]

    def joins(self, person: "Person") -> None:
        """A person becomes a member."""
        self.chat.members[person.id] = person.human
        person.human.met_in_group = True

    def adds_bot(self, by: "Person") -> Json:
        """A member lets the bot in again."""
        self.chat.kicked = False
        return incoming.bot_moved(self._world, by.human, self.chat, "left", "member")

    def kicks_bot(self, by: "Person") -> Json:
        """A member throws the bot out."""
        self.chat.kicked = True
        return incoming.bot_moved(self._world, by.human, self.chat, "member", "kicked")

    def upgrades(self, by: "Person", new_id: int) -> "Group":
        """The group becomes a supergroup with a new id; both service messages are sent."""
        old = self.chat
        new = self._world.group(new_id, old.title)
        new.members = dict(old.members)
        incoming.receive(self._world, by.human, old, {"migrate_to_chat_id": new_id})
        old.migrated_to = new_id
        incoming.receive(self._world, by.human, new, {"migrate_from_chat_id": old.id})
        return Group(self._world, new)


class Person:
    """A human being with the Telegram app."""

    def __init__(self, world: World, human: Human) -> None:
        self._world = world
        self.human = human
        self.id = human.id

    # What the person sees

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
        return self._world.chats[self.id]

    @property
    def messages(self) -> list[Json]:
        """The private chat in order, own messages included, deleted ones absent."""
        return list(self.chat.messages.values())

    @property
    def from_bot(self) -> list[Json]:
        """Only the bot's messages of the private chat."""
        bot = self._world.bot["id"]
        return [m for m in self.chat.messages.values() if m["from"]["id"] == bot]

    @property
    def notices(self) -> list[Json]:
        """Answers to taps: id, text, show_alert."""
        return list(self.human.notices.values())

    @property
    def unanswered(self) -> list[str]:
        """Ids of taps that still show the spinning circle."""
        return list(self.human.unanswered)

    @property
    def keyboard(self) -> list[list[str]] | None:
        """Labels of the current reply keyboard."""
        return labels(self.chat.keyboard)

    @property
    def keyboard_buttons(self) -> list[list[Json]]:
        """Buttons of the current reply keyboard: text, and what they ask the phone for."""
        return buttons(self.chat.keyboard) or []

    def commands(self) -> list[Json]:
        """The command menu as this person sees it."""
        return menu_for(self._world, self.id, self.human.language_code)

    async def waits_for(self, predicate: Callable[["Person"], Any], timeout: float = 5.0) -> Any:
        """Wait until the predicate is true of this person; returns what it returned."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (seen := predicate(self)):
            left = deadline - loop.time()
            if left <= 0 or not await self.human.signal.wait(left):
                if seen := predicate(self):
                    return seen
                last = "\n".join(f"  {_brief(m)}" for m in self.messages[-3:])
                raise TimeoutError(f"{self.human.name} waited {timeout} s; last messages:\n{last}")
        return seen

    # What the person does

    def _send(self, content: Json, chat: Group | None) -> Json:
        place = chat.chat if chat is not None else self.chat
        return incoming.receive(self._world, self.human, place, content)

    async def sends(self, text: str, chat: Group | None = None) -> Json:
        """Write a text, or press a button of the reply keyboard (its label is the text)."""
        self._uses_keyboard(chat, "text", text)
        return self._send(incoming.text_content(text), chat)

    def _uses_keyboard(self, chat: Group | None, key: str, value: Any) -> None:
        """A keyboard for one time is gone once a button of it was pressed."""
        once = chat is None and (self.chat.keyboard or {}).get("one_time_keyboard")
        shown = [button.get(key) for row in self.keyboard_buttons for button in row]
        if once and value in shown:
            self._world.change_keyboard(self.chat, None)

    async def sends_photo(self, data: bytes, caption: str = "", chat: Group | None = None) -> Json:
        """Send a picture (JPEG, PNG, GIF or WebP bytes)."""
        content = {"photo": self._world.files.add_photo(data)}
        return self._send(content | incoming.caption_content(caption), chat)

    async def sends_album(
        self, pictures: Sequence[bytes], caption: str = "", chat: Group | None = None
    ) -> list[Json]:
        """Send pictures as an album: one update each, the caption on the first."""
        group = {"media_group_id": str(14_000_000_000 + self._world.seq)}
        updates = []
        for number, data in enumerate(pictures):
            content: Json = {"photo": self._world.files.add_photo(data), **group}
            content |= incoming.caption_content(caption if number == 0 else "")
            updates.append(self._send(content, chat))
        return updates

    async def sends_voice(self, data: bytes, duration: int = 3, chat: Group | None = None) -> Json:
        """Record a voice message."""
        return self._send({"voice": self._world.files.add("voice", data, duration=duration)}, chat)

    async def sends_document(
        self, data: bytes, name: str, caption: str = "", chat: Group | None = None
    ) -> Json:
        """Send a file."""
        content = {"document": self._world.files.add("document", data, name)}
        return self._send(content | incoming.caption_content(caption), chat)

    async def sends_video(self, data: bytes, caption: str = "", duration: int = 3) -> Json:
        """Send a video."""
        video = self._world.files.add("video", data, width=640, height=360, duration=duration)
        return self._send({"video": video} | incoming.caption_content(caption), None)

    async def sends_animation(self, data: bytes = b"GIF89a") -> Json:
        """Send a GIF."""
        return self._send(kinds.animation(self._world, data), None)

    async def sends_sticker(self, data: bytes = b"RIFFxxxxWEBP", emoji: str = "👍") -> Json:
        """Send a sticker."""
        return self._send(kinds.sticker(self._world, data, emoji), None)

    async def sends_kind(self, kind: str, chat: Group | None = None, **more: Any) -> Json:
        """Send a message of a kind in `kinds.ALL`; `more` is what else it carries."""
        return self._send({**kinds.ALL[kind](self._world, self.human), **more}, chat)

    async def sends_raw(self, content: Json, chat: Group | None = None) -> Json:
        """Send a message with any content, also of a kind that nobody knows yet."""
        place = chat.chat if chat is not None else self.chat
        return incoming.receive(self._world, self.human, place, content, checked=False)

    async def sends_location(
        self, latitude: float, longitude: float, chat: Group | None = None
    ) -> Json:
        """Share a place, by the paper clip or a button that asks for it."""
        self._uses_keyboard(chat, "request_location", True)
        return self._send({"location": {"latitude": latitude, "longitude": longitude}}, chat)

    async def sends_contact(self, phone: str = "+628117400000") -> Json:
        """Share the own contact."""
        self._uses_keyboard(None, "request_contact", True)
        contact = {"phone_number": phone, "first_name": self.human.name, "user_id": self.id}
        return self._send({"contact": contact}, None)

    async def edits(self, message_id: int, text: str) -> Json:
        """Change an own message."""
        return incoming.change_text(self._world, self.human, self.chat, message_id, text)

    async def moves(self, message_id: int, latitude: float, longitude: float) -> Json:
        """Be somewhere else while a live location is shared."""
        place = {"latitude": latitude, "longitude": longitude}
        return incoming.change_place(self._world, self.human, self.chat, message_id, place)

    async def sends_update_again(self) -> Json:
        """Telegram delivers this person's last update a second time, under the same id."""
        update = self.human.last_update
        if update is None:
            raise LookupError(f"{self.human.name} has done nothing yet")
        self._world.queue.push_again(update, self.human.last_lane)
        return update

    async def taps(
        self, label_or_data: str, message: Json | int | None = None, chat: Group | None = None
    ) -> str:
        """Press an inline button, by label or data; returns the callback query id."""
        place = chat.chat if chat is not None else self.chat
        if message is None:
            found = incoming.find_button(place, label_or_data)
        else:
            number = message if isinstance(message, int) else int(message["message_id"])
            data = incoming.button_data(place.messages.get(number, {}), label_or_data)
            found = None if data is None else (number, data)
        if found is None:
            last = "\n".join(f"  {_brief(m)}" for m in list(place.messages.values())[-3:])
            raise LookupError(f"no inline button {label_or_data!r}; last messages:\n{last}")
        return await self.taps_raw(*found, chat=chat)

    async def taps_raw(self, message_id: int, data: str, chat: Group | None = None) -> str:
        """Send callback data of one's own making; returns the callback query id."""
        place = chat.chat if chat is not None else self.chat
        update = incoming.press(self._world, self.human, place, message_id, data)
        return str(update["callback_query"]["id"])

    async def taps_inline(self, data: str, inline_id: str | None) -> str:
        """Press a button of a message that was sent elsewhere through the bot, or is not shown."""
        update = incoming.press_elsewhere(self._world, self.human, data, inline_id)
        return str(update["callback_query"]["id"])

    async def blocks(self) -> Json:
        """Block the bot."""
        return incoming.change_membership(self._world, self.human, blocked=True)

    async def unblocks(self) -> Json:
        """Let the bot write again."""
        return incoming.change_membership(self._world, self.human, blocked=False)

    async def leaves(self, group: Group) -> None:
        """Leave a group."""
        group.chat.members.pop(self.id, None)

    async def deactivates(self) -> None:
        """Delete the Telegram account."""
        self.human.deactivated = True


def labels(keyboard: Json | None) -> list[list[str]] | None:
    """Button labels of a reply keyboard."""
    rows = buttons(keyboard)
    return None if rows is None else [[button["text"] for button in row] for row in rows]


def buttons(keyboard: Json | None) -> list[list[Json]] | None:
    """Buttons of a reply keyboard: text, and whether they ask for the place or the contact."""
    if keyboard is None:
        return None
    return [
        [{key: button[key] for key in BUTTON_KEYS if button.get(key)} for button in row]
        for row in keyboard["keyboard"]
    ]


def _brief(message: Json) -> str:
    who = message["from"]["first_name"]
    kinds = [key for key in ("photo", "voice", "document", "location") if key in message]
    text = message.get("text") or message.get("caption") or " ".join(kinds)
    buttons = [
        button["text"]
        for row in message.get("reply_markup", {}).get("inline_keyboard", [])
        for button in row
    ]
    return f"{who}: {text!r}" + (f" buttons {buttons}" if buttons else "")
