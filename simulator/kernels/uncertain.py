"""Uncertain numbers: each trial draws one standard normal per number and puts it through its form."""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.curves import read_curve
from simulator.kernels.jit import inner, jit
from simulator.kernels.normal import norm_cdf, norm_ppf
from simulator.kernels.plan import (
    ASSUMPTIONS,
    LOGIT_NORMAL,
    LOGNORMAL,
    METALOG_POSITIVE,
    METALOG_SHARE,
    NORMAL,
    VALUES,
)
from simulator.kernels.streams import substream, uniform, word


@inner
def logistic(t):
    """1 / (1 + exp(−t)) without overflow."""
    if t >= 0.0:
        return 1.0 / (1.0 + math.exp(-t))
    e = math.exp(t)
    return e / (1.0 + e)


@inner
def draw_leaves(numbers, at_median, trial_key, z, x):
    """Fill x (leaf,) with one trial's uncertain numbers; z (normal,) is room to work.

    Normals are independent by name, then tied by the Gaussian copula.
    """
    for i in range(z.size):
        z[i] = 0.0 if at_median else norm_ppf(uniform(word(substream(trial_key, numbers.normal_name[i]), 0)))
    # the lower Cholesky factor, from the last row up, so that it can be done in place
    for i in range(numbers.tied.size - 1, -1, -1):
        total = 0.0
        for j in range(i + 1):
            total += numbers.tied_factor[i, j] * z[numbers.tied[j]]
        z[numbers.tied[i]] = total
    for leaf in range(x.size):
        value = _leaf_value(
            numbers.kind[leaf], numbers.p, leaf, z[numbers.normal[leaf]], numbers.curves, numbers.curve[leaf],
            numbers.data, numbers.start[leaf], numbers.size[leaf],
        )  # fmt: skip
        value *= numbers.times[leaf]
        x[leaf] = min(value, 1.0) if numbers.share[leaf] else value


@inner
def _leaf_value(kind, p, leaf, z, curves, curve, data, start, size):
    """Value of an uncertain number at normal score z, before ``times``."""
    if kind == NORMAL:
        return p[leaf, 0] + p[leaf, 1] * z
    if kind == LOGNORMAL:
        return math.exp(p[leaf, 0] + p[leaf, 1] * z)
    if kind == LOGIT_NORMAL:
        return logistic(p[leaf, 0] + p[leaf, 1] * z)
    if kind == VALUES:
        return data[start + min(np.int64(norm_cdf(z) * size), size - 1)]
    if curve >= 0:  # a beta, stretched
        return p[leaf, 0] + p[leaf, 1] * logistic(read_curve(curves, curve, z))
    y = norm_cdf(z)  # metalog of three terms (Keelin 2016)
    odds = math.log(y / norm_cdf(-z))
    x = p[leaf, 0] + p[leaf, 1] * odds + p[leaf, 2] * (y - 0.5) * odds
    if kind == METALOG_POSITIVE:
        return math.exp(x)
    if kind == METALOG_SHARE:
        return logistic(x)
    return x


@jit
def draw_assumptions(numbers, at_median, seeds, first, z, out):
    """out (trial, leaf): what trials first, first + 1, … draw for every uncertain number; z (normal,) is
    room to work."""
    for i in range(out.shape[0]):
        draw_leaves(numbers, at_median, word(seeds[ASSUMPTIONS], first + i), z, out[i])
