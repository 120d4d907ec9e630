"""Where somebody is signed in: how long it lasts, who sees it, who ends it, and what happens to what was being typed."""

import datetime
import re
import time
from html import unescape

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Act, User
from programs.models import Role, SkillModule
from tests import factories as f

from .door import sign_in

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
JSON = {"Accept": "application/json"}
MINUTE = datetime.timedelta(minutes=1)
NEW = "an entirely different phrase"


@pytest.fixture
def clock(settings):
    settings.SESSION_NOTED_EVERY = 60
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def anna():
    return f.UserFactory(username="anna")


def is_in(browser):
    return browser.get("/").status_code == 200


# ---- how long it lasts


@pytest.mark.parametrize(("kind", "minutes"), [("coordinator", 60), ("instructor", 240), ("viewer", 240)])
def test_a_sign_in_that_nothing_is_heard_of_ends_sooner_for_the_important(kind, minutes, clock):
    browser = sign_in(f.RoleFactory(kind=kind).user)
    clock.shift((minutes - 1) * MINUTE)
    assert is_in(browser)
    clock.shift(minutes * MINUTE)
    assert not is_in(browser)


def test_an_administrator_is_important_and_the_limits_are_settings(clock, settings):
    settings.SESSION_IDLE_IMPORTANT = 600
    browser = sign_in(f.UserFactory(is_superuser=True))
    clock.shift(11 * MINUTE)
    assert not is_in(browser)


def test_a_sign_in_ends_after_twelve_hours_however_busy(clock, anna):
    browser = sign_in(anna)
    for _ in range(23):
        clock.shift(30 * MINUTE)
        assert is_in(browser)
    clock.shift(30 * MINUTE)
    assert not is_in(browser)


def test_what_has_ended_is_gone_from_the_server(clock, anna, settings):
    browser = sign_in(anna)
    stolen = browser.cookies[settings.SESSION_COOKIE_NAME].value
    clock.shift(241 * MINUTE)
    assert not is_in(browser)
    assert not Session.objects.filter(session_key=stolen).exists() and not UserSession.objects.exists()


def test_a_script_is_told_and_signs_in_in_place(clock):
    role = f.RoleFactory()
    browser = sign_in(role.user)
    clock.shift(61 * MINUTE)
    answer = browser.post("/cohorts/new/", {}, headers=JSON)
    assert (answer.status_code, answer.json()["signin"]) == (401, LOGIN)
    answer = browser.post(LOGIN, {"login": role.user.username, "password": f.PASSWORD}, headers=JSON)
    assert answer.status_code == 200 and is_in(browser)


def test_being_there_is_noted_once_a_minute_not_with_every_request(clock, anna, django_assert_num_queries):
    browser = sign_in(anna)
    clock.shift(datetime.timedelta(seconds=59))
    with django_assert_num_queries(2):
        browser.get("/accounts/whoami/")
    seen = UserSession.objects.get().last_seen_at
    clock.shift(datetime.timedelta(seconds=2))
    browser.get("/accounts/whoami/")
    assert UserSession.objects.get().last_seen_at - seen == datetime.timedelta(seconds=61)


# ---- signing out, ending


def test_signing_out_ends_it_on_the_server(anna, settings):
    browser, thief = sign_in(anna), Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_in(thief)
    browser.post("/accounts/logout/")
    assert not is_in(thief) and not UserSession.objects.exists()


def test_everybody_sees_where_they_are_signed_in_in_words_and_only_their_own(anna):
    browser = sign_in(anna)
    phone = Client(
        HTTP_USER_AGENT="Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
        REMOTE_ADDR="203.0.113.77",
    )
    sign_in(anna, client=phone)
    sign_in(f.UserFactory(), client=Client(HTTP_USER_AGENT="Mozilla/5.0 (iPad) Version/18 Safari/605"))
    page = browser.get("/accounts/").text
    assert "Firefox on Linux" in page and "Chrome on Android" in page and "iPad" not in page
    assert "203.0.…" in page and "203.0.113.77" not in page
    assert page.count("this one") == 1


def test_one_of_them_or_all_others_are_ended_and_that_is_noted(anna):
    browser, second, third = sign_in(anna), sign_in(anna), sign_in(anna)
    ends = re.findall(r"/accounts/signed-in/\d+/end/", browser.get("/accounts/").text)
    assert len(ends) == 2
    browser.post(ends[-1], {"key": "1" * 32})
    assert [is_in(one) for one in (browser, second, third)] == [True, False, True]
    browser.post(reverse("accounts:signins_end"), {"key": "2" * 32})
    assert [is_in(one) for one in (browser, second, third)] == [True, False, False]
    acts = Act.objects.filter(kind__startswith="signin.").order_by("id")
    assert [(act.kind, act.user) for act in acts] == [("signin.end", anna), ("signin.end_all", anna)]
    assert {change.row for act in acts for change in act.changes.all()} == {str(anna.pk)}


