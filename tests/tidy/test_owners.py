"""Each of our models inherits exactly one owner class; only Django's own tables are excepted, by name."""

from __future__ import annotations

from django.apps import apps

from accounts.tenancy import ExchangeModel, OwnedModel, ReferenceModel
from tests.tidy.sources import APPS

OWNER_CLASSES = (OwnedModel, ExchangeModel, ReferenceModel)
DJANGO_TABLES = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_admin_log",
    "django_content_type",
    "django_session",
    # Kept by signing in; tests/portal/test_doors.py asks PostgreSQL who may read them.
    "account_emailaddress",
    "account_emailconfirmation",
    "mfa_authenticator",
}


def test_each_of_our_models_has_exactly_one_owner_class():
    ours = [model for model in apps.get_models(include_auto_created=True) if model.__module__.split(".")[0] in APPS]
    found = {model._meta.label: sum(issubclass(model, owner) for owner in OWNER_CLASSES) for model in ours}
    assert {label: count for label, count in found.items() if count != 1} == {}
    assert found, "no model was looked at"


def test_every_other_table_is_djangos_own():
    others = [model for model in apps.get_models(include_auto_created=True) if model.__module__.split(".")[0] not in APPS]
    assert {model._meta.db_table for model in others} - DJANGO_TABLES == set()


def test_an_owned_row_always_has_its_owner():
    owned = [model for model in apps.get_models() if issubclass(model, OwnedModel)]
    assert [model._meta.label for model in owned if model._meta.get_field("organization").null] == []


def test_foreign_keys_point_downward_and_leave_no_name_behind():
    crossing = [(model, field) for model in apps.get_models() for field in model._meta.concrete_fields if _crosses(model, field)]
    upward = [str(field) for model, field in crossing if APPS.index(_app(field.related_model)) > APPS.index(_app(model))]
    named = [str(field) for _, field in crossing if field.remote_field.related_name != "+"]
    assert (upward, named) == ([], [])


def _crosses(model, field) -> bool:
    """A relation between two of our apps."""
    return (
        bool(field.is_relation)
        and {_app(model), _app(field.related_model)} <= set(APPS)
        and _app(model) != _app(field.related_model)
    )


def _app(model) -> str:
    return model.__module__.split(".")[0]
