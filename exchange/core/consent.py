"""What a person agreed to, as a post carries it, and the basic policy that reads it.

`read_consent` checks form only: a malformed value is a 422 and leaves the quote open. Whether the consent suffices for a buyer is
`decide`: its reasons settle the quote as refused. What is absent is absent here, never guessed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from accounts.core.clock import rfc3339
from accounts.core.errors import FieldError
from exchange.core.reasons import Reason

METHODS = ("checkbox", "button", "signature", "verbal")
CHANNELS = ("call", "text", "email")
POLICIES = ("basic", "one_to_one")

TEXT_LENGTH_MAX = 10_000
SHORT_LENGTH_MAX = 500
SELLERS_MAX = 100
CLOCK_SKEW = timedelta(minutes=5)
_SESSION_SECONDS_MAX = 7 * 86_400


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """Every fact of a consent that a post can carry; "" , () and None mean that it was not sent.

    Times are aware UTC. `ip` and `user_agent` are as sent: the record seals or truncates them, and they never reach a buyer.
    """

    method: str = ""
    text: str = ""
    text_sha256: str = ""
    text_id: str = ""
    form_version: str = ""
    page_url: str = ""
    page_domain: str = ""
    sellers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    purpose: str = ""
    page_loaded_at: datetime | None = None
    captured_at: datetime | None = None
    submitted_at: datetime | None = None
    expires_at: datetime | None = None
    zone: str = ""
    session_seconds: int | None = None
    ip: str = ""
    user_agent: str = ""
    certificate_url: str = ""
    leadid_token: str = ""
    recording_id: str = ""
    language: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the wire form: only what was sent, times as RFC 3339."""
        values = ((name, getattr(self, name)) for name in _NAMES)
        return {name: _as_json(value) for name, value in values if value not in ("", (), None)}


_NAMES = tuple(field.name for field in fields(ConsentFacts))


def read_consent(data: object, *, at: datetime, pointer: str = "/consent") -> tuple[ConsentFacts | None, tuple[FieldError, ...]]:
    """Read the consent object of a ping or post: the facts, or None with every error. No object at all: (None, ())."""
    if data is None:
        return None, ()
    if not isinstance(data, Mapping):
        return None, (FieldError(pointer, "invalid_type", "Give an object with method, text and captured_at."),)
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, raw in data.items():
        place = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if name not in _READERS:
            errors.append(FieldError(place, "unknown_field", f"Known fields are {', '.join(_READERS)}."))
        elif raw is not None and raw != "":
            try:
                values[name] = _READERS[name](raw)
            except _Malformed as problem:
                errors.append(FieldError(place, problem.code, problem.detail))
    errors.extend(_contradictions(values, at, pointer))
    if errors:
        return None, tuple(errors)
    return ConsentFacts(**_derived(values)), ()


def decide(
    consent: ConsentFacts | None,
    *,
    policy: str,
    advertiser_names: Sequence[str],
    age_days_max: int,
    at: datetime,
    channel: str | None = None,
) -> tuple[Reason, ...]:
    """Say why a consent does not allow a sale to this advertiser; () allows it.

    basic: method, text and time are present, it is not too old and has not ended, and it covers the channel when both name one.
    one_to_one: it names this advertiser too; `advertiser_names` holds its legal name and brands. ValueError for other policies.
    """
    if policy not in POLICIES:
        raise ValueError(f"unknown consent policy {policy!r}; known are {', '.join(POLICIES)}")
    if consent is None or not is_present(consent) or consent.captured_at is None:
        return (Reason.CONSENT_MISSING,)
    reasons = []
    too_old = at - consent.captured_at > timedelta(days=age_days_max)
    if too_old or (consent.expires_at is not None and consent.expires_at <= at):
        reasons.append(Reason.CONSENT_EXPIRED)
    outside = channel is not None and consent.channels and channel not in consent.channels
    if outside or (policy == "one_to_one" and not names_advertiser(consent.sellers, advertiser_names)):
        reasons.append(Reason.CONSENT_SCOPE)
    return tuple(reasons)


def is_present(consent: ConsentFacts) -> bool:
    """Say whether a consent can be shown to anybody: how it was given, to which words, and when."""
    return bool(consent.method and (consent.text or consent.text_sha256 or consent.text_id) and consent.captured_at)


