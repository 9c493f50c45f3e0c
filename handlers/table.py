"""All routes and forms of the bot, in one visible place."""

from __future__ import annotations

from config import Settings
from content.kosakata import Vocabulary
from content.pages import Shelf
from content.phrases import Phrases
from content.replies import Rack
from handlers import (
    activities,
    activity_view,
    announcement_changes,
    announcement_control,
    announcement_list,
    announcements,
    aspirations,
    assisted,
    attendance,
    calendar_view,
    complaints,
    consent,
    contributions,
    contributions_desk,
    conversions,
    correspondence,
    desk,
    desk_acts,
    desk_filters,
    desk_merge,
    desk_more,
    desk_search,
    desk_take,
    exports,
    fallback,
    forms,
    forwarding,
    gotong_royong,
    groups,
    lesson_desk,
    lesson_planning,
    lessons,
    messages,
    news,
    notices,
    outcome,
    presence,
    presence_desk,
    privacy,
    proof,
    proposals,
    questions,
    recurring,
    report_list,
    reports,
    roles,
    schedule,
    start,
    topics,
    understanding,
    verdicts,
    whatsapp,
)
from handlers.routes import Route
from handlers.world import FormPage, World
from services.complaint_form import addition_form, form
from services.learning import Learned
from services.messages import form as message_form

ROUTES: tuple[Route, ...] = (
    *start.ROUTES,
    *consent.ROUTES,
    *topics.ROUTES,
    *complaints.ROUTES,
    *aspirations.ROUTES,
    *assisted.ROUTES,
    *messages.ROUTES,
    *proposals.ROUTES,
    *report_list.ROUTES,
    *reports.ROUTES,
    *verdicts.ROUTES,
    *announcement_list.ROUTES,
    *announcements.ROUTES,
    *announcement_control.ROUTES,
    *announcement_changes.ROUTES,
    *whatsapp.ROUTES,
    *lessons.ROUTES,
    *lesson_desk.ROUTES,
    *lesson_planning.ROUTES,
    *news.ROUTES,
    *gotong_royong.ROUTES,
    *schedule.ROUTES,
    *presence.ROUTES,
    *contributions.ROUTES,
    *calendar_view.ROUTES,
    *activities.ROUTES,
    *activity_view.ROUTES,
    *attendance.ROUTES,
    *outcome.ROUTES,
    *conversions.ROUTES,
    *recurring.ROUTES,
    *presence_desk.ROUTES,
    *contributions_desk.ROUTES,
    *desk.ROUTES,
    *desk_acts.ROUTES,
    *desk_filters.ROUTES,
    *desk_search.ROUTES,
    *desk_more.ROUTES,
    *desk_take.ROUTES,
    *desk_merge.ROUTES,
    *forwarding.ROUTES,
    *correspondence.ROUTES,
    *questions.ROUTES,
    *roles.ROUTES,
    *privacy.ROUTES,
    *notices.ROUTES,
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
        **lesson_planning.forms_of(rts),
        **conversions.forms_of(rts),
        **outcome.forms_of(),
        **recurring.forms_of(rts),
        **contributions.forms_of(),
        "message": FormPage(
            message_form(), messages.submit, values=messages.values, takes_questions=True
        ),
        **assisted.forms_of(rts),
        **desk_acts.forms_of(),
        **desk_search.forms_of(),
        **forwarding.forms_of(),
        **correspondence.forms_of(),
        **proof.forms_of(),
        **verdicts.forms_of(),
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
    replies: Rack | None = None,
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
        replies=replies or Rack(),
    )
