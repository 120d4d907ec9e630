"""A small program with a row in every table, and clients for those who may and may not get in."""

import datetime
import uuid

import pytest
from django.contrib import admin
from django.test import Client

from accounts import trail
from accounts.models import Act, Change
from programs.models import AssignmentModule
from tests import factories as f
from trainees import services
from trainees.models import (
    AttemptLeave,
    CommanderRating,
    Excusal,
    Identity,
    NameRead,
    Sheet,
    SheetRow,
    StepMark,
    Unlisted,
)

DAY = datetime.date(2023, 8, 10)
OURS = [model for model in [*trail.models_in_trail(), Act, Change] if not model._meta.auto_created]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss(db):
    """An administrator's client."""
    client = client_of(f.UserFactory(username="boss", is_staff=True, is_superuser=True))
    client.raise_request_exception = True
    return client


@pytest.fixture
def world(db):
    """One row of every table, all in one program, and its coordinator."""
    role = f.RoleFactory(user__is_staff=True)
    program = role.program
    track = f.TrackFactory(program=program)
    curriculum = f.CurriculumFactory(program=program)
    entry, needed = f.EntryFactory(curriculum=curriculum), f.EntryFactory(curriculum=curriculum)
    f.link_track(entry, track)
    f.link_prerequisite(entry, needed)
    step = f.do(lambda act: f.add(trail_step(entry), act)).made(trail_step(entry).__class__)
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    group = f.GroupFactory(cohort=cohort)
    enrolment = f.EnrolmentFactory(cohort=cohort, group=group, track=track)
    trainee = enrolment.trainee
    instructor = f.AssignmentFactory(program=program).instructor
    session = f.TrainingSessionFactory(cohort=cohort, module=entry.module)
    staff = {instructor.pk: "lead"}
    by = {"user": role.user}
    services.update_session(**by, key=uuid.uuid4(), session=session, seen=session.seen, staff=staff, audience=[trainee])
    services.mark_attendance(**by, key=uuid.uuid4(), session=session, marks={trainee.pk: ("present", "")}, seen={})
    record = f.RecordFactory(trainee=trainee, entry=entry, assessor=instructor)
    f.do(lambda act: StepMark(act=act, record=record, step=step, passed=True).save())
    f.do(lambda act: Identity(act=act, trainee=trainee, family_name="Secretname", given_name="Hidden").save())
    f.do(lambda act: NameRead(act=act, trainee=trainee).save(), reason="roll call")
    rating = {"cohort": cohort, "module": entry.module, "band": "T", "rated_by": "CO", "rated_on": DAY}
    f.do(lambda act: CommanderRating(act=act, **rating).save())
    f.do(lambda act: f.add(completion(trainee, cohort), act))
    assignment = instructor.assignments.get()
    f.do(lambda act: f.add(AssignmentModule(assignment=assignment, module=entry.module), act))
    f.do(lambda act: f.add(Excusal(trainee=trainee, program=program, since=DAY), act))
    f.LessonFactory(cohort=cohort, module=entry.module)
    f.do(lambda act: f.add(Unlisted(session=session, told="A-99"), act))
    f.do(lambda act: f.add(AttemptLeave(trainee=trainee, program=program, module=entry.module, reason="Was ill"), act))
    sheet = f.do(lambda act: f.add(Sheet(session=session, kind="results"), act)).made(Sheet)
    f.do(lambda act: f.add(SheetRow(sheet=sheet, position=1, trainee=trainee), act))
    f.InvitationFactory(program=program, invited_by=role.user)
    role.program = program
    role.cohort, role.entry, role.trainee, role.track, role.instructor = cohort, entry, trainee, track, instructor
    role.session, role.record, role.curriculum = session, record, curriculum
    return role


def trail_step(entry):
    from programs.models import PerformanceStep

    return PerformanceStep(entry=entry, position=1, title="Apply a tourniquet", critical=True)


def completion(trainee, cohort):
    from trainees.models import Completion

    return Completion(
        trainee=trainee, program=cohort.program, cohort=cohort, completed_on=DAY, snapshot={"satisfied": 1}
    )


def address(model, page, *args):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def page(model):
    return admin.site.get_model_admin(model)


def filled(response, **changes):
    """What a browser would send back from this page, with `changes` (field names, `__` for the inlines' hyphens)."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
        forms += inline.formset.extra_forms
    data, shown = {}, response.content.decode()
    for form in forms:
        for bound in form:
            if bound.field.disabled or f'name="{bound.html_name}' not in shown:
                continue
            value = bound.value()
            if value is None or value is False:
                continue
            widget = bound.field.widget
            if hasattr(widget, "widgets") and hasattr(widget, "decompress"):
                for n, part in enumerate(value if isinstance(value, list) else widget.decompress(value)):
                    data[f"{bound.html_name}_{n}"] = "" if part is None else str(part)
            elif isinstance(value, list | tuple):
                data[bound.html_name] = [str(one) for one in value]
            else:
                data[bound.html_name] = bound.field.prepare_value(value)
    return {name: value for name, value in (data | changes).items() if value is not None}
