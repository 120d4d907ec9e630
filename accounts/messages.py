"""What is said on the next page: in a cookie of ours, by the name that all of them have."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class _Cookie(CookieStorage):
    cookie_name = settings.MESSAGE_COOKIE_NAME


class Messages(FallbackStorage):
    storage_classes = (_Cookie, SessionStorage)
