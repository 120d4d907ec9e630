"""People are asked to join a program by a link that works once; nobody signs up, and a dead link tells nothing."""

import datetime
import logging
import re
import uuid

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Act, Change, User
from programs import services
from programs.models import Invitation, Role
from programs.models.invitations import hashed
from tests import factories as f

PASSWORD = "an entirely different phrase"


def at(name, *args):
    return reverse(f"programs:{name}", args=["trd-2023", *args])


def link_to(token):
    return reverse("programs:invitation_accept", args=[token])


@pytest.fixture(autouse=True)
def signed_in(world, client):
    client.force_login(world.coordinator)


@pytest.fixture
def invite(world, client):
    """Send the form that invites, as its page gives it; the answer, and the token in it."""

    def post(address=None, **words):
        form = client.get(address or at("invitation_create")).context["form"]
        sent = {name: form[name].value() or "" for name in form.fields} | ({"kind": "instructor"} | words)
        answer = client.post(address or at("invitation_create"), sent)
        found = re.search(r"/invitations/([\w-]{43})/\"", answer.text)
        return answer, found and found[1]

    return post


@pytest.fixture
def guest():
    return Client()


@pytest.fixture
def invitation(world):
    return f.InvitationFactory(
        program=world.program, invited_by=world.coordinator, token="t", display_name="SOKIL", email="s@example.org"
    )


def come_in(guest, link="t", **words):
    sent = {"key": uuid.uuid4(), "username": "sokil", "password1": PASSWORD, "password2": PASSWORD}
    return guest.post(link_to(link), sent | words)


def is_in(guest, username):
    return guest.get("/accounts/whoami/", headers={"Accept": "application/json"}).json().get("name") == username


def dead_page(guest):
    return text_of(guest.get(link_to("never-was-one")))


def text_of(answer):
    """An answer without what is different each time it is looked at."""
    shown = re.sub(r'(csrfmiddlewaretoken" value|name="next" value)="[^"]*"', "", answer.text)
    return answer.status_code, re.sub(r"printed by .*?</p>", "", shown, flags=re.S)


# ---- inviting


def test_the_link_is_shown_once_and_only_its_hash_is_kept(world, client, invite):
    answer, token = invite(display_name="SOKIL")
    made = Invitation.objects.get()
    assert answer.status_code == 200 and len(token) == 43
    assert (made.token_hash, made.invited_by, made.kind) == (hashed(token), world.coordinator, "instructor")
    assert made.expires_at - made.added_at == datetime.timedelta(days=7)
    assert f'value="http://127.0.0.1:8000/invitations/{token}/"' in answer.text
    assert token not in client.get(at("program_people")).text
    assert token not in re.search(r"<title>.*?</title>", answer.text, re.S)[0]


def test_how_long_it_lasts_is_a_setting(settings, invite):
    settings.INVITATION_DAYS = 2
    invite()
    made = Invitation.objects.get()
    assert made.expires_at - made.added_at == datetime.timedelta(days=2)


def test_neither_token_nor_address_is_in_the_trail(invite):
    _answer, token = invite(email="sokil@example.org")
    invite(at("invitation_renew", Invitation.objects.get().pk))
    noted = str(list(Change.objects.values_list("before", "after")))
    assert Change.objects.filter(table="programs_invitation").count() == 2
    assert not any(word in noted for word in (token, hashed(token), "sokil@example.org"))


def test_who_has_an_address_gets_a_mail_with_the_link(invite, mailoutbox):
    answer, token = invite(email="sokil@example.org", display_name="SOKIL")
    [mail] = mailoutbox
    assert mail.to == ["sokil@example.org"] and "TRD-2023" in mail.subject
    assert f"http://127.0.0.1:8000/invitations/{token}/\n" in mail.body and "as instructor" in mail.body
    assert "Trondheim" not in mail.body + mail.subject and "sent to sokil@example.org" in answer.text


def test_without_an_address_nothing_is_sent(invite, mailoutbox):
    answer, _token = invite()
    assert mailoutbox == [] and "mail" not in answer.text.partition("<main")[2].partition("</main>")[0].lower()


