"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Phrases
from handlers import (
    activities,
    activity_view,
    announcements,
    aspirations,
    attendance,
    calendar_view,
    complaints,
    consent,
    contributions,
    contributions_desk,
    desk,
    desk_acts,
    exports,
    fallback,
    forms,
    gotong_royong,
    groups,
    messages,
    presence,
    presence_desk,
    privacy,
    proposals,
    questions,
    report_list,
    reports,
    roles,
    schedule,
    start,
    topics,
    understanding,
)
from handlers.routes import Route
from handlers.world import FormPage, World
from services.announcements import form as announcement_form
from services.aspiration_form import form as aspiration_form
from services.complaint_form import addition_form, form
from services.learning import Learned
from services.messages import form as message_form
from services.roles import Permission

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
    *announcements.ROUTES,
    *gotong_royong.ROUTES,
    *schedule.ROUTES,
    *presence.ROUTES,
    *contributions.ROUTES,
    *calendar_view.ROUTES,
    *activities.ROUTES,
    *activity_view.ROUTES,
    *attendance.ROUTES,
    *presence_desk.ROUTES,
    *contributions_desk.ROUTES,
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


def forms_of(rts: tuple[str, ...]) -> dict[str, FormPage]:
    """All forms by name, in a kelurahan with these RTs."""
    return {
        "complaint": FormPage(form(rts), complaints.submit),
        "addition": FormPage(addition_form(), reports.submit_addition, takes_questions=True),
        "announcement": FormPage(
            announcement_form(rts),
            announcements.submit,
            needs=Permission.ANNOUNCE,
            send="announcement.button.preview",
        ),
        **activities.forms_of(rts),
        **contributions.forms_of(),
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
        forms=forms_of(settings.rt_numbers),
        username=username,
    )
