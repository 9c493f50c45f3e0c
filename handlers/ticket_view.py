"""How tickets look: their title and place, the card for staff, what people hear of a change."""

from __future__ import annotations

from typing import Any

from content.phrases import Html, plain, shortened, utf16_length
from handlers import closing_view, deadlines, staff_group, ticket_lines, ticket_photos
from handlers.unit import Button, Buttons, Unit
from services import tickets as rules
from services.places import rt_in
from services.roles import name_of
from services.tickets import State
from storage import Row, outbox, ticket_files, tickets
from storage import residents as stored
from storage.residents import Notice, Resident

ANSWER_WORDS = 1000  # UTF-16 units of the answer to a message
LETTER = "card.replied"  # what only the reporter and who handles the ticket read
CAPTION = 1024  # UTF-16 units, Bot API
CARD_WORDS = 400  # UTF-16 units of the description on a card, less where the whole is too long
DETAILED_WORDS, PROBLEM_WORDS = 300, 60  # of an aspiration in detail
PLACE_WORDS = 200
SINCE_WORDS = 80
NAME_WORDS = 40
ANSWERS = {State.DONE, State.NOT_OURS, State.ARCHIVED}  # ends of an aspiration that say why


def topic_title(unit: Unit, slug: str | None) -> str | None:
    """The title of the page of that name; None if there is none (any more)."""
    page = unit.world.pages.current.get(slug or "")
    return page.title if page else None


def state_of(unit: Unit, row: Row[Any], state: str | None = None) -> str:
    """In which state a ticket is (or another one), in words that fit its type."""
    own = ticket_lines.key_of(row, f"state.{state or row.state}", "report")
    return unit.phrases.plain(own if own in unit.phrases else f"report.state.{state or row.state}")


def kind_of(unit: Unit, row: Row[Any]) -> str:
    """What a ticket is about: the problem of a complaint, the page of a message, or its type."""
    topic = topic_title(unit, row.topic)
    if topic is not None:
        return unit.phrases.plain("message.title", topic=topic)
    if row.kind is None:
        return unit.phrases.plain(f"ticket.type.{row.type}")
    return unit.phrases.plain(f"complaint.kind.choice.{row.kind}")


def place_of(unit: Unit, row: Row[Any]) -> str:
    """Where it is, in words; of a message, where its sender lives."""
    if row.type == rules.MESSAGE:
        rt = row.rt or (stored.get(unit.db, row.reporter_id).rt if row.reporter_id else None)
        known = unit.phrases.plain("form.choice.rt", number=rt) if rt else None
        return known or unit.phrases.plain("message.no_rt")
    parts = []
    if row.rt and rt_in(row.landmark or "", (row.rt,)) is None:
        parts.append(unit.phrases.plain("form.choice.rt", number=row.rt))
    if row.landmark:
        unit.shows(row.reporter_id)
        parts.append(shortened(row.landmark, PLACE_WORDS))
    if not parts:
        parts.append(unit.phrases.plain("form.answer.location"))
    return ", ".join(parts)


def title_of(unit: Unit, row: Row[Any]) -> str:
    """Kind and place, by which a person knows his ticket again; plain text."""
    if row.type == rules.MESSAGE:
        return kind_of(unit, row)
    return unit.phrases.plain("ticket.title", kind=kind_of(unit, row), place=place_of(unit, row))


def words_of(unit: Unit, row: Row[Any], most: int) -> str:
    """What was written, or that it was spoken, or that it was deleted."""
    unit.shows(row.reporter_id)
    nothing = "ticket.erased" if row.reporter_id is None else "form.answer.voice"
    return shortened(row.description or unit.phrases.plain(nothing), most)


def newest_words_of(unit: Unit, row: Row[Any], most: int) -> str:
    """What the sender wrote last."""
    unit.shows(row.reporter_id)
    added = [e.text for e in tickets.events(unit.db, row.id) if e.kind == "added" and e.text]
    return shortened(added[-1], most) if added else words_of(unit, row, most)


def answer_of(unit: Unit, row: Row[Any]) -> Html | None:
    """The newest answer to a message or an aspiration, if it has one."""
    if row.type == rules.COMPLAINT:
        return None
    ends = {State.DONE} if row.type == rules.MESSAGE else ANSWERS & {row.state}
    events = tickets.events(unit.db, row.id)
    found = [e.text for e in events if e.kind == "moved" and e.state in ends]
    words = shortened(found[-1] or "", ANSWER_WORDS) if found else ""
    return unit.phrases.html("message.answer", words=words) if words else None


