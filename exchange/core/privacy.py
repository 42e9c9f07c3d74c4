"""What a ping may not carry, and what is cut off what it may carry.

Personal data is found by the name of a key anywhere in the body, and by pattern in free text: phone, e-mail, social security
number, vehicle number, card number. Ids, URLs, hashes, user agents, zips, amounts and times are no free text, so their digits are
left alone; an e-mail address is found even there. Every pattern has bounded repeats: a hostile body costs linear time.
"""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import phonenumbers

from accounts.core.errors import FieldError

ERRORS_MAX = 32
URL_LENGTH_MAX = 2048
_PATTERN_LENGTH_MIN = 6  # a@b.co

_FIXES: Mapping[str, str] = {
    "name": "Names go into the post.",
    "phone": "The phone number goes into the post; contact_hashes.phone_sha256 may stand for it here.",
    "email": "The e-mail address goes into the post; contact_hashes.email_sha256 may stand for it here.",
    "address": "The street goes into the post; a ping carries the zip.",
    "birth date": "The birth date goes into the post; a ping may carry an age band.",
    "vehicle number": "The VIN goes into the post; a ping carries year, make and model.",
    "national id": "Numbers of identity papers are never needed; leave them out.",
    "account number": "Card and account numbers are never needed; leave them out.",
}


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Keys without separators and in lower case, so firstName, first_name and FIRST-NAME are one.
_KEYS_OF_KIND: Mapping[str, str] = {
    "name": """name firstname lastname fullname middlename maidenname givenname familyname surname fname lname forename
        contactname customername leadname ownername homeownername applicantname spousename insuredname drivername patientname""",
    "phone": "phone telephone tel mobile cell cellphone fax callerid ani msisdn whatsapp",
    "email": "email mail emailaddress",
    "address": """address street streetaddress streetname streetnumber housenumber addressline address1 address2 addr addr1 addr2
        homeaddress propertyaddress mailingaddress""",
    "birth date": "birthdate dateofbirth dob birthday birthdt",
    "vehicle number": "vin vinnumber vehicleidentificationnumber",
    "national id": """ssn ssn4 socialsecurity socialsecuritynumber nationalid passport passportnumber driverslicense
        driverslicensenumber driverlicense driverlicensenumber driverslicencenumber licensenumber licencenumber taxid itin
        medicareid medicarenumber mbi licenseplate plate""",
    "account number": "creditcard cardnumber creditcardnumber iban bankaccount accountnumber routingnumber cvv",
}
_PERSONAL_KEYS: Mapping[str, str] = {key: kind for kind, keys in _KEYS_OF_KIND.items() for key in _vocabulary(keys)}
# A key with one of these as a whole word is personal as well: home_phone, workEmail, phone_2.
_PERSONAL_WORDS: Mapping[str, str] = {
    key: _PERSONAL_KEYS[key] for key in ("phone", "telephone", "email", "street", "ssn", "vin", "dob", "birthdate")
}
# ... unless one of these words turns it into a statement about the value: phone_type, email_domain, phone_sha256.
_ABOUT_WORDS = _vocabulary(
    """do not type kind verified valid status score count domain carrier provider opt optin consent known has is hash hashed
    sha sha256 sha1 md md5 provided present match required channel"""
)
# These are also names of things: a device "mobile", a channel "mail". Without a digit in the value they stand for those.
_AMBIGUOUS_KEYS = _vocabulary("mobile cell mail plate tel")
# `name` under these keys names a thing or a company.
_THINGS = _vocabulary("sellers device browser os campaign advertiser source event events touchpoints insurer form product")

