"""What an advertiser reports of a lead it bought: a closed list of statuses, some of them in the words of the vertical.

Each status stands in one stage. Won and lost are what training will call the outcome; open says nothing yet, and invalid says
that there was nobody to win. A report is never changed: a correction is a later report.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError, invalid
from campaigns.core.amounts import Faults, read_choice, read_id, read_price, read_text
from campaigns.core.fields import Vertical, Wrong
from exchange.core.uploads import separator_of

OPEN, WON, LOST, INVALID = "open", "won", "lost", "invalid"
STAGES = (OPEN, WON, LOST, INVALID)
KEYS = frozenset({"sale_id", "lead_id", "status", "occurred_at", "revenue", "agent"})
ENTRIES_MAX = 500
AGENT_LENGTH_MAX = 120
REVENUE_MAX = 10_000_000 * 1_000_000
# Clocks differ: a report may be this much ahead of ours, or before the sale.
CLOCK_SKEW = timedelta(minutes=5)

# That a lead arrived: said by machines, and nothing about what became of it.
RECEIPT = "received"
COMMON: Mapping[str, str] = {
    RECEIPT: OPEN,
    "attempted": OPEN,
    "contacted": OPEN,
    "qualified": OPEN,
    "appointment_set": OPEN,
    "quoted": OPEN,
    "won": WON,
    "lost": LOST,
    "not_interested": LOST,
    "not_qualified": LOST,
    "unreachable": LOST,
    "do_not_contact": LOST,
    "wrong_contact": INVALID,
    "duplicate": INVALID,
    "fictitious": INVALID,
}
# A try that reached nobody, and a conversation: the two reports that name the time of a call.
TRIED, REACHED = "attempted", "contacted"
# What may be said of a person whom nobody spoke to; every other status says that somebody did, then or before.
_UNSPOKEN = frozenset(
    {
        RECEIPT, TRIED, "lost", "not_qualified", "unreachable", "do_not_contact", "wrong_contact", "duplicate", "fictitious",
    }
)  # fmt: skip
# What the trades call their own steps, by the first word of the vertical; the vertical's `outcome` is always a win.
BY_FAMILY: Mapping[str, Mapping[str, str]] = {
    "insurance": {"application_started": OPEN, "policy_bound": WON},
    "mortgage": {"application_submitted": OPEN, "loan_approved": OPEN, "loan_funded": WON},
    "home": {"estimate_given": OPEN, "sale": WON},
    "legal": {"consultation_held": OPEN, "case_signed": WON},
    "education": {"applied": OPEN, "enrolled": WON},
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it came, of sound form. Exactly one of the two ids is there; `revenue` in micros."""

    sale_id: UUID | None
    lead_id: UUID | None
    status: str
    occurred_at: datetime
    revenue: int | None
    agent: str


class Dated(Protocol):
    """Something reported: when it happened, and an id that sorts by when it was told."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""

    @property
    def disposition_id(self) -> UUID:
        """Its id, a UUIDv7."""


Reported = TypeVar("Reported", bound=Dated)


def statuses_of(vertical: Vertical) -> dict[str, str]:
    """Give every status of a vertical with its stage, the common ones first."""
    return {**COMMON, **BY_FAMILY.get(vertical.slug.partition(".")[0], {}), vertical.outcome: WON}


def spoke(status: str) -> bool:
    """Say whether a report says that somebody has spoken to the person by its time."""
    return status not in _UNSPOKEN


def parse_report(data: Any, *, currency: str, at: datetime, pointer: str = "") -> Report:
    """Read a report's form; its status is checked once its vertical is known. Raises Problem(invalid_request) by pointer."""
    faults = Faults()
    wire = {name: value for name, value in faults.only(data, KEYS, pointer).items() if value is not None}
    if ("sale_id" in wire) == ("lead_id" in wire):
        faults.add(pointer + "/sale_id", "required", "Give sale_id or lead_id, and only one of them.")
    ids = {kind: faults.read(f"{pointer}/{kind}_id", read_id, wire.get(f"{kind}_id"), kind) for kind in _named(wire)}
    status = faults.read(f"{pointer}/status", read_text, wire.get("status"), 40)
    occurred_at = faults.read(f"{pointer}/occurred_at", _read_instant, wire.get("occurred_at"), at)
    revenue = (
        faults.read(f"{pointer}/revenue", read_price, wire["revenue"], currency, 0, REVENUE_MAX) if "revenue" in wire else None
    )
    agent = faults.read(f"{pointer}/agent", read_text, wire["agent"], AGENT_LENGTH_MAX) if "agent" in wire else ""
    faults.raise_any()
    return Report(ids.get("sale"), ids.get("lead"), status or "", occurred_at or at, revenue, agent or "")