def choice_or_words(unit: Unit, step: str, value: str) -> str:
    """What a person answered: the label of his choice, or his own words."""
    key = f"complaint.{step}.choice.{value}"
    return unit.phrases.plain(key) if key in unit.phrases else shortened(value, SINCE_WORDS)


def staff_name(unit: Unit, telegram_id: int) -> str:
    """What somebody of the staff is called, for his colleagues."""
    return name_of(unit.db, telegram_id) or unit.phrases.plain("desk.colleague")


def card(unit: Unit, row: Row[Any], *, for_rt_head: bool = False) -> str:
    """A ticket as staff see it, as Telegram HTML that fits a caption.

    An RT head sees no name that its owner hid, and none on an aspiration, where nobody is asked.
    """
    most = CARD_WORDS if row.contributions is None else DETAILED_WORDS
    html = _card(unit, row, most, for_rt_head)
    over = max(utf16_length(plain(html)) - CAPTION, 0)
    return _card(unit, row, most - over, for_rt_head) if over else html


def _card(unit: Unit, row: Row[Any], most: int, for_rt_head: bool) -> str:
    """The same with at most so much of what was written."""
    parts = [
        unit.phrases.html(
            "card.ticket",
            number=row.number,
            kind=kind_of(unit, row),
            place=place_of(unit, row),
            words=words_of(unit, row, most),
            photos=len(ticket_files.media(unit.db, row.id, "photo")),
            state=state_of(unit, row),
        )
    ]
    parts += deadlines.until(unit, row)
    for step, value in (("depth", row.depth), ("since", row.since)):
        if value:
            label = unit.phrases.plain(f"complaint.{step}.short")
            answer = choice_or_words(unit, step, value)
            parts.append(unit.phrases.html("form.summary_line", label=label, answer=answer))
    parts += ticket_lines.details(unit, row, PROBLEM_WORDS)
    parts += ticket_lines.forwarded(unit, row)
    if row.latitude is not None:
        parts.append(map_line(unit, row))
    parts += [*closing_view.for_card(unit, row), *_reporter(unit, row, for_rt_head)]
    parts += ticket_lines.helped(unit, row, with_name=not for_rt_head)
    if row.assignee_id is not None:
        name = shortened(staff_name(unit, row.assignee_id), NAME_WORDS)
        parts.append(unit.phrases.html("card.handled_by", name=name))
    if row.hidden:
        parts.append(unit.phrases.html("card.hidden"))
    return "\n".join(parts)


def followers(unit: Unit, row: Row[Any]) -> list[Html]:
    """How many others follow a ticket, which for an aspiration is to support it."""
    count = len(tickets.followers(unit.db, row.id))
    key = "proposal.supporters" if row.type == rules.ASPIRATION else "report.followers"
    return [unit.phrases.html(key, count=count)] if count else []


def _reporter(unit: Unit, row: Row[Any], for_rt_head: bool) -> list[Html]:
    hidden = row.hide_name or row.type == rules.ASPIRATION
    if row.reporter_id is None or (hidden and for_rt_head):
        return []
    person = stored.get(unit.db, row.reporter_id)
    how = "sender" if row.type == rules.MESSAGE else "hidden" if row.hide_name else "shown"
    name = shortened(person.name, NAME_WORDS)
    lines = [unit.phrases.html(f"card.reporter.{how}", name=name)]
    return [*lines, unit.phrases.html("card.blocked")] if person.blocked else lines


def map_line(unit: Unit, row: Row[Any]) -> Html:
    """A link to the point on a map."""
    point = f"{row.latitude:.5f}, {row.longitude:.5f}"
    link = f"https://www.openstreetmap.org/?mlat={row.latitude}&mlon={row.longitude}#map=18"
    return unit.phrases.html("card.map", point=point, link=link)


def card_in(unit: Unit, row: Row[Any], chat_id: int) -> tuple[str, Buttons]:
    """The card of a ticket for one chat, with its buttons.

    Who reads along in a group is not known: there it tells as little as to an RT head.
    """
    html = card(unit, row, for_rt_head=chat_id < 0)
    return html, staff_group.card_buttons(unit, row, chat_id)


def send_cards(unit: Unit, row: Row[Any]) -> None:
    """The card of a new ticket to the group of staff, or to everyone who handles tickets."""
    unit.shown.clear()
    medium, whole = ticket_photos.medium_of(unit, row), card(unit, row)
    for watcher in staff_group.watchers(unit):
        html, buttons = card_in(unit, row, watcher)
        ticket_files.add_card(unit.db, row.id, unit.card(watcher, html, medium, buttons), whole)