_ID_WORDS = _vocabulary(
    """id ids uid uuid guid key token code hash sha sha256 sha1 md md5 certificate cert ip ua agent zip postal at timestamp time
    date hour url uri link href page referrer referer gclid fbclid msclkid ttclid wbraid gbraid version session cookie sub"""
)
_FREE_TEXT_WORDS = _vocabulary(
    "comment comments note notes message description narrative text details detail question questions remarks body other"
)
# The sentence the person saw names the sellers' own phone numbers and addresses.
_CONSENT_TEXT = ("/consent/text", "/consent/sellers")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMAIL = re.compile(
    r"(?<=[A-Za-z0-9_%+-])@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}?\.(?!(?:png|jpe?g|gif|svg|webp)\b)[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_EMAIL_IN_WORDS = re.compile(
    r"\b\s{0,2}[(\[]at[)\]]\s{0,2}[a-z0-9-]{1,63}\s{0,2}(?:[(\[]dot[)\]]|\.)\s{0,2}[a-z]{2,10}\b", re.IGNORECASE
)
_PHONE_WRITTEN = re.compile(
    r"(?<![\w.$€£#/=-])(?:\+?1[ .-]{0,2})?(?:\(\d{3}\)[ .-]{0,2}|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])"
    r"|(?<![\w.])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)"
)
_PHONE_BARE = re.compile(r"(?<![\w.$€£#/=,-])1?[2-9]\d{2}[2-9]\d{6}(?![\w%]|[.,]\d)")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_SSN_SAID = re.compile(r"\b(?:ssn|social(?: security)?)\b\D{0,20}\d{9}(?!\d)", re.IGNORECASE)
_VIN = re.compile(r"(?<![A-Za-z0-9-])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9-])")
_CARD = re.compile(
    r"(?<![\w.-])[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\w-])|(?<![\w.-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-])"
)
_DIGITS_7 = re.compile(r"(?:\d\D{0,4}){7}")

# What any of the patterns above needs, by the role of the key: a text without it is looked at no further.
_SIGNS = re.compile(r"@|%40|(?:\d\D{0,4}){7}|(?<![A-Z0-9-])[A-Z0-9]{17}(?![A-Z0-9-])|[(\[]at[)\]]", re.IGNORECASE)
_SUSPICIOUS = {"plain": _SIGNS, "free": _SIGNS, "identifier": re.compile(r"@|%40"), "agent": re.compile(r"(?!)")}

_VIN_VALUES: Mapping[str, int] = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def personal_data_in(body: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Find personal data anywhere in a ping's body: an error per place, at most ERRORS_MAX, none when the body is clean.

    The error names the place and the fix, never the value. The walk needs no recursion, so depth is no danger.
    """
    return () if _is_clean(body) else _every_place(body)


def _is_clean(body: Mapping[str, Any]) -> bool:
    """Tell quickly that nothing in a body can be personal, as in nearly every ping; False only asks to look closely."""
    waiting: list[Any] = [("", body)]
    while waiting:
        container_key, container = waiting.pop()
        keyed = isinstance(container, Mapping)
        for entry in container.items() if keyed else container:
            key, value = (str(entry[0]), entry[1]) if keyed else (container_key, entry)
            kind, role = _known(key)
            if kind is not None:
                return False
            if isinstance(value, str):
                if _SUSPICIOUS[role].search(value) and _found_by_pattern("", key, value) is not None:
                    return False
            elif isinstance(value, Mapping | list | tuple):
                waiting.append((key, value))
    return True


def _every_place(body: Mapping[str, Any]) -> tuple[FieldError, ...]:
    errors: list[FieldError] = []
    waiting: deque[tuple[str, str, Any]] = deque([("", "", body)])
    while waiting and len(errors) < ERRORS_MAX:
        pointer, container_key, container = waiting.popleft()
        for place, key, value in _entries(pointer, container_key, container):
            found = kind_of(place, container_key, key, value)
            if found is not None:
                errors.append(FieldError(place, "personal_data", f"A ping carries no personal data ({found}). {_FIXES[found]}"))
            elif isinstance(value, Mapping | list | tuple):
                waiting.append((place, key, value))
    return tuple(errors[:ERRORS_MAX])


def kind_of(pointer: str, container_key: str, key: str, value: Any) -> str | None:
    """Name the kind of personal data that one entry of a body is, by its key or by its text; None for none.

    `container_key` is the key of what holds the entry. What lies deeper in the value is not looked at.
    """
    found = _found_by_key(key, container_key, value)
    return _found_by_pattern(pointer, key, value) if found is None and isinstance(value, str) else found


def truncate_ip(text: str) -> str | None:
    """Cut an address to its network: /24 for IPv4 (also when mapped into IPv6), /48 for IPv6; None when it is no address."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)


def strip_url(text: str) -> str | None:
    """Keep scheme, host, path and utm_* of a web address; None when it is none or too long."""
    trimmed = text.strip()
    if len(trimmed) > URL_LENGTH_MAX:
        return None
    try:
        parts = urlsplit(trimmed)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    kept = [(key, value) for key, value in parse_qsl(parts.query) if key.startswith("utm_")]
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, path, urlencode(kept), ""))


