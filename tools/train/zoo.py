#!/usr/bin/env python3
"""Makes the model zoo of shared/xgboost/tests/zoo: small models of every kind that is scored, by several versions of
XGBoost, each with rows and the bits of the margins that XGBoost's own CPU predictor gives.

    scripts/zoo                       # environments for 1.7.6, 3.0.5 and 3.2.0, then all of it, about two minutes
    python tools/train/zoo.py         # the models of the running version only

Writes VERSION.tar.gz, which holds for each model:

    NAME/model        the file that `save_model` wrote: UBJSON, JSON or the legacy binary format
    NAME/rows         rows x features 32-bit floats, little endian; NaN is missing
    NAME/facts.json   format, booster, objective, trees, features, rows and, under `margins`, the bits of every row's
                      margin: `3.0` of all trees, `1.7` of those that the file's `best_ntree_limit` counts, where it has one

Running it again gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import tarfile
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xgboost as xgb

VERSION = tuple(int(part) for part in xgb.__version__.split("."))
SUFFIX = {"ubjson": "ubj", "json": "json", "legacy": "deprecated"}
HUGE = np.float32(1.6e38)  # the middle of two of them is finite still
DENORMAL = np.float32(1.0e-40)


@dataclass
class Case:
    """One model: what it is trained on and how, and in which formats it is saved."""

    name: str
    parameters: dict = field(default_factory=dict)
    rounds: int = 12
    features: int = 12
    rows: int = 160
    formats: tuple = ("ubjson",)
    categorical: int = 0  # how many of the features are categorical
    categories: int = 9
    missing: float = 0.1
    named: bool = False
    stopping: bool = False
    data: str = "normal"
    since: tuple = (1, 7)


ALL = ("ubjson", "json", "legacy")
TEXTS = ("ubjson", "json")
DART = {"booster": "dart", "rate_drop": 0.4, "one_drop": 1}

CASES = [
    Case("plain", formats=ALL),
    Case("named", named=True, formats=ALL),
    Case("logitraw", {"objective": "binary:logitraw", "base_score": 0.3}, formats=ALL),
    Case("logitraw-default", {"objective": "binary:logitraw"}),
    Case("logitraw-negative", {"objective": "binary:logitraw", "base_score": -1.25}, since=(3,)),
    Case("reg-logistic", {"objective": "reg:logistic", "base_score": 0.7}, formats=ALL),
    Case("base-half", {"base_score": 0.5}, formats=TEXTS),
    Case("base-hundredth", {"base_score": 0.01}, formats=ALL),
    Case("base-estimated", {}, missing=0.0, formats=TEXTS),
    Case("dart", DART, formats=ALL),
    Case("dart-forest", {**DART, "normalize_type": "forest", "sample_type": "weighted"}, formats=TEXTS),
    Case("dart-skip", {**DART, "skip_drop": 0.5, "rate_drop": 0.9}, rounds=40),
    Case("dart-raw", {**DART, "objective": "binary:logitraw", "num_parallel_tree": 2, "subsample": 0.6}, formats=ALL),
    Case("one-hot", {"max_cat_to_onehot": 100}, categorical=4, formats=TEXTS),
    Case("partition", {"max_cat_to_onehot": 1, "max_depth": 5}, categorical=4, formats=TEXTS),
    Case("partition-wide", {"max_cat_to_onehot": 1}, categorical=3, categories=150, rows=400, missing=0.25),
    Case("categorical-dart", {**DART, "max_cat_to_onehot": 4}, categorical=12, features=12),
    Case("bins-16", {"max_bin": 16}),
    Case("bins-1024", {"max_bin": 1024, "max_depth": 10, "min_child_weight": 0}, rows=700, rounds=3),
    Case("one-feature", features=1, rounds=30),
    Case("many-features", features=2000, rows=16, rounds=6),
    Case("depth-1", {"max_depth": 1}, rounds=60),
    Case("depth-10", {"max_depth": 10, "min_child_weight": 0}, rows=600, rounds=4),
    Case("lossguide", {"grow_policy": "lossguide", "max_leaves": 23, "max_depth": 0}, rows=400, formats=ALL),
    Case("pruned", {"tree_method": "exact", "gamma": 1.5, "max_depth": 6}, rows=300, formats=ALL),
    Case("forest", {"num_parallel_tree": 5, "subsample": 0.5, "colsample_bynode": 0.5, "eta": 1.0}, rounds=3, formats=ALL),
    Case("stopped", {"eta": 0.9, "max_depth": 6, "base_score": 0.4}, rounds=60, stopping=True, formats=ALL),
    Case("stopped-forest", {"eta": 0.9, "num_parallel_tree": 3, "subsample": 0.7}, rounds=60, stopping=True, formats=ALL),
    Case("constant", {"min_child_weight": 1e9}, rounds=3, formats=ALL),
    Case("constant-features", {"base_score": 0.2}, data="constant", rounds=2, formats=ALL),
    Case("edges", {"tree_method": "exact", "max_depth": 8, "min_child_weight": 0}, data="edges", rows=500, formats=ALL),
    Case("integers", {"tree_method": "exact", "max_depth": 7}, data="integers", rows=400),
    Case("no-missing", missing=0.0),
    Case("mostly-missing", missing=0.85, rows=300),
    Case("monotone", {"monotone_constraints": "(1,-1,0,0,0,0,0,0,0,0,0,0)", "scale_pos_weight": 4.0}),
]


def rows_of(case: Case, generator: np.random.Generator, count: int) -> np.ndarray:
    """Rows of the case's kind of data, as float32, NaN where missing."""
    shape = (count, case.features)
    if case.data == "constant":
        return np.full(shape, 2.5, dtype=np.float32)
    if case.data == "integers":
        values = generator.integers(-4, 5, shape).astype(np.float32)
    elif case.data == "edges":
        edges = [0.0, -0.0, DENORMAL, -DENORMAL, 2 * DENORMAL, np.finfo(np.float32).tiny, HUGE, -HUGE, 1.0, np.nextafter(np.float32(1), np.float32(2))]
        values = np.array(edges, dtype=np.float32)[generator.integers(0, len(edges), shape)]
    else:
        # Steps of 1/64 keep the committed rows small.
        values = (np.round(generator.normal(size=shape) * 64) / 64).astype(np.float32)
        values[:, ::3] = np.round(np.exp(values[:, ::3] * 3), 2)
    for column in range(case.categorical):
        values[:, column] = generator.integers(0, case.categories, count)
    values[generator.random(shape) < case.missing] = np.nan
    return values


