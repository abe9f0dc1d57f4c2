"""A commented scenario to start from: ``simulator scenario new``."""

from __future__ import annotations

import json
from datetime import date

STARTER = """\
# A plan: what enters, how it converts, how long that takes, and what must come out.
# Change the numbers to yours; everything after a # is a remark. Check it with
#   simulator scenario check FILE
# and play it with
#   simulator run FILE

name: @NAME@
description: What this plan is about, in a sentence.
start: @START@              # first quarter; or a date, as 2027-01-04
quarters: 4
currency: USD

segments:
  inbound:                    # one block per channel, region or product; add as many as you steer
    volume: 1000              # visitors per quarter; by quarter: [1000, 1000, 1200, 1200]
    conversion:               # the share that goes on into each stage
      engagements: 0.30                   # a plain number: we are sure
      mqls: {p10: 0.34, p90: 0.46}        # we are not: one chance in ten below, one in ten above
      sqls: 0.60
      wins: {successes: 35, of: 100}      # we won 35 of the last 100
    lag_weeks:                # weeks from the stage before
      engagements: 0
      mqls: {mean: 2, cv: 1}              # leads differ: on average 2 weeks
      sqls: {mean: 1.5, cv: 1}
      wins: {median: 8, p90: 16}          # the sales cycle: half take longer than 8 weeks, one in ten longer than 16
    deal_size: {mean: 40_000, cv: 0.8}    # what a won deal is worth; cv = standard deviation / mean
    slips:
      probability: 0.20       # on its due date a deal is pushed out with this probability …
      delay_weeks: {mean: 4}  # … by 4 weeks on average …
      limit: 3                # … at most three times; a fourth time it is lost
      win_rate_factor: 0.85   # each slip makes a win less likely

# What is in flight at the start comes from playing a year of this plan before it. If you know your open
# deals, name them in a CSV file with the columns id, segment, amount, expected_close, win_probability, pushes, created:
# opening: {deals: open_deals.csv}

market:                       # what moves all deals of a quarter together
  conversion: {sd: 0.10}      # rates differ from quarter to quarter by about 10%
  # events:
  #   - {name: budget freeze, probability: 0.05, wins: 0.7, slip_probability: 2}

targets:
  - {metric: wins, at_least: 25, in: @LAST@}
  - {metric: bookings, at_least: 3_500_000, in: horizon}
  - {metric: mqls, at_least: 110, in: each quarter, name: MQL floor}

simulation: {trials: 10_000}
"""


def starter(name: str = "My plan", start: str | None = None) -> str:
    """The text of a commented scenario that runs as it is.

    Parameters
    ----------
    name : of the plan.
    start : first quarter; the next one by default.

    Examples
    --------
    >>> starter("EMEA", "2027-Q3").splitlines()[6]
    'name: EMEA'
    """
    if start is None:
        today = date.today()
        count = today.year * 4 + (today.month - 1) // 3 + 1
        start = f"{count // 4}-Q{count % 4 + 1}"
    year, _, quarter = start.partition("-Q")
    last = "horizon"
    if quarter:
        count = int(year) * 4 + int(quarter) + 2
        last = f"{count // 4}-Q{count % 4 + 1}"
    bare = all(letter.isalnum() or letter in " _-" for letter in name) and name[:1].isalpha()
    text = name if bare and name.lower() not in ("true", "false", "null") else json.dumps(name, ensure_ascii=False)
    return STARTER.replace("@NAME@", text.strip()).replace("@START@", start).replace("@LAST@", last)
