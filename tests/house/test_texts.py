"""What people read in a template is wrapped for translation: no bare words between tags, or in what is read aloud."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
TRANSLATED = re.compile(
    r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}|{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.S
)
CODE = re.compile(r"<(script|style)\b.*?</\1>", re.S)
CLASS = re.compile(r"{%\s*block \w*class\s*%}.*?{%\s*endblock\b.*?%}", re.S)
LOGIC = re.compile(r"{%.*?%}|{{.*?}}", re.S)
READ_ALOUD = re.compile(r"""\b(?:title|alt|placeholder|aria-label|aria-description)="([^"]*)\"""")
TAG = re.compile(r"<[^>]*>")
WORD = re.compile(r"(?<![&\w])[^\W\d_]{2,}")  # not the name of an entity, as in &nbsp;
NAMES = {"Muster"}


def bare(text):
    """Words of a template that nobody can translate."""
    text = LOGIC.sub("", CLASS.sub("", CODE.sub("", TRANSLATED.sub("", text))))
    spoken = READ_ALOUD.findall(text)
    return [word for part in (*spoken, TAG.sub(" ", text)) for word in WORD.findall(part) if word not in NAMES]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_word_can_be_translated(path):
    assert bare(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Bare words</p>", ["Bare", "words"]),
        ('<a title="Read this" class="btn primary">{{ name }}</a>', ["Read", "this"]),
        ('<p>{% translate "Fine" %} · {{ n }}&nbsp;%</p>', []),
        ("<p>{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}</p>", []),
        ('<a href="{% url "x" %}" {% if a > b %}class="on"{% endif %}>Muster</a>{# a note #}', []),
    ],
)
def test_bare_words_are_found(text, found):
    assert bare(text) == found
