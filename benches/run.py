#!/usr/bin/env python3
"""Runs the benchmarks side by side and says how they compare: `scripts/bench` prepares everything and calls this.

Every measurement is a whole process. Within a comparison the contestants take turns, A B C A B C, so that whatever else the
machine does falls on all of them; medians are compared. Wall clock and peak memory come from the kernel
(`wait4`), phases and laps from the process itself. Results go to target/bench.json, section by section, so that a run
with `--only` replaces just its own; target/bench.md is made from all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import lambda_start
import machine
import render

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "target"
WORK = TARGET / "bench"
OURS = "meridian"
# Share of positives that both pairs were trained with, which XGBoost makes the base score; a release's manifest tells it.
BASE_SCORE = 0.25
# From which score on both models alert, for captured requests.
THRESHOLD = 0.81
SECTIONS = ("small", "large", "both", "shap", "shadow", "captured", "start")


@dataclass(frozen=True)
class Pair:
    """Two models and their held-out set."""

    champion: Path
    challenger: Path
    holdout: Path
    features: Path
    name: str

    @property
    def stem(self) -> Path:
        return WORK / self.name


@dataclass
class Contestant:
    """A program under measurement: how it is called for a job, and what it answered."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tools:
    """What scripts/bench built or found: Python interpreters by xgboost version, and programs of Rust."""

    pythons: dict[str, Path]
    examples: Path
    hessboost: Path
    hello: Path
    captured: tuple[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"sections, joined by commas: {', '.join(SECTIONS)}")
    parser.add_argument("--large", type=Path, help="folder of the large pair; without it the large sections are skipped")
    parser.add_argument("--python", action="append", default=[], help="an interpreter that has xgboost")
    parser.add_argument("--examples", type=Path, required=True, help="where cargo put this project's examples")
    parser.add_argument("--hessboost", type=Path, required=True)
    parser.add_argument("--hello", type=Path, required=True, help="the smallest Lambda function")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--captured", default="large:1000000", help="pair and records of the section `captured`; small:10000 to see that it runs")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every contestant; 1 to see that all runs")
    arguments = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    tools = find_tools(arguments)
    pairs = find_pairs(arguments.large)
    store = TARGET / "bench.json"
    results = json.loads(store.read_text()) if store.exists() else {"sections": {}}
    results["machine"] = machine.describe()
    results["versions"] = versions(tools)
    for name in arguments.only.split(",") if arguments.only else SECTIONS:
        section = globals()[f"measure_{name}"](tools, pairs, arguments.rounds)
        if section is None:
            print(f"{name}: skipped, the large pair is not here (scripts/large-models makes it)", flush=True)
            continue
        results["sections"][name] = {"measured_at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), **section}
        store.write_text(json.dumps(results, indent=1) + "\n")
    text = render.markdown(results)
    (TARGET / "bench.md").write_text(text)
    print(text)
    if arguments.docs:
        page = ROOT / "docs" / "performance.md"
        page.write_text(render.into_page(page.read_text(), text))
    if render.different_bits(results):
        sys.exit("margins differ: see the section on bits")


def find_tools(arguments: argparse.Namespace) -> Tools:
    pythons = {}
    for interpreter in map(Path, arguments.python):
        said = subprocess.run([interpreter, ROOT / "benches/xgboost_job.py", "--job", "version"], **PIPED)
        pythons[json.loads(said.stdout)["xgboost"]] = interpreter
    pair, records = arguments.captured.split(":")
    return Tools(pythons, arguments.examples, arguments.hessboost, arguments.hello, (pair, int(records)))


PIPED = {"check": True, "capture_output": True, "text": True}


def find_pairs(large: Path | None) -> dict[str, Pair]:
    models = ROOT / "local" / "models"
    small = Pair(
        models / "v426.tar.gz", models / "v427.tar.gz", models / "holdout.csv.gz", models / "features.txt", "small"
    )
    pairs = {"small": small}
    if large and (large / "challenger.tar.gz").exists():
        pairs["large"] = Pair(
            large / "champion.tar.gz", large / "challenger.tar.gz", large / "holdout.parquet", large / "features.txt",
            "large",
        )
    return pairs


def versions(tools: Tools) -> dict[str, str]:
    compiler = subprocess.run(["rustc", "--version"], **PIPED).stdout.strip()
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, **PIPED).stdout.strip()
    return {"commit": commit, "rustc": compiler, "xgboost": ", ".join(tools.pythons), "hessboost": "0.4.6"}


# --- the sections ---


def measure_small(tools: Tools, pairs: dict[str, Pair], rounds: int) -> dict:
    """Scoring a small model again and again, in place and with a DMatrix, and its whole job; then the bits of both models."""
    return measure_pair(tools, pairs["small"], rounds, repeat=25, predictions=("inplace", "dmatrix"))


