"""What every page needs to know to look right."""

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format


def look(request):
    """The theme that this browser asked for ("" follows the system), and now, for the head of a printed page."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return {
        "theme": theme if theme in {"light", "dark"} else "",
        "now_text": f"{date_format(timezone.localtime(), 'DATETIME_FORMAT')} {timezone.localtime().tzname()}",
    }
