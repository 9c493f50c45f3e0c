"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Phrases
from handlers import (
    activities,
    announcement_changes,
    announcement_control,
    announcement_list,
    announcements,
    aspirations,
    attendance,
    complaints,
    consent,
    desk,
    desk_acts,
    exports,
    fallback,
    forms,
    gotong_royong,
    groups,
    messages,
    news,
    privacy,
    proposals,
    questions,
    report_list,
    reports,
    roles,
    start,
    topics,
    understanding,
    whatsapp,
)
from handlers.routes import Route
from handlers.world import FormPage, World
from services.aspiration_form import form as aspiration_form
from services.complaint_form import addition_form, form
from services.learning import Learned
from services.messages import form as message_form

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *topics.ROUTES,
    *complaints.ROUTES,
    *aspirations.ROUTES,
    *messages.ROUTES,
    *proposals.ROUTES,
    *report_list.ROUTES,
    *reports.ROUTES,
    *announcement_list.ROUTES,
    *announcements.ROUTES,
    *announcement_control.ROUTES,
    *announcement_changes.ROUTES,
    *whatsapp.ROUTES,
    *news.ROUTES,
    *gotong_royong.ROUTES,
    *activities.ROUTES,
    *attendance.ROUTES,
    *desk.ROUTES,
    *desk_acts.ROUTES,
    *questions.ROUTES,
    *roles.ROUTES,
    *privacy.ROUTES,
    *exports.ROUTES,
    *understanding.ROUTES,
    *forms.ROUTES,
    *groups.ROUTES,
    *fallback.ROUTES,
)


def forms_of(rts: tuple[str, ...], pages: Shelf | None = None) -> dict[str, FormPage]:
    """All forms by name, in a kelurahan with these RTs and pages."""
    return {
        "complaint": FormPage(form(rts), complaints.submit),
        "addition": FormPage(addition_form(), reports.submit_addition, takes_questions=True),
        "announcement": announcements.page_of(rts, pages),
        "announcement_fix": announcement_changes.page(),
        **activities.forms_of(rts),
        "aspiration": FormPage(
            aspiration_form(rts),
            aspirations.submit,
            values=aspirations.values,
            advice=aspirations.advice,
            filled=aspirations.filled,
        ),
        "message": FormPage(
            message_form(), messages.submit, values=messages.values, takes_questions=True
        ),
        **desk_acts.forms_of(),
        **roles.forms_of(rts),
        **privacy.forms_of(),
    }


def world(
    settings: Settings,
    phrases: Phrases,
    vocabulary: Vocabulary,
    pages: Shelf,
    learned: Learned,
    username: str,
) -> World:
    """Put together what every unit shares."""
    return World(
        settings=settings,
        phrases=phrases,
        vocabulary=vocabulary,
        pages=pages,
        understanding=learned,
        forms=forms_of(settings.rt_numbers, pages),
        username=username,
    )