def measure_large(tools: Tools, pairs: dict[str, Pair], rounds: int) -> dict | None:
    """The large champion's whole job, read and scored once; then the bits of both models."""
    return measure_pair(tools, pairs["large"], rounds, repeat=1, predictions=("inplace",)) if "large" in pairs else None


def measure_both(tools: Tools, pairs: dict[str, Pair], rounds: int) -> dict | None:
    """Both models of the large pair in one process, as when the champion's margins are not in the cache."""
    if "large" not in pairs:
        return None
    pair = pairs["large"]
    prepare(tools, pair)
    models = [pair.champion, pair.challenger]
    # One version of xgboost: they are alike here, and every one costs a minute.
    newest = newest_python(tools)
    comparisons = {}
    for threads in (1, 2):
        contestants = [
            ours(tools, pair, models, threads),
            ours_streaming(tools, pair, models, threads),
            xgboost(tools, newest, pair, models, threads),
            hessboost(tools, pair, models, threads),
        ]
        comparisons[f"{threads}"] = alternate(f"both, {threads} threads", contestants, max(1, rounds - 1))
    return {"whole": comparisons}


def measure_pair(tools: Tools, pair: Pair, rounds: int, repeat: int, predictions: tuple[str, ...]) -> dict:
    """Every version of xgboost predicts in each of these ways."""
    prepare(tools, pair)
    ways = [(version, prediction) for prediction in predictions for version in tools.pythons]
    comparisons = {}
    for threads in (1, 2):
        contestants = [
            ours(tools, pair, [pair.champion], threads, repeat),
            ours_streaming(tools, pair, [pair.champion], threads),
            hessboost(tools, pair, [pair.champion], threads, repeat),
            *(xgboost(tools, version, pair, [pair.champion], threads, repeat, way) for version, way in ways),
        ]
        comparisons[f"{threads}"] = alternate(f"{pair.name}, {threads} threads", contestants, rounds)
    return {"whole": comparisons, "bits": compare_bits(tools, pair)}


def measure_shap(tools: Tools, pairs: dict[str, Pair], _: int) -> dict | None:
    """Contributions of the large champion's first records on one thread; few for whoever takes seconds a record."""
    if "large" not in pairs:
        return None
    pair = pairs["large"]
    prepare(tools, pair)
    contestants = [shap_of(ours(tools, pair, [pair.champion], 1), 128), shap_of(hessboost(tools, pair, [pair.champion], 1), 64)]
    for version in tools.pythons:
        quick = int_version(version) >= [3, 4]
        contestants.append(shap_of(xgboost(tools, version, pair, [pair.champion], 1), 32 if quick else 4))
    table = alternate("contributions", [contestant for contestant, _ in contestants], 2)
    width = len(pair.features.read_text().split()) + 1
    answers = {contestant.name: array_of(contestant) for contestant, _ in contestants}
    for contestant, rows in contestants:
        numbers = table[contestant.name]
        numbers |= {"rows": rows, "ms_a_row": numbers["phases"]["shap"] / rows * 1e3}
        if contestant.name != OURS:
            mine, theirs = answers[OURS], answers[contestant.name]
            numbers["difference"] = max(abs(a - b) for a, b in zip(mine, theirs[: 4 * width], strict=False))
    return {"contestants": table}


def shap_of(contestant: Contestant, rows: int) -> tuple[Contestant, int]:
    """The contestant with another job: the contributions of the first `rows` records, kept for comparison."""
    out = WORK / f"shap-{contestant.name}.f32"
    if contestant.name.startswith("xgboost"):
        command = [word if word != "whole" else "shap" for word in contestant.command]
        options = ["--limit", str(rows), "--out", str(out)]
    else:
        command = [word for word in contestant.command if not word.startswith("job=")]
        options = ["job=shap", f"limit={rows}", f"out={out}"]
    return Contestant(contestant.name, command + options, contestant.environment), rows


def array_of(contestant: Contestant) -> memoryview:
    return memoryview((WORK / f"shap-{contestant.name}.f32").read_bytes()).cast("f")


def measure_shadow(tools: Tools, pairs: dict[str, Pair], _: int) -> dict | None:
    """From the job's event to its verdict, both large models and the held-out set in the local world's S3."""
    if "large" not in pairs:
        return None
    pair = pairs["large"]
    files = {"champion": pair.champion, "challenger": pair.challenger, "holdout": pair.holdout}
    options = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    event = [
        str(tools.examples / "shadow_eval"), *options, "--features", str(pair.features),
        "--binaries", str(tools.examples.parent),
    ]
    runs: dict[str, list[dict]] = {"shadow-eval": [], "shadow-eval, champion cached": [], "Python": []}
    for _ in range(2):
        runs["shadow-eval"].append(evaluated(event))
        runs["shadow-eval, champion cached"].append(evaluated([*event, "--champion-cached"]))
        runs["Python"].append(shadow_in_python(tools, pair, files))
    return {"contestants": {name: middle_of(results) for name, results in runs.items()}}


