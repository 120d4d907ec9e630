"""Every address of Muster. Wiring only."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accounts import views
from accounts.admin_site import without_shortcut, wrap_admin_login

wrap_admin_login(admin.site)  # before its addresses are read: one door for every sign-in
without_shortcut(admin.site)

urlpatterns = [
    path("sw.js", views.worker, name="worker"),  # a service worker serves the addresses below its own
    path("offline/", views.offline, name="offline"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("programs.urls")),
    path("", include("trainees.urls")),
]
if settings.DEBUG:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
