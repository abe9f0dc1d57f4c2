"""How likely are the counts that were seen, given a trial's assumptions and its market?

The numbers of individuals counted by each set of metrics (a mask, see destiny.py) are independent
Poisson; what is seen of a metric is the sum over the masks that hold it: a multivariate Poisson with
common parts (Kawamura 1979; Karlis 2003), summed here over the parts that several metrics share.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.kernels.counts import binomial_quantile
from simulator.kernels.destiny import trial_laws
from simulator.kernels.jit import inner, jit
from simulator.kernels.masses import binomial_term, poisson_term
from simulator.kernels.plan import DEALS, DEMAND
from simulator.kernels.streams import substream, uniform, word

_NEGLIGIBLE = 1e-18


@inner
def poisson_terms(least, x, mean, table):
    """Fill table[least..x] with the probabilities of a Poisson count."""
    for k in range(least, x + 1):
        table[k] = (1.0 if k == 0 else 0.0) if mean <= 0.0 else poisson_term(float(k), mean)


@inner
def add_binomial(least, x, n, p, table, room):
    """Add an independent Binomial(n, p) to a count whose probabilities are in table[least..x].

    Returns where the table now starts: what it held below that is needed for what it holds above.
    """
    if n <= 0 or p <= 0.0:
        return least
    p = min(p, 1.0)
    for k in range(min(x, n) + 1):
        room[k] = binomial_term(float(k), float(n), p, 1.0 - p)
    start = 0 if least == 0 else least + n
    for k in range(x, start - 1, -1):
        total = 0.0
        for j in range(min(k, n) + 1):
            total += room[j] * table[k - j]
        table[k] = total
    return start


@inner
def reach(mean, most):
    """First and last value of a Poisson count worth looking at."""
    if mean <= 0.0:
        return 0, min(0, most)
    wide = 9.0 * math.sqrt(mean) + 12.0
    return max(0, math.floor(mean - wide)), min(most, math.floor(mean + wide))


@inner
def joint_probability(x, means, tables):
    """P(metric i counts x[i] for all i), one to three metrics.

    means : (mask,) of the independent Poisson counts; tables : (mask, value) their probabilities, as
    far as reach() goes; for a single metric's mask up to x[i], with all that it alone counts.
    """
    if x.size == 1:
        return tables[1, x[0]]
    total = 0.0
    if x.size == 2:
        low, high = reach(means[3], min(x[0], x[1]))
        for k in range(low, high + 1):
            total += tables[3, k] * tables[1, x[0] - k] * tables[2, x[1] - k]
        return total
    low7, high7 = reach(means[7], min(x[0], x[1], x[2]))
    for k7 in range(low7, high7 + 1):
        low6, high6 = reach(means[6], min(x[1], x[2]) - k7)
        for k6 in range(low6, high6 + 1):
            p6 = tables[7, k7] * tables[6, k6]
            if p6 < _NEGLIGIBLE:
                continue
            low5, high5 = reach(means[5], min(x[0], x[2] - k6) - k7)
            for k5 in range(low5, high5 + 1):
                p5 = p6 * tables[5, k5] * tables[4, x[2] - k7 - k6 - k5]
                low3, high3 = reach(means[3], min(x[0] - k5, x[1] - k6) - k7)
                for k3 in range(low3, high3 + 1):
                    total += p5 * tables[3, k3] * tables[1, x[0] - k7 - k5 - k3] * tables[2, x[1] - k7 - k6 - k3]
    return total


@inner
def draw_masks(n, law, key, x, x_size):
    """Draw what n equal individuals are counted by, and take it off x; returns whether x stays ≥ 0."""
    left, over = 1.0, n
    for mask in range(law.size - 1, 0, -1):
        if over <= 0 or law[mask] <= 0.0:
            continue
        count = binomial_quantile(uniform(word(key, mask)), over, min(1.0, law[mask] / left))
        left = max(left - law[mask], 1e-300)
        over -= count
        for i in range(x_size):
            if mask >> i & 1:
                x[i] -= count
    lowest = 0
    for i in range(x_size):
        lowest = min(lowest, x[i])
    return lowest == 0


@jit
def likelihoods(plan, seeds, first, room, fates, asked, seen, exact_deals, exact_leads, laws, tables, spare, x, found,
                expected):  # fmt: skip
    """The likelihood of what was seen under trials first, first + 1, …

    Parameters
    ----------
    seen : int64 (metric,) what was counted
    exact_deals, exact_leads : whether what is known at the start is summed over; else it is drawn,
        once per trial, and the probability of the rest taken: unbiased, and so as good over many trials
    laws : (means (mask,), drawn (mask,), deals (D, mask), leads (row, mask)), room to work
    tables, spare : float64 (mask, value), (value,), room to work: values up to the largest seen;
        x : int64 (metric,), room to work
    found : float64 (trial,) filled with log likelihoods, −inf where it cannot be
    expected : float64 (trial, metric) filled with the mean of each metric
    """
    means, drawn, deals, leads = laws
    opening = plan.opening
    for i in range(found.size):
        trial = first + i
        trial_laws(plan, seeds, trial, i == 0, room, fates, asked, means, drawn, deals, leads)
        for m in range(seen.size):
            x[m] = seen[m]
            expected[i, m] = 0.0
            for mask in range(means.size):
                if mask >> m & 1:
                    expected[i, m] += means[mask]
                    for d in range(deals.shape[0]):
                        expected[i, m] += deals[d, mask]
                    for row in range(leads.shape[0]):
                        expected[i, m] += leads[row, mask] * opening.lead_count[row]
        possible = True
        if not exact_leads:
            key = substream(word(seeds[DEMAND], trial), asked.lumps)
            for row in range(leads.shape[0]):
                possible &= draw_masks(opening.lead_count[row], leads[row], word(key, row), x, seen.size)
        if not exact_deals:
            key = substream(word(seeds[DEALS], trial), asked.lumps)
            for d in range(deals.shape[0]):
                possible &= draw_masks(1, deals[d], word(key, d), x, seen.size)
        found[i] = -np.inf
        if not possible:
            continue
        for m in range(seen.size):
            least = x[m]
            for mask in range(means.size):
                if mask >> m & 1 and mask != 1 << m:
                    least -= reach(drawn[mask], x[m])[1]
            if exact_leads:
                for row in range(leads.shape[0]):
                    least -= opening.lead_count[row]
            if exact_deals:
                least -= deals.shape[0]
            least = max(least, 0)
            alone = tables[1 << m]
            poisson_terms(least, x[m], drawn[1 << m], alone)
            if exact_leads:
                for row in range(leads.shape[0]):
                    least = add_binomial(least, x[m], opening.lead_count[row], leads[row, 1 << m], alone, spare)
            if exact_deals:
                for d in range(deals.shape[0]):
                    least = add_binomial(least, x[m], 1, deals[d, 1 << m], alone, spare)
        largest = 0
        for m in range(seen.size):
            largest = max(largest, x[m])
        for mask in range(3, means.size):
            if mask & (mask - 1):
                low, high = reach(drawn[mask], largest)
                poisson_terms(low, high, drawn[mask], tables[mask])
        p = joint_probability(x, drawn, tables)
        if p > 0.0:
            found[i] = math.log(p)