def test_none_is_ended_without_an_act(anna):
    here, there = sign_in(anna), sign_in(anna)
    assert here.post("/accounts/sessions/").status_code == 302  # allauth's own page would end all others
    assert is_in(there) and not Act.objects.filter(kind__startswith="signin").exists()


def test_nobody_ends_somebody_else_s_or_this_one(anna):
    browser, other = sign_in(anna), sign_in(f.UserFactory(is_superuser=True))
    for session in UserSession.objects.all():
        assert browser.post(reverse("accounts:signin_end", args=[session.pk]), {"key": "1" * 32}).status_code == 404
    assert is_in(browser) and is_in(other)


def test_an_administrator_signs_somebody_out_everywhere_and_a_coordinator_does_not(anna):
    browser = sign_in(anna)
    posted = {"action": "end_signins", "_selected_action": anna.pk}
    coordinator = sign_in(f.RoleFactory(user__is_staff=True).user)
    assert coordinator.post("/admin/accounts/user/", posted).status_code == 403
    assert is_in(browser)
    boss = f.UserFactory(is_superuser=True, is_staff=True)
    sign_in(boss).post("/admin/accounts/user/", posted)
    assert not is_in(browser)
    act = Act.objects.get(kind="signin.end_all")
    assert act.user == boss and act.changes.get().row == str(anna.pk)


def test_the_service_ends_nobody_else_s_for_those_who_do_not_administer(anna):
    browser, other = sign_in(anna), f.RoleFactory().user
    with pytest.raises(PermissionDenied):
        services.end_signins(user=other, key="1" * 32, account=anna)
    with pytest.raises(PermissionDenied):
        services.end_signin(user=other, key="1" * 32, signin=UserSession.objects.get())
    assert is_in(browser)


def test_the_deactivated_are_out_with_the_next_request_and_stay_out_when_they_come_back(anna):
    boss = f.UserFactory(is_superuser=True)
    browser, busy = sign_in(anna), sign_in(anna)

    def active(value):
        row = User.objects.select_related("act").get(pk=anna.pk)
        services.update_user(user=boss, key=f"{time.time_ns():032}", account=row, seen=row.seen, is_active=value)

    active(False)
    assert not is_in(busy)
    assert busy.get("/accounts/whoami/", headers=JSON).status_code == 401
    active(True)
    assert not is_in(browser) and is_in(sign_in(anna))


def test_a_new_password_ends_every_other_sign_in_on_the_server_and_this_one_goes_on(anna, settings):
    browser, other = sign_in(anna), sign_in(anna)
    stolen = other.cookies[settings.SESSION_COOKIE_NAME].value
    browser.post(reverse("account_change_password"), {"oldpassword": f.PASSWORD, "password1": NEW, "password2": NEW})
    assert not Session.objects.filter(session_key=stolen).exists()  # before anybody asks for a page with it
    assert is_in(browser) and not is_in(other)
    assert "this one" in browser.get("/accounts/").text


def test_a_role_that_is_changed_or_taken_away_counts_with_the_next_request(anna):
    session = f.TrainingSessionFactory()
    place = f.EnrolmentFactory(cohort=session.cohort)
    role = f.RoleFactory(program=session.cohort.program, user=anna, kind="instructor")
    f.do(lambda act: User.objects.filter(pk=anna.pk).update(act=act, is_staff=True))
    browser = sign_in(anna)
    mark = reverse("trainees:attendance_mark", args=[session.pk, place.trainee.uuid])
    admin = "/admin/trainees/cohort/"

    def answers():
        return [
            browser.post(mark, {}, headers=JSON).status_code,
            browser.get(f"/sessions/{session.pk}/register/").status_code,
            browser.get(admin).status_code,
        ]

    def becomes(kind):
        f.do(lambda act: Role.objects.filter(pk=role.pk).update(act=act, kind=kind))

    assert answers() == [422, 200, 403]
    becomes("coordinator")
    assert answers() == [422, 200, 200]
    becomes("viewer")
    assert answers() == [403, 403, 403]
    f.do(lambda act: Role.objects.filter(pk=role.pk).delete())
    assert answers() == [404, 404, 403]


def test_prepare_forgets_where_people_were_signed_in_once(anna):
    sign_in(anna)
    Session.objects.all().delete()
    services.tidy_up()
    assert not UserSession.objects.exists()


# ---- what was being typed


