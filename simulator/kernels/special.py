"""Distribution functions and their inverses, on scalars.

Prefactors after C. Loader (2000), "Fast and accurate computation of binomial probabilities": no
large logarithms are subtracted, so relative errors stay near 1e-14 for counts of any size.
Quantiles work in the smaller tail by Newton's method on its logarithm, which is concave in the
logit (beta) or the logarithm (gamma) of the argument, so that Newton cannot miss.
"""

from __future__ import annotations

import math

from simulator.kernels.jit import inner

_LOG_SQRT_2PI = 0.9189385332046727


@inner
def norm_cdf(z):
    """P(Z <= z) of the standard normal."""
    return 0.5 * math.erfc(-z * 0.7071067811865476)


@inner
def norm_ppf(u):
    """Standard normal quantile; AS 241 (Wichura 1988), PPND16: relative error about 1e-16."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (
                (
                    (
                        (
                            (
                                ((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4)
                                * r
                                + 4.5921953931549871457e4
                            )
                            * r
                            + 1.3731693765509461125e4
                        )
                        * r
                        + 1.9715909503065514427e3
                    )
                    * r
                    + 1.3314166789178437745e2
                )
                * r
                + 3.3871328727963666080e0
            )
            / (
                (
                    (
                        (
                            (
                                ((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4)
                                * r
                                + 2.1213794301586595867e4
                            )
                            * r
                            + 5.3941960214247511077e3
                        )
                        * r
                        + 6.8718700749205790830e2
                    )
                    * r
                    + 4.2313330701600911252e1
                )
                * r
                + 1.0
            )
        )
    r = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        z = (
            (
                (
                    (
                        (
                            (
                                (7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
                                + 2.41780725177450611770e-1
                            )
                            * r
                            + 1.27045825245236838258e0
                        )
                        * r
                        + 3.64784832476320460504e0
                    )
                    * r
                    + 5.76949722146069140550e0
                )
                * r
                + 4.63033784615654529590e0
            )
            * r
            + 1.42343711074968357734e0
        ) / (
            (
                (
                    (
                        (
                            (
                                (1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
                                + 1.51986665636164571966e-2
                            )
                            * r
                            + 1.48103976427480074590e-1
                        )
                        * r
                        + 6.89767334985100004550e-1
                    )
                    * r
                    + 1.67638483018380384940e0
                )
                * r
                + 2.05319162663775882187e0
            )
            * r
            + 1.0
        )
    else:
        r -= 5.0
        z = (
            (
                (
                    (
                        (
                            (
                                (2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                                + 1.24266094738807843860e-3
                            )
                            * r
                            + 2.65321895265761230930e-2
                        )
                        * r
                        + 2.96560571828504891230e-1
                    )
                    * r
                    + 1.78482653991729133580e0
                )
                * r
                + 5.46378491116411436990e0
            )
            * r
            + 6.65790464350110377720e0
        ) / (
            (
                (
                    (
                        (
                            (
                                (2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
                                + 1.84631831751005468180e-5
                            )
                            * r
                            + 7.86869131145613259100e-4
                        )
                        * r
                        + 1.48753612908506148525e-2
                    )
                    * r
                    + 1.36929880922735805310e-1
                )
                * r
                + 5.99832206555887937690e-1
            )
            * r
            + 1.0
        )
    return -z if q < 0.0 else z


@inner
def _stirling_error(n):
    """log n! minus Stirling's formula for it; n > 0, whole or not."""
    if n < 16.0:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - _LOG_SQRT_2PI
    nn = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n


@inner
def _deviance(x, mean):
    """x·log(x/mean) + mean − x without cancellation near x = mean."""
    if abs(x - mean) < 0.1 * (x + mean):
        v = (x - mean) / (x + mean)
        s = (x - mean) * v
        term = 2.0 * x * v
        v *= v
        j = 1
        while j < 1000:
            term *= v
            more = s + term / (2 * j + 1)
            if more == s:
                return more
            s = more
            j += 1
    return x * math.log(x / mean) + mean - x


@inner
def poisson_term(x, mean):
    """mean**x·exp(−mean)/Γ(x+1); x >= 0 need not be whole."""
    if mean <= 0.0:
        return 1.0 if x == 0.0 else 0.0
    if x == 0.0:
        return math.exp(-mean)
    if x < 1e-290:
        return math.exp(-mean)
    return math.exp(-_stirling_error(x) - _deviance(x, mean)) / math.sqrt(6.283185307179586 * x)


@inner
def binomial_term(x, n, p, q):
    """Γ(n+1)/(Γ(x+1)Γ(n−x+1))·p**x·q**(n−x); x and n need not be whole; q = 1 − p."""
    if p <= 0.0:
        return 1.0 if x == 0.0 else 0.0
    if q <= 0.0:
        return 1.0 if x == n else 0.0
    if x <= 0.0:
        return math.exp(n * math.log1p(-p)) if p < 0.5 else math.exp(n * math.log(q))
    if x >= n:
        return math.exp(n * math.log(p)) if p < 0.5 else math.exp(n * math.log1p(-q))
    c = (_stirling_error(n) - _stirling_error(x) - _stirling_error(n - x)
         - _deviance(x, n * p) - _deviance(n - x, n * q))  # fmt: skip
    return math.exp(c - 0.5 * (1.8378770664093453 + math.log(x) + math.log1p(-x / n)))


