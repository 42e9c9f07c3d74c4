"""What entries add up to: balances, and the credit the market may use.

available = credit - spent - held. Credit and spent come from entries and the limit alone; held lives in the market's counters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from accounts.ledger.core.postings import EventKind, Posting


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the rules see it: which account, because of what kind of event, how many micros."""

    account_id: UUID
    kind: EventKind
    amount: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What the market may sell against one wallet, in micros: `credit` includes the credit limit, `spent` is never negative."""

    credit: int
    spent: int

    @property
    def unspent(self) -> int:
        """Credit that no sale has used; below 0 would be beyond credit."""
        return self.credit - self.spent

    def available(self, held: int) -> int:
        """Give what a new hold may take while `held` micros are promised to open quotes."""
        return self.credit - self.spent - held


def lines_of(postings: Iterable[Posting]) -> tuple[Line, ...]:
    """Write postings down as lines, in order."""
    return tuple(Line(leg.account.id, posting.kind, leg.amount) for posting in postings for leg in posting.legs)


def fold(lines: Iterable[Line], start: Mapping[UUID, int] | None = None) -> dict[UUID, int]:
    """Add lines up to a balance per account, on top of `start`."""
    balances = dict(start or {})
    for line in lines:
        balances[line.account_id] = balances.get(line.account_id, 0) + line.amount
    return balances


def credit_of(lines: Iterable[Line], credit_limit: int = 0) -> Credit:
    """Split one wallet's lines: captures are spent; deposits, adjustments, refunds and the limit are credit."""
    credit, spent = credit_limit, 0
    for line in lines:
        if line.kind is EventKind.CAPTURE:
            spent -= line.amount
        else:
            credit += line.amount
    return Credit(credit, spent)
