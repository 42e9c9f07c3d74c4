"""Experiments for tests: one on the smallest price of roofing leads, and the model row it asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.core.clock import utc_now
from accounts.tenancy import act_as_exchange
from scoring.experiments import ExperimentFacts, create_experiment
from scoring.models import Model

WISH: dict[str, Any] = {
    "name": "Smallest price of roofing", "hypothesis": "No lead under 60 dollars earns more than it loses.",
    "vertical": "home.roofing", "kind": "floor", "unit": "ping", "metric": "revenue", "window_days": 14,
    "arms": [{"name": "control", "weight": 1, "setting": "0"}, {"name": "sixty", "weight": 1, "setting": "60.00"}],
    "guardrails": [{"metric": "sold", "harm_max": 0.1}],
}  # fmt: skip


def drafted(organization_id: UUID, mode: str = "live", **changes: Any) -> ExperimentFacts:
    with act_as_exchange("the test keeps a model"):
        Model.objects.get_or_create(vertical="home.roofing", defaults={"outcome": "sale", "horizon_days": 30})
    return create_experiment(
        data={**WISH, **changes}, mode=mode, at=utc_now(), organization_id=organization_id, actor="system:test"
    )
