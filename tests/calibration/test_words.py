"""Amounts, labels and outcomes as people write them."""

import doctest

import numpy as np
import pytest

from simulator.calibration import amounts, labels, levels, pooling, predict, status, write
from simulator.calibration.amounts import parse_amounts
from simulator.calibration.status import outcome_of
from simulator.calibration.write import key, plan_names


@pytest.mark.parametrize("module", [amounts, labels, levels, pooling, predict, status, write])
def test_examples_in_docstrings(module):
    found = doctest.testmod(module, extraglobs={"np": np})
    assert found.failed == 0


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["$1,200.50", "12"], [1200.5, 12]),
        (["1.234,50 €", "12,5"], [1234.5, 12.5]),
        (["1,200", "3,400"], [1200, 3400]),
        (["USD 1200", "R$ 1.500,00"], [1200, 1500]),
        (["(300)", "-5"], [-300, -5]),
        (["1.2M", "3k"], [1.2e6, 3e3]),
        (["1e3"], [1e3]),
    ],
)
def test_amounts(column, expected):
    assert parse_amounts(column)[0].tolist() == expected


def test_bad_amounts_are_counted():
    assert parse_amounts(["call me", "", "call me"])[1] == {"call me": 2}


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("Closed Won", 1),
        ("closedwon", 1),
        ("Won", 1),
        ("Customer", 1),
        ("Closed - Lost", -1),
        ("Disqualified", -1),
        ("Perdida", -1),
        ("Proposal/Price Quote", 0),
        ("Engaging", 0),
        ("Wonderland demo", 0),
        ("", 0),
    ],
)
def test_outcomes_by_words(label, outcome):
    assert outcome_of(label) == outcome


def test_names_for_a_plan_are_safe_and_distinct():
    assert plan_names(("a.b", "a b", "all", "=x", "")) == ["a b", "a b 2", "all 2", "x", "unnamed"]
    assert key("no") == '"no"' and key("a: b") == '"a: b"' and key("1") == '"1"'
