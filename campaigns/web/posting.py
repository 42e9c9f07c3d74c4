"""The posting spec of a source: the fields of a vertical, and snippets that work once a test key stands in them."""

from __future__ import annotations

import json
from typing import Any

from campaigns.core.fields import wanted
from campaigns.core.schema import Field, Vertical

KEY = "lx_test_YOUR_TEST_KEY"
SAMPLES: dict[str, Any] = {
    "zip": "78701", "state": "TX", "boolean": True, "text": "text", "date": "1990-05-31",
}  # fmt: skip


def fields_of(vertical: Vertical) -> list[dict[str, Any]]:
    """List the fields of a vertical as a posting spec shows them, those of the ping first."""
    ordered = sorted(vertical.fields.values(), key=lambda one: (one.stage != "ping", not one.required))
    return [
        {"name": one.name, "label": one.label, "stage": one.stage, "required": one.required, "wanted": wanted(one)}
        for one in ordered
    ]


def snippets(source_id: str, vertical: Vertical, address: str) -> list[tuple[str, str]]:
    """Write a ping with every required field as curl and as plain JSON."""
    lead = {one.name: _sample(one) for one in vertical.fields.values() if one.required and one.stage == "ping"}
    body = {"source": source_id, "vertical": vertical.slug, "lead": lead}
    curl = (
        f"curl -s {address}/pings \\\n  -H 'Authorization: Bearer {KEY}' \\\n  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(body)}'"
    )
    return [("curl", curl), ("JSON", json.dumps(body, indent=2))]


def _sample(field: Field) -> Any:
    if field.kind == "choice":
        return field.choices[0]
    if field.kind in {"integer", "number"}:
        low = field.minimum or 0
        return int(low) if field.kind == "integer" else float(low)
    if field.kind == "list":
        return [{name: _sample(inner) for name, inner in field.items.items() if inner.required or not _any_required(field)}]
    return SAMPLES[field.kind]


def _any_required(field: Field) -> bool:
    return any(inner.required for inner in field.items.values())
