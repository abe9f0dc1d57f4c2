"""Makes the example exports and pictures of "From your CRM to a forecast" and "Censoring"; everything in them is
invented.

Run from the repository: ``python docs/generate_crm_example.py FOLDER`` writes ``opportunities.csv`` and
``history.csv`` to FOLDER and the pictures to ``docs/images``.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

IMAGES = Path(__file__).parent / "images"
FIRST, LAST = date(2024, 7, 1), date(2026, 9, 30)
RATES = {"Web": 0.22, "Partner": 0.34, "Events": 0.16, "Outbound": 0.12}


def exports(folder: Path) -> None:
    """Two years of opportunities in the shape of a Salesforce export, with pushes and some dirt."""
    rng = np.random.default_rng(7)
    deals, changes = [], []
    for number in range(2400):
        source = str(rng.choice(list(RATES), p=[0.45, 0.2, 0.2, 0.15]))
        created = FIRST + timedelta(days=int(rng.integers(0, (LAST - FIRST).days + 1)))
        close = created + timedelta(days=int(rng.gamma(3, 21)) + 1)
        wins, forgotten, pushes = rng.random() < RATES[source], rng.random() < 0.06, 0
        while rng.random() < 0.2 and pushes < 4:
            later = close + timedelta(days=int(7 * rng.geometric(0.25)))
            when = close - timedelta(days=int(rng.integers(0, 5)))
            if when <= LAST and when > created:
                changes.append(
                    [
                        f"006{number:05d}",
                        f"{when:%m/%d/%Y} 09:30 AM",
                        "CloseDate",
                        f"{close:%m/%d/%Y}",
                        f"{later:%m/%d/%Y}",
                    ]
                )
            close, pushes = later, pushes + 1
            wins = wins and rng.random() < 0.85
        closed = close <= LAST and not (forgotten and not wins)
        stage = ("Closed Won" if wins else "Closed Lost") if closed else "Negotiation"
        amount = "" if rng.random() < 0.03 else f"{rng.lognormal(10.0, 0.9):.0f}"
        label = source + " " if rng.random() < 0.02 else source if rng.random() > 0.03 else ""
        deals.append(
            [
                f"006{number:05d}",
                f"{created:%m/%d/%Y}",
                f"{close:%m/%d/%Y}",
                stage,
                wins and closed,
                closed,
                amount,
                label,
            ]
        )
    for name, head, rows in (
        (
            "opportunities.csv",
            ["Id", "CreatedDate", "CloseDate", "StageName", "IsWon", "IsClosed", "Amount", "LeadSource"],
            deals,
        ),
        ("history.csv", ["OpportunityId", "CreatedDate", "Field", "OldValue", "NewValue"], changes),
    ):
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])


def censoring_picture() -> None:
    """Conversion by month of entry: what has come so far, what is still to come."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    from simulator.report.figures import DARK, LIGHT, STYLE

    age = np.arange(12, 0, -1) - 0.5
    come = 0.30 * (1 - np.exp(-age / 2.5) * (1 + age / 2.5))
    with rc_context(STYLE):
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        axes = figure.add_subplot()
        months = ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]
        axes.bar(months, come, color=DARK, label="won by the end of September")
        axes.bar(months, 0.30 - come, bottom=come, color=LIGHT, label="will be won, but not yet")
        axes.axhline(come.mean(), color="#444444", lw=1, ls=":")
        axes.annotate(
            f"won ÷ entered: {100 * come.mean():.0f}%",
            (11.4, come.mean()),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        axes.set(xlabel="month in which the leads came", ylabel="share won", ylim=(0, 0.37))
        axes.set_title("Every month converts at 30%; the recent ones have not had the time to show it")
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
        figure.savefig(IMAGES / "censoring.png")


def pictures(folder: Path) -> None:
    """The pictures of the fit report and of the backtest."""
    from simulator.backtest.backtest import backtest
    from simulator.calibration.fit import fit
    from simulator.report import figures_fit

    tables = [folder / "opportunities.csv", folder / "history.csv"]
    fitted = fit(tables, mapping="salesforce", as_of="2026-09-30")
    figures_fit.cycle(fitted, 0).savefig(IMAGES / "fit-cycle.png")
    figures_fit.rates(fitted, 0).savefig(IMAGES / "fit-rates.png")
    result = backtest(tables, mapping="salesforce", as_of="2026-09-30", every="monthly", horizon="1q")
    figures_fit.against(result).savefig(IMAGES / "backtest-said-and-come.png")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    IMAGES.mkdir(exist_ok=True)
    exports(target)
    censoring_picture()
    pictures(target)
