#!/usr/bin/env python3
"""One job of XGBoost's, as one process, in its best fair form; one line of JSON on stdout.

The model is loaded from the untarred file, `nthread` is set, the held-out file is read by pyarrow's own threads' count,
and prediction is whatever `--predict` says: `inplace` (no DMatrix is built) or `dmatrix` (built within the phase).
The driver tries both and takes the better.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tarfile
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

PHASES: dict[str, float] = {}
LAPS: list[float] = []


@contextmanager
def phase(name: str):
    start = time.perf_counter()
    yield
    PHASES[name] = PHASES.get(name, 0.0) + time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", choices=["whole", "score", "shap", "prepare", "version"], required=True)
    parser.add_argument("--model", type=Path, nargs="+")
    parser.add_argument("--holdout", type=Path)
    parser.add_argument("--features", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--predict", choices=["inplace", "dmatrix"], default="inplace")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="rows that shap explains")
    parser.add_argument("--out", type=Path, help="where the last model's margins or contributions go, as float32; with `prepare`, features and labels")
    arguments = parser.parse_args()

    with phase("import"):
        import numpy as np
        import pyarrow as pa
        import xgboost as xgb

        if arguments.job == "whole":
            from sklearn.metrics import roc_auc_score
    if arguments.job == "version":
        print(json.dumps({"xgboost": xgb.__version__, "python": sys.version.split()[0], "numpy": np.__version__}))
        return

    pa.set_cpu_count(arguments.threads)
    with phase("data"):
        features, labels = read_holdout(arguments.holdout, arguments.features)
    if arguments.job == "prepare":
        arguments.out.with_suffix(".f32").write_bytes(features.astype("<f4").tobytes())
        arguments.out.with_suffix(".labels").write_bytes(labels.astype(np.uint8).tobytes())
        return
    aucs, answer = [], None
    for archive in arguments.model:
        booster = load(xgb, archive, arguments.threads)
        if arguments.job == "shap":
            rows = xgb.DMatrix(features[: arguments.limit], nthread=arguments.threads)
            with phase("shap"):
                answer = booster.predict(rows, pred_contribs=True, validate_features=False)
            continue
        for lap in range(arguments.repeat):
            start = time.perf_counter()
            answer = margins(xgb, booster, features, arguments)
            LAPS.append(time.perf_counter() - start)
            if lap == 0:
                PHASES["score"] = PHASES.get("score", 0.0) + LAPS[-1]
        if arguments.job == "whole":
            with phase("auc"):
                aucs.append(float(roc_auc_score(labels, answer)))
    if arguments.out:
        arguments.out.write_bytes(np.ascontiguousarray(answer, dtype="<f4").tobytes())
    print(json.dumps({"phases": PHASES, "laps": LAPS, "auc": aucs}), flush=True)
    # What is left is the interpreter taking itself apart, which a finished job need not wait for.
    os._exit(0)


def load(xgb, archive: Path, threads: int):
    """The archive is unpacked to a file first, as everybody does; only there can XGBoost read it from."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "xgboost-model.ubj"
        with phase("untar"), tarfile.open(archive) as tar:
            member = tar.next()
            with file.open("wb") as out:
                shutil.copyfileobj(tar.extractfile(member), out, 1 << 20)
        with phase("load"):
            booster = xgb.Booster({"nthread": threads}, model_file=str(file))
        if tuple(map(int, xgb.__version__.split(".")[:2])) < (3, 1):
            mend_base_score(booster, file)
    return booster


def mend_base_score(booster, file: Path) -> None:
    """From 3.1 on the base score is written as an array, `[2.5E-1]`, which older versions read as 0.5 without a word.

    Comparing bits only makes sense with the score that was meant, so it is set by hand; that costs nothing.
    """
    with file.open("rb") as model:
        model.seek(-min(file.stat().st_size, 4096), os.SEEK_END)
        found = re.search(rb"base_score.{9,10}\[([-+.0-9E]+)\]", model.read(), re.DOTALL)
    if found:
        booster.set_param({"base_score": float(found[1])})


def margins(xgb, booster, features, arguments):
    if arguments.predict == "inplace":
        return booster.inplace_predict(features, predict_type="margin", validate_features=False)
    matrix = xgb.DMatrix(features, nthread=arguments.threads)
    return booster.predict(matrix, output_margin=True, validate_features=False)


def read_holdout(path: Path, names: Path):
    """Features as float32, row-major, in the callers' order; labels. CSV goes through float64, as in the container."""
    import numpy as np
    import pyarrow as pa

    wanted = names.read_text().split()
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=["label", *wanted])
    else:
        from pyarrow import csv

        types = {name: pa.float64() for name in wanted}
        table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))
    features = np.empty((table.num_rows, len(wanted)), dtype=np.float32)
    for index, name in enumerate(wanted):
        features[:, index] = table.column(name).to_numpy()
    return features, table.column("label").to_numpy()


if __name__ == "__main__":
    main()
