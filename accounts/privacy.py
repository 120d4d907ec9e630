"""What every table holds about people, and how long: the one place that says so.

A field that is not named here is a red test. From here the trail learns what may be erased (trail.py), erasing and the
handing out of a person's data find their fields, and docs/privacy.md has its table (`manage.py privacy` prints it). Models of
higher floors are known by their labels only, as the trail knows their apps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

PERSON = "trainees.Trainee"  # whom all this is about
ERASED = "[erased]"  # stands where something about a person stood


class Kind(StrEnum):
    """Of what kind a field is. Numbers of rows and references to rows are keys, and are not named below."""

    NONE = "none"  # says nothing about anybody
    PSEUDONYM = "pseudonym"  # about somebody who is known by roll number, staff number or call sign
    CALLED = "called"  # call signs: a pseudonym that may be somebody's own name, so it is erased like one
    PERSONAL = "personal"  # who it is
    REMARK = "remark"  # free text: somebody may have written about a person in it
    HEALTH = "health"  # may tell that somebody is ill; shown to those who record
    ACCOUNT = "account"  # about somebody who signs in
    SECRET = "secret"  # opens something


@dataclass(frozen=True)
class Held:
    """One table: how long its rows are kept, its fields by kind.

    `of` is the path from a row to the trainee whom it is about: their rows are handed out, and their remarks erased. It is
    empty where a row is about nobody, or about many.
    """

    keep: str
    of: str = ""
    none: str = ""
    pseudonym: str = ""
    called: str = ""
    personal: str = ""
    remark: str = ""
    health: str = ""
    account: str = ""
    secret: str = ""

    def by_kind(self) -> Iterator[tuple[Kind, list[str]]]:
        """The names of fields of each kind that there is."""
        for one in fields(self)[2:]:
            if names := getattr(self, one.name).split():
                yield Kind(one.name), names

    def kept(self, kind: Kind) -> str:
        """How long a field of this kind is kept."""
        return f"until erased; else {self.keep}" if self.of and kind in _WRITTEN | {Kind.PERSONAL} else self.keep


_WRITTEN = {Kind.CALLED, Kind.REMARK, Kind.HEALTH}

_PROGRAM = "as long as the program, and 5 years"
_CATALOGUE = "as long as a program teaches it, and 5 years"
_ACCOUNT = "as long as what the account did"
_SESSION = "12 hours, or until signing out"
_UNUSED = "nothing is written here"

HELD: dict[str, Held] = {
    # ---- the trail
    "accounts.Act": Held(_PROGRAM, none="key at kind digest scope", remark="reason"),
    "accounts.Change": Held(_PROGRAM, none="table row", pseudonym="before after"),
    # ---- who signs in
    "accounts.User": Held(
        _ACCOUNT,
        account="username email display_name is_active is_staff is_superuser date_joined last_login",
        secret="password",
    ),
    "accounts.User_groups": Held(_UNUSED),
    "accounts.User_user_permissions": Held(_UNUSED),
    "account.EmailAddress": Held(_ACCOUNT, account="email verified primary"),
    "account.EmailConfirmation": Held(_UNUSED, account="created sent", secret="key"),
    "mfa.Authenticator": Held("until it is taken away", account="type created_at last_used_at", secret="data"),
    "usersessions.UserSession": Held(
        _SESSION, none="data", account="created_at ip last_seen_at user_agent", secret="session_key"
    ),
    "sessions.Session": Held(_SESSION, none="expire_date", secret="session_key session_data"),
    "admin.LogEntry": Held(_UNUSED, none="action_time object_id object_repr action_flag change_message"),
    "auth.Group": Held(_UNUSED, none="name"),
    "auth.Group_permissions": Held(_UNUSED),
    "auth.Permission": Held("as long as its table", none="name codename"),
    "contenttypes.ContentType": Held("as long as its table", none="app_label model"),
    # ---- what is taught, by whom
    "programs.Program": Held(
        _PROGRAM,
        none="code slug title summary host partner framework location time_zone attendance_limit trained_from "
        "practised_from attempt_limit bulk_go archived_at search weighs_no_go weighs_expired weighs_not_assessed weighs_behind "
        "weighs_blocked weighs_absent weighs_inactive weighs_low_scores weighs_expiring weighs_suspended weighs_came_back",
    ),
    "programs.Role": Held(_PROGRAM, account="kind nation"),
    "programs.Invitation": Held(
        _PROGRAM,
        none="added_at expires_at accepted_at withdrawn_at",
        personal="email",
        account="kind nation display_name",
        secret="token_hash",
    ),
    "programs.Track": Held(_PROGRAM, none="code title added_at archived_at"),
    "programs.SkillModule": Held(_CATALOGUE, none="code title kind standard archived_at search"),
    "programs.Curriculum": Held(_PROGRAM, none="number note published_at"),
    "programs.CurriculumEntry": Held(_PROGRAM, none="position required hours pass_mark validity_months steps_needed"),
    "programs.EntryTrack": Held(_PROGRAM),
    "programs.Prerequisite": Held(_PROGRAM),
    "programs.PerformanceStep": Held(_PROGRAM, none="position title critical"),
    "programs.Instructor": Held(
        _PROGRAM, none="archived_at", pseudonym="code capacity nation unit languages", called="call_sign search"
    ),
    "programs.Assignment": Held(_PROGRAM),
    "programs.AssignmentModule": Held(_PROGRAM),
    # ---- cohorts and sessions
    "trainees.Cohort": Held(_PROGRAM, none="code slug title starts_on ends_on location practice archived_at search"),
    "trainees.CohortCurriculum": Held(_PROGRAM, none="since added_at taken_back_at"),
    "trainees.Group": Held(_PROGRAM, none="code title"),
    "trainees.CommanderRating": Held(_PROGRAM, none="band rated_on", called="rated_by", remark="remark"),
    "trainees.Lesson": Held(_PROGRAM, none="kind due_on state closed_on", called="follow_up", remark="text outcome"),
    "trainees.TrainingSession": Held(
        _PROGRAM,
        none="kind starts_at ends_at place register_closed_at cancelled_at postponed_from results_closed_at",
        remark="note cancelled_reason postponed_reason clash_reason",
    ),
    "trainees.SessionStaff": Held(_PROGRAM, pseudonym="duty", remark="reason"),
    "trainees.Sheet": Held(_PROGRAM, none="kind returned_at", remark="lost_reason"),
    # ---- trainees
    "trainees.Trainee": Held(
        _PROGRAM, of="pk", none="erased_at", pseudonym="uuid roll_number nation", called="call_sign search"
    ),
    "trainees.Identity": Held(_PROGRAM, of="trainee", personal="family_name given_name"),
    "trainees.NameRead": Held(_PROGRAM, of="trainee"),
    "trainees.Enrolment": Held(_PROGRAM, of="trainee", pseudonym="status since", health="reason correction"),
    "trainees.Completion": Held(
        _PROGRAM, of="trainee", pseudonym="completed_on snapshot revoked_on", remark="revoked_reason"
    ),
    "trainees.SessionAudience": Held(_PROGRAM, of="trainee"),
    "trainees.SheetRow": Held(_PROGRAM, of="trainee", none="position"),
    "trainees.Attendance": Held(_PROGRAM, of="trainee", pseudonym="status", health="reason"),
    "trainees.Excusal": Held(_PROGRAM, of="trainee", pseudonym="since until", health="kind reason"),
    "trainees.Unlisted": Held(_PROGRAM, of="trainee", pseudonym="outcome", remark="told note"),
    "trainees.AttemptLeave": Held(_PROGRAM, of="trainee", remark="reason"),
    "trainees.Record": Held(
        _PROGRAM,
        of="trainee",
        pseudonym="kind holds_from at_time holds_until score recertification",
        remark="authority reason",
    ),
    "trainees.StepMark": Held(_PROGRAM, of="record__trainee", pseudonym="passed"),
}
OTHER_TABLES = {  # that no model stands for
    "muster_cache": Held(
        "as long as sign-in is throttled: minutes; a file to import, sealed: 4 hours; when somebody last looked at the "
        "changes of a cohort: 180 days",
        account="cache_key value expires",
    ),
    "django_migrations": Held("as long as the database", none="app name applied"),
}


def held(model: type[models.Model]) -> Held:
    return HELD[model._meta.label]


def about_a_person() -> list[tuple[type[models.Model], str]]:
    """The tables whose rows are about one trainee each, with the path there."""
    return [(apps.get_model(label), one.of) for label, one in HELD.items() if one.of]


@cache
def of_health(model: type[models.Model]) -> frozenset[str]:
    """The fields of `model` that may tell that somebody is ill: whoever only reads is not shown them."""
    return frozenset(name for kind, names in held(model).by_kind() if kind is Kind.HEALTH for name in names)


@cache
def erasable(model: type[models.Model]) -> tuple[str, ...]:
    """The fields of `model` in which something was written about the person a row is about; a choice from a list is not."""
    one = held(model)
    if not one.of:
        return ()
    written = [name for kind, names in one.by_kind() if kind in _WRITTEN for name in names]
    return tuple(name for name in written if not field(model, name).choices)


def field(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """A column of `model`, not what points to it."""
    found = model._meta.get_field(name)
    if not isinstance(found, models.Field):
        raise TypeError(f"{model._meta.label} has no column {name}")
    return found


def table() -> str:
    """All of the above as a table in Markdown."""
    lines = ["| table | kind | fields | kept |", "|---|---|---|---|"]
    for label, one in (HELD | OTHER_TABLES).items():
        parts = list(one.by_kind()) or [(Kind.PSEUDONYM if one.of else Kind.NONE, ["references only"])]
        lines += [f"| {label} | {kind} | {', '.join(names)} | {one.kept(kind)} |" for kind, names in parts]
    return "\n".join(lines)
