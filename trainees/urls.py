"""The addresses of cohorts, trainees, sessions and records; a program's own page and the first page show cohorts too."""

from django.urls import path

from .views import closing, cohorts, home, manage, records, roster, sessions, sheets, trainees

app_name = "trainees"

urlpatterns = [
    path("", home.home, name="home"),
    path("progress-rule/", trainees.progress_rule, name="progress_rule"),
    path("programs/<slug:slug>/", home.program_detail, name="program_detail"),
    path("cohorts/", cohorts.cohort_list, name="cohort_list"),
    path("cohorts/new/", manage.cohort_create, name="cohort_create"),
    path("cohorts/<slug:slug>/", cohorts.cohort_detail, name="cohort_detail"),
    path("cohorts/<slug:slug>/progress/", cohorts.cohort_progress, name="cohort_progress"),
    path("cohorts/<slug:slug>/edit/", manage.cohort_edit, name="cohort_edit"),
    path("cohorts/<slug:slug>/archive/", manage.cohort_archive, name="cohort_archive"),
    path("cohorts/<slug:slug>/delete/", manage.cohort_delete, name="cohort_delete"),
    path("cohorts/<slug:slug>/curriculum/", manage.cohort_follow, name="cohort_follow"),
    path("cohorts/<slug:slug>/curriculum/<int:pk>/remove/", manage.cohort_unfollow, name="cohort_unfollow"),
    path("cohorts/<slug:slug>/groups/new/", manage.group_create, name="group_create"),
    path("cohorts/<slug:slug>/modules/<slug:code>/", cohorts.cohort_module, name="cohort_module"),
    path("cohorts/<slug:slug>/modules/<slug:code>/rate/", manage.cohort_rate, name="cohort_rate"),
    path("cohorts/<slug:slug>/roster/", roster.cohort_roster, name="cohort_roster"),
    path("cohorts/<slug:slug>/roster/add/", roster.roster_add, name="roster_add"),
    path("cohorts/<slug:slug>/roster/<slug:kind>/", roster.roster_change, name="roster_change"),
    path("cohorts/<slug:slug>/sessions/", sessions.session_list, name="session_list"),
    path("cohorts/<slug:slug>/sessions/new/", sessions.session_create, name="session_create"),
    path("cohorts/<slug:slug>/closing/", closing.cohort_closing, name="cohort_closing"),
    path("cohorts/<slug:slug>/roll/", closing.cohort_roll, name="cohort_roll"),
    path("groups/<int:pk>/edit/", manage.group_edit, name="group_edit"),
    path("groups/<int:pk>/delete/", manage.group_delete, name="group_delete"),
    path("places/<int:pk>/correct/", roster.place_correct, name="place_correct"),
    path("sessions/<int:pk>/", sessions.session_detail, name="session_detail"),
    path("sessions/<int:pk>/edit/", sessions.session_edit, name="session_edit"),
    path("sessions/<int:pk>/cancel/", sessions.session_cancel, name="session_cancel"),
    path("sessions/<int:pk>/delete/", sessions.session_delete, name="session_delete"),
    path("sessions/<int:pk>/register/", sessions.session_register, name="session_register"),
    path("sessions/<int:pk>/register/reopen/", sessions.register_reopen, name="register_reopen"),
    path("trainees/", trainees.trainee_list, name="trainee_list"),
    path("trainees/new/", trainees.trainee_create, name="trainee_create"),
    path("trainees/<uuid:uuid>/", trainees.trainee_detail, name="trainee_detail"),
    path("trainees/<uuid:uuid>/edit/", trainees.trainee_edit, name="trainee_edit"),
    path("trainees/<uuid:uuid>/name/", trainees.trainee_name, name="trainee_name"),
    path("trainees/<uuid:uuid>/name/edit/", trainees.name_edit, name="name_edit"),
    path("trainees/<uuid:uuid>/<slug:program>/<slug:code>/", records.cell, name="cell"),
    path("trainees/<uuid:uuid>/<slug:program>/<slug:code>/record/", records.record_create, name="record_create"),
    path("trainees/<uuid:uuid>/<slug:program>/<slug:code>/mark/", sheets.result_mark, name="result_mark"),
    path("trainees/<uuid:uuid>/<slug:program>/<slug:code>/credit/", records.credit_create, name="credit_create"),
    path("trainees/<uuid:uuid>/<slug:program>/<slug:code>/exempt/", records.exemption_create, name="exemption_create"),
    path("records/<int:pk>/void/", records.record_void, name="record_void"),
    path("completions/<int:pk>/revoke/", closing.completion_revoke, name="completion_revoke"),
]
