"""What the documents name is there: a promise that names a test is one as long as the test is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
HOUSES = ("accounts", "programs", "trainees", "seeds", "config", "tests", "benchmarks")
FILE = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page):
    """By its path from the root or from a room, or by its name alone."""
    there = [f"/{path.relative_to(ROOT)}" for house in HOUSES for path in (ROOT / house).rglob("*.py")]
    missing = {name for name in FILE.findall(page.read_text()) if not any(path.endswith(f"/{name}") for path in there)}
    assert missing == set()