def _entries(pointer: str, container_key: str, container: Any) -> Iterator[tuple[str, str, Any]]:
    """Give pointer, key and value of each entry; a list's items carry the key of the list."""
    if isinstance(container, Mapping):
        for key, value in container.items():
            yield f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}", str(key), value
    else:
        for place, value in enumerate(container):
            yield f"{pointer}/{place}", container_key, value


def _found_by_key(key: str, container_key: str, value: Any) -> str | None:
    """Name the kind of personal data a key announces. Flags and empty values carry none."""
    kind = _kind_of_key(key)
    if kind is None or value is None or isinstance(value, bool) or value in ("", [], {}):
        return None
    if kind == "name" and "".join(words_of(container_key)) in _THINGS:
        return None
    if key.lower() in _AMBIGUOUS_KEYS and not any(character.isdecimal() for character in str(value)):
        return None
    return kind


@lru_cache(maxsize=4096)
def words_of(key: str) -> tuple[str, ...]:
    """Split a key into its words in lower case: homePhone, home_phone and HOME-PHONE are the same two."""
    return tuple(word.lower() for word in _WORD.findall(key[:100]))


@lru_cache(maxsize=4096)
def _kind_of_key(key: str) -> str | None:
    words = words_of(key)
    joined = "".join(words)
    if joined in _PERSONAL_KEYS:
        return _PERSONAL_KEYS[joined]
    if not _ABOUT_WORDS.isdisjoint(words):
        return None
    stem = joined.rstrip("0123456789")
    if stem in _PERSONAL_KEYS:
        return _PERSONAL_KEYS[stem]
    return next((_PERSONAL_WORDS[word] for word in words if word in _PERSONAL_WORDS), None)


@lru_cache(maxsize=4096)
def _role_of_key(key: str) -> str:
    """Say what a key's text is: of an agent, an identifier, free text, or plain."""
    words = frozenset(words_of(key))
    if "agent" in words:
        return "agent"
    if words & _ID_WORDS:
        return "identifier"
    return "free" if words & _FREE_TEXT_WORDS else "plain"


@lru_cache(maxsize=4096)
def _known(key: str) -> tuple[str | None, str]:
    return _kind_of_key(key), _role_of_key(key)


def _found_by_pattern(pointer: str, key: str, text: str) -> str | None:
    role = _role_of_key(key)
    if len(text) < _PATTERN_LENGTH_MIN or role == "agent" or pointer.startswith(_CONSENT_TEXT):
        return None
    spaced = " " in text.strip()
    is_url = not spaced and text.startswith(("http://", "https://"))
    if "@" in text or "%40" in text:
        # Of a web address only path and utm_* are kept, so only they can leak an address.
        kept = (strip_url(text) or "") if is_url else text
        if _EMAIL.search(unquote(kept)):
            return "email"
    if role == "identifier" or is_url:
        return None
    return _found_in_prose(text, free=spaced or role == "free")


def _found_in_prose(text: str, *, free: bool) -> str | None:
    """Look for written numbers; digits without separators count only in free text, where they are no id."""
    if free and _EMAIL_IN_WORDS.search(text):
        return "email"
    if not _DIGITS_7.search(text):
        return "vehicle number" if _has_vin(text) else None
    if _SSN.search(text) or _SSN_SAID.search(text):
        return "national id"
    if any(_is_card(match.group(), free=free) for match in _CARD.finditer(text)):
        return "account number"
    if any(_is_phone(match.group()) for match in _PHONE_WRITTEN.finditer(text)):
        return "phone"
    if free and any(_is_phone(match.group()) for match in _PHONE_BARE.finditer(text)):
        return "phone"
    return "vehicle number" if _has_vin(text) else None


def _has_vin(text: str) -> bool:
    return any(_is_vin(match.group().upper()) for match in _VIN.finditer(text))


def _is_vin(text: str) -> bool:
    """Check the digit at place nine (49 CFR 565.15), so that few ids of 17 characters are taken for a vehicle."""
    if text.isdigit() or text.isalpha():
        return False
    rest = sum(_VIN_VALUES[letter] * weight for letter, weight in zip(text, _VIN_WEIGHTS, strict=True)) % 11
    return text[8] == ("X" if rest == 10 else str(rest))


def _is_card(text: str, *, free: bool) -> bool:
    """Check length and Luhn's sum; an unbroken run of digits outside free text is an id."""
    digits = [int(character) for character in text if character.isdecimal()]
    if not 13 <= len(digits) <= 19 or (not free and text.isdigit()):
        return False
    doubled = [digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_phone(text: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "US"))
    except phonenumbers.NumberParseException:
        return False
