"""Which passwords are refused, and that they are refused wherever one is set."""

import io

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts import services
from accounts.models import User
from accounts.passwords import GuessableValidator
from seeds.accounts import WORDS
from tests import factories as f

from .door import sign_in

WEAK = {
    "passwordpassword": "the same again and again",
    "letmeinletmein12": "the same again and again",
    "rtyuijhgfdcvbnm": "neighbouring keys",
    "abcdefghijklmnopq": "letters or digits in their order",
    "password1234567": "common words",
    "administrator123": "common words",
    "welcometomuster1": "common words",
    "Password123456!": "common words",
}


@pytest.mark.parametrize("password", WEAK)
def test_common_words_repeats_and_rows_of_keys_are_refused_in_words(password):
    with pytest.raises(ValidationError, match=WEAK[password]):
        GuessableValidator().validate(password)


def test_words_about_the_person_and_this_site_are_refused(settings):
    settings.MUSTER_URL = "https://hvedehagen.example.org"
    user = User(username="kvassfjell", display_name="TYRIHANS", email="blodstein@example.org")
    for password in ("kvassfjell-2023", "tyrihans tyrihans", "hvedehagen12345", "blodstein@example"):
        with pytest.raises(ValidationError):
            GuessableValidator().validate(password, user)
    GuessableValidator().validate("kvassfjell-2023")


@pytest.mark.parametrize(
    "password", [f.PASSWORD, "fjellrype trost", "пʼять зовсім різних слів", "x" * 3 + "Ø7 grå kattunge på taket" * 40]
)
def test_words_that_have_nothing_to_do_with_each_other_are_taken_in_any_script_and_length(password):
    validate_password(password)


def test_every_password_that_the_example_makes_is_taken():
    for n in range(len(WORDS)):
        validate_password("-".join((WORDS * 2)[n : n + 5]))


@pytest.mark.django_db
def test_no_door_takes_a_weak_one(client, monkeypatch):
    weak = "passwordpassword"
    boss = f.UserFactory(username="boss", is_superuser=True, is_staff=True)
    anna = f.UserFactory()
    with pytest.raises(ValidationError, match="easy to guess"):
        services.set_password(user=boss, key="1" * 32, account=anna, password=weak)
    with pytest.raises(ValidationError, match="easy to guess"):
        services.create_user(user=boss, key="2" * 32, password=weak, username="eve")
    browser = sign_in(boss)
    fields = {"password1": weak, "password2": weak, "usable_password": "true"}
    assert "easy to guess" in browser.post(f"/admin/accounts/user/{anna.pk}/password/", fields).text
    fields |= {"username": "eve"}
    assert "easy to guess" in browser.post("/admin/accounts/user/add/", fields).text
    fields |= {"oldpassword": f.PASSWORD}
    assert "easy to guess" in browser.post("/accounts/password/change/", fields).text
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", weak)
    with pytest.raises((CommandError, ValidationError), match="easy to guess"):
        call_command("createsuperuser", "--noinput", username="eve", email="", stdout=io.StringIO())
    assert not User.objects.filter(username="eve").exists()
    anna.refresh_from_db()
    assert anna.check_password(f.PASSWORD)
