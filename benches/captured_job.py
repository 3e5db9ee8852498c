#!/usr/bin/env python3
"""A shadow on captured requests as it would be written in Python: json, pyarrow and xgboost, one process, one line of JSON.

Requests are read a batch at a time, parsed by pyarrow's CSV reader and scored in place by both models; alert rates and the stability
index are computed at the end. That is the least of what the gates on captured requests ask: nothing is explained and no interval made.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
from pathlib import Path

from xgboost_job import PHASES, load, phase

BATCH = 8192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capture", type=Path, required=True)
    parser.add_argument("--champion", type=Path, required=True)
    parser.add_argument("--challenger", type=Path, required=True)
    parser.add_argument("--features", type=Path, required=True)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with phase("import"):
        import numpy as np
        import pyarrow as pa
        import xgboost as xgb
        from pyarrow import csv

    pa.set_cpu_count(arguments.threads)
    names = arguments.features.read_text().split()
    models = [load(xgb, archive, arguments.threads) for archive in (arguments.challenger, arguments.champion)]
    read = csv.ReadOptions(column_names=names)
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.float64()))
    scores: tuple[list, list] = ([], [])
    with arguments.capture.open("rb") as lines:
        while batch := list(itertools.islice(lines, BATCH)):
            with phase("data"):
                payloads = [json.loads(line)["captureData"]["endpointInput"]["data"] for line in batch]
                table = csv.read_csv(io.BytesIO("\n".join(payloads).encode()), read_options=read, convert_options=convert)
                rows = np.empty((table.num_rows, len(names)), dtype=np.float32)
                for index in range(len(names)):
                    rows[:, index] = table.column(index).to_numpy()
            for model, said in zip(models, scores, strict=True):
                with phase("score"):
                    said.append(model.inplace_predict(rows, validate_features=False))
    with phase("gates"):
        challenger, champion = (np.concatenate(said) for said in scores)
        alerts = [int((said >= arguments.threshold).sum()) for said in (challenger, champion)]
        cuts = np.unique(np.quantile(champion, np.arange(0.1, 1.0, 0.1)))
        shares = [np.bincount(np.searchsorted(cuts, said, "right"), minlength=len(cuts) + 1) / len(said) for said in (challenger, champion)]
        index = float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
    counts = {"records": len(champion), "challenger_alerts": alerts[0], "champion_alerts": alerts[1]}
    said = {"phases": PHASES, "laps": [], "auc": [], "judgement": {"counts": counts, "score_shift": index}}
    print(json.dumps(said), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
