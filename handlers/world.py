"""What every unit of work shares and none changes: settings, texts, pages, forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Html, Phrases
from content.replies import Rack
from services.forms import Form, Input, Progress
from services.learning import Learned
from services.roles import Actor, Permission

if TYPE_CHECKING:
    from handlers.unit import Unit


def _no_values(_unit: Unit, _progress: Progress) -> dict[str, Any]:
    return {}


def _no_advice(_unit: Unit, _progress: Progress) -> list[Html]:
    return []


def _since_now(_unit: Unit, _progress: Progress) -> datetime | None:
    return None


def _nothing_filled(_unit: Unit, _subject: str) -> dict[str, dict[str, Any]]:
    return {}


def _nothing_ready(_unit: Unit, _progress: Progress) -> dict[str, tuple[str, str]]:
    return {}


def nothing_is_sure(_unit: Unit, _progress: Progress, _given: Input) -> bool:
    """What is typed while it waits is not for the form."""
    return False


def _same_for_all(form: Form, _actor: Actor) -> Form:
    return form


@dataclass(frozen=True)
class FormPage:
    """A form, what happens when it is sent, and what fills the gaps of its questions.

    `send` says what sending does, where it is not simply that.
    `takes_questions`: what is typed may be a question to people, not to the bot.
    `fitted` makes it the form of one person, where not everybody may choose the same.
    `at_once`: the last answer sends it, for what changes nothing.
    `sure` may take what is typed while it waits to be sent, such as a number that confirms it;
    a form without it waits for its sender's consent then.
    `advice` is said on the summary; `filled` are the answers of what is to be changed (`subject`).
    `since` is from when on a day counts that is only named, such as "sabtu".
    `given` are answers that come with what the form is about (`subject`), also when it is begun
    anew; `ready` are answers to the story that one tap fills in: label and words by their key.
    """

    form: Form
    submit: Callable[[Unit, Progress], None]
    needs: Permission = Permission.USE
    send: str = "form.button.send"  # phrase of the button that sends it
    values: Callable[[Unit, Progress], dict[str, Any]] = _no_values
    fitted: Callable[[Form, Actor], Form] = _same_for_all
    takes_questions: bool = False
    sure: Callable[[Unit, Progress, Input], bool] = nothing_is_sure
    advice: Callable[[Unit, Progress], list[Html]] = _no_advice
    filled: Callable[[Unit, str], dict[str, dict[str, Any]]] = _nothing_filled
    given: Callable[[Unit, str], dict[str, dict[str, Any]]] = _nothing_filled
    since: Callable[[Unit, Progress], datetime | None] = _since_now
    at_once: bool = False
    ready: Callable[[Unit, Progress], dict[str, tuple[str, str]]] = _nothing_ready
    ends_empty: bool = False  # who skips every question is done: there is nothing to be shown


@dataclass(frozen=True)
class World:
    """What every unit shares and none changes."""

    settings: Settings
    phrases: Phrases
    vocabulary: Vocabulary
    pages: Shelf  # its pages may be replaced between two units
    understanding: Learned  # learns anew when examples change
    forms: dict[str, FormPage]
    username: str  # of the bot, from getMe
    replies: Rack = field(default_factory=Rack)  # replaced like the pages
