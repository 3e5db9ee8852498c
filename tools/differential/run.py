#!/usr/bin/env python3
"""Holds this project's reader of `model.tar.gz` against the real ones, over seeded mutants of real models.

What the reader accepts for an image must be one and the same file for Python's tarfile and for GNU tar, and that image's
XGBoost must load it and give the same margins, bit by bit, on rows that walk the model and on rows with missing and extreme
values. XGBoost 3.2.0 serves in no image: where it loads the file, it must agree with the image 3.0 as well, but it may
refuse. Whatever the reader refuses is not asked of anybody.

    scripts/fuzz-differential                        installs the readers, builds, and runs
    run.py --alone --mutants 1000000                 the reader alone: it may neither die nor hang
    run.py --only 4711                               one mutant again, and what everybody says of it

Mutant N of a seed is the same everywhere. A break is kept in --findings and fails the run.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import mutants  # noqa: E402
import wrapping  # noqa: E402

IMAGES = ["1.7", "3.0"]
# The version of XGBoost in each image, and the newest one.
SERVED_BY = {"1.7": "1.7.6", "3.0": "3.0.5"}
NEWEST = "3.2.0"
SHARES = {"canonical": 40, "keys": 10, "arrays": 7, "types": 7, "wiring": 6, "bytes": 7, "tar": 11, "gzip": 4, "name": 3, "crossed": 5}
LARGEST_SEED = 22_000
# A busy machine takes half a minute to start a Python with XGBoost.
SECONDS = 120
READER_MEMORY = 1 << 30
# What this process itself may take: a mutator that runs away must not take the machine along.
OWN_MEMORY = 2 << 30
SHOWN = 30


def seeds() -> list[tuple[str, bytes]]:
    """The small models that the repository has, of every format and version."""
    found = [(path.name, path.read_bytes()) for kind in ("ubjson", "json", "legacy") for path in sorted((ROOT / "fuzz/seeds" / kind).iterdir())]
    for version in ("1.7.6", "3.0.5", "3.2.0"):
        with tarfile.open(ROOT / f"shared/xgboost/tests/zoo/{version}.tar.gz") as archive:
            for member in archive.getmembers():
                if member.name.endswith("/model") and member.size <= LARGEST_SEED:
                    found.append((f"{member.name[:-6]}-{version}", with_half(archive.extractfile(member).read())))
    return found


def with_half(file: bytes) -> bytes:
    """The model with one half for a base score in the list of XGBoost 3.1 and later, the only number that the images read alike."""
    file = re.sub(rb'("base_score":")\[[^\]]*\]"', rb'\1[5E-1]"', file)
    return re.sub(rb"(base_scoreSL).{8}\[[^\]]*\]", rb"\1" + (6).to_bytes(8, "big") + b"[5E-1]", file, flags=re.DOTALL)


class Mutant:
    """Archive number `index` of a run."""

    def __init__(self, run: int, index: int, models: list[tuple[str, bytes]]):
        self.index = index
        self.chance = chance = Random(f"{run}:{index}")
        self.kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
        self.seed, file = chance.choice(models)
        other = chance.choice(models)[1]
        self.archive = self.make(file, other)

    def make(self, file: bytes, other: bytes) -> bytes:
        chance, kind = self.chance, self.kind
        if kind in mutants.KINDS:
            return wrapping.gzip_member(wrapping.plain(chance, mutants.KINDS[kind](chance, file)))
        if kind == "tar":
            return wrapping.gzip_member(wrapping.odd_tar(chance, file, other))
        if kind == "gzip":
            return wrapping.odd_gzip(chance, wrapping.plain(chance, file), other)
        if kind == "name":
            return wrapping.gzip_member(wrapping.plain(chance, file, chance.choice(wrapping.NAMES)))
        first, second = chance.choices(list(mutants.KINDS), k=2)
        try:
            file = mutants.KINDS[second](chance, mutants.KINDS[first](chance, file))
        except (ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError, struct.error, RecursionError):
            # What the first one left is no document any more.
            file = mutants.raw(chance, file)
        if chance.random() < 0.5:
            return wrapping.gzip_member(wrapping.plain(chance, file, chance.choice(wrapping.NAMES)))
        return wrapping.gzip_member(wrapping.odd_tar(chance, file, mutants.canonical(chance, other)))


class Dead(Exception):
    """A process that ended, or was ended, before it answered."""


class Process:
    """A process that answers requests, started again when it dies."""

    def __init__(self, command: list[str], memory: int = 0):
        self.command, self.memory, self.process = command, memory, None

    def start(self) -> subprocess.Popen:
        if self.process is None or self.process.poll() is not None:
            most = self.memory or resource.RLIM_INFINITY
            limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))  # noqa: E731
            self.errors = tempfile.TemporaryFile()
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, preexec_fn=limit)
        return self.process

    def ask(self, request: bytes, read):
        process = self.start()
        watch = threading.Timer(SECONDS, process.kill)
        watch.start()
        try:
            process.stdin.write(request)
            process.stdin.flush()
            return read(process.stdout)
        except (BrokenPipeError, EOFError):
            process.wait()
            self.errors.seek(0)
            said = self.errors.read()[-300:].decode(errors="replace").strip().replace("\n", " ")
            raise Dead(f"ended with {process.returncode}: {said}") from None
        finally:
            watch.cancel()


def exactly(stream, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError
    return data


class Own:
    """This project's reader."""

    def __init__(self, example: str):
        self.process = Process([example], READER_MEMORY)

    def ask(self, mutant: Mutant) -> dict:
        def read(stream):
            (size,) = struct.unpack("<I", exactly(stream, 4))
            return exactly(stream, size)

        head = struct.pack("<QQ", len(mutant.archive), mutant.index)
        line, _, body = self.process.ask(head + mutant.archive, read).partition(b"\n")
        answer = json.loads(line)
        values = 4 * answer.get("rows", 0) * answer.get("width", 0)
        answer["values"], margins = body[:values], body[values:]
        answer["margins"] = {}
        for image, refused in zip(IMAGES, answer["images"]):
            if refused is None:
                answer["margins"][image], margins = margins[: 4 * answer["rows"]], margins[4 * answer["rows"] :]
        return answer


