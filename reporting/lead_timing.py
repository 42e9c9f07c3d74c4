"""When to call a lead that was bought: what its page and the API tell its buyer."""

from __future__ import annotations

from datetime import datetime

from accounts.identity import Caller
from campaigns.core.places import zone_of_zip
from exchange.aftercare.selectors import DispositionFacts, disposition_facts, disposition_rows
from exchange.core.dispositions import RECEIPT, latest
from exchange.core.record import AuctionRecord
from reporting.core.advice import Advice, advise
from reporting.core.timing import ToldLead, readable
from reporting.selectors import BoughtLead
from reporting.timing import REPORTS_MAX, lately, list_told
from scoring.core.calling import Home, home_of
from scoring.core.labels import SILENT
from scoring.explaining import ServedScore, served_values

KNOWN_DAYS = 90
KNOWN_MAX = 5_000
URGENT, CALM = "text.urgent", "text.calm"


def timing_of(caller: Caller, found: BoughtLead, *, at: datetime) -> Advice:
    """Say when its buyer should call a lead. Call it inside the buyer's door."""
    sale = found.sales[0]
    record = found.decision.record if found.decision else None
    rows = disposition_rows(lead_id=found.lead_id).exclude(status=RECEIPT).order_by("occurred_at", "id")[:REPORTS_MAX]
    reports = [disposition_facts(row) for row in rows]
    told = list_told(caller, lately(sale.vertical, at=at, days=KNOWN_DAYS), limit=KNOWN_MAX)
    lead = ToldLead(
        advertiser_id=caller.organization_id, sold_at=sale.created_at, home=_home(record), stage=_stage(reports),
        reports=tuple((one.status, one.occurred_at) for one in reports),
    )  # fmt: skip
    return advise(lead, readable(told.leads, told.tellers), hurry=_hurry(record), at=at)


def _stage(reports: list[DispositionFacts]) -> str:
    newest = latest(reports)
    return SILENT if newest is None else newest.stage


def _home(record: AuctionRecord | None) -> Home | None:
    fields = record.ping.lead if record else {}
    return home_of(str(fields.get("state", "")), zone_of_zip(str(fields.get("zip", ""))))


def _hurry(record: AuctionRecord | None) -> int:
    """Read the urgency of the words the person wrote, as it was served to the score: 1, 0 or -1."""
    if record is None or record.score is None:
        return 0
    score = record.score
    served = ServedScore(score.model_version, score.features, score.probability, score.base_probability or score.probability)
    urgent, calm = (value or 0.0 for value in served_values(served, (URGENT, CALM)))
    return int(urgent > calm) - int(calm > urgent)