def labels_of(case: Case, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Labels that depend on the features, so that trees grow; about a third positive."""
    filled = np.nan_to_num(rows.astype(np.float64))
    hidden = np.zeros(len(rows))
    for column in range(rows.shape[1]):
        values = filled[:, column]
        hidden += np.sin(values * 2.3) if column < case.categorical else np.sign(values) * np.log1p(np.abs(values))
    noise = generator.normal(size=len(rows))
    return (hidden + noise > np.quantile(hidden + noise, 0.65)).astype(np.float32)


def with_thresholds(rows: np.ndarray, booster: xgb.Booster, case: Case, generator: np.random.Generator) -> np.ndarray:
    """Puts values into the rows that equal thresholds, and lie one step beside them."""
    document = json.loads(bytes(booster.save_raw(raw_format="json")))
    holder = document["learner"]["gradient_booster"]
    trees = holder.get("gbtree", holder)["model"]["trees"]
    rows = rows.copy()
    for tree in trees:
        splits = zip(tree["split_indices"], tree["split_conditions"], tree["left_children"])
        for feature, threshold, left in splits:
            if left == -1 or feature < case.categorical or abs(threshold) > 3e38:
                continue
            at = np.float32(threshold)
            place = generator.integers(0, len(rows), 3)
            rows[place, feature] = [at, np.nextafter(at, -HUGE), np.nextafter(at, HUGE)]
    return rows


def with_odd_categories(rows: np.ndarray, case: Case, generator: np.random.Generator) -> np.ndarray:
    """Categories that training never saw: unknown, far out of range, negative, between two."""
    odd = np.array([case.categories, case.categories + 40, 2.0**24, 2.0**24 - 1, 3e9, -1.0, -0.5, -0.0, 1.5, 0.9], dtype=np.float32)
    rows = rows.copy()
    for column in range(case.categorical):
        place = generator.integers(0, len(rows), 2 * len(odd))
        rows[place, column] = np.tile(odd, 2)
    return rows


def matrix(case: Case, rows: np.ndarray, labels: np.ndarray | None = None) -> xgb.DMatrix:
    types = ["c"] * case.categorical + ["float"] * (case.features - case.categorical)
    names = [f"feature_{index}" for index in range(case.features)] if case.named else None
    if case.categorical:
        return xgb.DMatrix(rows, labels, feature_types=types, feature_names=names, enable_categorical=True)
    return xgb.DMatrix(rows, labels, feature_names=names)


def train(case: Case, generator: np.random.Generator) -> xgb.Booster:
    rows = rows_of(case, generator, max(2 * case.rows, 200))
    labels = labels_of(case, rows, generator)
    parameters = {"objective": "binary:logistic", "tree_method": "hist", "eta": 0.4, "max_depth": 4, "nthread": 1, "seed": 7}
    parameters |= case.parameters
    if parameters.get("booster") == "dart" and case.categorical == 0 and parameters["tree_method"] == "hist":
        parameters["max_bin"] = 64
    training, watched = matrix(case, rows, labels), {}
    if case.stopping:
        other = rows_of(case, generator, 200)
        watched = {"evals": [(matrix(case, other, labels_of(case, other, generator)), "other")], "early_stopping_rounds": 6}
    return xgb.train(parameters, training, case.rounds, verbose_eval=False, **watched)


def margin_bits(booster: xgb.Booster, data: xgb.DMatrix, **served: object) -> str:
    margins = booster.predict(data, output_margin=True, validate_features=False, **served)
    return " ".join(f"{bits:08x}" for bits in margins.astype(np.float32).view(np.uint32))


def served_by_1_7(booster: xgb.Booster) -> dict:
    """What the 1.7 image's container asks for: XGBoost 2 and later write no such number, and all trees are served."""
    limit = getattr(booster, "best_ntree_limit", 0)
    return {"ntree_limit": limit} if limit else {}


def make(case: Case) -> dict[str, dict[str, bytes]]:
    """The files of the case's models, one model for each format, by model and file name."""
    generator = np.random.default_rng([zlib.crc32(case.name.encode())])
    booster = train(case, generator)
    rows = rows_of(case, generator, case.rows)
    if case.data != "constant":
        rows = with_thresholds(rows, booster, case, generator)
    if case.categorical:
        rows = with_odd_categories(rows, case, generator)
    formats = (model_format for model_format in case.formats if supported(case, model_format))
    return {f"{case.name}-{model_format}": files(case, model_format, booster, rows) for model_format in formats}


def supported(case: Case, model_format: str) -> bool:
    return model_format != "legacy" or (VERSION < (3, 1) and not case.categorical)


def files(case: Case, model_format: str, booster: xgb.Booster, rows: np.ndarray) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model.{SUFFIX[model_format]}"
        booster.save_model(path)
        saved = path.read_bytes()
        read = xgb.Booster({"nthread": 1}, model_file=path)
    data = matrix(case, rows)
    margins = {"3.0": margin_bits(read, data), "1.7": margin_bits(read, data, **served_by_1_7(read))}
    assert margins["3.0"] == margin_bits(booster, data, iteration_range=(0, booster.num_boosted_rounds())), case.name
    config = json.loads(booster.save_config())["learner"]
    facts = {
        "format": model_format,
        "booster": config["gradient_booster"]["name"],
        "objective": config["objective"]["name"],
        "trees": len(booster.get_dump()),
        "features": case.features,
        "named": case.named and model_format != "legacy",
        "rows": len(rows),
        "margins": margins,
    }
    return {"model": saved, "rows": rows.astype("<f4").tobytes(), "facts.json": json.dumps(facts).encode()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[2] / "shared/xgboost/tests/zoo")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    models = {name: found for case in CASES if case.since <= VERSION for name, found in make(case).items()}
    with (
        open(out / f"{xgb.__version__}.tar.gz", "wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as archive,
    ):
        for name, found in models.items():
            for kind, content in found.items():
                entry = tarfile.TarInfo(f"{name}/{kind}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    print(f"xgboost {xgb.__version__}: {len(models)} models")


if __name__ == "__main__":
    main()
