"""Text that people upload or paste: in which encoding it stands, and what separates its cells."""

from __future__ import annotations

import codecs

from accounts.core.errors import FieldError, invalid

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SEPARATORS = (";", "\t", ",", "|")


def text_of(raw: bytes, *, pointer: str = "/file") -> str:
    """Decode a file: as its byte order mark says, else as UTF-8, else as Windows-1252, which has a letter for nearly every byte.

    Raises Problem(invalid_request) for what is no text, such as a spreadsheet in its own format.
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace") if encoding == "utf-8" else "\0"
    if "\0" in text:
        raise invalid([FieldError(pointer, "malformed", "This is no text: save the list as CSV in UTF-8, and send that file.")])
    return text


def separator_of(text: str) -> str:
    """Guess the separator from the first line that says anything: the most frequent candidate, a comma when there is none."""
    first = next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    best = max(SEPARATORS, key=first.count)
    return best if best in first else ","
