#!/usr/bin/env python3
"""Makes the fuzz targets' seeds: tiny models and tables, one for each thing that a reader tells apart.

    python3 fuzz/make_seeds.py          # xgboost 3.0.5: the last release that still writes the legacy format

Deterministic with pinned packages (benches/requirements-3.0.5.txt). Inputs that once crashed a reader are checked in beside
these, as `regression-*`, and are not made here. Nor are the seeds of `template` and `prices`: short texts, written by hand.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xgboost as xgb

SEEDS = Path(__file__).resolve().parent / "seeds"
ROWS = 60
COLUMNS = ["a", "b", "c"]
SMALL = {"max_depth": 3, "nthread": 1, "seed": 7, "base_score": 0.25}

MODELS: dict[str, tuple[dict, int]] = {
    "logistic": ({"objective": "binary:logistic"}, 3),
    "logitraw": ({"objective": "binary:logitraw"}, 2),
    "reg-logistic": ({"objective": "reg:logistic"}, 2),
    "dart": ({"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5}, 4),
    "forest": ({"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.7}, 2),
    "categorical": ({"objective": "binary:logistic", "max_cat_to_onehot": 1}, 2),
    "onehot": ({"objective": "binary:logistic", "max_cat_to_onehot": 10}, 2),
    "constant": ({"objective": "binary:logistic", "gamma": 1e9}, 2),
    # Refused, each by its own path.
    "linear": ({"objective": "binary:logistic", "booster": "gblinear"}, 2),
    "classes": ({"objective": "multi:softprob", "num_class": 3, "base_score": 0.5}, 2),
}


def main() -> None:
    models = {name: train(name, *recipe) for name, recipe in MODELS.items()}
    for name, booster in models.items():
        put("ubjson", f"{name}.ubj", bytes(booster.save_raw("ubj")))
        put("json", f"{name}.json", bytes(booster.save_raw("json")))
        if name not in ("categorical", "onehot"):
            put("legacy", f"{name}.binf", bytes(booster.save_raw("deprecated")))
    model = bytes(models["logistic"].save_raw("ubj"))
    for name, files in archives(model).items():
        whole = tar(files)
        put("archive", f"{name}.tar", b"\x02" + whole)
        put("archive", f"{name}.tar.gz", b"\x00" + gzip.compress(whole, 9, mtime=0))
    for kind in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE):
        entry = tarfile.TarInfo("extension")
        entry.type, entry.size = kind, 160 << 20
        put("archive", f"endless-{kind.decode()}.tar", b"\x03" + entry.tobuf(tarfile.GNU_FORMAT))
    for name, start in {"header": "label,region,a,b,c,", "quoted": '"', "region": "label,region,a,b,c\n1,"}.items():
        put("csv", f"endless-{name}.csv", f"{start}~".encode())
    for name, text in tables().items():
        put("csv", f"{name}.csv", text.encode())
        put("csv", f"{name}.csv.gz", gzip.compress(text.encode(), 9, mtime=0))
    for compression in ("none", "snappy", "zstd", "gzip"):
        put("parquet", f"{compression}.parquet", parquet(compression))
    print(sum(path.stat().st_size for path in SEEDS.rglob("*") if path.is_file()), "bytes")


def train(name: str, parameters: dict, rounds: int) -> xgb.Booster:
    rng = np.random.default_rng(7)
    values = rng.normal(size=(ROWS, len(COLUMNS))).astype(np.float32)
    values[:, 2] = rng.integers(0, 5, ROWS)
    labels = (values[:, 0] + (values[:, 2] > 2) + rng.normal(scale=0.3, size=ROWS) > 0.5).astype(int)
    values[rng.random(values.shape) < 0.1] = np.nan
    kinds = ["float", "float", "c" if name in ("categorical", "onehot") else "float"]
    if name == "classes":
        labels = rng.integers(0, 3, ROWS)
    names = None if name == "logitraw" else COLUMNS
    matrix = xgb.DMatrix(values, labels, feature_names=names, feature_types=kinds, enable_categorical=True)
    early = {"evals": [(matrix, "train")], "early_stopping_rounds": 1} if name == "reg-logistic" else {}
    return xgb.train({**SMALL, **parameters}, matrix, rounds, verbose_eval=False, **early)


def archives(model: bytes) -> dict[str, list[tuple[str, bytes]]]:
    return {
        "plain": [("xgboost-model", model)],
        "dotted": [("./", b""), ("./xgboost-model", model)],
        "long-name": [("m" * 120, model[:200])],
        "upwards": [("../xgboost-model", b"x")],
        "second": [("xgboost-model", model[:100]), ("other", b"y")],
        "empty": [],
    }


def tar(files: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if name.endswith("/"):
                entry.type = tarfile.DIRTYPE
            archive.addfile(entry, io.BytesIO(content))
    # Without the padding to 10 kB: a fuzzer's time goes by bytes.
    end = len(out.getvalue().rstrip(b"\0"))
    return out.getvalue()[: (end + 511) // 512 * 512 + 1024]


def tables() -> dict[str, str]:
    return {
        "plain": "label,region,a,b,c\n1,tokyo,1.5,,-3e4\n0,dublin,nan,0,7\n",
        "bare": "c,a,label,b\n1,2,0,3\n,,1,\n",
        "quoted": '"label","region","a","b","c"\r\n"0","us ""east""","1","2",""\r\n1,\'x\',1e38,-0.0,.5\r\n',
        "infinite": "label,region,a,b,c\n1,x,inf,1e400,0\n",
        "ragged": "label,region,a,b,c\n1,x,1\n",
        "columns": "label,region,a,b,d,d\n1,x,1,2,3,4\n",
    }


def parquet(compression: str) -> bytes:
    columns = {
        "label": pa.array([1, 0, 1], pa.int8()),
        "region": pa.array(["tokyo", "dublin", "tokyo"]).dictionary_encode(),
        "a": pa.array([1.5, None, -2.0], pa.float32()),
        "b": pa.array([1.0, 2.0, None], pa.float64()),
        "c": pa.array([1, 2, None], pa.int32()),
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, compression=compression)
    return out.getvalue()


def put(target: str, name: str, content: bytes) -> None:
    (SEEDS / target).mkdir(parents=True, exist_ok=True)
    (SEEDS / target / name).write_bytes(content)


if __name__ == "__main__":
    main()
