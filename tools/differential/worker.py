"""One version of XGBoost as a process of its own, doing with a model file what SageMaker's container of that version does.

A request on standard input is a line of JSON (`name`, `file`, `width`, `rows`: lengths in bytes and numbers), the file and
the rows; an answer is a line of JSON, and the margins where the file was accepted.
"""

from __future__ import annotations

import inspect
import io
import json
import os
import pickle
import sys
import tempfile
import warnings

import numpy as np
import xgboost as xgb


TAKES_TREES = "ntree_limit" in inspect.signature(xgb.Booster.predict).parameters


class Harmless(pickle.Unpickler):
    """The container tries to unpickle the file first. Whatever that would need from outside is refused here."""

    def find_class(self, module: str, name: str):
        raise pickle.UnpicklingError(f"asks for {module}.{name}")


def margins(path: str, content: bytes, rows: np.ndarray) -> np.ndarray:
    try:
        Harmless(io.BytesIO(content)).load()
    except Exception:  # noqa: BLE001: any failure is the container's reason to go on
        pass
    else:
        raise ValueError("it is a pickle")
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(path)
    # Of a model whose training stopped early, the 1.7 container asks for the best trees; XGBoost 2 knows no such number.
    served = {"ntree_limit": getattr(booster, "best_ntree_limit", 0)} if TAKES_TREES else {}
    data = xgb.DMatrix(rows, nthread=1)
    return booster.predict(data, output_margin=True, validate_features=False, **served)


def main() -> None:
    warnings.simplefilter("ignore")
    xgb.set_config(verbosity=0)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What XGBoost itself prints must not be taken for an answer.
    os.dup2(2, 1)
    folder = tempfile.mkdtemp(dir=sys.argv[1])
    while line := requests.readline():
        request = json.loads(line)
        content = requests.read(request["file"])
        rows = np.frombuffer(requests.read(4 * request["rows"] * request["width"]), "<f4").reshape(request["rows"], request["width"])
        path = os.path.join(folder, request["name"])
        try:
            with open(path, "wb") as file:
                file.write(content)
            found = np.asarray(margins(path, content, rows), dtype="<f4")
            answer, body = {"shape": list(found.shape)}, found.tobytes()
        except Exception as error:  # noqa: BLE001: whatever it is, it is how this version refuses
            answer, body = {"refused": f"{type(error).__name__}: {error}"[:600]}, b""
        finally:
            if os.path.exists(path):
                os.unlink(path)
        answers.write(json.dumps(answer).encode() + b"\n" + body)
        answers.flush()


if __name__ == "__main__":
    main()
