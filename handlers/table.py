"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.phrases import Phrases
from handlers import announcements, complaints, consent, fallback, forms, reports, start
from handlers.routes import Route
from handlers.unit import FormPage, World
from services.announcements import form as announcement_form
from services.complaint_form import addition_form, form

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *complaints.ROUTES,
    *reports.ROUTES,
    *announcements.ROUTES,
    *forms.ROUTES,
    *fallback.ROUTES,
)


def world(settings: Settings, phrases: Phrases, vocabulary: Vocabulary, username: str) -> World:
    """Put together what every unit shares."""
    return World(
        settings=settings,
        phrases=phrases,
        vocabulary=vocabulary,
        forms={
            "complaint": FormPage(form(settings.rt_numbers), complaints.submit),
            "addition": FormPage(addition_form(), reports.submit_addition),
            "announcement": FormPage(announcement_form(settings.rt_numbers), announcements.submit),
        },
        username=username,
    )
