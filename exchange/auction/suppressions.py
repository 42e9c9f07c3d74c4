"""Suppression as the market obeys it: from the instant it is asked for, and until its row is really gone.

An organization's list keeps its own campaigns from buying a person; the operator's list holds for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.conf import settings

from accounts.core.errors import FieldError, invalid
from accounts.selectors import get_organization
from exchange.auction.counters import Counters
from exchange.auction.store import counters
from exchange.core.contact_lists import LISTED_KINDS, Named, Unread, read_contacts
from exchange.core.dedupe import EXCHANGE, Kind
from exchange.intake import suppressions

CHUNK = 2_000
UNREAD_SHOWN_MAX = 100
ADDED, REMOVED = "suppression.added", "suppression.removed"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a list: contacts that changed, contacts that stood as asked, and lines that could not be read.

    `shown` are the first of those lines.
    """

    changed: int
    same: int
    unread: int
    shown: tuple[Unread, ...]


def suppress(*, organization_id: UUID, text: str, hashes: Kind | None = None, actor: str) -> Tally:
    """Put a list of people on an organization's: what can be read counts, other lines are named. Raises Problem when too long."""
    return _work(organization_id, _read(text, hashes), _add, ADDED, actor)


def unsuppress(*, organization_id: UUID, text: str, hashes: Kind | None = None, actor: str) -> Tally:
    """Take a list of people off an organization's; a hash takes off whom it stands for, however they came onto the list."""
    return _work(organization_id, _read(text, hashes), _remove, REMOVED, actor)


def look_up(text: str) -> datetime | None:
    """Say since when one phone, e-mail or hash of either stands on the list inside the present door; None when it does not.

    Raises Problem(invalid_request) when it cannot be read.
    """
    found = [one for kind in LISTED_KINDS for one in _read(text, kind)]
    named = [one for one in found if isinstance(one, Named)]
    if not named:
        detail = found[0].detail if found and isinstance(found[0], Unread) else "Give a phone number or an e-mail address."
        raise invalid([FieldError("/contact", "invalid", detail)])
    return min(suppressions.listed_since([one.contact for one in named]).values(), default=None)


Change = Callable[[UUID, Counters, str, Sequence[Named]], int]


def _work(organization_id: UUID, lines: Iterable[Named | Unread], change: Change, verb: str, actor: str) -> Tally:
    """Change a list chunk by chunk, so that a long one needs no more memory than a short one."""
    facts = get_organization(organization_id=organization_id)
    market, owner = counters(facts.mode), EXCHANGE if facts.kind == "operator" else organization_id.hex
    changed = named = unread = 0
    shown: list[Unread] = []
    rest = iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        contacts = list({one.contact: one for one in chunk if isinstance(one, Named)}.values())
        refused = [one for one in chunk if isinstance(one, Unread)]
        changed += change(organization_id, market, owner, contacts) if contacts else 0
        named, unread = named + len(chunk) - len(refused), unread + len(refused)
        shown += refused[: UNREAD_SHOWN_MAX - len(shown)]
    if named:
        suppressions.note(organization_id=organization_id, actor=actor, verb=verb, contacts=named)
    return Tally(changed, named - changed, unread, tuple(shown))


def _add(organization_id: UUID, market: Counters, owner: str, contacts: Sequence[Named]) -> int:
    # The market first: a list that is obeyed a moment before it is written harms nobody, the other way round would.
    market.suppress(owner, [key for one in contacts for key in one.keys.all])
    return suppressions.add_rows(organization_id=organization_id, contacts=contacts)


def _remove(organization_id: UUID, market: Counters, owner: str, contacts: Sequence[Named]) -> int:
    removed, keys = suppressions.remove_rows(organization_id=organization_id, contacts=contacts)
    market.unsuppress(owner, keys | {key for one in contacts for key in one.keys.all})
    return removed


def _read(text: str, hashes: Kind | None) -> Iterable[Named | Unread]:
    return read_contacts(text, pepper=settings.PEPPER, hashes=hashes)
