"""Bodies are read strictly and compared by what they say."""

from __future__ import annotations

import pytest

from accounts.core.bodies import DEPTH_MAX, fingerprint, fingerprint_of_raw, read_json
from accounts.core.errors import Problem


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b'{"a": NaN}',
        b"\xff\xfe",
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\\ud800 and more text"',
        b'"a\\u0000b"',
        b'{"a": [{"b\\u0000": 1}]}',
        b"9" * 5000,
        b"1e999",
        b"[" * (DEPTH_MAX + 2) + b"]" * (DEPTH_MAX + 2),
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"[" * 30_000 + b"]" * 30_000,
    ],
)
def test_what_cannot_be_kept_is_malformed(raw: bytes) -> None:
    with pytest.raises(Problem) as refused:
        read_json(raw)
    assert (refused.value.code, refused.value.status) == ("malformed_body", 400)


def test_a_backslash_before_u0000_is_text() -> None:
    assert read_json(b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}


def test_many_lists_side_by_side_are_not_deep() -> None:
    assert len(read_json(b"[" + b",".join([b"[]"] * 500) + b"]")) == 500
    assert read_json(b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1))


def test_spaces_and_order_do_not_matter() -> None:
    same = {fingerprint_of_raw(raw) for raw in (b'{"a":1,"b":[2]}', b'{ "b" : [2], "a": 1 }')} | {fingerprint({"b": [2], "a": 1})}
    assert len(same) == 1
    others = {fingerprint_of_raw(raw) for raw in (b"", b"{", b"{{", b'{"a":1,"b":[2,2]}', b'{"a":"1","b":[2]}', b"[" * 30_000)}
    assert len(others | same) == 7
