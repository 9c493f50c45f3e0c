"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.phrases import Phrases
from handlers import (
    activities,
    attendance,
    complaints,
    consent,
    fallback,
    forms,
    gotong_royong,
    reports,
    start,
)
from handlers.routes import Route
from handlers.unit import FormPage, World
from services.complaint_form import addition_form, form

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *complaints.ROUTES,
    *reports.ROUTES,
    *gotong_royong.ROUTES,
    *activities.ROUTES,
    *attendance.ROUTES,
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
            **activities.forms_of(settings.rt_numbers),
        },
        username=username,
    )
