from django.urls import path
from django.views.generic import RedirectView

from . import views

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("signed-in/end/", views.signins_end, name="signins_end"),
    path("signed-in/<int:pk>/end/", views.signin_end, name="signin_end"),
    path("whoami/", views.whoami, name="whoami"),
    path("theme/", views.theme, name="theme"),
    # In the place of allauth's pages: administrators keep mail addresses, and that change, like ending a sign-in, is an act.
    path("email/", RedirectView.as_view(pattern_name="accounts:account"), name="email"),
    path("sessions/", RedirectView.as_view(pattern_name="accounts:account"), name="sessions"),
]
