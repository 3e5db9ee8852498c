#!/usr/bin/env python3
"""Trains many small models alike, for measuring how often the gates reject a retrain that is no worse.

    "$VENV/bin/python" tools/train/retrains.py --pairs 200 --seed 5000 --out target/retrains

A pair is a champion and a challenger that differ in nothing but luck: each has its own random seed and its own training
sample of the same population, and both are asked about a held-out set that no other pair sees. Every model is the
challenger of one pair and the champion of the next. The challenger is also spoilt in known ways (EFFECTS), for measuring
what the gates catch. The operating threshold of a pair is its champion's, chosen on records of their own.

Writes for each pair `NNN.bin`: u32 rows, u8 labels, u8 regions, then rows x f32 margins for each name in `index.json`'s
"margins"; and `index.json` with the thresholds. `cargo run --release -p meridian-evaluation --example retrains` reads them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import xgboost as xgb

from population import AMOUNTS, FEATURES, REGIONS, Population, Sample

KEPT = np.linspace(0, len(FEATURES) - 1, 60).astype(int)
TRAINING_ROWS = 12_000
TRAINING_POSITIVES = 0.25
HOLDOUT_ROWS = 10_000
ROUNDS = 50
WANTED_FPR = 0.01
PARAMETERS = {
    "objective": "binary:logistic", "tree_method": "hist", "max_bin": 64, "max_depth": 5, "eta": 0.12,
    "subsample": 0.8, "colsample_bytree": 0.5, "min_child_weight": 4.0, "nthread": 1,
}
"""Names of the spoilt challengers: how they were spoilt is in `spoil` and `spoil_training`."""
SERVED = ("columns_shifted", "two_swapped", "top_stale", "top_missing", "fewer_trees", "brazil_shifted", "brazil_stale")
TRAINED = ("fewer_rows", "label_noise", "fewer_columns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True, help="first seed; each pair takes the next")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--trained-effects", type=int, default=40, help="pairs with challengers spoilt in training")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    population = Population(427)
    champion = train(population, arguments.seed)
    pairs = []
    for number in range(arguments.pairs):
        seed = arguments.seed + number + 1
        challenger = train(population, seed)
        threshold = choose_threshold(champion, population.draw(np.random.default_rng([seed, 3]), 4_000))
        holdout = population.draw(np.random.default_rng([seed, 4]), HOLDOUT_ROWS)
        margins = {"champion": ask(champion, features(holdout)), "retrain": ask(challenger, features(holdout))}
        margins |= spoil(challenger, holdout)
        if number < arguments.trained_effects:
            margins |= {name: ask(train(population, seed, name), features(holdout)) for name in TRAINED}
        write(arguments.out / f"{number:03}.bin", holdout, margins.values())
        pairs.append({"file": f"{number:03}.bin", "threshold": threshold, "margins": list(margins)})
        champion = challenger
        if number % 20 == 19:
            print(number + 1, "pairs", flush=True)
    index = {"seed": arguments.seed, "xgboost": xgb.__version__, "regions": list(REGIONS), "pairs": pairs}
    (arguments.out / "index.json").write_text(json.dumps(index, indent=1) + "\n")


def features(sample: Sample) -> np.ndarray:
    return sample.features[:, KEPT].astype(np.float32)


def train(population: Population, seed: int, effect: str = "") -> xgb.Booster:
    rng = np.random.default_rng([seed, 2])
    rows = TRAINING_ROWS // 6 if effect == "fewer_rows" else TRAINING_ROWS
    sample = population.draw(rng, rows, TRAINING_POSITIVES)
    values, labels = features(sample), sample.labels.copy()
    if effect == "label_noise":  # one label in ten tells nothing
        noisy = rng.random(rows) < 0.1
        labels[noisy] = rng.random(noisy.sum()) < TRAINING_POSITIVES
    if effect == "fewer_columns":  # every third column came empty to training
        values[:, ::3] = np.nan
    return xgb.train({**PARAMETERS, "seed": seed}, xgb.DMatrix(values, labels), ROUNDS)


def ask(booster: xgb.Booster, values: np.ndarray, rounds: int = 0) -> np.ndarray:
    return booster.predict(xgb.DMatrix(values), output_margin=True, iteration_range=(0, rounds)).astype("<f4")


def spoil(challenger: xgb.Booster, holdout: Sample) -> dict[str, np.ndarray]:
    """A good model, served wrongly."""
    values = features(holdout)
    gains = challenger.get_score(importance_type="total_gain")
    top = [int(name[1:]) for name in sorted(gains, key=gains.get, reverse=True)[:8]]
    brazil = (holdout.regions == "brazil")[:, None]

    shifted = values.copy()
    amounts = int((KEPT < len(AMOUNTS)).sum())
    shifted[:, :amounts] = np.roll(values[:, :amounts], 1, axis=1)
    swapped = values.copy()
    swapped[:, top[:2]] = values[:, top[1::-1]]
    stale, missing = values.copy(), values.copy()
    stale[:, top] = 0.0
    missing[:, top] = np.nan
    return {
        "columns_shifted": ask(challenger, shifted),
        "two_swapped": ask(challenger, swapped),
        "top_stale": ask(challenger, stale),
        "top_missing": ask(challenger, missing),
        "fewer_trees": ask(challenger, values, ROUNDS // 4),
        "brazil_shifted": ask(challenger, np.where(brazil, shifted, values)),
        "brazil_stale": ask(challenger, np.where(brazil, stale, values)),
    }


def choose_threshold(champion: xgb.Booster, sample: Sample) -> float:
    scores = champion.predict(xgb.DMatrix(features(sample))).astype(np.float64)
    return round(float(np.quantile(scores[sample.labels == 0], 1.0 - WANTED_FPR)), 2)


def write(path: Path, holdout: Sample, margins) -> None:
    regions = np.array([REGIONS.index(region) for region in holdout.regions], dtype=np.uint8)
    with path.open("wb") as file:
        file.write(np.uint32(len(regions)).astype("<u4").tobytes())
        file.write(holdout.labels.astype(np.uint8).tobytes() + regions.tobytes())
        for values in margins:
            file.write(values.tobytes())


if __name__ == "__main__":
    main()
