"""Text out of the bytes of a body, in one of the few charsets that old systems of the trade write."""

from __future__ import annotations

from accounts.core.errors import Problem

# As browsers read them (Encoding Standard): who says ISO 8859-1 means windows-1252, whose curly quotes it would lose.
_CODECS = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "ascii", "ascii": "ascii",
    "windows-1252": "cp1252", "cp1252": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-15": "iso8859-15",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
KNOWN = "utf-8, us-ascii, windows-1252, iso-8859-1, iso-8859-15 or utf-16"


def codec_of(charset: str) -> str:
    """Name Python's codec for a charset, utf-8 for none; raises Problem unsupported_media_type that lists the known ones."""
    codec = _CODECS.get(charset.strip().lower() or "utf-8")
    if codec is None:
        raise Problem("unsupported_media_type", f"The charset {charset[:40]!r} is not understood. Send {KNOWN}.")
    return codec


def text_of(raw: bytes, codec: str) -> str:
    """Decode a body strictly, without its byte order mark; raises Problem malformed_body."""
    try:
        return raw.decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise undecodable(codec, error) from error


def undecodable(codec: str, error: UnicodeDecodeError) -> Problem:
    """Make the refusal of bytes that are no text."""
    words = f"This is not text in {codec.removesuffix('-sig')} ({error.reason} at byte {error.start})"
    return Problem("malformed_body", f"{words}; name the charset in Content-Type.")
