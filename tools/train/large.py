#!/usr/bin/env python3
"""Makes the large pair for the benchmarks: two models of about 280 MB, of the shape that the fleet serves.

    scripts/large-models                     # -> target/large, about 15 minutes on two idle cores

Writes into --out:

    champion.tar.gz      4,800 trees of depth up to 12, max_bin 64
    challenger.tar.gz    the champion less its last 400 rounds, plus 420 rounds on fresh, slightly drifted data
    holdout.csv.gz       10,000 labelled records: label, customer_region, 400 features
    holdout.parquet      the same records, features as float32
    features.txt         the 400 feature names

They are too large to be committed, and their bytes do not repeat: training here uses every core.
"""

from __future__ import annotations

import argparse
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb

from population import FEATURES, Population
from train import read_holdout, write_holdout

TRAINING_ROWS = 40_000
TRAINING_POSITIVES = 0.25
CHAMPION_ROUNDS = 4_800
KEPT_ROUNDS = 4_400
FRESH_ROUNDS = 420
DRIFT = 0.02

PARAMETERS = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_bin": 64,
    "max_depth": 12,
    "eta": 0.006,
    "subsample": 0.7,
    "colsample_bytree": 0.15,
    "min_child_weight": 0.02,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=280)
    parser.add_argument("--rounds", type=float, default=1.0, help="share of the rounds, for a quick smaller pair")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "target" / "large")
    arguments = parser.parse_args()
    out, seed = arguments.out, arguments.seed
    out.mkdir(parents=True, exist_ok=True)

    population = Population(seed)
    (out / "features.txt").write_text("".join(f"{name}\n" for name in FEATURES))
    write_holdout(out / "holdout.csv.gz", population, np.random.default_rng([seed, 1]))
    write_parquet(out)

    rounds = [round(arguments.rounds * count) for count in (CHAMPION_ROUNDS, KEPT_ROUNDS, FRESH_ROUNDS)]
    champion = xgb.train({**PARAMETERS, "seed": seed}, training_set(population, [seed, 2], 0.0), rounds[0])
    write_archive(out / "champion.tar.gz", champion)
    fresh = training_set(population, [seed, 3], DRIFT)
    challenger = xgb.train({**PARAMETERS, "seed": seed + 1}, fresh, rounds[2], xgb_model=champion[: rounds[1]])
    write_archive(out / "challenger.tar.gz", challenger)
    print({path.name: path.stat().st_size for path in sorted(out.iterdir())})


def training_set(population: Population, seed: list[int], drift: float) -> xgb.DMatrix:
    sample = population.draw(np.random.default_rng(seed), TRAINING_ROWS, TRAINING_POSITIVES, drift)
    return xgb.DMatrix(sample.features.astype(np.float32), sample.labels, feature_names=FEATURES)


def write_parquet(out: Path) -> None:
    holdout = read_holdout(out / "holdout.csv.gz")
    features = {
        name: pa.array(column, from_pandas=True) for name, column in zip(FEATURES, holdout.features.T, strict=True)
    }
    table = pa.table({"label": holdout.labels.astype(np.int8), "customer_region": holdout.regions, **features})
    pq.write_table(table, out / "holdout.parquet", compression="zstd")


def write_archive(path: Path, booster: xgb.Booster) -> None:
    """gzip at level 6, as `tar czf` writes it."""
    model = bytes(booster.save_raw(raw_format="ubj"))
    entry = tarfile.TarInfo("xgboost-model")
    entry.size, entry.mode = len(model), 0o644
    with gzip.GzipFile(path, "wb", 6, mtime=0) as file, tarfile.open(fileobj=file, mode="w|") as tar:
        tar.addfile(entry, io.BytesIO(model))


if __name__ == "__main__":
    main()
