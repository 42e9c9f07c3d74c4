"""A contact in a form that its sender recognises and nobody else can use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HIDDEN = "***"
# Sealed beside the contact, but never the sender's to read again.
TRACES = frozenset({"consent_ip", "consent_user_agent"})


def mask_contact(contact: Mapping[str, Any]) -> dict[str, str]:
    """Mask each value of a contact: "+15125550142" is "+1***42", "jane@example.com" is "j***@e***.com", "Jane" is "J***"."""
    return {name: _masked(name, value) for name, value in contact.items() if name not in TRACES}


def _masked(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        return HIDDEN
    if name == "phone":
        return f"{value[:2]}{HIDDEN}{value[-2:]}" if len(value) >= 8 else HIDDEN
    if name == "email":
        local, _, domain = value.partition("@")
        return f"{local[:1]}{HIDDEN}@{domain[:1]}{HIDDEN}.{domain.rpartition('.')[2]}"
    return f"{value[:1]}{HIDDEN}"
