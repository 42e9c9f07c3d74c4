"""Reads market.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("market.toml")


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign to publish, once per vertical."""

    name: str
    verticals: tuple[str, ...]
    draft: dict[str, Any]
    priority: int
    flaky: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """An organization of the demo market. Deposits are texts such as "250000"; "" means none.

    `webhook`: in the demo it hears of events. `pools`: its outcomes may teach the models of all.
    """

    slug: str
    name: str
    kind: str
    demo: bool
    deposit: str
    test_deposit: str
    sources: tuple[dict[str, Any], ...]
    campaigns: tuple[CampaignPlan, ...]
    test_campaigns: tuple[CampaignPlan, ...]
    webhook: bool
    pools: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """What one source sends of one vertical; market.toml says what the numbers mean."""

    publisher: str
    source: str
    vertical: str
    share: float
    quality: float
    bots: float
    duplicates: float
    recycled: float
    posted: float
    switched: float


def read_streams() -> tuple[Stream, ...]:
    """Read what traffic.py sends."""
    return tuple(Stream(**row) for row in tomllib.loads(FILE.read_text())["streams"])


def read_plans(*, demo: bool) -> tuple[Plan, ...]:
    """Read who takes part; without `demo` only the operator and the house buyer of the test mode."""
    rows = tomllib.loads(FILE.read_text())["organizations"]
    return tuple(plan for plan in map(_plan, rows) if demo or not plan.demo)


def _plan(row: dict[str, Any]) -> Plan:
    return Plan(
        slug=row["slug"],
        name=row["name"],
        kind=row["kind"],
        demo=row.get("demo", False),
        deposit=row.get("deposit", ""),
        test_deposit=row.get("test_deposit", ""),
        sources=tuple(row.get("sources", ())),
        campaigns=tuple(map(_campaign, row.get("campaigns", ()))),
        test_campaigns=tuple(map(_campaign, row.get("test_campaigns", ()))),
        webhook=row.get("webhook", False),
        pools=row.get("pools", False),
    )


def _campaign(row: dict[str, Any]) -> CampaignPlan:
    return CampaignPlan(row["name"], tuple(row["verticals"]), row["draft"], row.get("priority", 0), row.get("flaky", False))
