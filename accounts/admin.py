"""Users, and the trail to read: for administrators."""

from django.contrib import admin
from django.contrib.auth import admin as _registers_groups  # noqa: F401  before they are taken out again
from django.contrib.auth.models import Group

from .acted_admin import ActAdmin, ChangeAdmin, UserAdmin
from .models import Act, Change, User

admin.site.site_header = admin.site.site_title = "Muster"
admin.site.unregister(Group)  # what somebody may do follows from their roles in programs
admin.site.register(User, UserAdmin)
admin.site.register(Act, ActAdmin)
admin.site.register(Change, ChangeAdmin)
