"""May this lead be sold on this quote? One verdict per quote, and what they make of the lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from accounts.core.clock import to_ms
from exchange.core import consent as policy
from exchange.core import dedupe
from exchange.core.reasons import Reason, public_form
from exchange.core.record import QuoteFacts
from exchange.core.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class Verdict:
    """A quote and why the lead may not be sold on it; no reasons, sold."""

    quote: QuoteFacts
    reasons: tuple[Reason, ...]

    @property
    def sold(self) -> bool:
        """Say whether nothing stands against the sale."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the person: who bought when (owner hex -> Unix ms), and who wants no lead of it."""

    seen: Mapping[str, Mapping[str, int]]
    suppressed: Mapping[str, Set[str]]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What every quote of a post is judged by. `changed` names what differs from the ping."""

    consent: policy.ConsentFacts | None
    keys: dedupe.ContactKeys
    standing: Standing
    changed: tuple[str, ...]
    rehearsal: Rehearsal
    at: datetime


def judge(quote: QuoteFacts, post: Circumstances) -> Verdict:
    """Say why a lead may not be sold on a quote: changed since the ping, suppressed, sold to this buyer before, or no consent."""
    return Verdict(quote, tuple(_reasons(quote, post)))


def _reasons(quote: QuoteFacts, post: Circumstances) -> Iterator[Reason]:
    buyer, standing = quote.advertiser_id.hex, post.standing
    if post.changed:
        yield Reason.PING_MISMATCH
    if dedupe.is_suppressed(standing.suppressed, post.keys, buyer):
        yield Reason.SUPPRESSED
    if dedupe.is_duplicate(standing.seen, post.keys, buyer, at_ms=to_ms(post.at), days=quote.dedupe_days):
        yield Reason.DUPLICATE
    yield from policy.decide(
        post.consent,
        policy=quote.consent_policy,
        advertiser_names=(quote.advertiser_name,),
        age_days_max=quote.consent_age_days_max,
        at=post.at,
    )
    if post.rehearsal.post_refused is not None:
        yield post.rehearsal.post_refused


def status_of(verdicts: Sequence[Verdict]) -> str:
    """Give the lead's status: sold when any leg is, duplicate when that is all that stood against it, else rejected."""
    if any(verdict.sold for verdict in verdicts):
        return "sold"
    return "duplicate" if all(Reason.DUPLICATE in verdict.reasons for verdict in verdicts) and verdicts else "rejected"


def payout_of(verdicts: Sequence[Verdict]) -> int:
    """Sum what the sold legs pay, in micros."""
    return sum(verdict.quote.payout_amount for verdict in verdicts if verdict.sold)


def codes_of(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Give each reason once, in the order met, as the publisher may read it."""
    return tuple(dict.fromkeys(public_form(reason).value for verdict in verdicts for reason in verdict.reasons))
