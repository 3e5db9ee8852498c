#!/usr/bin/env python3
"""Records what XGBoost says each feature contributed (TreeSHAP), for the scorer's tests.

    "$VENV/bin/python" tools/train/contributions.py

With the packages of requirements.txt (xgboost 3.0.5 computes Lundberg's algorithm, later versions another). Writes into
shared/xgboost/tests/data/contributions/ (or --out):

    cases.json       the cases: features, records, image, and of the committed models the rows of the held-out set
    NAME.tar.gz      a small model of its own kind; the committed models are read from local/models/
    NAME.f32         little-endian f32: of a small model its records (records x features, NaN missing), then for every
                     model what XGBoost answers to pred_contribs (records x features + 1, the last the bias)
"""

from __future__ import annotations

import argparse
import json
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xgboost as xgb

from population import FEATURES
from train import read_holdout, write_archive

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ("v426", "v427", "v429")
SEED = 31
TRAINING_ROWS = 400
RECORDS = 20
BASE = {"objective": "binary:logistic", "tree_method": "hist", "eta": 0.3, "nthread": 1, "seed": SEED}


class Case(NamedTuple):
    """A small model: its own parameters, features (the first `categorical` of them are categories) and rounds."""

    parameters: dict
    features: int = 10
    rounds: int = 12
    categorical: int = 0
    image: str = "3.0-5"


CASES = {
    "plain": Case({"max_depth": 4}),
    "dart": Case({"booster": "dart", "rate_drop": 0.3, "max_depth": 4}),
    "categorical": Case({"max_depth": 5, "max_cat_to_onehot": 4}, categorical=5),
    "repeated": Case({"max_depth": 9, "min_child_weight": 0.0}, features=2, rounds=6),
    "deep": Case(
        {"max_depth": 0, "grow_policy": "lossguide", "max_leaves": 90, "min_child_weight": 0.0, "colsample_bynode": 0.15},
        features=60,
        rounds=4,
    ),
    "parallel": Case({"max_depth": 3, "num_parallel_tree": 3, "subsample": 0.6}, rounds=4),
    "single-leaf": Case({"max_depth": 3, "gamma": 1e6}, rounds=2),
    "stopped-1.7": Case({"max_depth": 3, "eta": 0.9}, rounds=40, image="1.7-1"),
    "stopped-3.0": Case({"max_depth": 3, "eta": 0.9}, rounds=40, image="3.0-5"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = ROOT / "shared" / "xgboost" / "tests" / "data" / "contributions"
    parser.add_argument("--out", type=Path, default=default)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    described = {name: committed(name, out) for name in COMMITTED}
    described |= {name: small(name, case, out) for name, case in CASES.items()}
    document = {"made_with": {"seed": SEED, "xgboost": xgb.__version__}, "cases": described}
    (out / "cases.json").write_text(json.dumps(document, indent=1) + "\n")
    print({path.name: path.stat().st_size for path in sorted(out.iterdir())})


def committed(name: str, out: Path) -> dict:
    models = ROOT / "local" / "models"
    with tarfile.open(models / f"{name}.tar.gz") as archive:
        booster = xgb.Booster(model_file=bytearray(archive.extractfile("xgboost-model").read()))
    holdout = read_holdout(models / "holdout.csv.gz")
    positives = np.flatnonzero(holdout.labels)[:8]
    rows = np.sort(np.concatenate([positives, np.flatnonzero(holdout.labels == 0)[:8]]))
    matrix = xgb.DMatrix(holdout.features[rows], feature_names=FEATURES)
    write(out / f"{name}.f32", booster.predict(matrix, pred_contribs=True))
    return {"features": len(FEATURES), "records": len(rows), "image": "3.0-5", "rows": rows.tolist()}


def small(name: str, case: Case, out: Path) -> dict:
    rng = np.random.default_rng([SEED, len(name)])
    values, labels = draw(rng, TRAINING_ROWS, case)
    fresh, fresh_labels = draw(rng, 100, case)
    types = ["c"] * case.categorical + ["float"] * (case.features - case.categorical)

    def matrix(values: np.ndarray, labels: np.ndarray | None = None) -> xgb.DMatrix:
        return xgb.DMatrix(values, labels, feature_types=types, enable_categorical=True)

    stopping = {}
    if name.startswith("stopped"):
        stopping = {"evals": [(matrix(fresh, fresh_labels), "fresh")], "early_stopping_rounds": 5, "verbose_eval": False}
    booster = xgb.train({**BASE, **case.parameters}, matrix(values, labels), case.rounds, **stopping)
    if stopping and case.image == "1.7-1":
        # As XGBoost 1.7 writes it, and no later version does.
        booster.set_attr(best_ntree_limit=str(booster.best_iteration + 1))
    write_archive(out / f"{name}.tar.gz", booster)
    records = fresh[:RECORDS]
    # 1.7's image serves as many trees as the attribute says, later ones all.
    served = (0, booster.best_iteration + 1) if stopping and case.image == "1.7-1" else (0, 0)
    contributions = booster.predict(matrix(records), pred_contribs=True, iteration_range=served)
    write(out / f"{name}.f32", records, contributions)
    return {"features": case.features, "records": len(records), "image": case.image}


def draw(rng: np.random.Generator, rows: int, case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Features, a tenth of them missing, and labels that depend on pairs of them."""
    values = rng.normal(size=(rows, case.features)).astype(np.float32)
    values[:, : case.categorical] = rng.integers(0, 12, size=(rows, case.categorical))
    signal = values[:, 0] * values[:, 1] + 2.0 * np.sin(3.0 * values[:, -1]) + rng.normal(size=rows)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values, (signal > np.median(signal)).astype(np.float32)


def write(path: Path, *arrays: np.ndarray) -> None:
    path.write_bytes(b"".join(array.astype("<f4").tobytes() for array in arrays))


if __name__ == "__main__":
    main()