def evaluated(event: list[str]) -> dict:
    """One job of the release binary, as the example reports it."""
    said = json.loads(subprocess.run(event, **PIPED).stdout)
    if not said["ended"].startswith("succeeded") and "verdict" not in said["ended"]:
        print(f"shadow-eval: {said['ended']}", file=sys.stderr)
    return {"wall": said["seconds"], "peak_mb": said["peak_mib"], "ended": said["ended"]}


def shadow_in_python(tools: Tools, pair: Pair, files: dict[str, Path]) -> dict:
    """The same from Python, against the same S3; putting the objects there is not measured."""
    script = [str(tools.pythons[newest_python(tools)]), str(ROOT / "benches/shadow_job.py")]
    with subprocess.Popen([tools.examples / "s3_door"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as door:
        place = json.loads(door.stdout.readline())
        where = [word for name, value in place.items() for word in (f"--{name}", value)]
        local = [word for name, file in files.items() for word in (f"--{name}", str(file))]
        subprocess.run([*script, *where, *local, "--upload"], check=True)
        keys = [word for name, file in files.items() for word in (f"--{name}", f"bench/{file.name}")]
        command = [*script, *where, *keys, "--features", str(pair.features), "--threads", "2"]
        result = run(Contestant("Python", command, {"OMP_NUM_THREADS": "2"}))
        door.stdin.close()
    return result


def measure_captured(tools: Tools, pairs: dict[str, Pair], _: int) -> dict | None:
    """A shadow on captured requests: both models, streaming, two threads."""
    name, records = tools.captured
    if name not in pairs:
        return None
    pair = pairs[name]
    capture = WORK / f"{name}-{records}.jsonl"
    files = {"capture": capture, "champion": pair.champion, "challenger": pair.challenger, "features": pair.features}
    ours = [str(tools.examples / "captured"), *(f"{key}={file}" for key, file in files.items())]
    if not capture.exists():
        half = capture.with_suffix(".half")
        made = [word if word != f"capture={capture}" else f"capture={half}" for word in ours]
        subprocess.run([*made, f"make={records}", f"holdout={pair.holdout}"], check=True)
        half.rename(capture)
    version = newest_python(tools)
    theirs = [str(tools.pythons[version]), str(ROOT / "benches/captured_job.py")]
    theirs += [word for key, file in files.items() for word in (f"--{key}", str(file))]
    contestants = [
        Contestant(OURS, [*ours, f"threshold={THRESHOLD}", "threads=2"]),
        Contestant(f"xgboost {version}", [*theirs, "--threshold", str(THRESHOLD), "--threads", "2"], {"OMP_NUM_THREADS": "2"}),
    ]
    table = alternate(f"captured, {records} records", contestants, 1)
    # Both read the same file: where they do not count the same alerts, one of them did another job.
    found = {name: numbers["judgement"]["counts"] for name, numbers in table.items()}
    keys = ("records", "champion_alerts", "challenger_alerts")
    if len({tuple(counts[key] for key in keys) for counts in found.values()}) > 1:
        sys.exit(f"captured: other counts: {found}")
    return {"pair": name, "records": records, "megabytes": capture.stat().st_size / 1e6, "contestants": table}


def middle_of(runs: list[dict]) -> dict:
    wall = statistics.median(result["wall"] for result in runs)
    peak = max(result["peak_mb"] for result in runs)
    return {"wall": wall, "peak_mb": peak, "runs": len(runs), "ended": runs[-1].get("ended", "")}


def measure_start(tools: Tools, _: dict[str, Pair], rounds: int) -> dict:
    """The release binaries as Lambda starts them, beside the smallest function."""
    binaries = {name: tools.examples.parent / name for name in lambda_start.FUNCTIONS}
    return lambda_start.measure({lambda_start.HELLO: tools.hello, **binaries}, WORK, 10 * rounds)


# --- the contestants ---


def ours(tools: Tools, pair: Pair, models: list[Path], threads: int, repeat: int = 1) -> Contestant:
    command = [
        str(tools.examples / "job"), f"model={','.join(map(str, models))}", f"holdout={pair.holdout}",
        f"features={pair.features}", f"threads={threads}", f"repeat={repeat}",
    ]
    return Contestant(OURS, command)


def ours_streaming(tools: Tools, pair: Pair, models: list[Path], threads: int) -> Contestant:
    """Records are scored while the model is read, which is never held: the least memory."""
    return Contestant(f"{OURS}, streaming", [*ours(tools, pair, models, threads).command, "job=stream", f"base_score={BASE_SCORE}"])


def hessboost(tools: Tools, pair: Pair, models: list[Path], threads: int, repeat: int = 1) -> Contestant:
    command = [
        str(tools.hessboost), "job=whole", f"model={','.join(map(str, models))}", f"rows={pair.stem}.f32",
        f"labels={pair.stem}.labels", f"width={len(pair.features.read_text().split())}", f"repeat={repeat}",
    ]
    return Contestant("hessboost", command, {"RAYON_NUM_THREADS": str(threads)})


def xgboost(
    tools: Tools, version: str, pair: Pair, models: list[Path], threads: int, repeat: int = 1, predict: str = "inplace"
) -> Contestant:
    command = [
        str(tools.pythons[version]), str(ROOT / "benches/xgboost_job.py"), "--job", "whole",
        "--model", *map(str, models), "--holdout", str(pair.holdout), "--features", str(pair.features),
        "--threads", str(threads), "--repeat", str(repeat), "--predict", predict,
    ]
    name = f"xgboost {version}" + (" with DMatrix" if predict == "dmatrix" else "")
    return Contestant(name, command, {"OMP_NUM_THREADS": str(threads)})


def newest_python(tools: Tools) -> str:
    return max(tools.pythons, key=int_version)


def int_version(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def prepare(tools: Tools, pair: Pair) -> None:
    """Features and labels as raw numbers, for hessboost, which reads no table that the others read."""
    if pair.stem.with_suffix(".f32").exists():
        return
    command = [
        str(tools.pythons[newest_python(tools)]), str(ROOT / "benches/xgboost_job.py"), "--job", "prepare",
        "--holdout", str(pair.holdout), "--features", str(pair.features), "--out", str(pair.stem),
    ]
    subprocess.run(command, check=True)


# --- measuring ---


def alternate(title: str, contestants: list[Contestant], rounds: int) -> dict[str, dict]:
    """Median wall clock, phases and laps, and the highest peak, by contestant."""
    runs: dict[str, list[dict]] = {contestant.name: [] for contestant in contestants}
    for turn in range(rounds):
        for contestant in contestants:
            runs[contestant.name].append(run(contestant))
        print(f"{title}: turn {turn + 1} of {rounds}", file=sys.stderr, flush=True)
    return {name: summary(results) for name, results in runs.items()}


def run(contestant: Contestant) -> dict:
    """One whole process: its own words, its wall clock in seconds, its peak resident set in megabytes."""
    start = time.perf_counter()
    child = subprocess.Popen(contestant.command, stdout=subprocess.PIPE, env={**os.environ, **contestant.environment})
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{contestant.name} failed with {child.returncode}: {' '.join(contestant.command)}")
    cpu = usage.ru_utime + usage.ru_stime
    return {**json.loads(said), "wall": wall, "cpu": cpu, "peak_mb": usage.ru_maxrss / 1024}


def summary(runs: list[dict]) -> dict:
    names = {name for result in runs for name in result["phases"]}
    middle = {
        name: statistics.median(result["phases"].get(name, 0.0) for result in runs) for name in sorted(names)
    }
    laps = [lap for result in runs for lap in result["laps"]]
    numbers = {
        "runs": len(runs),
        "wall": statistics.median(result["wall"] for result in runs),
        "cpu": statistics.median(result["cpu"] for result in runs),
        "peak_mb": max(result["peak_mb"] for result in runs),
        "phases": middle,
        "auc": runs[-1]["auc"],
        **({"judgement": runs[-1]["judgement"]} if "judgement" in runs[-1] else {}),
    }
    # Laps are warm: a first time is the whole job's business.
    return {**numbers, "lap": statistics.median(laps)} if laps else numbers


def compare_bits(tools: Tools, pair: Pair) -> dict:
    """How many margins differ in any bit, by model and contestant, from those of every xgboost here."""
    bits = {}
    for model in (pair.champion, pair.challenger):
        contestants = [ours(tools, pair, [model], 2), ours_streaming(tools, pair, [model], 2)]
        contestants += [xgboost(tools, version, pair, [model], 2) for version in tools.pythons]
        margins = {contestant.name: margins_of(contestant) for contestant in contestants}
        mine = {name: margins.pop(name) for name in list(margins) if name.startswith(OURS)}
        bits[model.name] = {
            f"{name} against {other}": differing(words, theirs)
            for name, words in mine.items()
            for other, theirs in margins.items()
        }
    return bits


def margins_of(contestant: Contestant) -> memoryview:
    out = WORK / "margins.f32"
    option = ["--out", str(out)] if "xgboost" in contestant.name else [f"out={out}"]
    run(Contestant(contestant.name, contestant.command + option, contestant.environment))
    return memoryview(out.read_bytes()).cast("I")


def differing(mine: memoryview, theirs: memoryview) -> dict[str, int]:
    return {"rows": len(mine), "different": sum(a != b for a, b in zip(mine, theirs, strict=True))}


if __name__ == "__main__":
    main()
