"""``simulator backtest``"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.fit import _date, _mapping, as_of_option, crm_option, mapping_option, tables_argument
from simulator.cli.options import OutputFile, Whole, debug_option, format_option
from simulator.cli.output import Bar, form_of, put_json, put_tables, say


@click.command()
@tables_argument
@mapping_option
@crm_option
@as_of_option
@click.option(
    "--origins",
    type=click.Choice(["weekly", "monthly"]),
    default="weekly",
    show_default=True,
    help="How often to stand in the past and look ahead.",
)
@click.option("--horizon", default="13w", show_default=True, metavar="4w|13w|1q", help="How far to look.")
@click.option("--since", metavar="DATE", help="First origin that is scored; earlier ones only train the pool.")
@click.option("--draws", type=Whole(200, 100_000), default=2000, show_default=True, help="Trials of each forecast.")
@click.option(
    "--seed", type=Whole(0, 2**63 - 1), default=1, show_default=True, help="The same seed gives the same scores."
)
@format_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=OutputFile((".html", ".json", ".txt")),
    help="Write a page with plots (.html), or the numbers (.json).",
)
@debug_option
def backtest(
    tables: tuple[str, ...],
    mapping: str | None,
    crm: str | None,
    as_of: str | None,
    origins: str,
    horizon: str,
    since: str | None,
    draws: int,
    seed: int,
    form: str | None,
    output: Path | None,
) -> None:
    """How good would such forecasts have been?

    Stands at past dates, knows only what was known then, forecasts, and compares with what came; next to run rates
    and other forecasts that need no funnel.

    \b
    Examples:
      simulator backtest -m mapping.yaml --horizon 4w
      simulator backtest leads.csv deals.csv --origins monthly --horizon 1q -o backtest.html
    """
    from simulator.backtest.backtest import backtest as run_backtest

    with Bar("Standing in the past") as bar:
        result = run_backtest(
            list(tables),
            mapping=_mapping(tables, mapping, crm),
            as_of=_date(as_of),
            every=origins,
            horizon=horizon,
            since=_date(since),
            draws=draws,
            seed=seed,
            progress=bar,
        )
    if output is not None and output.suffix.lower() == ".html":
        from simulator.report.fit_page import backtest_page

        backtest_page(result, output)
        say(f"Wrote {output}")
        output = None
    if form_of(form, output) == "json":
        put_json(result.to_json(), output)
    else:
        from simulator.report.fit_tables import backtest_table

        put_tables([backtest_table(result)], output)