def check_report(report: Report, vertical: Vertical, *, sold_at: datetime, pointer: str = "") -> str:
    """Give the stage of a report on a sale; raises Problem(invalid_request) for what a sale cannot say."""
    statuses = statuses_of(vertical)
    faults = Faults()
    status = faults.read(f"{pointer}/status", read_choice, report.status, tuple(statuses))
    if report.occurred_at < sold_at - CLOCK_SKEW:
        faults.add(f"{pointer}/occurred_at", "out_of_range", f"The lead was sold later: at {rfc3339(sold_at)}.")
    if report.revenue and statuses.get(report.status) in {LOST, INVALID}:
        faults.add(f"{pointer}/revenue", "contradiction", "Only what is won, or may be, brings revenue: leave it out here.")
    faults.raise_any()
    return statuses[status or report.status]


def fingerprint_of(sale_id: UUID, report: Report) -> str:
    """Give what makes a report the same as another one: sale, status, instant, revenue and agent."""
    parts = (sale_id.hex, report.status, rfc3339(report.occurred_at), str(report.revenue), report.agent)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def latest(reports: Iterable[Reported]) -> Reported | None:
    """Give the report that counts: of what happened last, what was told last."""
    return max(reports, key=lambda one: (one.occurred_at, one.disposition_id), default=None)


def rows_of_csv(text: str, *, currency: str) -> list[dict[str, Any]]:
    """Read CSV with a header line into reports as they come in JSON; `revenue` is an amount of the market's currency.

    Empty cells are left out. Raises Problem(invalid_request) for unknown columns, too many lines or what is no CSV.
    """
    try:
        reader = csv.DictReader(
            io.StringIO(text.lstrip("\ufeff")), delimiter=separator_of(text), strict=True, restkey="", restval=""
        )
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        rows = list(reader)
    except csv.Error as error:
        raise invalid([FieldError("", "malformed", f"This is not CSV: {error}.")]) from error
    errors = [FieldError("/0", "unknown_field", f"Unknown column {name[:40]!r}.") for name in columns if name not in KEYS]
    if not columns or "" in columns or len(set(columns)) != len(columns):
        errors.append(FieldError("/0", "required", f"The first line names the columns: {', '.join(sorted(KEYS))}."))
    if len(rows) > ENTRIES_MAX:
        errors.append(FieldError("", "too_long", f"Send at most {ENTRIES_MAX} lines at once."))
    errors += [FieldError(f"/{place}", "malformed", "More cells than columns.") for place, row in enumerate(rows, 1) if "" in row]
    if errors:
        raise invalid(errors)
    return [_entry(row, currency) for row in rows]


def _entry(row: Mapping[str, str], currency: str) -> dict[str, Any]:
    entry: dict[str, Any] = {name: value.strip() for name, value in row.items() if value.strip()}
    if "revenue" in entry:
        entry["revenue"] = {"amount": entry["revenue"], "currency": currency}
    return entry


def _named(wire: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(kind for kind in ("sale", "lead") if f"{kind}_id" in wire)


def _read_instant(value: Any, at: datetime) -> datetime:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Wrong("wrong_type", "Must be an instant with its offset, such as 2026-11-22T13:05:09Z.")
    if instant > at + CLOCK_SKEW:
        raise Wrong("out_of_range", "Must not be in the future.")
    return instant
