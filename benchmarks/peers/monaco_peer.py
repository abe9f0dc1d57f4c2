"""monaco around a NumPy trial: the library keeps cases, inputs and outputs; a case is one trial."""

from __future__ import annotations

import warnings

import numpy as np

from ..funnel import Funnel
from . import alias
from .numpy_trials import _block

NAME = "monaco around a NumPy trial"


def prepare(funnel: Funnel):
    """Alias tables once; then one monaco simulation per call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from monaco.mc_enums import SampleMethod, SimFunctions
        from monaco.mc_sim import Sim
    tables = [alias.table(lag) for lag in funnel.lags]

    def before(case):
        return (case.seed,)

    def run(seed):
        rng = np.random.Generator(np.random.SFC64(seed))
        return (_block(funnel, tables, rng, 1)[0],)

    def after(case, outputs):
        for column, metric in enumerate(funnel.metrics):
            case.addOutVal(metric, outputs[:, column])

    functions = {SimFunctions.PREPROCESS: before, SimFunctions.RUN: run, SimFunctions.POSTPROCESS: after}

    def play(trials: int, seed: int) -> np.ndarray:
        sim = Sim(
            name="funnel",
            ndraws=trials,
            fcns=functions,
            samplemethod=SampleMethod.RANDOM,
            seed=seed,
            singlethreaded=True,
            verbose=False,
        )
        sim.runSim()
        return np.stack([np.array(sim.outvars[metric].vals) for metric in funnel.metrics], axis=2)

    return play
