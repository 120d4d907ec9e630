"""Every page of ours in a real browser, wide and narrow, light and dark: sound for whoever sees, hears or moves differently.

The addresses are those of the table of who may, which tests/house holds against the URLconf: a new page is looked at by itself.
"""

import pytest
from django.urls import reverse

from programs.models import Role
from tests import factories as f
from tests.house.test_access import ANSWERS, TABLE, address, world  # noqa: F401  world is a fixture

pytestmark = pytest.mark.django_db(transaction=True)
LOOKS = [(320, "dark"), (768, "light"), (1280, "dark")]  # widths, and the colours in which each is looked at
SHARES = 3  # so that several processes can share the work
ASKED = {  # what has to stand behind the address for there to be a page; several looks at one page
    "programs:program_people": ["", "?q=nobody"],
    "trainees:audit_list": ["", "?about=nothing"],
    "trainees:cohort_create": ["", "?program={program.slug}"],
    "trainees:trainee_create": ["", "?cohort={cohort.slug}"],
    "trainees:cohort_progress": ["", "?show=not_met&sort=fewest"],
    "trainees:cohort_changes": ["", "?since=2023-08-06", "?since=2023-08-12&as_of=2023-08-12"],
    "trainees:cohort_briefing": ["", "?as_of=2023-08-12", "?present=1", "?as_of=2023-08-01"],
    "trainees:program_briefing": ["", "?as_of=2023-08-12", "?present=1", "?as_of=2023-08-01"],
    "trainees:cohort_over_time": ["", "?as_of=2023-08-12", "?as_of=2023-08-01"],
    "trainees:cohort_follow": ["", "?curriculum=1&since=2023-08-21"],
    "trainees:cohort_board": ["", "?day=2023-08-10"],
    "trainees:cohort_schedule": ["", "?week=2023-W32", "?day=2023-08-10"],
    "trainees:instructor_schedule": ["", "?week=2023-W32"],
    "trainees:place_schedule": ["", "?week=2023-W32"],
    "trainees:program_board": ["", "?day=2023-08-10"],
    "trainees:program_attention": ["", "?as_of=2023-08-12"],
    "trainees:cohort_outstanding": ["", "?what=sheet"],
    "trainees:roster_change": ["", "?t={trainee.pk}:{place.act.key}"],
}
OPEN = ["account_login", "account_reset_password", "account_reset_password_done", "account_signup"]
SIGNED_IN = ["account_change_password", "account_logout", "account_reauthenticate"]
SIGNED_IN += ["mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn"]
NO_PAGE = {302, 405}
FILES = {"trainees:import_template", "trainees:program_bundle"}


def has_page(name):
    """Whether whoever runs a program gets a page there: some only take what is pressed, lead elsewhere, or tell scripts."""
    if "for scripts" in TABLE[name] or name in FILES:
        return False
    answers = ANSWERS[TABLE[name]]
    get, _post = next(
        answers[kind] for kind in ("coordinator", "members", "coordinators", "everybody") if kind in answers
    )
    return get not in NO_PAGE


PAGES = [name for name in TABLE if has_page(name)]


def problems(page, where, axe):
    """What is wrong with a page in any of its looks: it is loaded once, and the window made wider."""
    page.set_viewport_size({"width": LOOKS[0][0], "height": 900})
    page.goto(where)
    found = []
    for width, colours in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # or one colour fades into the other
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        wrong = [*axe(page), *(["scrolls sideways"] if wide else [])]
        found += [f"{width}, {colours}: {one}" for one in wrong]
    return found


@pytest.fixture
def reader(world):  # noqa: F811
    """A coordinator who in another program only reads."""
    user = world.users["coordinator"]
    f.RoleFactory(program=world.users["other coordinator"].roles.get().program, user=user, kind=Role.Kind.VIEWER)
    return user


@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_sound(share, world, reader, new_page, sign_in, axe):  # noqa: F811
    page = sign_in(new_page(), reader)
    page.expected_errors = ["404", "403", "422"]
    found = {}
    for name in PAGES[share::SHARES]:
        for asked in ASKED.get(name, [""]):
            where = address(name, world) + asked.format(**vars(world))
            found[where] = problems(page, where, axe)
    assert {where: of for where, of in found.items() if of} == {}


def test_pages_of_sign_in_and_of_refusal_are_sound(world, reader, new_page, sign_in, axe):  # noqa: F811
    page = new_page()
    page.expected_errors = ["404", "403"]
    found = {name: problems(page, reverse(name), axe) for name in OPEN}
    sign_in(page, reader)
    found |= {name: problems(page, reverse(name), axe) for name in SIGNED_IN}
    for status, where in ((404, "/nothing-here/"), (403, "/programs/else/edit/")):
        assert page.goto(where).status == status
        found[where] = problems(page, where, axe)
    assert {where: of for where, of in found.items() if of} == {}