class Unreachable(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError


def test_a_mail_that_cannot_be_sent_is_told_and_the_link_works_all_the_same(invite, settings, guest):
    settings.EMAIL_BACKEND = f"{__name__}.Unreachable"
    answer, token = invite(email="sokil@example.org")
    assert answer.status_code == 200 and "could not be sent" in answer.text
    assert guest.get(link_to(token)).status_code == 200


def test_a_form_sent_twice_invites_once_mails_once_and_shows_the_same_link(client, mailoutbox):
    form = client.get(at("invitation_create")).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"kind": "viewer", "email": "s@example.org"}
    first, second = (client.post(at("invitation_create"), sent).text for _ in range(2))
    assert re.findall(r"/invitations/[\w-]{43}/", first) == re.findall(r"/invitations/[\w-]{43}/", second)
    assert Invitation.objects.count() == len(mailoutbox) == 1


def test_nobody_chooses_the_token(client):
    form = client.get(at("invitation_create")).context["form"]
    sent = {"key": form["key"].value(), "kind": "viewer", "token": "known-to-me"}
    assert client.post(at("invitation_create"), sent).status_code == 422
    assert not Invitation.objects.exists()


def test_an_administrator_invites_too(world, client, invite, guest):
    client.force_login(f.UserFactory(is_superuser=True))
    _answer, token = invite(kind="coordinator")
    come_in(guest, token)
    assert Role.objects.get(user__username="sokil").kind == "coordinator"


# ---- those who were invited, on the page of people


def test_who_runs_the_program_sees_who_was_invited_and_others_do_not(world, client, invitation):
    page = client.get(at("program_people")).text
    assert "Invited, not joined yet" in page and "SOKIL" in page and "s@example.org" in page
    client.force_login(world.liaison)
    page = client.get(at("program_people")).text
    assert "SOKIL" not in page and "s@example.org" not in page and "Invite" not in page


def test_an_invitation_is_seen_by_those_alone_who_run_the_program(world, invitation):
    instructor = f.RoleFactory(program=world.program, kind="instructor").user
    elsewhere = f.RoleFactory(program=world.elsewhere).user
    for user, sees in ((world.coordinator, True), (instructor, False), (world.liaison, False), (elsewhere, False)):
        assert Invitation.objects.visible_to(user).exists() == sees


def test_a_link_sent_anew_kills_the_one_before(world, client, invite, invitation, guest):
    other = f.RoleFactory(program=world.program).user
    f.do(lambda act: Invitation.objects.filter(pk=invitation.pk).update(invited_by=other, act=act))
    with time_machine.travel(invitation.expires_at + datetime.timedelta(days=3)):
        client.force_login(world.coordinator)
        _answer, token = invite(at("invitation_renew", invitation.pk))
        invitation.refresh_from_db()
        assert invitation.invited_by == world.coordinator and invitation.expires_at > timezone.now()
        assert guest.get(link_to("t")).status_code == 404 and guest.get(link_to(token)).status_code == 200


def test_a_withdrawn_invitation_is_dead_and_no_longer_listed(client, send, invitation, guest):
    assert send(at("invitation_withdraw", invitation.pk), invitation).url == at("program_people")
    assert guest.get(link_to("t")).status_code == 404 and come_in(guest).status_code == 404
    assert "SOKIL" not in client.get(at("program_people")).text
    for name in ("invitation_renew", "invitation_withdraw"):
        assert client.post(at(name, invitation.pk)).status_code == 404


def test_what_somebody_changed_in_between_is_not_withdrawn_unseen(client, invitation):
    sent = {"key": uuid.uuid4(), "seen": uuid.uuid4()}
    assert client.post(at("invitation_withdraw", invitation.pk), sent).status_code == 409
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None


def test_an_invitation_of_another_program_is_not_found(world, client):
    other = f.InvitationFactory()
    for name in ("invitation_renew", "invitation_withdraw"):
        assert client.post(at(name, other.pk), {"key": uuid.uuid4()}).status_code == 404


# ---- what the link shows


def test_the_page_says_what_it_is_about_and_no_other_word(world, invitation, guest):
    page = guest.get(link_to("t"))
    assert all(word in page.text for word in ("TRD-2023", "instructor", "coordinator invites you"))
    assert not any(word in page.text for word in ("Trondheim", "s@example.org", "SOKIL", "liaison"))
    assert "at least 15 characters" in page.text  # the rules of a password


def test_looking_uses_nothing_up(invitation, guest):
    for look in (guest.get, guest.head, guest.get):
        assert look(link_to("t")).status_code == 200
    assert come_in(guest).status_code == 302