class Xgboost:
    """One version of XGBoost."""

    def __init__(self, python: str, folder: str):
        self.process = Process([python, str(HERE / "worker.py"), folder])

    def ask(self, name: str, content: bytes, own: dict) -> dict:
        def read(stream):
            line = stream.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            answer = json.loads(line)
            if "shape" in answer:
                count = 4
                for size in answer["shape"]:
                    count *= size
                answer["margins"] = exactly(stream, count)
            return answer

        request = {"name": name, "file": len(content), "width": own["width"], "rows": own["rows"]}
        return self.process.ask(json.dumps(request).encode() + b"\n" + content + own["values"], read)


def by_python(archive: bytes) -> tuple[str, bytes]:
    """The only file, as Python's tarfile finds it."""
    files = []
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            if member.isreg():
                files.append((member.name, tar.extractfile(member).read()))
            elif not (member.isdir() and member.name in (".", "./")):
                raise ValueError(f"tarfile finds {member.name!r} of type {member.type!r}")
    # What tarfile does not read up to the end of, gzip does.
    gzip.decompress(archive)
    if len(files) != 1:
        raise ValueError(f"tarfile finds {len(files)} files")
    return files[0]


def by_gnu_tar(archive: bytes, scratch: str) -> tuple[str, bytes]:
    """The only file, as GNU tar unpacks it."""
    folder = tempfile.mkdtemp(dir=scratch)
    try:
        command = ["tar", "-xzf", "-", "--no-same-owner", "-C", folder]
        done = subprocess.run(command, input=archive, capture_output=True, timeout=SECONDS, env={**os.environ, "LC_ALL": "C"})
        if done.returncode != 0:
            raise ValueError(f"GNU tar: {done.stderr.decode(errors='replace').strip()[:200]}")
        found = [(where, name) for where, folders, files in os.walk(folder) for name in folders + files]
        if len(found) != 1 or not os.path.isfile(os.path.join(*found[0])) or os.path.islink(os.path.join(*found[0])):
            raise ValueError(f"GNU tar finds {len(found)} things")
        with open(os.path.join(*found[0]), "rb") as file:
            return found[0][1], file.read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Judge:
    """Asks everybody, and says what breaks the rule."""

    def __init__(self, options: argparse.Namespace):
        self.scratch = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.own = Own(options.example)
        self.alone = options.alone
        self.xgboosts = {} if self.alone else {version: Xgboost(f"{options.pythons}-{version}/bin/python", self.scratch) for version in [*SERVED_BY.values(), NEWEST]}

    def close(self) -> None:
        for one in [self.own, *self.xgboosts.values()]:
            if one.process.process is not None:
                one.process.process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def ask(self, mutant: Mutant) -> tuple[list[str], list[str]]:
        """The images that it is accepted for, and the breaks."""
        try:
            own = self.own.ask(mutant)
        except Dead as error:
            return [], [f"our reader {error}"]
        accepted = list(own["margins"])
        if self.alone or not accepted:
            return accepted, []
        try:
            name, content = by_python(mutant.archive)
        except Exception as error:  # noqa: BLE001: any failure is a break
            return accepted, [f"tarfile: {type(error).__name__}: {error}"]
        try:
            other_name, other = by_gnu_tar(mutant.archive, self.scratch)
        except Exception as error:  # noqa: BLE001
            return accepted, [f"{type(error).__name__}: {error}"]
        if os.path.basename(name) != other_name:
            return accepted, [f"tarfile names the file {name!r}, GNU tar {other_name!r}"]
        if content != other or hashlib.sha256(content).hexdigest() != own["file"]:
            return accepted, ["the readers of the archive see different bytes"]
        breaks = []
        for image in accepted:
            breaks += self.compare(SERVED_BY[image], f"image {image}", other_name, content, own, own["margins"][image], True)
        if "3.0" in accepted and not is_extreme(content):
            breaks += self.compare(NEWEST, "image 3.0", other_name, content, own, own["margins"]["3.0"], False)
        return accepted, breaks

    def compare(self, version: str, image: str, name: str, content: bytes, own: dict, margins: bytes, must_load: bool) -> list[str]:
        try:
            answer = self.xgboosts[version].ask(name, content, own)
        except Dead as error:
            return [f"accepted for {image}, but XGBoost {version} {error}"]
        if "refused" in answer:
            return [f"accepted for {image}, but XGBoost {version} refuses: {first_line(answer['refused'])}"] if must_load else []
        if len(answer["margins"]) != len(margins):
            return [f"accepted for {image}, but XGBoost {version} answers with shape {answer['shape']}"]
        ours, theirs = struct.iter_unpack("<I", margins), struct.iter_unpack("<I", answer["margins"])
        different = sum(mine != its and not (is_nan(mine[0]) and is_nan(its[0])) for mine, its in zip(ours, theirs))
        return [f"accepted for {image}, but XGBoost {version} differs in {different} of {own['rows']} margins"] if different else []


