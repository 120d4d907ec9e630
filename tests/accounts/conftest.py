import pytest

from accounts import trail


@pytest.fixture(autouse=True)
def emptied_afterwards(request):
    """Tables that are only added to refuse to be emptied after a transactional test; migrating puts the triggers back."""
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        yield
        trail.uninstall()
    else:
        yield