@pytest.mark.parametrize("token", ["t", "never-was-one"])
def test_no_browser_keeps_the_page_and_no_referrer_has_its_address(token, invitation, guest):
    page = guest.get(link_to(token))
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "strict-origin"
    assert re.search(r"<title>(.*?)</title>", page.text)[1] in {"Invitation · Muster", "No invitation · Muster"}


def test_a_form_of_another_site_makes_no_account(invitation):
    assert come_in(Client(enforce_csrf_checks=True)).status_code == 403
    assert not User.objects.filter(username="sokil").exists()


# ---- coming in


def test_one_form_makes_the_account_and_the_role_and_signs_in(world, invitation, guest):
    answer = come_in(guest)
    assert answer.url == reverse("trainees:program_detail", args=["trd-2023"])
    account = User.objects.get(username="sokil")
    assert account.check_password(PASSWORD) and not (account.is_staff or account.is_superuser)
    assert (account.display_name, account.email) == ("SOKIL", "s@example.org")
    assert Role.objects.get(user=account).kind == "instructor"
    assert is_in(guest, "SOKIL") and guest.get(answer.url).status_code == 200


def test_the_trail_says_who_invited_and_who_accepted(world, invitation, guest):
    come_in(guest)
    account = User.objects.get(username="sokil")
    made, accepted = Act.objects.filter(kind__startswith="invitation.").order_by("pk")
    assert (made.kind, made.user, made.scope) == ("invitation.account", world.coordinator, world.program.pk)
    assert (accepted.kind, accepted.user, accepted.scope) == ("invitation.accept", account, world.program.pk)
    assert made.made(User) == account and accepted.made(Role).user == account
    invitation.refresh_from_db()
    assert (invitation.accepted_by, invitation.accepted_at, invitation.act) == (account, accepted.at, accepted)
    assert PASSWORD not in str(list(Change.objects.values_list("after", flat=True)))


def test_a_limit_to_a_nation_is_that_of_the_role(world, client, invite, guest):
    refused, _none = invite(kind="instructor", nation="Ukraine")
    assert refused.status_code == 422 and "Only a liaison officer is limited to a nation" in refused.text
    _answer, token = invite(kind="viewer", nation="Ukraine")
    assert "trainees of Ukraine only" in client.get(at("program_people")).text
    come_in(guest, token)
    role = Role.objects.get(user__username="sokil")
    assert (role.kind, role.nation) == ("viewer", "Ukraine")


def test_the_same_form_twice_makes_one_account_and_gets_the_same_answer(invitation, guest):
    key = uuid.uuid4()
    first, second = (come_in(one, key=key) for one in (guest, Client()))
    assert first.url == second.url and User.objects.filter(username="sokil").count() == 1


def test_the_same_form_with_another_password_lets_nobody_in(invitation, guest):
    key, eve = uuid.uuid4(), Client()
    come_in(guest, key=key)
    answer = come_in(eve, key=key, password1="my very own password", password2="my very own password")
    assert answer.status_code == 404 and not is_in(eve, "SOKIL")