def is_extreme(model: bytes) -> bool:
    """Whether the base score is nearer to 0 or 1 than XGBoost 3.1 and later let it come, which the images' versions do."""
    score = re.search(rb"base_score\D{1,12}?(\d[\d.]*(?:E-?\d+)?)", model)
    return score is not None and not 1e-6 <= float(score[1]) <= 1 - 1e-6


def is_nan(bits: int) -> bool:
    return bits & 0x7FFFFFFF > 0x7F800000


def first_line(text: str) -> str:
    """XGBoost's own sentence, without the place in its source and the stack."""
    lines = [line.split("] ", 1)[-1].split(": ", 1)[-1] if ".cc:" in line or ".h:" in line else line for line in text.splitlines() if line.strip()]
    return lines[0][:160] if lines else ""


def play(arguments: tuple[argparse.Namespace, range]) -> tuple[dict, list]:
    options, indices = arguments
    resource.setrlimit(resource.RLIMIT_AS, (OWN_MEMORY, resource.RLIM_INFINITY))
    models, judge = seeds(), Judge(options)
    counts: dict[str, Counter] = defaultdict(Counter)
    breaks = []
    try:
        for index in indices:
            mutant = Mutant(options.seed, index, models)
            accepted, broken = judge.ask(mutant)
            count = counts[mutant.kind]
            count["mutants"] += 1
            count["accepted" if accepted else "refused"] += 1
            count.update(accepted)
            if broken:
                breaks.append((index, mutant.kind, mutant.seed, broken))
                count["breaks"] += 1
                keep(options, mutant, broken)
    finally:
        judge.close()
    return dict(counts), breaks