@inner
def gamma_tails(a, x):
    """(P, Q): regularised lower and upper incomplete gamma of shape a at x."""
    if x <= 0.0:
        return 0.0, 1.0
    front = poisson_term(a, x)
    if x < a + 1.0:
        total = 1.0
        term = 1.0
        n = 1
        while n < 100000:
            term *= x / (a + n)
            total += term
            if term < total * 1e-17:
                break
            n += 1
        p = min(1.0, front * total)
        return p, 1.0 - p
    # Lentz's method for the continued fraction (Abramowitz & Stegun 6.5.31)
    b = x + 1.0 - a
    c = 1e300
    d = 1.0 / b
    h = d
    i = 1
    while i < 100000:
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        if abs(d) < 1e-300:
            d = 1e-300
        c = b + an / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        step = d * c
        h *= step
        if abs(step - 1.0) < 1e-16:
            break
        i += 1
    q = min(1.0, front * a * h)
    return 1.0 - q, q


@inner
def _beta_fraction(a, b, x):
    """Continued fraction of the incomplete beta (Didonato & Morris 1992; Lentz's method)."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    if abs(d) < 1e-300:
        d = 1e-300
    d = 1.0 / d
    h = d
    m = 1
    while m < 100000:
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d = 1.0 + even * d
        if abs(d) < 1e-300:
            d = 1e-300
        c = 1.0 + even / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        h *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d = 1.0 + odd * d
        if abs(d) < 1e-300:
            d = 1e-300
        c = 1.0 + odd / c
        if abs(c) < 1e-300:
            c = 1e-300
        d = 1.0 / d
        step = d * c
        h *= step
        if abs(step - 1.0) < 1e-16:
            break
        m += 1
    return h


@inner
def beta_tails(a, b, x, y):
    """(I, 1 − I): regularised incomplete beta at x, with y = 1 − x given for accuracy near 1."""
    if x <= 0.0:
        return 0.0, 1.0
    if y <= 0.0:
        return 1.0, 0.0
    term = binomial_term(a, a + b, x, y) / (a + b)  # x^a·y^b / (a·b·B(a, b))
    if x <= (a + 1.0) / (a + b + 2.0):
        lower = min(1.0, term * b * _beta_fraction(a, b, x))
        return lower, 1.0 - lower
    upper = min(1.0, term * a * _beta_fraction(b, a, y))
    return 1.0 - upper, upper


@inner
def beta_logit_quantile(a, b, z):
    """logit of the quantile of Beta(a, b) at probability Φ(z)."""
    if z > 0.0:
        return -_beta_lower_logit(b, a, -z)
    return _beta_lower_logit(a, b, z)


@inner
def _beta_lower_logit(a, b, z):
    """The same for z <= 0, where the lower tail is the smaller one."""
    log_u = math.log(norm_cdf(z))
    # far in the lower tail the distribution function is a power law, x^a / (a·B(a, b))
    power = (log_u + math.log(a) + math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)) / a
    if power < -37.0 - math.log(max(b, 1.0)):
        return power
    # start: the normal approximation on the logit scale, variance 1/a + 1/b to first order
    t = math.log(a / b) + z * math.sqrt(1.0 / a + 1.0 / b) - 0.5 * (1.0 / a - 1.0 / b)
    if a < 1.0 or t < power:
        t = power
    for _ in range(200):
        x = 1.0 / (1.0 + math.exp(-t))
        y = 1.0 / (1.0 + math.exp(t))
        lower, _upper = beta_tails(a, b, x, y)
        if lower <= 0.0:
            t += 1.0 / a
            continue
        density = binomial_term(a, a + b, x, y) * a * b / (a + b)
        slope = density / lower  # of log F, as a function of t
        step = (math.log(lower) - log_u) / slope
        bend = 0.5 * step * (a * y - b * x - slope)  # Halley: by its second derivative too
        if abs(bend) < 0.5:
            step /= 1.0 - bend
        if step > 4.0 / min(a, 1.0):
            step = 4.0 / min(a, 1.0)
        t -= step
        if abs(step) < 1e-5 * max(1.0, abs(t)):  # what is left is of the order of its cube
            break
    return t


@inner
def gamma_log_quantile(a, z):
    """log of the quantile of the unit-scale gamma of shape a at probability Φ(z)."""
    lower_tail = z <= 0.0
    log_u = math.log(norm_cdf(-abs(z)))
    # far in the lower tail the distribution function is a power law, x^a / Γ(a + 1)
    power = (math.log(norm_cdf(z)) + math.lgamma(a + 1.0)) / a
    if power < -37.0:
        return power
    # Wilson & Hilferty (1931) to start
    root = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * math.sqrt(a))
    t = math.log(a) + 3.0 * math.log(root) if root > 0.1 else power
    for _ in range(200):
        x = math.exp(t)
        p, q = gamma_tails(a, x)
        tail = p if lower_tail else q
        if tail <= 0.0:
            t += 1.0 / a if lower_tail else -0.5
            continue
        density = poisson_term(a, x) * a
        step = (math.log(tail) - log_u) * tail / density
        if not lower_tail:
            step = -step
        if step > 3.0 / min(a, 1.0):
            step = 3.0 / min(a, 1.0)
        if step < -2.0:
            step = -2.0
        t -= step
        if abs(step) < 1e-7 * max(1.0, abs(t)):  # Newton: what is left is of the order of its square
            break
    return t


@inner
def weibull_shape(cv):
    """Shape of the Weibull with this coefficient of variation, by bisection on log shape."""
    goal = math.log1p(cv * cv)
    low, high = -4.0, 9.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        k = math.exp(middle)
        if math.lgamma(1.0 + 2.0 / k) - 2.0 * math.lgamma(1.0 + 1.0 / k) > goal:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))
