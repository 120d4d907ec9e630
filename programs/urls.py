"""The addresses of programs, modules and instructors."""

from django.urls import include, path

from . import views

app_name = "programs"

program = [
    path("edit/", views.program_edit, name="program_edit"),
    path("weights/", views.program_weights, name="program_weights"),
    path("archive/", views.program_archive, name="program_archive"),
    path("delete/", views.program_delete, name="program_delete"),
    path("curriculum/", views.program_curriculum, name="program_curriculum"),
    path("people/", views.program_people, name="program_people"),
    path("roles/new/", views.role_create, name="role_create"),
    path("roles/<int:pk>/edit/", views.role_edit, name="role_edit"),
    path("roles/<int:pk>/revoke/", views.role_revoke, name="role_revoke"),
    path("invitations/new/", views.invitation_create, name="invitation_create"),
    path("invitations/<int:pk>/renew/", views.invitation_renew, name="invitation_renew"),
    path("invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("instructors/assign/", views.assignment_create, name="assignment_create"),
    path("instructors/<int:pk>/edit/", views.assignment_edit, name="assignment_edit"),
    path("instructors/<int:pk>/remove/", views.assignment_remove, name="assignment_remove"),
    path("tracks/new/", views.track_create, name="track_create"),
    path("tracks/<slug:code>/edit/", views.track_edit, name="track_edit"),
    path("tracks/<slug:code>/archive/", views.track_archive, name="track_archive"),
    path("tracks/<slug:code>/delete/", views.track_delete, name="track_delete"),
    path("curricula/new/", views.curriculum_create, name="curriculum_create"),
]
curriculum = [
    path("", views.curriculum_detail, name="curriculum_detail"),
    path("edit/", views.curriculum_edit, name="curriculum_edit"),
    path("delete/", views.curriculum_delete, name="curriculum_delete"),
    path("entries/new/", views.entry_create, name="entry_create"),
    path("entries/<int:pk>/edit/", views.entry_edit, name="entry_edit"),
    path("entries/<int:pk>/move/", views.entry_move, name="entry_move"),
    path("entries/<int:pk>/remove/", views.entry_remove, name="entry_remove"),
]
modules = [
    path("", views.module_list, name="module_list"),
    path("new/", views.module_create, name="module_create"),
    path("<slug:code>/", views.module_detail, name="module_detail"),
    path("<slug:code>/edit/", views.module_edit, name="module_edit"),
    path("<slug:code>/archive/", views.module_archive, name="module_archive"),
    path("<slug:code>/delete/", views.module_delete, name="module_delete"),
]
instructors = [
    path("", views.instructor_list, name="instructor_list"),
    path("new/", views.instructor_create, name="instructor_create"),
    path("<slug:code>/", views.instructor_detail, name="instructor_detail"),
    path("<slug:code>/edit/", views.instructor_edit, name="instructor_edit"),
    path("<slug:code>/archive/", views.instructor_archive, name="instructor_archive"),
    path("<slug:code>/delete/", views.instructor_delete, name="instructor_delete"),
]

urlpatterns = [
    path("programs/", views.program_list, name="program_list"),
    path("programs/new/", views.program_create, name="program_create"),
    path("programs/<slug:slug>/", include(program)),
    path("programs/<slug:slug>/curricula/<int:number>/", include(curriculum)),
    path("modules/", include(modules)),
    path("instructors/", include(instructors)),
    path("invitations/<slug:token>/", views.invitation_accept, name="invitation_accept"),
]