def refresh_cards(unit: Unit, row: Row[Any]) -> None:
    """Show the ticket's present state on the cards that were sent.

    One that was opened in its place shows more than that already.
    """
    unit.shown.clear()
    readers, opened = staff_group.readers(unit), _opened_card(unit)
    for row_id in ticket_files.outdated_cards(unit.db, row.id, card(unit, row)):
        chat_id, _ = outbox.target(unit.db, row_id)
        if chat_id in readers and row_id != opened:
            unit.change_card(row_id, *card_in(unit, row, chat_id))


def _opened_card(unit: Unit) -> int | None:
    """The card that was tapped, and became what is said now."""
    if unit.tap is None or unit.tap.message_id is None or not unit.can_edit:
        return None
    return ticket_files.card_at(unit.db, unit.chat_id, unit.tap.message_id)


def tell_staff(unit: Unit, key: str, row: Row[Any], words: str | None, photos: int) -> None:
    """Tell staff what a resident added to a ticket."""
    said = shortened(words or unit.phrases.plain("report.no_words"), CARD_WORDS)
    unit.shown.clear()
    if words and unit.actor.resident is not None:
        unit.shows(unit.actor.resident.id)
    for chat_id in staff_group.hearers(unit, row):
        hushed = chat_id < 0 and key == LETTER  # who reads along in a group is not known
        text = unit.phrases.plain("card.for_staff_alone") if hushed else said
        values = {"number": row.number, "words": text, "photos": photos}
        buttons: Buttons = staff_group.card_buttons(unit, row, chat_id)
        if chat_id > 0:  # in a group one opens the private chat first
            buttons = [*ticket_lines.answer_buttons(unit, row), *buttons]
        unit.notify(chat_id, key, buttons, **values)


def tell_people(unit: Unit, row: Row[Any], reason: str | None) -> None:
    """Tell the reporter and those who joined in which state their ticket is now, and why."""
    unit.shown.clear()
    values = {"number": row.number, "title": title_of(unit, row), "reason": reason or ""}
    if reason:  # staff may write the reporter's name into it
        unit.shows(row.reporter_id)
    for person in hearing(unit, row):
        is_own = person.id == row.reporter_id
        html = unit.phrases.html(ticket_lines.moved_key(row, is_own=is_own), **values)
        tell(unit, row, person, html, moved_buttons(row, reason, is_own=is_own))


def hearing(unit: Unit, row: Row[Any]) -> list[Resident]:
    """The reporter and those who joined, but for who wants no such news or cannot be reached."""
    people = rules.audience(unit.db, row)
    return [person for person in people if person.hears(Notice.FOLLOW_UPS)]


def tell(
    unit: Unit,
    row: Row[Any],
    person: Resident,
    html: Html,
    buttons: Buttons,
    medium: tuple[str, str] | None = None,
) -> None:
    """Tell one of a ticket's people; who filed it for somebody else is asked to pass it on."""
    if person.id == row.reporter_id:
        html = Html("\n\n".join([html, *ticket_lines.pass_on(unit, row)]))
    unit.card(person.telegram_id, html, medium, buttons)


def moved_buttons(
    row: Row[Any], reason: str | None = None, *, is_own: bool = True
) -> list[list[Button]]:
    """What a person can do about the new state, with one tap; supporters only look.

    `reason` of a merged ticket is the number of the one that is followed now.
    """
    followed = reason if row.state == State.MERGED and reason else row.number
    look = open_button(followed)
    if row.type == rules.ASPIRATION and not is_own:
        return [[look]]
    if row.type == rules.MESSAGE:
        return [[add_button(row)], [look]] if rules.takes_more(row) else [[look]]
    if row.state == State.DONE:
        return [
            [Button("report.button.fixed", f"report:fixed:{row.number}"),
             Button("report.button.not_fixed", f"report:unfixed:{row.number}")],
            [look],
        ]  # fmt: skip
    if row.state == State.NEEDS_DATA:
        return [[add_button(row)], [look]]
    return [[look]]


def open_button(number: str) -> Button:
    """Open one's own ticket of that number, or one that one joined."""
    return Button("report.button.open", f"report:open:{number}")


def add_button(row: Row[Any]) -> Button:
    """Add something to a ticket; after the answer to a message, ask once more."""
    answered = row.type == rules.MESSAGE and row.state == State.DONE
    label = "message.button.again" if answered else "report.button.add"
    return Button(label, f"report:add:{row.number}")
