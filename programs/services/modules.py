"""The catalogue of modules, which programs share."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, must_be_new, perform, remove
from accounts.models import Act, User
from programs.access import must_coordinate

from ..models import CurriculumEntry, SkillModule


def create_module(*, user: User, key: Key, **fields: Any) -> SkillModule:
    """A new module in the catalogue, by any coordinator."""

    def do(act: Act) -> None:
        must_coordinate(user)
        module = SkillModule(**fields)
        must_be_new(module, "code")
        add(module, act)

    return perform(user=user, key=key, kind="module.create", body=fields, do=do).made(SkillModule)


def update_module(*, user: User, key: Key, module: SkillModule, seen: Key, **fields: Any) -> SkillModule:
    """Change a module's words: by whoever coordinates every program that teaches it."""

    def do(act: Act) -> None:
        must_own(user, module)
        for name, value in fields.items():
            setattr(module, name, value)
        change(module, act, seen=seen)

    perform(user=user, key=key, kind="module.change", body=[module.pk, fields], do=do)
    return module


def archive_module(*, user: User, key: Key, module: SkillModule, seen: Key, archived: bool = True) -> SkillModule:
    """A module that no new curriculum takes in; those that have it keep it."""

    def do(act: Act) -> None:
        must_own(user, module)
        module.archived_at = act.at if archived else None
        change(module, act, seen=seen)

    kind = "module.archive" if archived else "module.unarchive"
    perform(user=user, key=key, kind=kind, body=module.pk, do=do)
    return module


def delete_module(*, user: User, key: Key, module: SkillModule, seen: Key) -> None:
    """Delete a module that no curriculum has."""

    def do(act: Act) -> None:
        must_own(user, module)
        remove(module, seen=seen)

    perform(user=user, key=key, kind="module.delete", body=module.pk, do=do)


def must_own(user: User, module: SkillModule) -> None:
    """Refuse a coordinator who would change a module under the feet of a program they do not run."""
    must_coordinate(user)
    if user.is_superuser:
        return
    entries = CurriculumEntry.objects.filter(module=module)
    if entries.exclude(pk__in=entries.run_by(user)).exists():
        raise ValidationError(
            _("Another program teaches this module too. Ask an administrator to change it, or make a new module.")
        )