@pytest.mark.parametrize("name", ["liaison", "LIAISON", "ｌiaison"])
def test_a_username_that_is_taken_is_told_and_uses_nothing_up(name, world, invitation, guest):
    answer = come_in(guest, username=name)
    assert answer.status_code == 422 and "user with that username already exists" in answer.text
    assert not is_in(guest, "liaison") and come_in(guest).status_code == 302
    assert User.objects.count() == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"username": ""}, "Fill in “Username”"),
        ({"username": "a b"}, "Enter a valid username"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password2": "another phrase altogether"}, "match"),
        ({"password1": "falcon.of.the.north", "password2": "falcon.of.the.north", "username": "falcon.of.the.nord"}, "similar"),
        ({"key": "none"}, "valid UUID"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_lost(words, told, invitation, guest):
    answer = come_in(guest, **words)
    assert answer.status_code == 422 and told in answer.text
    assert not User.objects.filter(display_name="SOKIL").exists() and Role.objects.count() == 3
    assert come_in(guest).status_code == 302


def test_what_the_form_does_not_ask_for_is_not_taken(world, invitation, guest):
    come_in(guest, kind="coordinator", is_superuser="1", program=world.elsewhere.pk, email="eve@example.org")
    account = User.objects.get(username="sokil")
    assert not account.is_superuser and account.email == "s@example.org"
    assert list(Role.objects.filter(user=account).values_list("program", "kind")) == [(world.program.pk, "instructor")]


# ---- with an account already


def test_who_has_an_account_signs_in_and_joins_at_one_tap(world, client, invitation):
    newcomer = f.UserFactory(username="newcomer")
    guest = Client()
    [way] = re.findall(r'href="(/accounts/login/[^"]+)"', guest.get(link_to("t")).text)
    back = guest.post(way, {"login": "newcomer", "password": f.PASSWORD, "next": link_to("t")}).url
    page = guest.get(back)
    assert back == link_to("t") and "Join TRD-2023 as instructor" in page.text and "signed in as newcomer" in page.text
    answer = guest.post(back, {"key": page.context["form"]["key"].value()})
    assert answer.url == reverse("trainees:program_detail", args=["trd-2023"])
    act = Act.objects.get(kind="invitation.accept")
    assert (act.user, act.made(Role).user, act.made(Role).kind) == (newcomer, newcomer, "instructor")


@pytest.mark.parametrize("kind", ["viewer", "coordinator"])
def test_who_has_a_role_there_is_told_so_and_nothing_changes(kind, world, invitation, guest):
    mine = f.RoleFactory(program=world.program, kind=kind)
    guest.force_login(mine.user)
    page = guest.get(link_to("t"))
    assert "You already have a role" in page.text and mine.get_kind_display() in page.text
    answer = guest.post(link_to("t"), {"key": uuid.uuid4()})
    assert answer.status_code == 422 and "already has a role in this program" in answer.text
    mine.refresh_from_db()
    invitation.refresh_from_db()
    assert mine.kind == kind and invitation.accepted_at is None


def test_joining_sent_twice_is_done_once(world, invitation, guest):
    guest.force_login(f.UserFactory())
    sent = {"key": uuid.uuid4()}
    first, second = (guest.post(link_to("t"), sent) for _ in range(2))
    assert first.url == second.url and Role.objects.filter(kind="instructor").count() == 1


# ---- dead links


def used(world, invitation):
    come_in(Client(), username="first")


def expired(world, invitation):
    f.do(lambda act: Invitation.objects.filter(pk=invitation.pk).update(added_at=yesterday(2), expires_at=yesterday(1)))


def withdrawn(world, invitation):
    f.do(lambda act: Invitation.objects.filter(pk=invitation.pk).update(withdrawn_at=act.at))


def by_somebody_who_lost_the_role(world, invitation):
    f.do(lambda act: Role.objects.filter(user=world.coordinator).update(kind="instructor", act=act))


def by_somebody_who_left(world, invitation):
    f.do(lambda act: Role.objects.filter(user=world.coordinator).delete())


def by_somebody_deactivated(world, invitation):
    f.do(lambda act: User.objects.filter(pk=world.coordinator.pk).update(is_active=False, act=act))


def by_a_coordinator_of_another_program_now(world, invitation):
    by_somebody_who_left(world, invitation)
    f.RoleFactory(program=world.elsewhere, user=world.coordinator)


def yesterday(days):
    return timezone.now() - datetime.timedelta(days=days)


WAYS = [
    used,
    expired,
    withdrawn,
    by_somebody_who_lost_the_role,
    by_somebody_who_left,
    by_somebody_deactivated,
    by_a_coordinator_of_another_program_now,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_dead_link_gets_one_and_the_same_answer(way, world, invitation, guest):
    nothing = dead_page(guest)
    assert nothing[0] == 404
    assert guest.get(link_to("t")).status_code == 200
    way(world, invitation)
    users = User.objects.count()
    assert text_of(guest.get(link_to("t"))) == nothing
    for words in ({}, {"username": "liaison"}, {"password1": "short"}, {"key": ""}):
        assert text_of(come_in(guest, **words)) == nothing
    assert User.objects.count() == users and not is_in(guest, "SOKIL")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nobody_who_is_signed_in_joins_by_a_dead_link(way, world, invitation, guest):
    newcomer = f.UserFactory()
    way(world, invitation)
    guest.force_login(newcomer)
    assert text_of(guest.get(link_to("t"))) == dead_page(guest)
    assert guest.post(link_to("t"), {"key": uuid.uuid4()}).status_code == 404
    assert not Role.objects.filter(user=newcomer).exists()


def test_the_page_of_people_says_which_link_is_dead(world, client, invitation):
    assert "no longer valid" not in client.get(at("program_people")).text
    other = f.RoleFactory(program=world.program).user
    by_somebody_who_left(world, invitation)
    client.force_login(other)
    assert "no longer valid" in client.get(at("program_people")).text


def test_a_new_role_makes_an_old_link_work_again_for_as_long_as_it_lasts(world, invitation, guest):
    by_somebody_who_left(world, invitation)
    f.RoleFactory(program=world.program, user=world.coordinator)
    assert come_in(guest).status_code == 302


# ---- throttled


@pytest.fixture
def knock(settings):
    """Try a link from an address; whether one was let through, to whatever stands there."""
    settings.INVITATION_RATE = "5/m/ip"

    def one(forwarded="203.0.113.9", proxies=1, **words):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        client = Client(headers={"X-Forwarded-For": forwarded})
        return (come_in(client, "wrong", **words) if words else client.get(link_to("wrong"))).status_code != 429

    return one


@pytest.mark.parametrize("words", [{}, {"username": "x"}])
@pytest.mark.parametrize(("proxies", "forged"), [(1, "198.51.100.{}, 203.0.113.9"), (0, "198.51.100.{}")])
def test_an_address_is_throttled_whatever_it_says_of_itself(words, proxies, forged, knock, invitation):
    assert all(knock(forged.format(n), proxies, **words) for n in range(5))
    assert not knock(forged.format(99), proxies, **words)


def test_behind_the_proxy_everybody_has_an_address_of_their_own(knock):
    for _ in range(6):
        knock()
    assert not knock() and knock("203.0.113.10")


def test_looking_at_a_link_that_works_is_not_counted(knock, invitation, guest):
    for _ in range(20):
        assert guest.get(link_to("t")).status_code == 200


def test_who_tries_too_often_is_told_so_on_a_page_of_ours(knock, guest):
    while (answer := guest.get(link_to("wrong"))).status_code != 429:
        pass
    assert "Wait a minute" in answer.text and "<header" in answer.text


# ---- the log


@pytest.mark.parametrize(
    "address",
    [
        "/invitations/s3cret-token/",
        "/accounts/login/?next=/invitations/s3cret-token/",
        "/accounts/login/?next=%2Finvitations%2Fs3cret-token%2F",
        "/accounts/password/reset/key/s3cret-token/",
    ],
)
def test_no_token_is_written_into_the_log(address):
    [handler] = [one for one in _configured_handlers() if isinstance(one, logging.StreamHandler)]
    record = logging.LogRecord("django.security.csrf", logging.WARNING, "x.py", 1, "Forbidden: %s", (address,), None)
    line = handler.format(record)
    assert "Forbidden" in line and "s3cret" not in line


def _configured_handlers():
    import logging.config

    from django.conf import settings

    configurator = logging.config.DictConfigurator(settings.LOGGING)
    configurator.config["formatters"] = {
        name: configurator.configure_formatter(dict(one)) for name, one in settings.LOGGING["formatters"].items()
    }
    return [configurator.configure_handler(dict(one)) for one in settings.LOGGING["handlers"].values()]


# ---- services refuse by themselves


@pytest.mark.parametrize("kind", ["instructor", "viewer"])
def test_only_who_runs_a_program_invites_renews_and_withdraws(kind, world, invitation):
    user = f.RoleFactory(program=world.program, kind=kind).user
    by = {"user": user, "token": "x", "tell": pytest.fail}
    for write in (
        lambda: services.invite(**by, key=uuid.uuid4(), program=world.program, kind="viewer"),
        lambda: services.renew_invitation(**by, key=uuid.uuid4(), invitation=invitation, seen=invitation.seen),
        lambda: services.withdraw_invitation(user=user, key=uuid.uuid4(), invitation=invitation, seen=invitation.seen),
    ):
        with pytest.raises(services.people.PermissionDenied):
            write()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "king"},
        {"expires_at": timezone.now() - datetime.timedelta(days=400)},
        {"accepted_at": timezone.now()},
        {"email": "nonsense"},
    ],
)
def test_an_invitation_that_makes_no_sense_is_not_written(fields, world):
    with pytest.raises(ValidationError):
        f.InvitationFactory(program=world.program, **fields)
