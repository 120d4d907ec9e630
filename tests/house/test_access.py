"""Every address of Muster, and what each kind of reader gets there."""

import datetime
import uuid
from types import SimpleNamespace

import pytest
from allauth.usersessions.models import UserSession
from django.urls import URLPattern, get_resolver, reverse

from accounts.acts import add
from programs.models import Role
from tests import factories as f
from tests.house.asking import HTMX, JSON, Asking, answered
from trainees.models import Completion, Excusal, Sheet, Unlisted

LEFT_OUT = {"admin", "accounts/", "djdt"}  # Django's own, allauth's (without a name), the toolbar's

ANSWERS = {
    # who: (GET, POST of an empty form), in the order of ACTORS
    "read": {"members": (200, 405), "others": (404, 405)},
    "record": {"coordinator": (200, 422), "instructor": (200, 422), "viewer": (403, 403), "others": (404, 404)},
    "run": {"coordinator": (200, 422), "instructor": (403, 403), "viewer": (403, 403), "others": (404, 404)},
    "run to read": {"coordinator": (200, 405), "instructor": (403, 405), "viewer": (403, 405), "others": (404, 405)},
    "press": {"coordinator": (405, 422), "instructor": (405, 403), "viewer": (405, 403), "others": (405, 404)},
    "sheet": {"coordinator": (200, 405), "instructor": (200, 405), "viewer": (403, 405), "others": (404, 405)},
    "mark": {"coordinator": (405, 422), "instructor": (405, 422), "viewer": (405, 403), "others": (405, 404)},
    "read or run": {"coordinator": (200, 422), "instructor": (200, 403), "viewer": (200, 403), "others": (404, 404)},
    "unticked": {"coordinator": (422, 422), "instructor": (403, 403), "viewer": (403, 403), "others": (404, 404)},
    "coordinate": {"coordinators": (200, 422), "rest": (403, 403)},
    "choose": {
        "coordinators": (200, 200),
        "rest": (403, 403),
    },  # first which program or cohort: one's own are offered, others are not
    "catalogue": {"everybody": (200, 405)},
    "catalogue form": {"coordinators": (200, 422), "rest": (403, 403)},
    "catalogue press": {"coordinators": (405, 422), "rest": (405, 403)},
    "audit": {"coordinators": (200, 405), "rest": (403, 405)},
    "administer": {"administrator": (200, 422), "everybody": (403, 403)},
    "act": {"coordinator": (200, 405), "instructor": (404, 405), "viewer": (404, 405), "others": (404, 405)},
    "all": {"everybody": (200, 405)},
    "elsewhere": {"everybody": (302, 302)},
    "for scripts": {"everybody": (200, 405)},
    "anybody for scripts": {"everybody": (200, 405), "strangers": (200, 405)},
    "anybody": {"everybody": (200, 405), "strangers": (200, 405)},
    "invitation": {"everybody": (200, 422), "strangers": (200, 422)},
    "own press": {"everybody": (405, 422)},
    "not one's own press": {"everybody": (405, 404)},
    "somebody's own": {"everybody": (404, 404)},  # a file that nobody else has sent: tests/imports/test_pages.py
    "somebody's own to read": {"everybody": (404, 405)},
    "somebody's own press": {"everybody": (405, 404)},
    "theme": {"everybody": (405, 302), "strangers": (405, 302)},
}
TABLE = {
    "trainees:act_undo": "mark",
    "accounts:account": "all",
    "accounts:email": "elsewhere",
    "accounts:sessions": "elsewhere",
    "accounts:signin_end": "not one's own press",
    "accounts:signins_end": "own press",
    "accounts:theme": "theme",
    "accounts:whoami": "for scripts",
    "offline": "anybody",
    "worker": "anybody for scripts",
    "programs:assignment_create": "run",
    "programs:assignment_edit": "run",
    "programs:assignment_remove": "press",
    "programs:curriculum_create": "run",
    "programs:curriculum_delete": "run",
    "programs:curriculum_detail": "read",
    "programs:curriculum_edit": "run",
    "programs:entry_create": "run",
    "programs:entry_edit": "run",
    "programs:entry_move": "press",
    "programs:entry_remove": "press",
    "programs:instructor_archive": "press",
    "programs:instructor_create": "coordinate",
    "programs:instructor_delete": "run",
    "programs:instructor_detail": "read",
    "programs:instructor_edit": "run",
    "programs:instructor_list": "all",
    "programs:invitation_accept": "invitation",
    "programs:invitation_create": "run",
    "programs:invitation_renew": "run",
    "programs:invitation_withdraw": "press",
    "programs:module_archive": "catalogue press",
    "programs:module_create": "coordinate",
    "programs:module_delete": "catalogue form",
    "programs:module_detail": "catalogue",
    "programs:module_edit": "catalogue form",
    "programs:module_list": "all",
    "programs:program_archive": "press",
    "programs:program_create": "coordinate",
    "programs:program_curriculum": "read",
    "programs:program_delete": "run",
    "programs:program_edit": "run",
    "programs:program_weights": "run",
    "programs:program_list": "all",
    "programs:program_people": "read",
    "programs:role_create": "run",
    "programs:role_edit": "run",
    "programs:role_revoke": "press",
    "programs:track_archive": "press",
    "programs:track_create": "run",
    "programs:track_delete": "run",
    "programs:track_edit": "run",
    "trainees:audit_detail": "act",
    "trainees:audit_list": "audit",
    "trainees:attendance_mark": "mark",
    "trainees:bundle_confirm": "somebody's own press",
    "trainees:bundle_detail": "somebody's own to read",
    "trainees:bundle_discard": "somebody's own press",
    "trainees:bundle_new": "administer",
    "trainees:cell": "read",
    "trainees:cohort_archive": "press",
    "trainees:cohort_board": "read",
    "trainees:cohort_changes": "read",
    "trainees:cohort_clone": "run",
    "trainees:cohort_closing": "read or run",
    "trainees:cohort_create": "choose",
    "trainees:cohort_delete": "run",
    "trainees:cohort_detail": "read",
    "trainees:cohort_edit": "run",
    "trainees:cohort_excusals": "read",
    "trainees:cohort_follow": "run",
    "trainees:cohort_hours": "read",
    "trainees:cohort_lessons": "read",
    "trainees:cohort_list": "all",
    "trainees:cohort_module": "read",
    "trainees:cohort_names": "run",
    "trainees:cohort_names_hide": "press",
    "trainees:cohort_outstanding": "read",
    "trainees:cohort_over_time": "read",
    "trainees:cohort_attention": "read",
    "trainees:cohort_finish": "read",
    "trainees:cohort_remedial": "run",
    "trainees:cohort_briefing": "read",
    "trainees:cohort_progress": "read",
    "trainees:cohort_rate": "run",
    "trainees:cohort_record": "sheet",
    "trainees:cohort_roll": "read",
    "trainees:cohort_roster": "read",
    "trainees:cohort_schedule": "read",
    "trainees:cohort_strength": "read",
    "trainees:cohort_unfollow": "press",
    "trainees:completion_revoke": "run",
    "trainees:curriculum_effect": "run",
    "trainees:credit_create": "run",
    "trainees:excusal_create": "record",
    "trainees:excusal_delete": "record",
    "trainees:excusal_edit": "record",
    "trainees:excusal_end": "record",
    "trainees:exemption_create": "run",
    "trainees:group_create": "run",
    "trainees:group_delete": "run",
    "trainees:group_edit": "run",
    "trainees:home": "all",
    "trainees:import_confirm": "somebody's own press",
    "trainees:import_detail": "somebody's own",
    "trainees:import_discard": "somebody's own press",
    "trainees:import_new": "record",
    "trainees:import_template": "sheet",
    "trainees:instructor_schedule": "read",
    "trainees:leave_create": "run",
    "trainees:lesson_close": "run",
    "trainees:lesson_create": "record",
    "trainees:lesson_delete": "run",
    "trainees:lesson_edit": "run",
    "trainees:lesson_reopen": "press",
    "trainees:name_edit": "run",
    "trainees:place_correct": "run",
    "trainees:place_schedule": "all",
    "trainees:program_detail": "read",
    "trainees:program_attention": "read",
    "trainees:program_briefing": "read",
    "trainees:program_board": "read",
    "trainees:program_bundle": "run to read",
    "trainees:program_standards": "run to read",
    "trainees:program_lessons": "read",
    "trainees:program_outstanding": "read",
    "trainees:program_over_time": "read",
    "trainees:progress_rule": "all",
    "trainees:record_create": "record",
    "trainees:record_void": "record",
    "trainees:register_reopen": "record",
    "trainees:result_mark": "mark",
    "trainees:results_reopen": "record",
    "trainees:roster_add": "run",
    "trainees:roster_change": "unticked",
    "trainees:session_cancel": "run",
    "trainees:session_copy": "run",
    "trainees:session_create": "run",
    "trainees:session_delete": "run",
    "trainees:session_detail": "read",
    "trainees:session_edit": "run",
    "trainees:session_list": "read",
    "trainees:session_move": "run",
    "trainees:session_register": "record",
    "trainees:session_retake": "press",
    "trainees:session_series": "run",
    "trainees:session_substitute": "run",
    "trainees:session_results": "record",
    "trainees:sheet_create": "record",
    "trainees:sheet_detail": "read",
    "trainees:sheet_enter": "record",
    "trainees:sheet_list": "all",
    "trainees:sheet_lose": "record",
    "trainees:session_unlisted": "record",
    "trainees:trainee_create": "choose",
    "trainees:trainee_data": "run",
    "trainees:trainee_detail": "read",
    "trainees:trainee_edit": "run",
    "trainees:trainee_erase": "run",
    "trainees:trainee_list": "all",
    "trainees:trainee_merge": "run to read",
    "trainees:trainee_merge_with": "run",
    "trainees:trainee_name": "run",
    "trainees:unlisted_resolve": "run",
}
ACTORS = (
    "anonymous",
    "deactivated",
    "viewer",
    "instructor",
    "coordinator",
    "other instructor",
    "other coordinator",
    "administrator",
)
KINDS = {  # which lines of ANSWERS an actor falls under, the closest first
    "anonymous": ("strangers",),
    "deactivated": ("strangers",),
    "viewer": ("viewer", "members", "rest", "everybody"),
    "instructor": ("instructor", "members", "rest", "everybody"),
    "coordinator": ("coordinator", "members", "coordinators", "everybody"),
    "other instructor": ("others", "rest", "everybody"),
    "other coordinator": ("others", "coordinators", "everybody"),
    "administrator": ("administrator", "coordinator", "members", "coordinators", "everybody"),
}


