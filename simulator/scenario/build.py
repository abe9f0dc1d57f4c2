"""From a document to a scenario: read every part, check the rules between parts, freeze."""

from __future__ import annotations

import os

from simulator.scenario.correlations import check_correlations
from simulator.scenario.faults import Faults
from simulator.scenario.model import Scenario
from simulator.scenario.nodes import Node
from simulator.scenario.read_plan import read_plan
from simulator.scenario.read_targets import read_targets, with_kpis
from simulator.scenario.reading import Reading
from simulator.scenario.rules import check_rules
from simulator.scenario.tables import Tables


def build_scenario(tree: Node, faults: Faults, tables: Tables, name: str | None) -> Scenario:
    """The scenario of a document.

    Raises
    ------
    ScenarioError : with every fault there is, those noted before included.
    """
    reading = Reading(faults, tables)
    values = read_plan(tree, reading)
    targets = tree.get("targets")
    values["targets"] = () if targets is None else read_targets(targets, "targets", reading)
    values["segments"] = with_kpis(values["segments"], tree, values["targets"], reading)
    stem = os.path.splitext(os.path.basename(name or ""))[0]
    values.setdefault("name", "plan" if stem in ("", "-") else stem)
    scenario = Scenario.model_construct(**values)
    check_rules(scenario, tree, reading)
    correlations = check_correlations(scenario, tree, reading)
    faults.check()
    if correlations != scenario.correlations:
        scenario = scenario.model_copy(update={"correlations": correlations})
    return scenario
