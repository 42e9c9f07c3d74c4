"""Reads tests/cases/auction and writes its cases as tables: the worked examples of docs/algorithms/auction.md.

`python -m tests.core.exchange.auction_cases` puts fresh tables into the page.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.core.money import micros_from_text, text_from_micros
from exchange.core.auction import AuctionResult, Candidate, Margin, Rules

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "cases" / "auction"
PAGE = ROOT / "docs" / "algorithms" / "auction.md"
MARK = re.compile(r"(<!-- case: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def candidates_of(case: dict[str, Any]) -> list[Candidate]:
    return [
        Candidate(
            campaign_id=UUID(row["campaign_id"]),
            revision_id=UUID(int=UUID(row["campaign_id"]).int + (1 << 64)),
            organization_id=UUID(int=UUID(row["campaign_id"]).int + (2 << 64)),
            bid_price=micros_from_text(row["bid_price"]),
            priority=row["priority"],
            exclusive=row["exclusive"],
        )
        for row in case["candidates"]
    ]


def rules_of(case: dict[str, Any]) -> Rules:
    rules = case["rules"]
    kind, value = rules["margin"]["kind"], rules["margin"]["value"]
    return Rules(
        floor_price=micros_from_text(rules["floor_price"]),
        floor_payout=micros_from_text(rules["floor_payout"]),
        margin=Margin(kind, Decimal(value) if kind == "percent" else micros_from_text(value)),
        pricing=rules["pricing"],
        seed=rules["seed"],
        sellers_max=rules["sellers_max"],
    )


def as_expected(case: dict[str, Any], result: AuctionResult) -> dict[str, Any]:
    """Write a result in the form of a case's `expected`."""
    name_of = {row["campaign_id"]: row["name"] for row in case["candidates"]}
    return {
        "winners": [
            {
                "campaign": name_of[str(winner.candidate.campaign_id)],
                "clearing_price": text_from_micros(winner.clearing_price),
                "payout": text_from_micros(winner.payout_amount),
                "margin": text_from_micros(winner.margin_amount),
            }
            for winner in result.winners
        ],
        "losers": [
            {"campaign": name_of[str(loser.candidate.campaign_id)], "reason": loser.reason.value, "detail": loser.detail}
            for loser in result.losers
        ],
    }


def as_markdown(name: str) -> str:
    """Write one case as the page shows it."""
    case = load(name)
    rules, expected = case["rules"], case["expected"]
    won = {row["campaign"]: row for row in expected["winners"]}
    lost = {row["campaign"]: row for row in expected["losers"]}
    value = rules["margin"]["value"]
    margin = f"{(Decimal(value) * 100).normalize():f} %" if rules["margin"]["kind"] == "percent" else value
    lines = [
        f"**{name.replace('_', ' ')}**. {case['says']}",
        "",
        f"Floor price {rules['floor_price']}, floor payout {rules['floor_payout']}, margin {margin}.",
        "",
        "| campaign | priority | bid | outcome | clearing price | payout | margin |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in case["candidates"]:
        start = f"| {row['name']} | {row['priority']} | {row['bid_price']} |"
        if row["name"] in won:
            sale = won[row["name"]]
            lines.append(f"{start} wins | {sale['clearing_price']} | {sale['payout']} | {sale['margin']} |")
        else:
            loss = lost[row["name"]]
            lines.append(f"{start} {loss['reason']}: {loss['detail']} | | | |")
    return "\n".join(lines) + "\n"


def with_fresh_tables(page: str) -> str:
    return MARK.sub(lambda match: f"{match[1]}{as_markdown(match[2])}{match[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(with_fresh_tables(PAGE.read_text()))
