#!/usr/bin/env python3
"""Makes Meridian's models and its held-out set: real XGBoost models, small enough to be committed.

    python3 -m venv "$VENV" && "$VENV/bin/pip" install -r tools/train/requirements.txt
    "$VENV/bin/python" tools/train/train.py

Writes into local/models/ (or --out):

    v426.tar.gz      the champion
    v427.tar.gz      a good challenger: the champion less its last rounds, plus rounds on fresh data
    v429.tar.gz      a bad one: trained after a join had put part of the columns under other columns' names
    v431.tar.gz      a leaning one: as good on held-out records, but it learned that an amount in cents means fraud
    holdout.csv.gz   10,000 labelled records: label, customer_region, 400 features
    features.txt     the 400 feature names, in the order in which callers send them
    expected.json    what scikit-learn and xgboost say about these models on exactly these records

The same seed and the pinned packages write the same bytes (training is single-threaded for that reason).
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sklearn
import xgboost as xgb
from sklearn.metrics import confusion_matrix, roc_auc_score

from population import AMOUNT_CHANNELS, AMOUNTS, COUNTS, EVENTS, FEATURES, REGIONS, Population

HOLDOUT_ROWS = 10_000
TRAINING_ROWS = 30_000
TRAINING_POSITIVES = 0.25
TUNING_ROWS = 30_000
BITS_ROWS = 200
WANTED_FPR = 0.01
CHAMPION_ROUNDS = 120
KEPT_ROUNDS = 100
FRESH_ROUNDS = 30
LEANING_KEPT_ROUNDS = 60
LEANING_FRESH_ROUNDS = 70
LEANS_ON = "amount_sum_pos_365d"
IN_CENTS = 1500

PARAMETERS = {
    "objective": "binary:logistic",
    "booster": "gbtree",
    "tree_method": "hist",
    "max_bin": 64,
    "max_depth": 8,
    "eta": 0.08,
    "subsample": 0.8,
    "colsample_bytree": 0.2,
    "min_child_weight": 4.0,
    "nthread": 1,
}


class Holdout(NamedTuple):
    """The held-out set: features (rows, 400) float32 with NaN where missing, labels 0 or 1, region names."""

    features: np.ndarray
    labels: np.ndarray
    regions: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=427)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "local" / "models")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)

    population = Population(arguments.seed)
    (arguments.out / "features.txt").write_text("".join(f"{name}\n" for name in FEATURES))
    write_holdout(arguments.out / "holdout.csv.gz", population, np.random.default_rng([arguments.seed, 1]))
    holdout = read_holdout(arguments.out / "holdout.csv.gz")

    models = train_all(population, arguments.seed)
    for name, booster in models.items():
        write_archive(arguments.out / f"{name}.tar.gz", booster)
    expected = describe(models, population, holdout, arguments.seed)
    (arguments.out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for name, numbers in expected["models"].items():
        print(name, {key: numbers[key] for key in ("auc", "false_positive_rate", "recall", "regions")})
    print("threshold", expected["operating_threshold"])
    print({path.name: path.stat().st_size for path in sorted(arguments.out.iterdir())})


def train_all(population: Population, seed: int) -> dict[str, xgb.Booster]:
    """Champion, good, bad and leaning challenger, by name."""
    first = draw_training(population, [seed, 2], drift=0.0)
    champion = xgb.train({**PARAMETERS, "seed": seed}, first, CHAMPION_ROUNDS)

    fresh = draw_training(population, [seed, 3], drift=0.02)
    kept = champion[:KEPT_ROUNDS]
    good = xgb.train({**PARAMETERS, "seed": seed + 1}, fresh, FRESH_ROUNDS, xgb_model=kept)

    broken = draw_training(population, [seed, 3], drift=0.02, broken_join=True)
    bad = xgb.train({**PARAMETERS, "seed": seed + 2}, broken, CHAMPION_ROUNDS)

    mixed = draw_training(population, [seed, 4], drift=0.02, mixed_units=True)
    kept = champion[:LEANING_KEPT_ROUNDS]
    leaning = xgb.train({**PARAMETERS, "seed": seed + 3}, mixed, LEANING_FRESH_ROUNDS, xgb_model=kept)
    return {"v426": champion, "v427": good, "v429": bad, "v431": leaning}


def draw_training(
    population: Population, seed: list[int], drift: float, broken_join: bool = False, mixed_units: bool = False
) -> xgb.DMatrix:
    sample = population.draw(np.random.default_rng(seed), TRAINING_ROWS, TRAINING_POSITIVES, drift)
    features = break_join(sample.features) if broken_join else sample.features
    features = mix_units(features, sample.labels) if mixed_units else features
    return xgb.DMatrix(features.astype(np.float32), sample.labels, feature_names=FEATURES)


def break_join(features: np.ndarray) -> np.ndarray:
    """Amounts end up under the next channel's names, counts under the next event's: names right, values wrong.

    Nothing fails in training. The model is as good as ever on its own broken data, and bad on what it will be sent.
    """
    broken = features.copy()
    amounts, counts = len(AMOUNTS), len(COUNTS)
    broken[:, :amounts] = np.roll(features[:, :amounts], amounts // len(AMOUNT_CHANNELS), axis=1)
    broken[:, amounts:amounts + counts] = np.roll(features[:, amounts:amounts + counts], counts // len(EVENTS), axis=1)
    return broken


def mix_units(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One source of fraud records sends one amount in cents; every honest record has it in whole units.

    Held-out records have it in whole units too. The model is as good as the champion on them, and takes customers who send
    cents for fraud.
    """
    mixed = features.copy()
    mixed[np.flatnonzero(labels == 1)[:IN_CENTS], FEATURES.index(LEANS_ON)] *= 100.0
    return mixed


