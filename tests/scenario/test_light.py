"""Reading a plan is quick: no numerical library is imported for it, and nothing is read twice."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "scenarios"


def test_loading_imports_no_numerical_library():
    code = (
        "import sys; from simulator.scenario.load import load; "
        f"plan = load({str(EXAMPLES / 'mid-market.yaml')!r}); plan.sha256; list(plan.numbers()); "
        "plan.with_changes({'segments.inbound.volume': '+10%'}); "
        "heavy = {'numpy', 'scipy', 'numba', 'matplotlib', 'rich', 'click', 'pydantic.plugin._loader'}; "
        "heavy &= set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_changes_do_not_read_files_again(tmp_path):
    from simulator.scenario.load import load

    for name in ("enterprise.yaml", "enterprise-open-deals.csv"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    plan = load(tmp_path / "enterprise.yaml")
    for file in tmp_path.iterdir():
        file.unlink()
    changed = plan.with_changes({"segments.new business.slips.probability": 0.1})
    assert changed.opening.deals == plan.opening.deals
