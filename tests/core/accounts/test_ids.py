"""Ids: what they are made of, their order, and the two ways of writing them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core import ids
from accounts.core.ids import BadId, decode, encode, first_at, ms_of, uuid7

MS = 1_795_000_000_000


def test_an_id_holds_its_millisecond_version_and_variant() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert before <= ms_of(made) <= time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)


def test_ids_made_one_after_another_come_back_in_that_order() -> None:
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


@pytest.mark.parametrize("calls", [2, 5_000])
def test_a_clock_that_stands_still_keeps_the_order(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(time, "time_ns", lambda: MS * 1_000_000)
    made = [uuid7() for _ in range(calls)][:4096]
    assert made == sorted(set(made))
    assert {ms_of(one) for one in made} == {MS}


def test_a_clock_that_was_set_back_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", (MS + 3_600_000) * 4096)
    monkeypatch.setattr(time, "time_ns", lambda: MS * 1_000_000)
    assert ms_of(uuid7()) == MS


def test_threads_never_make_the_same_and_each_keeps_its_order() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [uuid7() for _ in range(5_000)], range(4)))
    assert all(one == sorted(one) for one in made)
    assert len({identifier for one in made for identifier in one}) == 20_000


@given(st.integers(min_value=0, max_value=(1 << 48) - 1))
def test_a_placed_id_lies_in_its_millisecond_and_behind_its_border(now_ms: int) -> None:
    placed = uuid7(now_ms)
    assert (ms_of(placed), placed.version, placed.variant) == (now_ms, 7, RFC_4122)
    assert first_at(now_ms) <= placed
    assert ms_of(first_at(now_ms)) == now_ms


def test_placed_ids_differ_by_more_than_chance_would_repeat() -> None:
    assert len({uuid7(MS) for _ in range(10_000)}) == 10_000
    assert len({uuid7(MS).int >> 64 & 0xFFF for _ in range(10_000)}) > 3_000


def test_a_known_id_reads_the_same_both_ways() -> None:
    identifier = UUID("019b76da-a800-7000-8000-000000000001")
    assert encode("ping", identifier) == "png_01kdvdna00e008000000000001"
    assert decode("ping", encode("ping", identifier)) == identifier


@given(st.uuids())
def test_every_id_survives_writing_and_reading(identifier: UUID) -> None:
    assert decode("lead", encode("lead", identifier)) == identifier


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("led_01kdvdna00e008000000000001", "expected an id such as png_ followed by 26 characters"),
        ("png_01kdvdna00", "expected an id such as png_ followed by 26 characters"),
        ("", "expected an id such as png_ followed by 26 characters"),
        ("png_01kdvdna00e00800000000000u", "'png_01kdvdna00e00800000000000u' has a character that no id contains"),
        ("png_zzzzzzzzzzzzzzzzzzzzzzzzzz", "'png_zzzzzzzzzzzzzzzzzzzzzzzzzz' is not an id"),
    ],
)
def test_text_that_is_no_id_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(BadId) as refused:
        decode("ping", text)
    assert str(refused.value) == message
