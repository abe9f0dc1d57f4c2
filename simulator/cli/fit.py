"""``simulator fit``"""

from __future__ import annotations

from pathlib import Path

import click

from simulator.cli.options import OutputFile, Whole, debug_option, format_option
from simulator.cli.output import Bar, put_json, put_tables, put_text, say
from simulator.errors import UsageError

tables_argument = click.argument("tables", metavar="TABLE...", nargs=-1)
mapping_option = click.option(
    "-m", "--mapping", metavar="FILE", help="Mapping file: which column says what. Without one it is guessed."
)
crm_option = click.option(
    "--crm", type=click.Choice(["salesforce", "hubspot", "pipedrive"]), help="The tables are exports of this CRM."
)
as_of_option = click.option(
    "--as-of", metavar="DATE", help="Last day that counts, 2026-09-30; by default the latest date of the data."
)


@click.command()
@tables_argument
@mapping_option
@crm_option
@as_of_option
@click.option("--guess", is_flag=True, help="Only propose a mapping, with how sure it is; -o FILE writes it.")
@click.option(
    "--start", metavar="QUARTER", help="First quarter (2027-Q1) or day of the plan; by default the day after --as-of."
)
@click.option("--quarters", type=Whole(1, 40), default=4, show_default=True, help="Length of the plan.")
@click.option(
    "--fiscal-year-starts", type=Whole(1, 12), default=1, metavar="MONTH", help="Month in which the fiscal year starts."
)
@click.option(
    "--weigh",
    is_flag=True,
    help="Weigh the funnel against run rates by how good both have been (a backtest), and bring the plan to that pace "
    "and range.",
)
@click.option("--name", help="Name of the plan.")
@click.option("--currency", help="Currency of the amounts, USD unless the mapping says otherwise.")
@click.option(
    "--report", "page", metavar="FILE.html", type=OutputFile((".html",)), help="Write the fit report, with plots."
)
@format_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=OutputFile((".yaml", ".yml", ".json")),
    help="Write the scenario (and the tables it reads, in a folder beside it).",
)
@debug_option
def fit(
    tables: tuple[str, ...],
    mapping: str | None,
    crm: str | None,
    as_of: str | None,
    guess: bool,
    start: str | None,
    quarters: int,
    fiscal_year_starts: int,
    weigh: bool,
    name: str | None,
    currency: str | None,
    page: Path | None,
    form: str | None,
    output: Path | None,
) -> None:
    """Turn CRM history into a scenario with honest uncertainty.

    Reads TABLEs (CSV, Parquet or xlsx) as a mapping says, reports what is wrong with the data, fits rates, lags,
    volumes, deal sizes and slips, and writes a plan that `simulator run` takes as it is.

    \b
    Examples:
      simulator fit --guess leads.csv deals.csv -o mapping.yaml
      simulator fit -m mapping.yaml --as-of 2026-09-30 -o plan.yaml --report fit.html
      simulator fit opportunities.csv history.csv --crm salesforce -o plan.yaml
      simulator fit deals.csv --weigh -o plan.yaml
    """
    if guess:
        return put_text(_guess(tables), output)
    from simulator.calibration.fit import fit as fit_tables

    found = fit_tables(
        list(tables),
        mapping=_mapping(tables, mapping, crm),
        as_of=_date(as_of),
        start=start,
        quarters=quarters,
        fiscal_year_starts=fiscal_year_starts,
        name=name,
        currency=currency,
    )
    if weigh:
        from simulator.backtest.weigh import weigh as weigh_fit

        with Bar("Standing in the past") as bar:
            found = weigh_fit(found, progress=bar).fit
    if form == "json":
        put_json(found.to_json(), None)
    else:
        from simulator.report.fit_tables import fit_table

        put_tables([fit_table(found)], None)
    if page is not None:
        from simulator.report.fit_page import fit_page

        fit_page(found, page)
        say(f"Wrote {page}")
    if output is not None:
        for path in found.write(output):
            say(f"Wrote {path}")
    elif form != "json":
        say("Nothing was written: -o plan.yaml writes the scenario, --report fit.html the report with plots.")


def _guess(tables: tuple[str, ...]) -> str:
    from simulator.calibration.guess import guess_mapping

    found = guess_mapping(list(tables))
    return (
        f"# A proposal from headers and values, {100 * found.sure:.0f}% sure at its weakest. Read it before you "
        f"use it.\n{found.to_yaml()}"
    )


def _mapping(tables: tuple[str, ...], mapping: str | None, crm: str | None) -> object:
    if mapping and crm:
        raise UsageError("--mapping and --crm do not go together: a ready mapping is one already")
    if not tables and not mapping:
        raise UsageError(
            "give the tables to read, or --mapping FILE that names them; --guess TABLE... proposes a mapping"
        )
    if mapping or crm or (len(tables) == 1 and tables[0].casefold().endswith((".yaml", ".yml", ".json"))):
        return mapping or crm
    from simulator.calibration.guess import guess_mapping

    found = guess_mapping(list(tables))
    if found.sure < 0.5:
        weakest = min(found.sureness, key=lambda key: found.sureness[key])
        raise UsageError(
            f"the columns are not clear enough to guess (only {100 * found.sure:.0f}% sure of "
            f"{weakest.partition('.')[2]}): "
            "write the proposal with --guess -o mapping.yaml, correct it, and give it with --mapping"
        )
    say(f"The mapping was guessed, {100 * found.sure:.0f}% sure at its weakest; --guess shows it.", warning=True)
    return found.mapping


def _date(text: str | None) -> str | None:
    from datetime import date

    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--as-of {text!r} is not a date; write 2026-09-30") from None
