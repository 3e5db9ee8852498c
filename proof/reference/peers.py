"""Reference values for the simulation's peers and shares, from SciPy; the unit tests hold them.

    python3 -m venv .venv-reference && .venv-reference/bin/pip install scipy==1.17.1
    .venv-reference/bin/python proof/reference/peers.py
"""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, betabinom, binom, mannwhitneyu, norm, rankdata


def wilcox_interval(x, y, confidence):
    """R's wilcox.test(x, y, conf.int = TRUE, exact = FALSE, correct = TRUE), Kayenta's corrected estimate."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    m, n = len(x), len(y)

    def w(d):
        ranks = rankdata(np.concatenate([x - d, y]))
        _, ties = np.unique(ranks, return_counts=True)
        centred = ranks[:m].sum() - m * (m + 1) / 2 - m * n / 2
        sigma = np.sqrt(m * n / 12 * (m + n + 1 - (ties**3 - ties).sum() / ((m + n) * (m + n - 1))))
        return (centred - 0.5 * np.sign(centred)) / sigma

    low, high = x.min() - y.max(), x.max() - y.min()

    def root(q):
        if w(low) - q <= 0:
            return low
        if w(high) - q >= 0:
            return high
        return brentq(lambda d: w(d) - q, low, high, xtol=1e-9)

    q = norm.ppf(1 - (1 - confidence) / 2)
    return root(q), root(-q), root(0.0)


A = [12, 7, 9, 15, 11, 8, 14, 10, 13, 9, 16, 12]
B = [6, 9, 4, 8, 7, 5, 10, 6, 8, 7, 3, 9]
ZEROS = [0, 0, 0, 0.4, 0, 0.2, 0, 0, 0.6, 0]
FEW = [0, 0.1, 0, 0, 0.05, 0, 0, 0.1, 0, 0, 0, 0.1]

if __name__ == "__main__":
    print("statistic at 0 (A, B):", mannwhitneyu(A, B, use_continuity=True, method="asymptotic"))
    print("  as a normal score:", norm.isf(mannwhitneyu(A, B, method="asymptotic").pvalue / 2))
    for name, x, y in [("A, B", A, B), ("B, A", B, A), ("ZEROS, FEW", ZEROS, FEW)]:
        print(f"interval 0.98 ({name}):", *(f"{v:.6f}" for v in wilcox_interval(x, y, 0.98)))
    print("binomial tails:", *(f"{v:.12e}" for v in (binom.sf(29, 200, 0.1), binom.sf(4, 200, 0.1), binom.sf(11, 12, 0.3))))
    a, b = 50 * 0.12195, 50 * (1 - 0.12195)
    print("beta-binomial tails:", *(f"{v:.12e}" for v in (betabinom.sf(29, 50, a, b), betabinom.sf(14, 50, a, b), betabinom.sf(1, 50, a, b))))
    share = 1.25 * 90_000 / (1.25 * 90_000 + 810_000)
    print("fixed test 160 of 90,000 against 800 of 810,000, bound 1.25:", f"{binom.sf(159, 960, share):.12e}")
    k = 960 / (3 - 1)
    print("  at dispersion 3:", f"{betabinom.sf(159, 960, k * share, k * (1 - share)):.12e}")
    upper = lambda k, n: beta.ppf(0.95, k + 1, n - k)
    print("upper bounds:", *(f"{v:.12e}" for v in (upper(0, 10_000), upper(63, 10_000), upper(3, 40))))
    print("lower bounds:", *(f"{v:.12e}" for v in (beta.ppf(0.05, 63, 10_000 - 63 + 1), beta.ppf(0.05, 3, 38))))
