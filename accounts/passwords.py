"""Which passwords are too easy to guess, beside being short: long ones made of what everybody tries first."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

LOOKED_AT = 72  # characters: zxcvbn takes no more
GUESSES = 10**12  # with fewer than this, somebody who has the database finds it within days


class GuessableValidator:
    """Refuses common passwords and words, put together or repeated, rows of keys, dates, and words about the person or Muster.

    zxcvbn estimates from its own lists, which come with it: nothing is asked of any server.
    """

    def validate(self, password, user=None):
        about = [str(getattr(user, name, "")) for name in ("username", "display_name", "email")]
        near = re.findall(r"\w{3,}", " ".join([*about, urlsplit(settings.MUSTER_URL).hostname or "", "muster"]))
        found = zxcvbn(password[:LOOKED_AT], user_inputs=[*about, *near])
        if found["guesses"] >= GUESSES:
            return
        raise ValidationError(
            _(
                "Too easy to guess: it is made of %(what)s. Take four or more words that have nothing to do with each other."
            )
            % {"what": self._what({match["pattern"] for match in found["sequence"]})},
            code="password_too_guessable",
        )

    def _what(self, patterns):
        for pattern, words in (
            ("repeat", _("the same again and again")),
            ("spatial", _("neighbouring keys")),
            ("dictionary", _("common words, names or passwords")),
            ("sequence", _("letters or digits in their order")),
            ("date", _("a date")),
        ):
            if pattern in patterns:
                return words
        return _("too little")

    def get_help_text(self):
        return _("Four or more words that have nothing to do with each other are easy to remember and hard to guess.")
