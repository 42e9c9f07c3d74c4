"""System check: each of our models says who owns its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register

from accounts.tenancy import ExchangeModel, OwnedModel, ReferenceModel

OWNER_CLASSES = (OwnedModel, ExchangeModel, ReferenceModel)
OURS = ("accounts", "campaigns", "scoring", "exchange", "reporting")


@register()
def check_owner_class(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a model that inherits none, or two, of the owner classes."""
    found: list[CheckMessage] = []
    for model in apps.get_models():
        if model.__module__.split(".")[0] in OURS and sum(issubclass(model, owner) for owner in OWNER_CLASSES) != 1:
            names = ", ".join(owner.__name__ for owner in OWNER_CLASSES)
            found.append(Error(f"{model.__name__} must inherit exactly one of {names}", obj=model, id="accounts.E001"))
    return found