LONG = {
    "title": "A module",
    "code": "TCCC",
    "kind": "skill",
    "standard": "Nine of ten rounds in the ring.\nTwice. “Quoted” <b>",
}
FORM = "/modules/new/"


def sent_late(clock, user, fields=LONG, address=FORM, **headers):
    browser = sign_in(user)
    clock.shift(61 * MINUTE)
    return browser, browser.post(address, fields, **headers)


def hidden(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<main")[2])
    return {name: unescape(value) for name, value in found}


def test_what_was_typed_outlives_the_sign_in_and_is_sent_after_signing_in_again(clock):
    user = f.RoleFactory().user
    browser = Client(enforce_csrf_checks=True)

    def token(address):
        return hidden(browser.get(address).text)["csrfmiddlewaretoken"]

    def sign_in_again(**more):
        words = {"login": user.username, "password": f.PASSWORD, "csrfmiddlewaretoken": token(LOGIN)}
        return browser.post(LOGIN, words | more)

    sign_in_again()
    fields = {"csrfmiddlewaretoken": token(FORM), "key": "1" * 32} | LONG
    clock.shift(61 * MINUTE)
    answer = browser.post(FORM, fields)
    assert answer.url == f"{LOGIN}?next={FORM}" and not SkillModule.objects.exists()
    assert sign_in_again(next=FORM).url == FORM
    page = browser.get(FORM).text
    assert "Not sent yet" in page
    answer = browser.post(FORM, hidden(page))
    assert answer.status_code == 302, answer.context["form"].errors
    module = SkillModule.objects.get(code="TCCC")
    assert module.standard.replace("\r", "") == LONG["standard"]


def test_it_is_shown_once_to_nobody_else_and_at_no_other_address(clock, anna):
    user, other = f.RoleFactory().user, f.RoleFactory().user
    browser, _ = sent_late(clock, user)
    sign_in(other, client=browser)
    assert "Not sent yet" not in browser.get(FORM).text
    browser, _ = sent_late(clock, user)
    sign_in(user, client=browser)
    assert "Not sent yet" not in browser.get("/modules/").text
    assert ["Not sent yet" in browser.get(FORM).text for _ in range(2)] == [True, False]


def test_a_button_that_was_pressed_late_is_no_dead_end(clock):
    role = f.RoleFactory()
    address = reverse("programs:program_archive", args=[role.program.slug])
    browser, answer = sent_late(clock, role.user, {"key": "1" * 32, "seen": "x"}, address)
    sign_in(role.user, client=browser)
    page = browser.get(answer.url.partition("next=")[2])
    assert page.status_code == 200 and "Not sent yet" in page.text


def test_htmx_comes_back_to_it_too(clock):
    user = f.RoleFactory().user
    browser, answer = sent_late(
        clock, user, headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/modules/"}
    )
    assert answer["HX-Redirect"] == f"{LOGIN}?next={FORM}"
    sign_in(user, client=browser)
    assert "Not sent yet" in browser.get(FORM).text


def test_passwords_long_texts_and_floods_are_not_kept(clock):
    boss = f.UserFactory(is_superuser=True, is_staff=True)
    address = f"/admin/accounts/user/{boss.pk}/password/"
    for fields in ({"password1": NEW, "password2": NEW}, {"text": "x" * 70_000}):
        browser, _ = sent_late(clock, boss, fields, address)
        sign_in(boss, client=browser)
        assert "Not sent yet" not in browser.get(address).text
    for _ in range(20):
        Client().post(FORM, LONG)
    assert Session.objects.filter(expire_date__gt=NOON).count() <= 14


@pytest.mark.parametrize(
    ("origin", "kept"), [("http://testserver", True), ("https://evil.example", False), ("null", False), (None, False)]
)
def test_a_form_from_before_signing_in_again_in_another_tab_can_be_sent_too_but_no_other_site_s(origin, kept):
    user = f.RoleFactory().user
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    fields = hidden(browser.get(FORM).text) | LONG
    browser.logout()
    browser.force_login(user)  # the token is another one now
    page = browser.post(FORM, fields, headers={"Origin": origin} if origin else {})
    assert page.status_code == 403 and not SkillModule.objects.exists()
    assert ("Not sent yet" in page.text and hidden(page.text)["title"] == "A module") is kept
    if kept:
        assert browser.post(FORM, hidden(page.text), headers={"Origin": origin}).status_code == 302


def test_whoever_is_signed_in_nowhere_is_offered_nothing(db):
    page = Client(enforce_csrf_checks=True).post(FORM, LONG, headers={"Origin": "http://testserver"})
    assert page.status_code == 403 and "too old" in page.text
