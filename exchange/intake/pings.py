"""From a body to an accepted ping: envelope, personal data, the vertical's fields, hashes; all faults at once where possible."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings

from accounts.core.clock import to_ms
from accounts.core.errors import FieldError, invalid
from accounts.core.ids import BadId, decode, uuid7
from accounts.core.money import micros_from_text
from accounts.identity import Caller
from campaigns.core.fields import Vertical, check_lead
from campaigns.core.supply import SourceFacts
from exchange.core import dedupe, privacy
from exchange.core.consent import CLOCK_SKEW, ConsentFacts, read_consent
from exchange.core.record import PingRecord
from exchange.intake.bodies import Behaviour, ContactHints, LeadBody, MoneyBody, PingBody, loosen
from exchange.intake.sandbox import magic_zips
from scoring.core.email_domains import shared_domain

PING_STAGE = frozenset({"ping"})


@dataclass(frozen=True, slots=True)
class AcceptedPing:
    """A sound ping: the journal keeps `record`, filters and bid rules read `facts`, the scorer reads `signals`."""

    record: PingRecord
    vertical: Vertical
    caller: Caller
    keys: dedupe.ContactKeys
    facts: dict[str, Any]
    signals: dict[str, Any]


def read_source(text: str) -> UUID:
    """Read the id of a source; raises Problem invalid_request that names the field."""
    try:
        return decode("source", text)
    except BadId as error:
        raise invalid([FieldError("/source", "invalid_id", f"{error}; GET /api/v1/sources lists yours.")]) from error


def find_vertical(verticals: Mapping[str, Vertical], slug: str) -> Vertical:
    """Find a vertical by slug; raises Problem invalid_request that lists the known ones."""
    vertical = verticals.get(slug)
    if vertical is None:
        raise invalid([FieldError("/vertical", "unknown_vertical", f"No such vertical. Known: {', '.join(sorted(verticals))}.")])
    return vertical


def refuse_personal_data(body: Mapping[str, Any]) -> None:
    """Refuse a ping that names a person anywhere; raises Problem invalid_request with every place."""
    found = privacy.personal_data_in(body)
    if found:
        raise invalid(found)


def accept(
    body: PingBody | LeadBody,
    source: SourceFacts,
    vertical: Vertical,
    caller: Caller,
    *,
    at: datetime,
    request_id: str,
    loose: bool = False,
) -> AcceptedPing:
    """Check the fields of a shaped ping, `loose` ones as text; raises Problem invalid_request naming each wrong one."""
    body = loosen(body, vertical) if loose else body
    checked = check_lead(vertical, body.lead, stages=PING_STAGE, allowed_zips=magic_zips(caller.mode))
    keys, hash_errors = dedupe.read_hashes(settings.PEPPER, body.contact_hashes or {})
    floor, floor_errors = _floor(body.min_price, caller.currency)
    consent, consent_errors = read_consent(body.consent, at=at)
    vertical_errors = _vertical_errors(source, vertical)
    errors = (*checked.errors, *hash_errors, *floor_errors, *consent_errors, *vertical_errors, *_too_early(body, at))
    if errors:
        raise invalid(errors)
    subs = [body.sub_id, body.sub_id2, body.sub_id3, body.sub_id4, body.sub_id5]
    at_ms = to_ms(at)
    record = PingRecord(
        id=uuid7(at_ms),
        organization_id=caller.organization_id,
        source_id=source.source_id,
        vertical=vertical.slug,
        kind=body.kind,
        status="",
        received_at_ms=at_ms,
        lead=checked.values,
        sub_ids=[sub or "" for sub in _without_empty_end(subs)],
        behaviour=_behaviour(body.behaviour),
        touchpoints=[msgspec.to_builtins(touch) for touch in body.touchpoints],
        consent=_consent(consent),
        contact_keys=dict(keys.by_name),
        contact_hints=_hints(body.contact_hints),
        payout_min=floor,
        sales_max=min(body.max_sales or source.sales_max, vertical.sales_max),
        request_id=request_id,
    )
    return AcceptedPing(record, vertical, caller, keys, _facts(record), signals_of(record))


def _too_early(body: PingBody | LeadBody, at: datetime) -> tuple[FieldError, ...]:
    """Find touchpoints and events that have not happened yet."""
    latest = at + CLOCK_SKEW
    return tuple(
        FieldError(f"{where}/{place}/at", "in_future", "This time has not come yet; check the clock and the zone.")
        for where, place, moment in _moments(body)
        if moment is not None and moment > latest
    )


def _moments(body: PingBody | LeadBody) -> Iterator[tuple[str, int, datetime | None]]:
    for place, touch in enumerate(body.touchpoints):
        yield "/touchpoints", place, touch.at
    for place, event in enumerate((body.behaviour.events if body.behaviour else None) or ()):
        yield "/behaviour/events", place, event.at


def _vertical_errors(source: SourceFacts, vertical: Vertical) -> tuple[FieldError, ...]:
    if not source.verticals or vertical.slug in source.verticals:
        return ()
    known = ", ".join(sorted(source.verticals))
    return (FieldError("/vertical", "not_of_source", f"This source sends {known}; add the vertical to it or use another."),)


def signals_of(record: PingRecord) -> dict[str, Any]:
    """Give the scorer the ping as accepted; a record that was stored and read again gives the same."""
    return {
        "lead": record.lead,
        "behaviour": record.behaviour,
        "touchpoints": record.touchpoints,
        "consent": record.consent,
        "kind": record.kind,
        "contact_hashes": record.contact_keys,
        "contact_hints": record.contact_hints,
        "source": record.source_id,
        "sub_id": next(iter(record.sub_ids), ""),
    }


def _facts(record: PingRecord) -> dict[str, Any]:
    """Give filters one flat view: the lead's own fields and the few facts of the exchange."""
    facts = dict(record.lead)
    facts["vertical"], facts["source"], facts["organization"] = record.vertical, record.source_id, record.organization_id
    facts["kind"] = record.kind
    if record.sub_ids:
        facts["sub_id"] = record.sub_ids[0]
    if "device" in record.behaviour:
        facts["device"] = record.behaviour["device"]
    return facts


def _behaviour(given: Behaviour | None) -> dict[str, Any]:
    if given is None:
        return {}
    plain: dict[str, Any] = msgspec.to_builtins(given)
    for name in ("landing_page_url", "referrer"):
        if name in plain:
            plain[name] = privacy.strip_url(plain[name])
    if "ip" in plain:
        plain["ip"] = privacy.truncate_ip(plain["ip"])
    return plain


def _hints(given: ContactHints | None) -> dict[str, str]:
    if given is None:
        return {}
    plain: dict[str, str] = msgspec.to_builtins(given)
    if "email_domain" in plain:
        plain["email_domain"] = shared_domain(plain["email_domain"])
    return plain


def _consent(consent: ConsentFacts | None) -> dict[str, Any]:
    # A ping's consent announces what the form shows; who gave it from where belongs to the post's record.
    return {} if consent is None else dataclasses.replace(consent, ip="", user_agent="").as_json()


def _floor(price: MoneyBody | None, currency: str) -> tuple[int, tuple[FieldError, ...]]:
    if price is None:
        return 0, ()
    if price.currency != currency:
        return 0, (FieldError("/min_price/currency", "wrong_currency", f"This market pays in {currency}."),)
    return micros_from_text(price.amount), ()


def _without_empty_end(subs: Iterable[str | None]) -> list[str | None]:
    kept = list(subs)
    while kept and not kept[-1]:
        kept.pop()
    return kept
