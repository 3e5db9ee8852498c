"""A made-up population of card customers: ten hidden factors, 400 observed features, about 3 % fraud.

Nothing here comes from real people. The features imitate what a fraud model sees (heavy-tailed amounts,
small counts, flags, bureau scores, values missing for a reason) and are rounded the way such systems round
them, which also lets the held-out set compress to a few megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FACTORS = 10
REGIONS = ("europe", "australia", "japan", "brazil")
REGION_SHARES = (0.42, 0.25, 0.19, 0.14)

WINDOWS = ("24h", "7d", "30d", "90d", "365d")
AMOUNT_CHANNELS = ("pos", "ecom", "atm", "transfer", "bill", "travel", "subscription", "wallet")
AMOUNT_STATISTICS = ("sum", "max", "mean", "last")
EVENTS = (
    "login", "failed_login", "card_present", "card_absent", "decline", "refund", "chargeback", "new_payee",
    "device_change", "address_change", "limit_change", "foreign_purchase", "night_purchase", "cash_advance",
    "support_call", "password_reset",
)
FLAG_SUBJECTS = (
    "device", "ip", "email", "phone", "address", "card", "merchant", "payee", "session", "browser",
    "account", "identity", "delivery", "employer", "household", "wallet", "token", "terminal", "carrier", "bank",
)
FLAG_ASPECTS = ("is_new", "is_shared", "is_foreign", "is_verified", "is_on_watchlist")
SCORE_SOURCES = (
    "bureau", "device_graph", "merchant", "velocity", "geo", "behaviour",
    "email_age", "phone_line", "network", "income", "tenure", "payee_graph",
)
SCORE_ASPECTS = ("risk", "stability", "novelty", "density", "trend")

AMOUNTS = [f"amount_{s}_{c}_{w}" for c in AMOUNT_CHANNELS for s in AMOUNT_STATISTICS for w in WINDOWS]
COUNTS = [f"count_{e}_{w}" for e in EVENTS for w in WINDOWS]
FLAGS = [f"{s}_{a}" for s in FLAG_SUBJECTS for a in FLAG_ASPECTS]
SCORES = [f"score_{s}_{a}" for s in SCORE_SOURCES for a in SCORE_ASPECTS]
FEATURES = AMOUNTS + COUNTS + FLAGS + SCORES


@dataclass(frozen=True)
class Sample:
    """Rows of the population: `features` is (rows, 400) float64 with NaN where a value is missing."""

    features: np.ndarray
    labels: np.ndarray
    regions: np.ndarray


class Population:
    """The fixed world behind the features. `seed` fixes its loadings, not the rows drawn from it."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._amount_load = rng.normal(0.0, 0.28, (FACTORS, len(AMOUNTS)))
        self._amount_level = rng.uniform(2.0, 4.6, len(AMOUNTS))
        self._channel_load = rng.normal(0.0, 0.8, (FACTORS, len(AMOUNT_CHANNELS)))
        self._count_load = rng.normal(0.0, 0.22, (FACTORS, len(COUNTS)))
        self._count_level = rng.uniform(-1.6, 0.9, len(COUNTS))
        self._flag_load = rng.normal(0.0, 0.45, (FACTORS, len(FLAGS)))
        self._flag_level = rng.uniform(-3.4, -1.2, len(FLAGS))
        self._score_load = rng.normal(0.0, 0.40, (FACTORS, len(SCORES)))
        self._source_load = rng.normal(0.0, 0.6, (FACTORS, len(SCORE_SOURCES)))
        self._region_shift = rng.normal(0.0, 0.18, (len(REGIONS), FACTORS))
        self._risk = rng.normal(0.0, 1.0, FACTORS)
        self._risk /= np.linalg.norm(self._risk)

    def draw(self, rng: np.random.Generator, rows: int, positives: float | None = None, drift: float = 0.0) -> Sample:
        """Draws `rows` rows; `positives` keeps all fraud and thins the rest to that share (training sets)."""
        factors, labels, regions = self._draw_hidden(rng, rows if positives is None else rows * 12, drift)
        if positives is not None:
            wanted = int(rows * positives)
            fraud = np.flatnonzero(labels == 1)[:wanted]
            honest = np.flatnonzero(labels == 0)[: rows - len(fraud)]
            keep = rng.permutation(np.concatenate([fraud, honest]))
            factors, labels, regions = factors[keep], labels[keep], regions[keep]
        return Sample(self._observe(rng, factors), labels, np.array(REGIONS)[regions])

    def _draw_hidden(self, rng: np.random.Generator, rows: int, drift: float):
        regions = rng.choice(len(REGIONS), rows, p=REGION_SHARES)
        factors = rng.normal(0.0, 1.0, (rows, FACTORS)) + self._region_shift[regions] + drift
        pairs = 0.8 * factors[:, 0] * factors[:, 1] + 0.6 * np.maximum(factors[:, 2] * factors[:, 3], 0.0)
        logit = -5.6 + 2.5 * factors @ self._risk + pairs
        labels = (rng.random(rows) < 1.0 / (1.0 + np.exp(-logit))).astype(np.int64)
        return factors, labels, regions

    def _observe(self, rng: np.random.Generator, factors: np.ndarray) -> np.ndarray:
        return np.hstack([
            self._amounts(rng, factors), self._counts(rng, factors),
            self._flags(rng, factors), self._scores(rng, factors),
        ])

    def _amounts(self, rng: np.random.Generator, factors: np.ndarray) -> np.ndarray:
        """Log-normal with fat noise; nothing at all in a channel that the customer does not use."""
        rows = len(factors)
        noise = 0.55 * rng.standard_t(5, (rows, len(AMOUNTS)))
        amounts = _as_money(np.exp(self._amount_level + factors @ self._amount_load + noise))
        per_channel = len(AMOUNT_STATISTICS) * len(WINDOWS)
        used = factors @ self._channel_load + rng.normal(0.0, 1.0, (rows, len(AMOUNT_CHANNELS))) > 0.3
        amounts[~np.repeat(used, per_channel, axis=1)] = 0.0
        # Short windows are often empty even where the channel is used.
        empty = np.tile(np.array([0.6, 0.35, 0.12, 0.04, 0.0]), len(AMOUNTS) // len(WINDOWS))
        amounts[rng.random(amounts.shape) < empty] = 0.0
        return amounts

    def _counts(self, rng: np.random.Generator, factors: np.ndarray) -> np.ndarray:
        rate = np.exp(np.clip(self._count_level + factors @ self._count_load, -5.0, 3.5))
        return rng.poisson(rate).astype(np.float64)

    def _flags(self, rng: np.random.Generator, factors: np.ndarray) -> np.ndarray:
        chance = 1.0 / (1.0 + np.exp(-(self._flag_level + factors @ self._flag_load)))
        return (rng.random(chance.shape) < chance).astype(np.float64)

    def _scores(self, rng: np.random.Generator, factors: np.ndarray) -> np.ndarray:
        """Whole points from 0 to 100; a source that does not know the customer leaves all of its aspects empty."""
        rows = len(factors)
        noise = rng.normal(0.0, 1.0, (rows, len(SCORES)))
        scores = np.clip(np.round(50.0 + 14.0 * (factors @ self._score_load + noise)), 0.0, 100.0)
        unknown = factors @ self._source_load + rng.normal(0.0, 1.0, (rows, len(SCORE_SOURCES))) > 1.7
        scores[np.repeat(unknown, len(SCORE_ASPECTS), axis=1)] = np.nan
        return scores


def _as_money(amounts: np.ndarray) -> np.ndarray:
    """Prices as shops write them: whole tens above 1,000, whole units above 20, else .00, .49 or .99."""
    small = np.floor(amounts) + np.select([amounts % 1.0 < 0.5, amounts % 1.0 < 0.7], [0.0, 0.49], 0.99)
    money = np.where(amounts > 1000.0, np.round(amounts, -1), np.where(amounts > 20.0, np.round(amounts), small))
    return np.round(np.minimum(money, 250_000.0), 2)
