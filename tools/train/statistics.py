#!/usr/bin/env python3
"""Computes the gates' statistics independently, with scikit-learn, SciPy and direct formulas, for the tests.

    "$VENV/bin/python" tools/train/statistics.py shared/evaluation/tests/data/statistics.json

Needs numpy, scipy and scikit-learn. Where a library has the statistic, the library computes it; where none has, the formula is
applied in another way than in Rust: DeLong's over all pairs instead of by ranks, Tango's nuisance share by maximising
the likelihood instead of by the closed form, the index's influence by weights nudged instead of by derivatives.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from scipy import optimize, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_auc_score

Z = 1.6448536269514722
ROWS = 300


def main() -> None:
    rng = np.random.default_rng(11)
    labels = rng.random(ROWS) < 0.25
    common = rng.normal(size=ROWS) + 1.6 * labels - 1.2
    # Two decimals, so that scores tie within and between the classes.
    champion = np.round(common + 0.4 * rng.normal(size=ROWS), 2).astype(np.float32)
    challenger = np.round(0.8 * common + 0.6 * rng.normal(size=ROWS), 1).astype(np.float32)
    found = {
        "labels": labels.astype(int).tolist(),
        "challenger": model(labels, challenger, 0.5),
        "champion": model(labels, champion, 0.4),
        "difference": compare(labels, challenger, champion),
        "normal": [[p, stats.norm.ppf(p)] for p in (1e-12, 1e-5, 0.01, 0.05, 0.2, 0.5, 0.7, 0.975, 1 - 1e-9)],
        "chi_square": [[p, k, stats.chi2.ppf(p, k)] for p, k in ((0.95, 9), (0.95, 8), (0.5, 1), (0.99, 30))],
        "wilson": [[k, n, *wilson(k, n)] for k, n in ((0, 50), (3, 50), (50, 50), (104, 9660))],
        "tango": [[*counts, *tango(*counts)] for counts in ((340, 12, 9), (340, 0, 0), (50, 7, 0), (9660, 31, 52))],
    }
    Path(sys.argv[1]).write_text(json.dumps(found) + "\n")


def sigmoid(margins: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-margins.astype(np.float64)))


def as_scores(margins: np.ndarray) -> np.ndarray:
    return sigmoid(margins).astype(np.float32)


def model(labels: np.ndarray, margins: np.ndarray, threshold: float) -> dict:
    scores = as_scores(margins)
    (tn, fp), (fn, tp) = confusion_matrix(labels, scores >= threshold)
    _, variance = delong(labels, scores)
    slope, slope_influence = recalibrated(labels, margins)
    intercept, intercept_influence = in_the_large(labels, margins)
    return {
        "margins": margins.tolist(),
        "scores": scores.tolist(),
        "threshold": threshold,
        "auc": [roc_auc_score(labels, scores), np.sqrt(variance)],
        "fpr": fp / (fp + tn),
        "recall": tp / (tp + fn),
        "alert_rate": (tp + fp) / len(labels),
        "brier": brier_score_loss(labels, scores.astype(np.float64)),
        "slope": [slope, np.linalg.norm(slope_influence)],
        "intercept": [intercept, np.linalg.norm(intercept_influence)],
    }


def compare(labels: np.ndarray, new: np.ndarray, old: np.ndarray) -> dict:
    new_scores, old_scores = as_scores(new), as_scores(old)
    losses = [(scores.astype(np.float64) - labels) ** 2 for scores in (new_scores, old_scores)]
    placements_new, variance = delong(labels, new_scores, old_scores)
    influence = [recalibrated(labels, margins) for margins in (new, old)]
    large = [in_the_large(labels, margins) for margins in (new, old)]
    return {
        "auc": [placements_new, np.sqrt(variance)],
        "brier": [np.mean(losses[0] - losses[1]), stats.sem(losses[0] - losses[1])],
        "slope": [influence[0][0] - influence[1][0], np.linalg.norm(influence[0][1] - influence[1][1])],
        "intercept": [large[0][0] - large[1][0], np.linalg.norm(large[0][1] - large[1][1])],
        "psi": stability(new_scores, old_scores),
        "ks": stats.ks_2samp(new_scores, old_scores).statistic,
    }


def delong(labels: np.ndarray, scores: np.ndarray, other: np.ndarray | None = None) -> tuple[float, float]:
    """The AUC (or the difference to `other`'s) and its variance, from the m x n matrix of all pairs."""
    def pairs(values: np.ndarray) -> np.ndarray:
        above, below = values[labels][:, None], values[~labels][None, :]
        return (above > below) + 0.5 * (above == below)

    kernel = pairs(scores) - (pairs(other) if other is not None else 0.0)
    m, n = kernel.shape
    return kernel.mean(), kernel.mean(axis=1).var(ddof=1) / m + kernel.mean(axis=0).var(ddof=1) / n


def recalibrated(labels: np.ndarray, margins: np.ndarray) -> tuple[float, np.ndarray]:
    """The slope, and every record's influence on it: the inverse curvature times the record's gradient."""
    x = margins.astype(np.float64)[:, None]
    fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(x, labels)
    promised = fit.predict_proba(x)[:, 1]
    design = np.hstack([np.ones_like(x), x])
    curvature = design.T @ (design * (promised * (1 - promised))[:, None])
    gradients = design * (labels - promised)[:, None]
    return fit.coef_[0, 0], np.linalg.solve(curvature, gradients.T)[1]


def in_the_large(labels: np.ndarray, margins: np.ndarray) -> tuple[float, np.ndarray]:
    x = margins.astype(np.float64)
    shift = optimize.brentq(lambda a: np.sum(labels - sigmoid(x + a)), -20, 20, xtol=1e-14, rtol=1e-14)
    promised = sigmoid(x + shift)
    return shift, (labels - promised) / np.sum(promised * (1 - promised))


def stability(new: np.ndarray, old: np.ndarray) -> dict:
    ordered = np.sort(old)
    cuts = np.unique([ordered[tenth * len(old) // 10] for tenth in range(1, 10)])
    cuts = cuts[cuts > ordered[0]]
    bins_new, bins_old = (np.searchsorted(cuts, scores, side="right") for scores in (new, old))
    bins = len(cuts) + 1

    def index(weights: np.ndarray) -> float:
        q, p = (np.bincount(places, weights, bins) / weights.sum() for places in (bins_new, bins_old))
        return float(np.sum((q - p) * np.log(q / p)))

    ones, n = np.ones(len(old)), len(old)
    step = 1e-4
    nudged = [(index(ones + step * unit) - index(ones - step * unit)) / (2 * step) * n for unit in np.eye(n)]
    degrees = bins - 1
    error = np.sqrt(np.var(nudged, ddof=1) / n + 2 * degrees * (2 / n) ** 2)
    expected = 2 * degrees / n
    value = index(ones)
    return {
        "index": value,
        "expected": expected,
        "noise": 2 / n * stats.chi2.ppf(0.95, degrees),
        "interval": [max(0.0, value - expected - Z * error), max(0.0, value - expected + Z * error)],
    }


def wilson(part: int, whole: int) -> list[float]:
    found = stats.binomtest(part, whole).proportion_ci(stats.norm.cdf(Z) * 2 - 1, "wilson")
    return [found.low, found.high]


def tango(n: int, b: int, c: int) -> list[float]:
    """Both ends of the interval: where the score statistic, with the likeliest nuisance share, is -Z and Z."""
    def score(delta: float) -> float:
        low, high = max(0.0, -delta), (1.0 - delta) / 2.0
        terms = ((b, delta, 1.0), (c, 0.0, 1.0), (n - b - c, 1.0 - delta, -2.0))

        def slope(q: float) -> float:  # of the log-likelihood; each share is a + k q
            return sum(count * k / max(a + k * q, 1e-300) for count, a, k in terms if count)

        inset = (high - low) * 1e-13
        ends = slope(low + inset), slope(high - inset)
        if ends[0] <= 0.0:
            share = low
        elif ends[1] >= 0.0:
            share = high
        else:
            share = optimize.brentq(slope, low + inset, high - inset, xtol=1e-16, rtol=1e-14)
        return (b - c - n * delta) / np.sqrt(n * (2 * share + delta - delta * delta))

    estimate = (b - c) / n
    edge = 1.0 - 1e-9
    low = optimize.brentq(lambda d: score(d) - Z, -edge, estimate - 1e-9, xtol=1e-15)
    high = optimize.brentq(lambda d: score(d) + Z, estimate + 1e-9, edge, xtol=1e-15)
    return [low, high]


if __name__ == "__main__":
    main()
