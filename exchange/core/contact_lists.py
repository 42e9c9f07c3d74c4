"""Lists of people as others keep them: phones, e-mails or their SHA-256, one or several a line, with or without a header.

Each line stands for itself: one that cannot be read is named with the way to mend it, the others count.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from accounts.core.errors import FieldError, invalid
from exchange.core import normalize
from exchange.core.dedupe import ContactKeys, Kind, keys_of_contact, read_hashes
from exchange.core.uploads import separator_of

LINES_MAX = 100_000
BYTES_MAX = 8 * 1024 * 1024
PHONE_DIGITS_MIN = 7
LISTED_KINDS: tuple[Kind, ...] = ("phone", "email")

_COLUMNS: Mapping[str, Kind | None] = {
    **dict.fromkeys(("phone", "phones", "phone_number", "telephone", "tel", "mobile", "mobile_phone", "cell"), "phone"),
    **dict.fromkeys(("email", "emails", "e_mail", "email_address", "e_mail_address", "mail"), "email"),
    **dict.fromkeys(("phone_sha256", "sha256_phone", "phone_hash", "hashed_phone"), "phone"),
    **dict.fromkeys(("email_sha256", "sha256_email", "email_hash", "hashed_email"), "email"),
    **dict.fromkeys(("sha256", "hash"), None),
}  # fmt: skip
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_NOBODY = (
    "No phone number, e-mail address or SHA-256 in it. "
    "Give one a line, or name the columns phone, email, phone_sha256, email_sha256."
)
_WHOSE_HASH = "A SHA-256 without a column name: say whether hashes are of phones or of e-mails, or name the column phone_sha256."


@dataclass(frozen=True, slots=True)
class Named:
    """One contact of a list, as its keys: all of them when it was written out, the one of SHA-256 when it was a hash."""

    line: int
    kind: Kind
    keys: ContactKeys

    @property
    def contact(self) -> str:
        """The key that stands for the contact, however it was named."""
        return self.keys.by_name[f"{self.kind}_sha256"]


@dataclass(frozen=True, slots=True)
class Unread:
    """A line, counted from 1 as an editor counts, and how to mend it. Never quotes what stands there."""

    line: int
    detail: str


def read_contacts(text: str, *, pepper: bytes, hashes: Kind | None = None) -> Iterator[Named | Unread]:
    """Read a list; `hashes` says of which kind a SHA-256 in a column without a name is.

    Raises Problem(invalid_request) for more than LINES_MAX lines and a header, before anything is read.
    """
    if text.count("\n") > LINES_MAX + 1:
        raise invalid([FieldError("/file", "too_long", f"A list has at most {LINES_MAX:,} lines: split it.")])
    return _contacts(text, pepper, hashes)


def _contacts(text: str, pepper: bytes, hashes: Kind | None) -> Iterator[Named | Unread]:
    columns: Mapping[int, Kind | None] | None = None
    for line, cells in _rows(text):
        if cells is None:
            yield Unread(line, "The quotation marks of this line do not match: write each cell in none or in two.")
            continue
        if columns is None:
            columns = _columns(cells)
            if columns:
                continue
        yield from _of_row(line, cells, columns, pepper, hashes)


def _rows(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Give each row with cells, and the line it begins in; None for one that is no CSV."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=separator_of(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield line, None
            continue
        if any(cells):
            yield line, cells


def _columns(cells: Sequence[str]) -> dict[int, Kind | None]:
    names = [re.sub(r"[\s-]+", "_", cell.lower()) for cell in cells]
    return {place: _COLUMNS[name] for place, name in enumerate(names) if name in _COLUMNS}


def _of_row(
    line: int, cells: Sequence[str], columns: Mapping[int, Kind | None], pepper: bytes, hashes: Kind | None
) -> Iterator[Named | Unread]:
    wanted = [(cells[place], kind) for place, kind in columns.items() if place < len(cells)] if columns else [
        (cell, None) for cell in cells
    ]  # fmt: skip
    found = [_read(line, cell, kind, pepper, hashes) for cell, kind in wanted if cell]
    read = [one for one in found if one is not None]
    yield from read or [Unread(line, _NOBODY)]


def _read(line: int, cell: str, kind: Kind | None, pepper: bytes, hashes: Kind | None) -> Named | Unread | None:
    """Read one cell; None for one that is no contact, in a list without a header."""
    if _DIGEST.fullmatch(cell):
        return _hashed(line, cell, kind or hashes, pepper)
    if kind == "email" or (kind is None and "@" in cell):
        form = normalize.email(cell)
        return Unread(line, form.detail) if isinstance(form, FieldError) else _whole(line, "email", form, pepper)
    if kind == "phone" or sum(letter.isdigit() for letter in cell) >= PHONE_DIGITS_MIN:
        form = normalize.phone(cell)
        return Unread(line, form.detail) if isinstance(form, FieldError) else _whole(line, "phone", form, pepper)
    return None


def _hashed(line: int, digest: str, kind: Kind | None, pepper: bytes) -> Named | Unread:
    if kind is None:
        return Unread(line, _WHOSE_HASH)
    keys, errors = read_hashes(pepper, {f"{kind}_sha256": digest})
    return Unread(line, errors[0].detail) if errors else Named(line, kind, keys)


def _whole(line: int, kind: Kind, form: str, pepper: bytes) -> Named:
    return Named(line, kind, keys_of_contact(pepper, **{kind: form}))
