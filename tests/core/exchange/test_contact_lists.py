"""Lists of people as others keep them: separators, headers, encodings, and what is wrong with which line."""

from __future__ import annotations

import hashlib

import pytest

from accounts.core.errors import Problem
from exchange.core.contact_lists import LINES_MAX, Named, Unread, read_contacts
from exchange.core.dedupe import Kind, keys_of_contact
from exchange.core.uploads import separator_of, text_of

PEPPER = b"p" * 32
PHONE = keys_of_contact(PEPPER, phone="+15125550123").by_name["phone_sha256"]
EMAIL = keys_of_contact(PEPPER, email="ann.lee@example.com").by_name["email_sha256"]
HASH = hashlib.sha256(b"+15125550123").hexdigest()


def read(text: str, hashes: Kind | None = None) -> list[tuple[int, str]]:
    """Give each line with the contact's key, or the first words of what is wrong."""
    found = read_contacts(text, pepper=PEPPER, hashes=hashes)
    return [(one.line, one.contact if isinstance(one, Named) else " ".join(one.detail.split()[:4])) for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "(512) 555-0123\nAnn.Lee@example.com",
        "\ufeffphone\n+1 512 555 0123\n\nann.lee@example.com\n".replace("phone\n", ""),
        "5125550123,ann.lee@example.com",
        "Ann;512-555-0123;ann.lee@EXAMPLE.com\r\n",
        "id\tE-Mail\tPhone Number\n7\tann.lee@example.com\t512.555.0123",
        '"name","phone","email"\n"Lee, Ann","(512) 555-0123","ann.lee@example.com"\n',
        f"phone_sha256|email\n{HASH.upper()}|ann.lee@example.com",
    ],
)
def test_the_same_two_contacts_however_they_are_written(text: str) -> None:
    assert {contact for _, contact in read(text)} == {PHONE, EMAIL}


def test_a_written_contact_has_the_keys_of_every_algorithm_and_a_hash_its_own() -> None:
    written, hashed = read_contacts(f"phone\n5125550123\n{HASH}", pepper=PEPPER)
    assert isinstance(written, Named)
    assert isinstance(hashed, Named)
    assert (len(written.keys.all), hashed.keys.all, hashed.contact) == (3, (PHONE,), written.contact)


def test_each_bad_line_is_named_with_its_fix_and_never_quoted() -> None:
    text = "phone,email\n5125550123,\n12,\n,ann.lee@\n,\n5125550123,ann.lee@example.com\nx"
    assert read(text) == [
        (2, PHONE), (3, "No such phone number"), (4, "There must be something"), (6, PHONE), (6, EMAIL),
        (7, "No such phone number"),
    ]  # fmt: skip
    unread = [one for one in read_contacts("secret words\n99 999 999", pepper=PEPPER) if isinstance(one, Unread)]
    assert [one.line for one in unread] == [1, 2]
    assert not [one for one in unread if "secret" in one.detail or "999" in one.detail]


def test_lines_are_counted_as_an_editor_counts() -> None:
    assert read('note,phone\n"two\nlines",12\n"open,5125550123\n') == [(2, "No such phone number"), (4, "The quotation marks of")]


def test_a_hash_needs_a_kind() -> None:
    assert read(HASH) == [(1, "A SHA-256 without a")]
    assert read(HASH, "phone") == [(1, PHONE)]
    assert read(f"sha256\n{HASH}", "phone") == [(2, PHONE)]
    assert read(hashlib.sha256(b"").hexdigest(), "phone") == [(1, "This is the hash")]


def test_a_list_has_an_end() -> None:
    assert len(list(read_contacts("\n" * (LINES_MAX + 1), pepper=PEPPER))) == 0
    with pytest.raises(Problem) as refused:
        read_contacts("\n" * (LINES_MAX + 2), pepper=PEPPER)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/file", "too_long")]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"caf\xc3\xa9", "café"), (b"\xef\xbb\xbfcaf\xc3\xa9", "café"), (b"caf\xe9", "café"),
        (b"\xff\xfec\x00a\x00", "ca"), (b"\xfe\xff\x00c\x00a", "ca"),
    ],
)  # fmt: skip
def test_encodings(raw: bytes, text: str) -> None:
    assert text_of(raw) == text


@pytest.mark.parametrize("raw", [b"PK\x03\x04\x00\x00", b"c\x00a\x00", b"\xff\xfec"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Problem, match="invalid_request"):
        text_of(raw)


def test_separators() -> None:
    found = [separator_of(text) for text in ("a;b,c;d", "\n a\tb", "a,b", "a|b", "a", "")]
    assert found == [";", "\t", ",", "|", ",", ","]
