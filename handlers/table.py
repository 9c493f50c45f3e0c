"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Phrases
from handlers import complaints, consent, fallback, forms, reports, start, topics
from handlers.routes import Route
from handlers.unit import FormPage, World
from services.complaint_form import addition_form, form

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *topics.ROUTES,
    *complaints.ROUTES,
    *reports.ROUTES,
    *forms.ROUTES,
    *fallback.ROUTES,
)


def world(
    settings: Settings, phrases: Phrases, vocabulary: Vocabulary, pages: Shelf, username: str
) -> World:
    """Put together what every unit shares."""
    return World(
        settings=settings,
        phrases=phrases,
        vocabulary=vocabulary,
        pages=pages,
        forms={
            "complaint": FormPage(form(settings.rt_numbers), complaints.submit),
            "addition": FormPage(addition_form(), reports.submit_addition),
        },
        username=username,
    )
