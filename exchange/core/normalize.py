"""Normal forms of contact fields: what is stored, compared, hashed and handed on.

The published normal forms, on which a publisher may compute contact hashes:
phone: E.164 with its plus sign ("+15125550123"); e-mail: trimmed, NFC, lower case ("ann.lee@example.com");
address: street and zip, lower case, without punctuation, suffixes abbreviated ("12 oak st|78701").
Nothing here asks the network: an e-mail's domain is not looked up.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from accounts.core.errors import FieldError

Algorithm = Literal["sha256", "sha1", "md5"]
ALGORITHMS: tuple[Algorithm, ...] = ("sha256", "sha1", "md5")

PHONE_LENGTH_MAX = 40
EMAIL_LENGTH_MAX = 254
NAME_LENGTH_MAX = 100
STREET_LENGTH_MAX = 200

_SUFFIXES: Mapping[str, str] = {
    "alley": "aly", "apartment": "apt", "avenue": "ave", "av": "ave", "boulevard": "blvd", "building": "bldg",
    "circle": "cir", "court": "ct", "crossing": "xing", "drive": "dr", "east": "e", "expressway": "expy", "floor": "fl",
    "freeway": "fwy", "heights": "hts", "highway": "hwy", "lane": "ln", "north": "n", "northeast": "ne",
    "northwest": "nw", "parkway": "pkwy", "place": "pl", "plaza": "plz", "road": "rd", "route": "rte", "south": "s",
    "southeast": "se", "southwest": "sw", "square": "sq", "street": "st", "str": "st", "suite": "ste", "terrace": "ter",
    "trail": "trl", "turnpike": "tpke", "unit": "apt", "west": "w",
}  # fmt: skip
_SPACES = re.compile(r"\s+")
_PUNCTUATION = re.compile(r"[^\w\s#/-]|_")


def phone(text: str, *, pointer: str = "/contact/phone", region: str = "US") -> str | FieldError:
    """Give the E.164 form of a phone number, or what is wrong with it. An extension is dropped; an asterisk hides a digit."""
    if not text.strip():
        return FieldError(pointer, "required", "Give a phone number such as (512) 555-0123.")
    try:
        number = phonenumbers.parse(text, region) if len(text) <= PHONE_LENGTH_MAX and "*" not in text else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        return FieldError(pointer, "invalid_phone", "No such phone number can exist; give ten digits, or + and the country code.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(text: str, *, pointer: str = "/contact/email") -> str | FieldError:
    """Give the lower-case normal form of an e-mail address, or what is wrong with it. No DNS is asked."""
    trimmed = text.strip()
    if not trimmed:
        return FieldError(pointer, "required", "Give an e-mail address such as ann.lee@example.com.")
    if len(trimmed) > EMAIL_LENGTH_MAX:
        return FieldError(pointer, "invalid_email", f"An e-mail address has at most {EMAIL_LENGTH_MAX} characters.")
    try:
        return validate_email(trimmed, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        return FieldError(pointer, "invalid_email", f"{error} Give an address such as ann.lee@example.com.")


def name(text: str, *, pointer: str) -> str | FieldError:
    """Give a person's name as typed, in NFC and without needless spaces, or what is wrong with it."""
    tidy = _tidy(text)
    if not tidy:
        return FieldError(pointer, "required", "Give a name.")
    if len(tidy) > NAME_LENGTH_MAX:
        return FieldError(pointer, "too_long", f"A name has at most {NAME_LENGTH_MAX} characters.")
    if not any(character.isalpha() for character in tidy) or any(character in "<>{}@\\|" for character in tidy):
        return FieldError(pointer, "invalid_name", "Give a name of letters, without markup.")
    return tidy


def street(text: str, *, pointer: str = "/contact/street") -> str | FieldError:
    """Give a street line as typed, in NFC and without needless spaces, or what is wrong with it."""
    tidy = _tidy(text)
    if not tidy:
        return FieldError(pointer, "required", "Give a street with its number, such as 12 Oak Street.")
    if len(tidy) > STREET_LENGTH_MAX:
        return FieldError(pointer, "too_long", f"A street has at most {STREET_LENGTH_MAX} characters.")
    if not any(character.isalnum() for character in tidy) or any(character in "<>{}\\|" for character in tidy):
        return FieldError(pointer, "invalid_street", "Give a street with its number, without markup.")
    return tidy


def address_form(street_text: str, zip_code: str) -> str:
    """Give the published normal form of an address for comparing: "12 oak st|78701"; "" when either part is empty."""
    words = _PUNCTUATION.sub(" ", unicodedata.normalize("NFKC", street_text).casefold()).split()
    if not words or not zip_code.strip():
        return ""
    return f"{' '.join(_SUFFIXES.get(word, word) for word in words)}|{zip_code.strip()[:5]}"


def digest(normal_form: str, algorithm: Algorithm = "sha256") -> str:
    """Give the hex digest of a normal form. Raises ValueError for an empty one: empty never equals empty.

    SHA-1 and MD5 are understood because the trade sends them; the exchange re-keys every digest before it stores it.
    """
    if not normal_form:
        raise ValueError("an empty value has no digest")
    return hashlib.new(algorithm, normal_form.encode(), usedforsecurity=False).hexdigest()


def _tidy(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    printable = "".join(
        " " if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} else character for character in composed
    )
    return _SPACES.sub(" ", printable).strip()