def names_advertiser(sellers: Sequence[str], advertiser_names: Sequence[str]) -> bool:
    """Say whether a seller shown is this advertiser; case, spaces and punctuation do not matter, an empty name never matches."""
    shown = {folded for folded in map(_fold, sellers) if folded}
    return any(_fold(own) in shown for own in advertiser_names)


def text_digest(text: str) -> str:
    """Give the SHA-256 of a consent text as shown, over its exact UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Malformed(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def _text(limit: int) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if not isinstance(raw, str):
            raise _Malformed("invalid_type", "Give text.")
        if len(raw) > limit:
            raise _Malformed("too_long", f"At most {limit} characters.")
        if "\x00" in raw:
            raise _Malformed("invalid_text", "Text never holds a zero byte.")
        return raw

    return read


_short = _text(SHORT_LENGTH_MAX)


def _choice(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        if raw not in choices:
            raise _Malformed("invalid_choice", f"Give one of {', '.join(choices)}.")
        return str(raw)

    return read


def _list_of(read_item: Callable[[Any], str], limit: int) -> Callable[[Any], tuple[str, ...]]:
    def read(raw: Any) -> tuple[str, ...]:
        if not isinstance(raw, list | tuple):
            raise _Malformed("invalid_type", "Give a list.")
        if len(raw) > limit:
            raise _Malformed("too_long", f"At most {limit} entries.")
        return tuple(read_item(item) for item in raw)

    return read


def _seller(raw: Any) -> str:
    """Take a seller as text or as {"name": ...}, the form in which a ping's answer names advertisers."""
    return _short(raw["name"] if isinstance(raw, Mapping) and "name" in raw else raw)


def _instant(raw: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        raise _Malformed("invalid_time", "Give a time with its zone, such as 2026-11-22T13:05:09Z.") from None
    if instant.tzinfo is None:
        raise _Malformed("invalid_time", "Name the zone: end with Z or an offset such as -06:00.")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise _Malformed("invalid_time", "This time lies outside the calendar.") from None


def _web_address(raw: Any) -> str:
    text = _text(2048)(raw).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _Malformed("invalid_url", "Give a web address that starts with https://.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Malformed("invalid_url", "Give a web address that starts with https://.")
    return text


def _seconds(raw: Any) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw <= _SESSION_SECONDS_MAX:
        raise _Malformed("invalid_number", f"Give seconds from 0 to {_SESSION_SECONDS_MAX}.")
    return int(raw)


def _digest(raw: Any) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", raw):
        raise _Malformed("invalid_hash", "Give the SHA-256 of the text as 64 hexadecimal characters.")
    return raw.lower()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "method": _choice(METHODS),
    "text": _text(TEXT_LENGTH_MAX),
    "text_sha256": _digest,
    "text_id": _short,
    "form_version": _short,
    "page_url": _web_address,
    "sellers": _list_of(_seller, SELLERS_MAX),
    "channels": _list_of(_choice(CHANNELS), len(CHANNELS)),
    "purpose": _short,
    "page_loaded_at": _instant,
    "captured_at": _instant,
    "submitted_at": _instant,
    "expires_at": _instant,
    "zone": _short,
    "session_seconds": _seconds,
    "ip": _short,
    "user_agent": _text(1000),
    "certificate_url": _web_address,
    "leadid_token": _short,
    "recording_id": _short,
    "language": _short,
}

FIELDS = tuple(_READERS)
"""Every field of a consent that may be sent."""


def _contradictions(values: Mapping[str, Any], at: datetime, pointer: str) -> list[FieldError]:
    """Find values that cannot be true beside each other or beside the clock."""
    errors = [
        FieldError(f"{pointer}/{name}", "in_future", "This time has not come yet; check the clock and the zone.")
        for name in ("page_loaded_at", "captured_at", "submitted_at")
        if name in values and values[name] > at + CLOCK_SKEW
    ]
    if "text" in values and values.get("text_sha256") not in (None, text_digest(values["text"])):
        errors.append(
            FieldError(f"{pointer}/text_sha256", "contradiction", "This is not the SHA-256 of the text sent beside it.")
        )
    return errors


def _derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """Add what follows from what was sent: the text's digest and the page's domain."""
    known = dict(values)
    if known.get("text"):
        known["text_sha256"] = text_digest(known["text"])
    if known.get("page_url"):
        known["page_domain"] = urlsplit(known["page_url"]).hostname or ""
    return known


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return list(value) if isinstance(value, tuple) else value
