"""Questions that the bot could not answer: counted without the person, settled by staff."""

from __future__ import annotations

import re
from datetime import datetime

from content.kosakata import normal
from services import audit
from services.audit import Act
from services.roles import Actor, Permission
from storage import Connection, Row, questions

MAX_WORDS = 200  # characters that are kept
MAX_READ = 1000  # characters that are looked at: the pattern is slow on a page-long word
GONE = "…"  # stands where something was that may lead to a person
# what may lead to a person: addresses and @names, links, numbers of phones and papers, also
# when they are written in groups
_PERSONAL = re.compile(
    r"""\S*@\S+
    | \b[a-z][a-z0-9+.-]*://\S+
    | \b(?:[\w-]+\.)+[a-z]{2,}/\S*
    | \b(?:[\w-]+\.)+(?:com|net|org|id|me|io|co|info|xyz|link|ly|site|online|app)\b\S*
    | \+?\d(?:[\s.()/–-]*\d){4,}
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Settled(Exception):
    """A question that is not there any more, or that somebody settled already."""


def clean(words: str) -> str:
    """The words without what may lead to a person, in one line of at most MAX_WORDS."""
    return " ".join(_PERSONAL.sub(GONE, words[:MAX_READ]).split())[:MAX_WORDS]


def _key(words: str) -> str:
    """By what a question is recognised: small letters, no signs."""
    return normal(clean(words))[:MAX_WORDS]


def unanswered(db: Connection, actor: Actor, words: str, now: datetime) -> None:
    """Count a question that the bot could not answer; it does not tell who asked it.

    Nothing is kept of who has not agreed. A resident counts once, and deleting his data takes it
    back. Words of which nothing is left without what may lead to a person are not kept.
    """
    key = _key(words)
    if key and actor.agreed and actor.resident is not None:
        questions.count(db, key, clean(words), now, actor.resident.pseudonym)


def forget(db: Connection, actor: Actor, words: str) -> None:
    """Take one asking of these words back; a question that nobody else asked is gone."""
    if actor.resident is not None:
        questions.uncount(db, _key(words), actor.resident.pseudonym)


def give_to_page(db: Connection, actor: Actor, question_id: int, slug: str, now: datetime) -> None:
    """Make a question an example of what a page answers; the caller knows that there is a page.

    Raises:
        NotAllowed: not an act for this role. Settled: see there.
    """
    actor.require(Permission.HANDLE_TICKETS)
    row = _waiting(db, question_id)
    questions.give_to_page(
        db, normal=row.normal, words=row.words, topic=slug, by=actor.telegram_id, now=now
    )
    questions.settle(db, question_id, topic=slug, now=now)
    audit.note(db, actor, Act.QUESTION_ASSIGN, _subject(question_id), now, slug)


def dismiss(db: Connection, actor: Actor, question_id: int, now: datetime) -> None:
    """Take a question off the list that is none of the kelurahan's business.

    Raises:
        NotAllowed: not an act for this role. Settled: see there.
    """
    actor.require(Permission.HANDLE_TICKETS)
    _waiting(db, question_id)
    questions.settle(db, question_id, topic=None, now=now)
    audit.note(db, actor, Act.QUESTION_DISMISS, _subject(question_id), now)


def restore(db: Connection, actor: Actor, question_id: int, now: datetime) -> None:
    """Put a question back that was dismissed by mistake.

    Raises:
        NotAllowed: not an act for this role. Settled: it is gone, or a page has it.
    """
    actor.require(Permission.HANDLE_TICKETS)
    row = questions.get(db, question_id, lock=True)
    if row is None or row.topic is not None:
        raise Settled(question_id)
    if row.settled_at is None:
        return
    questions.settle(db, question_id, topic=None, now=None)
    audit.note(db, actor, Act.QUESTION_RESTORE, _subject(question_id), now)


def take_from_page(db: Connection, actor: Actor, page_question_id: int, now: datetime) -> None:
    """Remove a question that staff gave to a page; if residents asked it, it waits again.

    Raises:
        NotAllowed: not an act for this role. Settled: it is gone already.
    """
    actor.require(Permission.HANDLE_TICKETS)
    row = questions.take_from_page(db, page_question_id)
    if row is None:
        raise Settled(page_question_id)
    questions.put_back(db, row.normal)
    audit.note(db, actor, Act.QUESTION_REMOVE, f"page question {row.id}", now, row.topic)


def _waiting(db: Connection, question_id: int) -> Row[tuple[object, ...]]:
    row = questions.get(db, question_id, lock=True)
    if row is None or row.settled_at is not None:
        raise Settled(question_id)
    return row


def _subject(question_id: int) -> str:
    return f"question {question_id}"