def keep(options: argparse.Namespace, mutant: Mutant, broken: list[str]) -> None:
    options.findings.mkdir(parents=True, exist_ok=True)
    stem = options.findings / f"{options.seed}-{mutant.index}"
    stem.with_suffix(".tar.gz").write_bytes(mutant.archive)
    stem.with_suffix(".txt").write_text("".join(f"{line}\n" for line in [f"{mutant.kind} of {mutant.seed}", *broken]))


def table(counts: dict[str, Counter]) -> str:
    total: Counter = Counter()
    lines = [f"{'kind':<10} {'mutants':>8} {'refused':>8} {'accepted':>8} {'for 1.7':>8} {'for 3.0':>8} {'breaks':>7}"]
    for kind, count in [*counts.items(), ("all", total)]:
        lines.append(f"{kind:<10} {count['mutants']:>8} {count['refused']:>8} {count['accepted']:>8} {count['1.7']:>8} {count['3.0']:>8} {count['breaks']:>7}")
        total.update(count)
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--example", default=str(ROOT / "target/debug/examples/differential"), help="this project's reader, built")
    parser.add_argument("--pythons", default=str(ROOT / ".tools/zoo"), help="environments with each XGBoost, without the version")
    parser.add_argument("--mutants", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=427)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--only", type=int, help="one mutant, and what is said of it")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--alone", action="store_true", help="only this project's reader")
    parser.add_argument("--findings", type=Path, default=ROOT / "target/differential-findings")
    options = parser.parse_args()
    if options.only is not None:
        options.first, options.mutants, options.jobs = options.only, 1, 1
    last = options.first + options.mutants
    parts = [(options, range(options.first + job, last, options.jobs)) for job in range(options.jobs)]
    if options.jobs == 1:
        played = [play(parts[0])]
    else:
        with ProcessPoolExecutor(options.jobs) as pool:
            played = list(pool.map(play, parts))
    counts = {kind: sum((found[kind] for found, _ in played if kind in found), Counter()) for kind in SHARES}
    breaks = sorted(found for _, part in played for found in part)
    print(table({kind: count for kind, count in counts.items() if count}))
    classes: dict[str, list] = defaultdict(list)
    for index, kind, seed, broken in breaks:
        classes[re.sub(r"\d+|'[^']*'", "N", broken[0])].append((index, kind, seed, broken))
    for alike in sorted(classes.values(), key=len, reverse=True)[:SHOWN]:
        index, kind, seed, broken = alike[0]
        print(f"{len(alike)} x, first mutant {index} ({kind} of {seed}): {'; '.join(broken)[:500]}")
    if len(classes) > SHOWN:
        print(f"... and {len(classes) - SHOWN} more kinds of break")
    if breaks:
        print(f"kept in {options.findings}; again with: scripts/fuzz-differential --seed {options.seed} --only {breaks[0][0]}")
    elif not options.alone and not any(count["accepted"] for count in counts.values()):
        print("nothing was accepted: nothing was compared")
        return 1
    return int(bool(breaks))


if __name__ == "__main__":
    sys.exit(main())
