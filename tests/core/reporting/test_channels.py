"""Channels, combinations and surprises of sales, by hand."""

from __future__ import annotations

from uuid import UUID

import pytest

from reporting.core.attribution import MODELS
from reporting.core.channels import CHANNELS_MAX, OTHERS, SoldLead, band_of, folded, owed, pairs, sequences, surprises

A, B, C = "search", "social", "mail"


def sale(number: int, *channels: str, won: bool | None = None, percentile: float | None = 50.0, price: int = 10) -> SoldLead:
    return SoldLead(UUID(int=number), channels, (), percentile, won, price)


SALES = [
    sale(1, A, B, A, C, won=True, percentile=10.0, price=40),
    sale(2, A, won=True, percentile=95.0),
    sale(3, C, won=False, percentile=92.0),
    sale(4, A, B, won=None, percentile=80.0),
    sale(5, won=True, percentile=None),
]


def test_every_model_shares_out_the_wins_of_sales_with_a_known_end():
    rows = {row.channel: row for row in owed(SALES)}
    assert set(rows) == {A, B, C}
    for model in MODELS:
        assert sum(row.wins[model] for row in rows.values()) == pytest.approx(2.0)
    assert (rows[A].wins["first"], rows[A].wins["last"], rows[C].wins["last"]) == (2.0, 1.0, 1.0)
    assert (rows[A].wins["linear"], rows[B].wins["linear"]) == (1.5, 0.25)
    assert (rows[A].spend, rows[B].spend, rows[C].spend) == (30.0, 10.0, 20.0)


def test_without_a_known_end_nothing_is_owed():
    assert owed([sale(1, A), sale(2, B)]) == ()
    assert owed([]) == ()


def test_pairs_are_ordered_neighbours_counted_once_a_sale():
    found = {(one.channels, one.band): (one.sales, one.won, one.lost, one.spend, one.cost) for one in pairs(SALES)}
    assert found == {
        (f"{A} › {B}", "lower half"): (1, 1, 0, 40, 40),
        (f"{B} › {A}", "lower half"): (1, 1, 0, 40, 40),
        (f"{A} › {C}", "lower half"): (1, 1, 0, 40, 40),
        (f"{A} › {B}", "10 to 25 %"): (1, 0, 0, 10, None),
    }


def test_sequences_are_whole():
    assert [(one.channels, one.band, one.won, one.lost) for one in sequences(SALES)] == [
        (C, "top 10 %", 0, 1), (A, "top 10 %", 1, 0), (f"{A} › {B}", "10 to 25 %", 0, 0),
        (f"{A} › {B} › {A} › {C}", "lower half", 1, 0),
    ]  # fmt: skip


def test_a_win_costs_what_was_spent_on_sales_with_a_known_end():
    found = [sale(1, A, won=True, price=40), sale(2, A, won=False, price=20), sale(3, A, won=None, price=500)]
    (one,) = sequences(found)
    assert (one.sales, one.spend, one.known_spend, one.cost) == (3, 560, 60, 60)


def test_few_channels_are_left_alone():
    assert folded(SALES) == tuple(SALES)
    assert folded([]) == ()


def test_rare_channels_are_folded_into_one_whatever_publishers_send():
    many = [sale(number, A, f"made up {number}", A, won=number % 2 == 0) for number in range(2_000)]
    often = [sale(9_000 + number, B, C, won=True) for number in range(3)]
    found = folded([*many, *often])
    names = {channel for one in found for channel in one.channels}
    assert (len(names), names >= {A, B, C, OTHERS}) == (CHANNELS_MAX + 1, True)
    assert [one.channels for one in found[-4:]] == [(A, OTHERS, A), (B, C), (B, C), (B, C)]
    assert [(one.lead_id, one.won, one.price) for one in found] == [(one.lead_id, one.won, one.price) for one in [*many, *often]]
    rows = owed(found)
    assert len(rows) == CHANNELS_MAX + 1
    assert sum(row.wins["markov"] for row in rows) == pytest.approx(1_003)


def test_surprises_are_low_wins_and_high_losses():
    low, high = surprises(SALES)
    assert ([one.lead_id.int for one in low], [one.lead_id.int for one in high]) == ([1], [3])


@pytest.mark.parametrize(
    ("percentile", "band"),
    [(None, "no score"), (0.0, "lower half"), (50.0, "25 to 50 %"), (90.0, "top 10 %"), (100.0, "top 10 %")],
)
def test_a_band_has_a_name(percentile, band):
    assert band_of(percentile) == band
