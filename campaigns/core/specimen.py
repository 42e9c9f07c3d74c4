"""A made-up lead of any vertical, by which a buyer tries its destination and a publisher its first ping.

It is nobody: reserved number, reserved domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from campaigns.core.fields import Field, Vertical

_KNOWN: Mapping[str, Any] = {
    "zip": "78701",
    "state": "TX",
    "first_name": "Test",
    "last_name": "Lead",
    "phone": "+15125550100",
    "email": "test.lead@example.com",
    "street": "1 Example Street",
    "city": "Austin",
    "birth_date": "1980-01-01",
    "company": "Example Works",
    "vin": "1M8GDM9AXKP042788",
}


def made_up_lead(vertical: Vertical, *, required_only: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give (ping fields, post fields) of the vertical, filled in: the first choice, true, the least number.

    With `required_only` the required ones and the zip, which every buyer asks for.
    """
    chosen = {name: one for name, one in vertical.fields.items() if one.required or name == "zip" or not required_only}
    values = {name: _value(chosen[name]) if name in chosen else None for name in vertical.fields}
    ping, post = (
        {name: values[name] for name in vertical.names(stage) if values[name] is not None} for stage in ("ping", "post")
    )
    return ping, post


def _value(field: Field) -> Any:
    if field.name in _KNOWN:
        return _KNOWN[field.name]
    if field.kind == "choice":
        return field.choices[0]
    if field.kind == "boolean":
        return True
    if field.kind == "integer":
        return int(field.minimum or 0)
    if field.kind == "number":
        return float(field.minimum or 0)
    if field.kind == "list":
        return [{name: _value(item) for name, item in field.items.items()}]
    return "Test" if field.kind == "text" else None
