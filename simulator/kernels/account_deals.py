"""The deal of an account: from its birth to the decision, while more people of the account engage.

One by one, as the deals that are open at the start are played, and with all that closing in detail
knows (:mod:`simulator.kernels.closing`). What differs is the win rate, which is that of the contacts
engaged by the week of the decision.
"""

from __future__ import annotations

from simulator.kernels.book import LOST, PUSHED_OUT, SLIPPED, WON
from simulator.kernels.closing import PLACE, PLACES, bunch, by_pushes, by_size, pull_in, ratio, slip_word
from simulator.kernels.contacts import chance_of_win, engage
from simulator.kernels.deals import CYCLE, WIN
from simulator.kernels.jit import inner
from simulator.kernels.market import shocked_rate
from simulator.kernels.money import in_grains
from simulator.kernels.spreads import draw_lag, draw_lag_from
from simulator.kernels.streams import uniform, word

_LOSS = 8  # counter of the cycle of a loss
# rows of the parts of ratios
AT_WINS, AT_LOSSES = 0, 2  # contacts; the number of deals in the row after it


@inner
def first_due(closing, s, week, age, deal_key, counter, lags, tables):
    """(due week, whether the lag is one the plan knows) of a deal born ``age`` weeks before ``week``; −1: none left.

    lags : the spread of its cycle; counter : of its word. That of a loss is another one: the cycle it would have had
    says how many contacts there would have been, and so whether it is lost.
    """
    lag = draw_lag_from(tables.cdf, tables.words, tables.guide, lags, word(deal_key, counter), age)
    if lag < 0:
        return -1, True
    due = week + lag
    if closing.bunched[s]:
        due = max(week, bunch(closing.linear[s], due, uniform(word(deal_key, counter + PLACE))))
    return due, lag < tables.words.shape[1] - 1


@inner
def settle_account(rates, closing, s, week, stated, age, value, pushes, own, contacts, most, joined, passed, due_join,
                   wanted, reached, key, deal_key, slip_key, joining, end, warm, tables, wins_lag, loss_lag, delay,
                   limit, factor, slip_limit, v, shift, times, column, book):  # fmt: skip
    """Play one account's deal to its decision or the end of the horizon, and book it.

    week : of its birth, or the first of the plan; stated : its due week as a file says, or −1; age : weeks it was
    open before ``week``; own : slot of its own win probability, or −1; contacts … reached : as engage has them;
    joining : (QT,) contacts per week; column : (week,).

    Returns
    -------
    outcome, week of it (or the end), slips, price, contacts, reached, stale : whether it was older than any cycle.
    """
    birth = week // 13
    counts, values, words, guide = book.tally, book.value, tables.words, tables.guide
    rows, earliest = closing.pushes[s], week
    of_size = by_size(closing.above[s], closing.above_slip[s], value, v)
    alone = own >= 0
    counted = 0 if alone else pushes  # pushes that count for the win rate
    mine = 1.0 if alone else by_size(closing.above[s], closing.above_win[s], value, v)
    u = uniform(word(deal_key, WIN))
    early, stale = loss_lag[birth] >= 0, False
    due, known = stated, True
    if due < 0:
        due, known = first_due(closing, s, week, age, deal_key, CYCLE, wins_lag[birth], tables)
        if due < 0:
            due, stale = week, True
    settled, before = -1.0, 1.0  # decided at birth: the probability, and what its contacts had made of it
    if early:
        then = engage(joining, key, week, min(due, end), contacts, most, joined, passed, due_join, wanted, reached)[0]
        if alone:
            settled = shocked_rate(v[own], shift[birth], times[birth])
        else:
            settled = before = chance_of_win(rates, s, birth, warm, then, key, v, shift, times)
            for _ in range(counted):
                settled *= factor[birth]
            settled *= mine * by_pushes(rows, closing.pushes_win[s], counted, v)
        if u >= settled and stated < 0:
            due, known = first_due(closing, s, week, age, deal_key, _LOSS, loss_lag[birth], tables)
            if due < 0:
                due, stale = week, True
    worth = 1.0
    if closing.pulls[s] and known:
        due, worth = pull_in(closing, s, v, warm, words, guide, slip_key, earliest, due, end)
    slips, outcome, price = 0, 0, 0.0
    bits = word(slip_key, 0)
    while True:
        contacts, joined, passed, due_join, reached = engage(joining, key, week, min(due, end), contacts, most, joined,
                                                             passed, due_join, wanted, reached)  # fmt: skip
        if due >= end:
            break
        week, q = due, due // 13
        now = 0.0
        if not alone:
            now = chance_of_win(rates, s, birth if early else q, warm, contacts, key, v, shift, times)
        here = by_pushes(rows, closing.pushes_win[s], slips + counted, v)
        if early and not alone and slips > 0:
            settled *= min(1.0, ratio(now, before))
            before = now
        if bits < slip_word(slip_limit[q], by_pushes(rows, closing.pushes_slip[s], slips + pushes, v) * of_size):
            if slips + pushes >= limit:
                outcome = -1
                break
            later = due + draw_lag(words, guide, delay[q], word(slip_key, 2 * slips + 1))
            if closing.bunched[s]:
                later = max(due + 1, bunch(closing.linear[s], later, uniform(word(slip_key, PLACES + slips))))
            counts[SLIPPED, column[due]] += 1
            if later >= 13 * (q + 1):
                counts[PUSHED_OUT, column[due]] += 1
                values[PUSHED_OUT, column[due]] += value
            change = ratio(by_pushes(rows, closing.pushes_win[s], slips + counted + 1, v), here)
            settled *= min(1.0, factor[q] * change)
            slips += 1
            due = later
            worth = 1.0
            bits = word(slip_key, 2 * slips)
            continue
        p = now
        if early:
            p = settled
        else:
            if alone:
                p = shocked_rate(v[own], shift[q], times[q])
            for _ in range(slips + counted):
                p *= factor[q]
            p *= mine * here
        outcome = 1 if u < p else -1
        break
    if outcome != 0:
        at = column[due]
        row = WON if outcome > 0 else LOST
        price = in_grains(value * worth) if outcome > 0 else value
        counts[row, at] += 1
        values[row, at] += price
        if price != value:  # what is given away is no open pipeline any more
            values[LOST, at] += value - price
    return outcome, min(due, end), slips, price, contacts, reached, stale
