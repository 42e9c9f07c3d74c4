"""Why a candidate, a ping or a post did not win: the closed list of reasons.

A reason is an answer, not an error; the problem codes of accounts.core.errors are errors.
`as_markdown` writes docs/reference/reasons.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The stable code of a reason, as it stands on the wire and in the stores."""

    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    INVALID_FIELD = "invalid_field"
    NO_CAMPAIGN = "no_campaign"
    FILTERED = "filtered"
    SOURCE_EXCLUDED = "source_excluded"
    SCORE_BELOW_MIN = "score_below_min"
    OUTSIDE_SCHEDULE = "outside_schedule"
    CAP_REACHED = "cap_reached"
    BUDGET_REACHED = "budget_reached"
    PACED = "paced"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    BELOW_FLOOR = "below_floor"
    OUTBID = "outbid"
    REMOTE_TIMEOUT = "remote_timeout"
    REMOTE_ERROR = "remote_error"
    REMOTE_DECLINED = "remote_declined"
    PING_MISMATCH = "ping_mismatch"
    OPEN_QUOTES = "open_quotes"
    NOT_LICENSED = "not_licensed"
    CONSENT_MISSING = "consent_missing"
    CONSENT_SCOPE = "consent_scope"
    CONSENT_EXPIRED = "consent_expired"
    CERTIFICATE_INVALID = "certificate_invalid"
    CALLING_HOURS = "calling_hours"
    PAUSED = "paused"
    FRAUD_SUSPECTED = "fraud_suspected"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one reason means: a sentence, what the publisher can do, and the reason it sees in its place, if another."""

    sentence: str
    fix: str
    shown_as: Reason | None = None


MEANINGS: Mapping[Reason, Meaning] = {
    Reason.DUPLICATE: Meaning("The same person was sold to this buyer within its window of days.", "Do not send the lead again."),
    Reason.SUPPRESSED: Meaning(
        "The person stands on a suppression list.", "Do not contact this person and do not send the lead again."
    ),
    Reason.INVALID_FIELD: Meaning(
        "A value cannot be true: a phone number or address that does not exist.", "Check the form's fields."
    ),
    Reason.NO_CAMPAIGN: Meaning("No campaign buys this vertical at present.", "Try later, or another vertical."),
    Reason.FILTERED: Meaning("A clause of the campaign's filter does not match the lead.", "None: the buyer wants other leads."),
    Reason.SOURCE_EXCLUDED: Meaning("The campaign does not buy from this source.", "None: buyers choose their sources."),
    Reason.SCORE_BELOW_MIN: Meaning(
        "The lead's quality percentile is below what the campaign asks for.", "Send more fields and behaviour."
    ),
    Reason.OUTSIDE_SCHEDULE: Meaning("The campaign does not buy at this hour.", "Send the lead within the buyer's hours."),
    Reason.CAP_REACHED: Meaning("A cap on the number of leads is used up for its window.", "Send again in the next window."),
    Reason.BUDGET_REACHED: Meaning("A budget is used up for its window.", "Send again in the next window."),
    Reason.PACED: Meaning("The campaign spreads its buying evenly and is ahead of its pace.", "Send again later."),
    Reason.INSUFFICIENT_BALANCE: Meaning(
        "The advertiser's balance does not cover the price.", "Send again later.", shown_as=Reason.PAUSED
    ),
    Reason.BELOW_FLOOR: Meaning(
        "The bid does not reach the smallest price or leaves less than the smallest payout.", "Lower the floor."
    ),
    Reason.OUTBID: Meaning("Another bid came first.", "None: the lead was offered to a better bid."),
    Reason.REMOTE_TIMEOUT: Meaning("The buyer's system did not answer in time.", "None for the publisher."),
    Reason.REMOTE_ERROR: Meaning("The buyer's system gave a broken answer.", "None for the publisher."),
    Reason.REMOTE_DECLINED: Meaning("The buyer's system said no.", "None: the buyer wants other leads."),
    Reason.PING_MISMATCH: Meaning("The post differs from its ping.", "Post the same values that were pinged."),
    Reason.OPEN_QUOTES: Meaning(
        "The source holds too many open quotes.", "Post or release open quotes before sending further pings."
    ),
    Reason.NOT_LICENSED: Meaning("The buyer holds no licence for this state.", "None for the publisher."),
    Reason.CONSENT_MISSING: Meaning(
        "The post carries no usable consent: method, text and time are needed.", "Send the consent object."
    ),
    Reason.CONSENT_SCOPE: Meaning(
        "The consent does not cover this buyer or this use.", "Show the quoted advertisers in the form."
    ),
    Reason.CONSENT_EXPIRED: Meaning(
        "The consent is older than the buyer accepts or has ended.", "Post soon after the consent is given."
    ),
    Reason.CERTIFICATE_INVALID: Meaning(
        "The consent certificate does not stand up to its check.", "Send the certificate of this very lead."
    ),
    Reason.CALLING_HOURS: Meaning("The person may not be called at this hour.", "Send the lead within calling hours."),
    Reason.PAUSED: Meaning("The campaign or its account is paused.", "None for the publisher."),
    Reason.FRAUD_SUSPECTED: Meaning("The lead looks made up.", "Ask the operator for the evidence."),
}


def public_form(reason: Reason) -> Reason:
    """Give the reason a publisher may see in place of this one."""
    return MEANINGS[reason].shown_as or reason


def as_markdown() -> str:
    """Write docs/reference/reasons.md, byte for byte."""
    rows = [
        f"| `{reason.value}` | {meaning.sentence} | {meaning.fix} | {f'as `{meaning.shown_as}`' if meaning.shown_as else 'yes'} |"
        for reason, meaning in MEANINGS.items()
    ]
    return "\n".join(
        [_HEAD, "| code | meaning | what a publisher can do | the publisher sees it |", "|---|---|---|---|", *rows, ""]
    )


_HEAD = """\
# Reasons

<!-- Generated: python -m exchange.core.reasons > docs/reference/reasons.md -->

A reason says why a candidate did not win, a ping got no quote or a post was not sold. It is an answer (status 200 or 201),
never an error. The list is closed: a client may branch on the codes. The owner of a campaign sees its own reasons with their
amounts; a publisher never sees a buyer's amounts. `quote_expired`, `quote_used` and `rate_limited` are problem codes.
"""

if __name__ == "__main__":
    sys.stdout.write(as_markdown())