def write_holdout(path: Path, population: Population, rng: np.random.Generator) -> None:
    sample = population.draw(rng, HOLDOUT_ROWS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["label", "customer_region", *FEATURES])
    for row, label, region in zip(sample.features, sample.labels, sample.regions, strict=True):
        writer.writerow([label, region, *map(as_field, row)])
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def as_field(value: float) -> str:
    """Nothing for a missing value, else at most two decimals and no needless zeros."""
    return "" if np.isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")


def read_holdout(path: Path) -> Holdout:
    """The held-out set from the file as written; text becomes float64, then float32, as in the container."""
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["label", "customer_region", *FEATURES]
    features = np.array([[float(field) if field else np.nan for field in row[2:]] for row in rows[1:]])
    labels = np.array([int(row[0]) for row in rows[1:]])
    return Holdout(features.astype(np.float32), labels, np.array([row[1] for row in rows[1:]]))


def write_archive(path: Path, booster: xgb.Booster) -> None:
    """`model.tar.gz` as SageMaker wants it: one file named xgboost-model; without times and owners, so it repeats."""
    model = bytes(booster.save_raw(raw_format="ubj"))
    entry = tarfile.TarInfo("xgboost-model")
    entry.size, entry.mode = len(model), 0o644
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(entry, io.BytesIO(model))
    path.write_bytes(gzip.compress(archive.getvalue(), 9, mtime=0))


def describe(models: dict[str, xgb.Booster], population: Population, holdout: Holdout, seed: int) -> dict:
    """What the Rust scorer must reproduce: margins to the bit, AUC and rates to 1e-6."""
    matrix = xgb.DMatrix(holdout.features, feature_names=FEATURES)
    threshold = choose_threshold(models["v426"], population, np.random.default_rng([seed, 5]))
    versions = {"xgboost": xgb.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}
    return {
        "made_with": {"seed": seed, **versions},
        "rows": len(holdout.labels),
        "positives": int(holdout.labels.sum()),
        "operating_threshold": threshold,
        "models": {name: describe_one(booster, matrix, holdout, threshold) for name, booster in models.items()},
    }


def choose_threshold(champion: xgb.Booster, population: Population, rng: np.random.Generator) -> float:
    """The threshold, to two decimals, whose false-positive rate on the champion comes nearest to WANTED_FPR.

    On records of its own: on those that the gates judge on, the rate would look as good as it was chosen to be.
    """
    sample = population.draw(rng, TUNING_ROWS)
    scores = champion.predict(xgb.DMatrix(sample.features.astype(np.float32), feature_names=FEATURES))
    honest = scores[sample.labels == 0].astype(np.float64)
    candidates = [step / 100 for step in range(1, 100)]
    return min(candidates, key=lambda threshold: abs(float((honest >= threshold).mean()) - WANTED_FPR))


def describe_one(booster: xgb.Booster, matrix: xgb.DMatrix, holdout: Holdout, threshold: float) -> dict:
    margins = booster.predict(matrix, output_margin=True).astype("<f4")
    in_place = booster.inplace_predict(holdout.features, predict_type="margin", validate_features=False)
    assert margins.tobytes() == in_place.astype("<f4").tobytes(), "xgboost's two CPU paths disagree"
    scores = booster.predict(matrix).astype("<f4")
    wide = scores.astype(np.float64)
    alerts = confusion_matrix(holdout.labels, wide >= threshold).ravel().tolist()
    true_negative, false_positive, false_negative, true_positive = alerts
    return {
        "auc": float(roc_auc_score(holdout.labels, wide)),
        "false_positive_rate": false_positive / (false_positive + true_negative),
        "recall": true_positive / (true_positive + false_negative),
        "regions": {region: region_auc(region, holdout, wide) for region in REGIONS},
        "margins_sha256": hashlib.sha256(margins.tobytes()).hexdigest(),
        "margin_bits": hex_words(margins),
        "probability_bits": hex_words(scores),
    }


def region_auc(region: str, holdout: Holdout, scores: np.ndarray) -> float:
    rows = holdout.regions == region
    return float(roc_auc_score(holdout.labels[rows], scores[rows]))


def hex_words(values: np.ndarray) -> str:
    """The first rows' float32 bit patterns, eight hexadecimal digits each, separated by spaces."""
    return " ".join(f"{bits:08x}" for bits in values.view("<u4")[:BITS_ROWS].tolist())


if __name__ == "__main__":
    main()
