"""The unit of work: what a handler works with. It collects messages, it never sends.

Everything a handler changes and every message it adds is committed together, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from config import Settings
from content.phrases import Phrases
from handlers.buttons import Button as Button  # most handlers need it with the unit
from handlers.buttons import Buttons as Buttons
from handlers.calls import media_call, text_call
from handlers.menu import main_menu
from handlers.taps import Tap
from handlers.world import World
from services.roles import OPERATOR, Actor, Permission, holders
from storage import Connection, drafts, outbox, shown
from storage.outbox import Message
from storage.outbox_words import ANSWER, Lane
from storage.residents import Resident

LOCALE = "id"
ALBUM_SIZE = 10  # Bot API, sendMediaGroup
ALBUM_PAUSE = timedelta(seconds=1)  # how long one answer waits for the rest of an album


def full_moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment for an invitation: "Minggu, 29 November 2026 pukul 07.00 WIB"."""
    return format_datetime(at, "EEEE, d MMMM y 'pukul' HH.mm z", tzinfo=zone, locale=LOCALE)


@dataclass
class Unit:
    """One update's unit of work."""

    db: Connection
    world: World
    now: datetime
    chat_id: int
    actor: Actor
    first_name: str
    draft: drafts.Draft | None
    tap: Tap | None = None
    album: str | None = None  # several updates of one album get one answer
    private: bool = True
    values: tuple[str, ...] = ()  # what the tapped button carries after the name of its route
    # residents whose words, name, photos or voice are in what is being said: noted with every
    # message to somebody else, so that it can be taken back when one of them deletes his data
    shown: set[int] = field(default_factory=set)
    _notice: tuple[str, bool] | None = None

    @classmethod
    def of_bot(cls, db: Connection, world: World, now: datetime) -> Unit:
        """What the bot does by itself: no update, no chat to reply to, the operator's rights."""
        return cls(db, world, now, chat_id=0, actor=OPERATOR, first_name="", draft=None)

    @property
    def phrases(self) -> Phrases:
        """The phrases of the person's language."""
        return self.world.phrases

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.world.settings

    def reply(self, key: str, buttons: Buttons = (), **values: Any) -> None:
        """Answer the person with a phrase."""
        self.say(self.phrases.text(key, **values), buttons)

    def say(
        self, html: str, buttons: Buttons = (), *, in_place: bool = False, key: str | None = None
    ) -> None:
        """Answer with text that is Telegram HTML; `in_place` changes the tapped message.

        `key` names the answer, so that it can be found and edited later.
        """
        self._put(self._text(self.chat_id, html, buttons), in_place, key)

    def page(self, text: str, entities: Sequence[dict[str, Any]], buttons: Buttons = ()) -> None:
        """Answer with plain text and its entities, in place of the tapped message."""
        params = self._text(self.chat_id, text, buttons)
        del params["parse_mode"]  # Telegram takes entities or a parse mode
        self._put({**params, "entities": list(entities)}, in_place=True)

    @property
    def can_edit(self) -> bool:
        """Whether the tapped message can be changed into another text."""
        return self.tap is not None and self.tap.message_id is not None and self.tap.is_text

    def show(self, key: str, buttons: Buttons = (), **values: Any) -> None:
        """Answer with a phrase in place of the tapped message, or as a new one."""
        self.say(self.phrases.text(key, **values), buttons, in_place=True)

    def reply_with_menu(self, key: str, **values: Any) -> None:
        """Answer with a phrase and set the main menu as the person's keyboard."""
        self._add(
            "sendMessage",
            {
                "chat_id": self.chat_id,
                "text": self.phrases.text(key, **values),
                "parse_mode": "HTML",
                "reply_markup": main_menu(self.phrases, self.actor),
            },
        )

    def media(self, kind: str, file_id: str, caption: str = "", buttons: Buttons = ()) -> None:
        """Answer with a photo or voice note that Telegram knows; the caption is HTML."""
        self._add(*self._media(self.chat_id, kind, file_id, caption, buttons))

    def album_of(self, photos: Sequence[str]) -> None:
        """Answer with photos that Telegram knows, in albums of up to ten."""
        for first in range(0, len(photos), ALBUM_SIZE):
            some = photos[first : first + ALBUM_SIZE]
            if len(some) == 1:  # Telegram refuses an album of one
                self.media("photo", some[0])
            else:
                items = [{"type": "photo", "media": file_id} for file_id in some]
                self._add("sendMediaGroup", {"chat_id": self.chat_id, "media": items})

    def notify(self, telegram_id: int, key: str, buttons: Buttons = (), **values: Any) -> None:
        """Tell somebody else, after all replies."""
        params = self._text(telegram_id, self.phrases.text(key, **values), buttons)
        self._queue(Message(telegram_id, "sendMessage", params, Lane.NOTICE))

    def message_to(self, telegram_id: int, html: str, buttons: Buttons = ()) -> dict[str, Any]:
        """A message as the Bot API takes it, for whoever queues many at once."""
        return self._text(telegram_id, html, buttons)

    def card(
        self, telegram_id: int, html: str, medium: tuple[str, str] | None, buttons: Buttons = ()
    ) -> int:
        """Queue a card for staff, under its photo or voice note if it has one.

        Gives the outbox row, by which `change_card` finds it. `html` must fit a caption.
        """
        if medium is not None:
            call = self._media(telegram_id, *medium, caption=html, buttons=buttons)
        else:
            call = "sendMessage", self._text(telegram_id, html, buttons)
        return self._queue(Message(telegram_id, *call, Lane.NOTICE))

    def change_card(
        self, row_id: int, html: str, buttons: Buttons = (), *, lane: Lane = Lane.NOTICE
    ) -> None:
        """Change a card that was sent, or is about to be."""
        chat_id, method = outbox.target(self.db, row_id)
        params = self._text(chat_id, html, buttons)
        edit = "editMessageText"
        if method != "sendMessage":
            edit = "editMessageCaption"
            del params["link_preview_options"]
            params["caption"] = params.pop("text")
        self._queue(Message(chat_id, edit, params, lane, edits_id=row_id))

    def change_message(self, row_id: int, html: str) -> None:
        """Change a message of this chat that was said before; it loses its buttons."""
        params = self._text(self.chat_id, html, ())
        self._queue(Message(self.chat_id, "editMessageText", params, edits_id=row_id))

    def notice(self, key: str, *, alert: bool = False, **values: Any) -> None:
        """What the tapped button answers, briefly on top of the chat."""
        self._notice = (self.phrases.plain(key, **values), alert)

    def inline(self, buttons: Buttons) -> dict[str, Any]:
        """An inline keyboard as the Bot API takes it."""
        rows = [[button.as_json(self.phrases) for button in row] for row in buttons]
        return {"inline_keyboard": rows}

    def finish(self) -> None:
        """Answer the tap, whatever the handler said: no tap stays without an answer."""
        if self.tap is None:
            return
        if self.tap.query_id is None:  # typed: what would stand on top of the chat is said in it
            if self._notice:
                self.say(escape(self._notice[0], quote=False))
            return
        params: dict[str, Any] = {"callback_query_id": self.tap.query_id}
        if self._notice:
            text, alert = self._notice
            params |= {"text": text, "show_alert": alert}
        self._add(ANSWER, params)

    def know(self, resident: Resident) -> None:
        """The actor became a resident, or changed as one."""
        self.actor = self.actor.known_as(resident)

    def detach(self) -> None:
        """From here on answer with new messages: the tapped one has had its answer."""
        if self.tap is not None:
            self.tap = replace(self.tap, is_text=False)

    def keep_draft(self, draft: drafts.Draft) -> None:
        """Store the open form as it is now."""
        drafts.save(self.db, draft)
        self.draft = draft

    def drop_draft(self) -> None:
        """Forget the open form."""
        drafts.remove(self.db, self.actor.telegram_id)
        self.draft = None

    def audience(self, rts: Sequence[str] | None) -> str:
        """For whom something is, in words: RT numbers, or everybody (None)."""
        if rts is None:
            return self.phrases.plain("form.choice.all_rt")
        return ", ".join(self.phrases.plain("form.choice.rt", number=rt) for rt in rts)

    def moment(self, at: datetime) -> str:
        """A moment in the kelurahan's zone: "Min, 29 Nov 2026 07.00"."""
        return format_datetime(
            at, "EEE, d MMM y HH.mm", tzinfo=self.settings.kelurahan.zone, locale=LOCALE
        )

    def full_moment(self, at: datetime) -> str:
        """A moment for an invitation: "Minggu, 29 November 2026 pukul 07.00 WIB"."""
        return full_moment(at, self.settings.kelurahan.zone)

    def day(self, at: datetime) -> str:
        """A day in the kelurahan's zone: "29 November 2026"."""
        return format_datetime(at, "d MMMM y", tzinfo=self.settings.kelurahan.zone, locale=LOCALE)

    def holders(self, permission: Permission) -> tuple[int, ...]:
        """Telegram ids of all with a role that allows something."""
        return holders(self.db, self.settings.staff.admins, permission)

    def _media(
        self, chat_id: int, kind: str, file_id: str, caption: str, buttons: Buttons
    ) -> tuple[str, dict[str, Any]]:
        return media_call(chat_id, kind, file_id, caption, self._markup(buttons))

    def _markup(self, buttons: Buttons) -> dict[str, Any] | None:
        return self.inline(buttons) if buttons else None

    def _put(self, params: dict[str, Any], in_place: bool, key: str | None = None) -> None:
        """Change the tapped message if that is wanted and possible, or send a new one."""
        if in_place and self.can_edit:
            if not self._is_so(params):  # Telegram refuses an edit that changes nothing
                assert self.tap is not None
                assert self.tap.message_id is not None
                number = self.tap.message_id
                shown.give_up_cover(self.db, self.chat_id, "editMessageText", number)
                self._add("editMessageText", {**params, "message_id": number}, key=key)
        else:
            self._add("sendMessage", params, held=in_place and self.album is not None, key=key)

    def _is_so(self, params: dict[str, Any]) -> bool:
        """Whether the tapped message shows this already, or will by an edit on its way."""
        assert self.tap is not None
        assert self.tap.message_id is not None
        number = self.tap.message_id
        last = outbox.last_edit(self.db, self.chat_id, "editMessageText", number)
        if last is None:
            return self.tap.shows(params)
        return last == outbox.as_json({**params, "message_id": number})

    def call(self, method: str, params: dict[str, Any]) -> None:
        """Answer with a finished call; `params` lack the chat."""
        self._add(method, {"chat_id": self.chat_id, **params})

    def _add(
        self, method: str, params: dict[str, Any], *, held: bool = False, key: str | None = None
    ) -> None:
        """Queue a reply; a held one waits for the rest of its album and is replaced by theirs."""
        message = Message(self.chat_id, method, params, key=key)
        if held:
            message = message._replace(
                not_before=self.now + ALBUM_PAUSE,
                key=f"album:{self.chat_id}:{self.album}",
                replaces=True,
            )
        self._queue(message)

    def shows(self, *residents: int | None) -> None:
        """What is said next shows these residents."""
        self.shown.update(one for one in residents if one is not None)

    def _queue(self, message: Message) -> int:
        """Queue a call and note whom it shows; what a person sees of himself is his."""
        row_id = outbox.add(self.db, message, self.now)
        me = self.actor.resident
        own = me is not None and message.chat_id == me.telegram_id
        others = self.shown - ({me.id} if own and me else set())
        if others and message.method != ANSWER:
            shown.note(self.db, row_id, others)
        return row_id

    def _text(self, chat_id: int, html: str, buttons: Buttons) -> dict[str, Any]:
        return text_call(chat_id, html, self._markup(buttons))
