"""Written dates to days: every common form, and a refusal where nothing decides."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.calibration.dates import day_number, day_of, parse_dates


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-29",
        "2024/2/29",
        "2024-02-29T18:30:00Z",
        "2024-02-29 18:30:00.123",
        "29.02.2024",
        "29 Feb 2024",
        "Feb 29, 2024",
        "29-Feb-24",
        "20240229",
        "45351",
        "1709164800",
        "1709164800000",
        "Thursday, February 29, 2024",
    ],
)
def test_common_forms(text):
    assert day_of(parse_dates([text]).days[0]) == date(2024, 2, 29)


def test_times_of_day_order_a_day():
    days = parse_dates(["02/23/26 08:55 PM", "02/23/26 11:02 AM", "02/23/26 12:10 AM"]).days
    assert days[2] < days[1] < days[0] < day_number(date(2026, 2, 24))


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2024", "25/12/2023"], "day"),
        (["03/04/2024", "12/25/2023"], "month"),
        (["03/04/2024", "05/06/2024"], "unknown"),
        (["13/04/2024", "04/13/2024"], "mixed"),
        (["03.04.2024"], "day"),
        (["05/05/2024"], "day"),
    ],
)
def test_order_is_decided_by_the_column(texts, order):
    assert parse_dates(texts).order == order


def test_the_future_rules_out_a_reading():
    found = parse_dates(["03/11/2024", "02/03/2024"], latest=day_number(date(2024, 3, 31)))
    assert (found.order, day_of(found.days[0])) == ("month", date(2024, 3, 11))


def test_a_typing_error_does_not_decide():
    found = parse_dates(["25/12/2023"] * 99 + ["12/25/2023"])
    assert found.order == "day" and found.bad == {"12/25/2023": 1}


def test_missing_and_unreadable_are_told_apart():
    found = parse_dates(["", None, "n/a", "soon", "31/02/2024", "2024-13-01"])
    assert np.isnan(found.days).all() and set(found.bad) == {"soon", "31/02/2024", "2024-13-01"}


@given(st.dates(date(1980, 1, 1), date(2068, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d %b %Y", "%b %d, %Y", "%Y%m%d"]))
def test_round_trip(day, form):
    assert day_of(parse_dates([day.strftime(form)]).days[0]) == day
