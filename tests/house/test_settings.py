"""The settings file is read anew with an environment of its own: what it makes of it, and what it refuses."""

import os
import runpy
import shutil
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).parents[2] / "config/settings.py"
PUBLIC = {"MUSTER_URL": "https://muster.example.org", "SECRET_KEY": "k" * 60}


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The settings of an installation in `tmp_path`, which has no file .env."""
    copy = tmp_path / "config/settings.py"
    copy.parent.mkdir()
    shutil.copy(SETTINGS, copy)

    def run(**environment):
        monkeypatch.setattr(environ.Env, "ENVIRON", dict(environment))
        return runpy.run_path(str(copy))

    return run


@pytest.mark.parametrize(
    "url",
    [
        "muster.example.org",
        "ftp://muster.example.org",
        "https://",
        "https:///path",
        "https://muster.example.org/path",
        "https://muster.example.org?",
        "https://muster.example.org/?next=1",
        "https://muster.example.org#top",
        "https://anna@muster.example.org",
        "https://anna:word@muster.example.org",
        "https://muster.example.org:",
        "https://muster.example.org:0",
        "https://muster.example.org:65536",
        "https://muster.example.org:https",
        "https://muster example.org",
        "https://[::1",
        "https://muster.example.org\n",
        "",
    ],
)
def test_an_address_that_is_more_or_less_than_scheme_host_and_port_is_refused(url, read):
    with pytest.raises(ImproperlyConfigured, match="must be an address") as told:
        read(**PUBLIC | {"MUSTER_URL": url})
    assert "word" not in str(told.value)


@pytest.mark.parametrize("url", ["http://muster.example.org", "http://10.0.0.1:8000"])
def test_anything_but_this_machine_has_to_be_https(url, read):
    with pytest.raises(ImproperlyConfigured, match="must begin with https"):
        read(**PUBLIC | {"MUSTER_URL": url})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:8000"])
def test_this_machine_is_reached_by_any_of_its_names(url, read):
    settings = read(MUSTER_URL=url)
    assert settings["LOCAL"] and settings["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == [url.rstrip("/")]


def test_a_public_address_is_the_only_one(read):
    settings = read(**PUBLIC | {"MUSTER_URL": "https://Muster.example.org:8443/"})
    assert settings["ALLOWED_HOSTS"] == ["muster.example.org"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://muster.example.org:8443"]


def test_other_names_below_the_host_are_bound_to_https_only_when_asked(read):
    names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    asked = {"MUSTER_HSTS_SUBDOMAINS": "1", "MUSTER_HSTS_PRELOAD": "1"}
    assert [read(**PUBLIC)[name] for name in names] == [False, False]
    assert [read(**PUBLIC, **asked)[name] for name in names] == [True, True]
    assert [read(**asked)[name] for name in names] == [False, False]
    assert read(**PUBLIC)["SECURE_HSTS_SECONDS"] > 0


def test_one_proxy_is_believed_behind_https_none_without_and_no_nonsense(read):
    assert read()["ALLAUTH_TRUSTED_PROXY_COUNT"] == 0
    assert read(**PUBLIC)["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    assert read(**PUBLIC, MUSTER_PROXIES="2")["ALLAUTH_TRUSTED_PROXY_COUNT"] == 2
    for nonsense in ("-1", "one"):
        with pytest.raises(ImproperlyConfigured, match="MUSTER_PROXIES"):
            read(MUSTER_PROXIES=nonsense)


def test_the_secret_key_is_made_once_and_read_by_its_owner_only(read, tmp_path):
    umask = os.umask(0)
    try:
        key = read()["SECRET_KEY"]
    finally:
        os.umask(umask)
    kept = tmp_path / "var/secret-key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(key) > 50 and key == kept.read_text() == read()["SECRET_KEY"]


def test_the_secret_key_is_not_written_into_what_somebody_put_in_its_place(read, tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var/secret-key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        read()
    assert not (tmp_path / "elsewhere").exists()


def test_a_public_installation_has_to_be_given_its_key(read):
    with pytest.raises(ImproperlyConfigured, match="Set SECRET_KEY"):
        read(MUSTER_URL=PUBLIC["MUSTER_URL"])


def test_in_production_every_cookie_is_of_this_host_alone_and_of_https(read):
    settings = read(**PUBLIC)
    names = {name: value for name, value in settings.items() if name.endswith("_COOKIE_NAME")}
    assert set(names) == {f"{one}_COOKIE_NAME" for one in ("SESSION", "CSRF", "DEVICE", "THEME", "MESSAGE")}
    assert all(name.startswith("__Host-muster_") for name in names.values())  # so: Secure, Path=/, no Domain
    assert settings["SESSION_COOKIE_SECURE"] and settings["CSRF_COOKIE_SECURE"]
    assert not any("__Host-" in value for name, value in read().items() if name.endswith("_COOKIE_NAME"))


def test_the_second_factor_is_asked_wherever_others_reach_muster_unless_told_otherwise(read):
    assert read(**PUBLIC)["SECOND_FACTOR_REQUIRED"] and not read()["SECOND_FACTOR_REQUIRED"]
    assert read(MUSTER_SECOND_FACTOR="1")["SECOND_FACTOR_REQUIRED"]
    assert not read(**PUBLIC, MUSTER_SECOND_FACTOR="0")["SECOND_FACTOR_REQUIRED"]


def test_the_limits_of_a_sign_in_come_from_the_environment_and_are_no_nonsense(read):
    settings = read()
    names = "SESSION_COOKIE_AGE", "SESSION_IDLE", "SESSION_IDLE_IMPORTANT", "ACCOUNT_REAUTHENTICATION_TIMEOUT"
    assert [settings[name] // 60 for name in names] == [720, 240, 60, 10]
    asked = {"MUSTER_SIGNED_IN_HOURS": "8", "MUSTER_IDLE_MINUTES": "30"}
    asked |= {"MUSTER_IDLE_MINUTES_IMPORTANT": "5", "MUSTER_CONFIRM_MINUTES": "3"}
    assert [read(**asked)[name] // 60 for name in names] == [480, 30, 5, 3]
    for name in asked:
        with pytest.raises(ImproperlyConfigured, match="more than nothing"):
            read(**{name: "0"})


def test_earlier_keys_still_open_what_they_sealed(read):
    assert read(**PUBLIC, SECRET_KEY_FALLBACKS="old,older")["SECRET_KEY_FALLBACKS"] == ["old", "older"]
