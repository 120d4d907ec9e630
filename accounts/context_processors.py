"""What every page needs to know to look right."""


def look(request):
    """The theme that this browser asked for: system, light or dark."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in {"light", "dark"} else ""}