def addresses(patterns=None, space="", route=""):
    """Names of all addresses, with the words that each takes."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            yield f"{space}{one.name}", set(one.pattern.converters) | set(route)
            continue
        if one.namespace in LEFT_OUT or (not one.namespace and str(one.pattern) in LEFT_OUT):
            continue
        inner = f"{one.namespace}:" if one.namespace else space
        yield from addresses(one.url_patterns, inner, {*route, *one.pattern.converters})


WANTS = dict(addresses())


def everybody(program, elsewhere, **flags):
    """One user of each kind of ACTORS, with `flags` on the accounts."""
    flags_of_user = {f"user__{name}": value for name, value in flags.items()}
    here, there = (
        {kind: f.RoleFactory(program=at, kind=kind, **flags_of_user).user for kind in Role.Kind.values}
        for at in (program, elsewhere)
    )
    users = {
        "anonymous": None,
        "deactivated": f.RoleFactory(program=program, user__is_active=False, **flags_of_user).user,
        "viewer": here["viewer"],
        "instructor": here["instructor"],
        "coordinator": here["coordinator"],
        "other instructor": there["instructor"],
        "other coordinator": there["coordinator"],
        "administrator": f.UserFactory(is_superuser=True, **flags),
    }
    assert tuple(users) == ACTORS
    return users


@pytest.fixture
def world(db):
    program, elsewhere = f.ProgramFactory(code="HERE"), f.ProgramFactory(code="ELSE")
    entry = f.EntryFactory(curriculum__program=program, curriculum__number=1, position=1, module__code="MED")
    f.publish(entry.curriculum)
    draft = f.CurriculumFactory(program=program, number=2)
    cohort = f.CohortFactory(program=program, code="C1")
    followed = f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    group = f.GroupFactory(cohort=cohort)
    place = f.EnrolmentFactory(cohort=cohort, group=group)
    assignment = f.AssignmentFactory(program=program)
    record = f.RecordFactory(trainee=place.trainee, entry=entry, assessor=assignment.instructor)
    completion = f.do(
        lambda act: add(
            Completion(
                trainee=place.trainee,
                program=program,
                cohort=cohort,
                completed_on=datetime.date(2023, 8, 31),
                snapshot={"modules": [], "satisfied": 1, "required": 1, "attended": [0, 0], "expected": 0},
            ),
            act,
        )
    ).made(Completion)
    users = everybody(program, elsewhere)
    excusal = Excusal(trainee=place.trainee, program=program, since=datetime.date(2023, 8, 9))
    excusal = f.do(lambda act: add(excusal, act)).made(Excusal)
    session = f.TrainingSessionFactory(cohort=cohort, module=entry.module)
    unlisted = f.do(lambda act: add(Unlisted(session=session, told="VOVK"), act)).made(Unlisted)
    bulk = f.do(lambda act: None, user=users["instructor"], kind="attendance.rest", scope=program.pk)
    sheet = f.do(lambda act: add(Sheet(session=session, kind="register"), act)).made(Sheet)
    signin = UserSession.objects.create(user=f.UserFactory(), ip="203.0.113.9", session_key="elsewhere", user_agent="")
    return SimpleNamespace(
        users=users,
        signin=signin,
        bulk=bulk,
        excusal=excusal,
        lesson=f.LessonFactory(cohort=cohort),
        sheet=sheet,
        program=program,
        draft=draft,
        draft_entry=f.EntryFactory(curriculum=draft, position=1),
        role=program.roles.get(user=users["viewer"]),
        invitation=f.InvitationFactory(program=program, invited_by=users["coordinator"], token="let-me-in"),
        track=f.TrackFactory(program=program),
        module=entry.module,
        cohort=cohort,
        followed=followed,
        group=group,
        place=place,
        trainee=place.trainee,
        namesake=f.EnrolmentFactory(cohort=cohort).trainee,
        assignment=assignment,
        record=record,
        completion=completion,
        session=session,
        unlisted=unlisted,
    )


def address(name, world):
    """The page `name` about the thing of its kind in `world`."""
    about = "session" if name == "trainees:sheet_create" else name.partition(":")[2].partition("_")[0]
    slug = (
        world.program.slug
        if name.startswith("programs:") or about in {"program", "import", "curriculum"}
        else world.cohort.slug
    )
    codes = {"track": world.track.code, "instructor": world.assignment.instructor.code}
    rows = {
        "attendance": world.session,
        "audit": world.bulk,
        "entry": world.draft_entry,
        "place": world.place,
        "register": world.session,
        "results": world.session,
        "cohort": world.followed,
    }
    words = {
        "slug": slug,
        "program": world.program.slug,
        "number": world.draft.number,
        "uuid": world.trainee.uuid,
        "code": codes.get(about, world.module.code),
        "kind": "results" if about == "import" else "suspend",
        "old": getattr(world, "namesake", world.trainee).uuid,
        "key": world.bulk.key,
        "token": "let-me-in",
    }
    if "pk" in WANTS[name]:
        words["pk"] = (rows.get(about) or getattr(world, about)).pk
    return reverse(name, kwargs={word: words[word] for word in WANTS[name]})


def expected(policy, actor):
    answers = ANSWERS[policy]
    if kind := next((kind for kind in KINDS[actor] if kind in answers), None):
        return answers[kind]
    return ("login", "login")


def test_every_address_has_its_row_and_every_row_its_address():
    assert set(TABLE) == set(WANTS)


def differences(asking, world, actors, methods=("GET", "POST"), headers=None, query=""):
    """Who got at which address what the table does not say, or wrote something by reading."""
    found = []
    for name, policy in TABLE.items():
        where = address(name, world) + query
        for actor in actors:
            for method in methods:
                got = answered(asking(actor, method, where, headers))
                should = expected(policy, actor)[method == "POST"]
                if got != should:
                    found.append(f"{method} {where} ({name}) as {actor}: {got} instead of {should}")
                if asking.wrote and method != "POST":
                    found.append(f"{method} {where} ({name}) as {actor} wrote: {asking.wrote}")
    return "\n".join(found)


def test_everybody_gets_what_the_table_says_and_reading_writes_nothing(world):
    assert differences(Asking(world.users), world, ACTORS) == ""


def test_a_head_is_answered_like_the_page_and_writes_nothing(world):
    assert differences(Asking(world.users), world, ["coordinator"], ["HEAD"]) == ""


@pytest.mark.parametrize("headers", [HTMX, JSON])
def test_who_is_not_signed_in_learns_it_in_a_fragment_and_in_a_script_too(headers, world):
    asking = Asking(world.users)
    assert differences(asking, world, ["anonymous"], headers=headers) == ""
    answer = asking("anonymous", "POST", address("trainees:result_mark", world), headers)
    assert (answer.status_code, "HX-Redirect" in answer) == ((204, True) if headers is HTMX else (401, False))


def test_no_header_and_no_file_opens_what_is_not_theirs(world):
    asking, headers = Asking(world.users), {**HTMX, **JSON}
    assert differences(asking, world, ["other coordinator"], ["GET"], query="?format=csv") == ""
    assert differences(asking, world, ["other coordinator"], headers=headers) == ""
    assert differences(asking, world, ["viewer"], ["POST"], headers=headers) == ""


def test_a_form_with_nothing_but_its_key_breaks_nothing(world):
    asking = Asking(world.users)
    for name, policy in TABLE.items():
        if policy in {"run", "record", "press", "mark"}:
            answer = asking("coordinator", "POST", address(name, world), data={"key": uuid.uuid4()})
            assert answer.status_code in {302, 409, 422}, name


def test_somebody_else_s_program_or_cohort_cannot_be_chosen(world, client):
    client.force_login(world.users["other coordinator"])
    for name, asked in (
        ("trainees:cohort_create", {"program": world.program.slug}),
        ("trainees:trainee_create", {"cohort": world.cohort.slug}),
    ):
        assert "Continue" in client.get(reverse(name), asked).text


@pytest.mark.parametrize("number", ["²", "x", "-1", "9" * 30])
def test_a_number_in_the_address_that_is_none_breaks_nothing(number, world, client):
    client.force_login(world.users["coordinator"])
    for name, asked in (("record_create", "session"), ("record_create", "voids"), ("roster_change", "t")):
        for value in (number, f"{number}:{number}"):
            answer = client.get(address(f"trainees:{name}", world), {asked: value})
            assert answer.status_code in {200, 404, 422}
    answer = client.post(
        address("trainees:cohort_closing", world),
        {"key": uuid.uuid4(), "completed_on": "2023-08-31", "t": f"{number}:{number}"},
    )
    assert answer.status_code in {302, 409, 422}
