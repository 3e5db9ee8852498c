"""Asks the local world and public emulators the same things, and says where they differ.

usage: compare.py --place JSON --logs FOLDER

JSON says where the world's door is, its clock, account, buckets, topic and package group (tests/tests/emulators.rs). Every
difference must stand in disagreements.toml beside this script, with who is right and why, and everything there must still
be a difference. Prints a table and the counts; exits 1 where the two lists are not the same.
"""

import argparse
import json
import sys
import tomllib
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from servers import Server, emulator
import steps_codepipeline  # noqa: F401, these add their steps
import steps_composite  # noqa: F401
import steps_events  # noqa: F401
import steps_sagemaker  # noqa: F401
import steps_scaling  # noqa: F401
from steps import STEPS

KNOWN = Path(__file__).parent / "disagreements.toml"


def said(answer: dict) -> str:
    """An answer as the list has it."""
    return json.dumps(answer, sort_keys=True, ensure_ascii=False)


def ask_all(server: Server) -> dict:
    """Every step that is for this server, in order."""
    mine = [step for step in STEPS if server.name == "world" or server.name in step.emulators]
    return {step.name: said(step.answer(server)) for step in mine}


def compare(place: dict, logs: Path) -> tuple[Counter, list[dict]]:
    """What was compared, and every difference."""
    own = Server("world", place["endpoint"], place)
    made = own.made()
    world = ask_all(own)
    counts, differences = Counter(), []
    for name in ("ministack", "moto"):
        with emulator(name, logs / f"{name}.log") as server:
            server.make(made)
            theirs = ask_all(server)
        for step in STEPS:
            if name not in step.emulators:
                continue
            same = world[step.name] == theirs[step.name]
            counts[step.service, name, same] += 1
            print(f"{'same' if same else 'OTHER':6} {name:10} {step.name}")
            if not same:
                differences.append({"step": step.name, "emulator": name, "world": world[step.name], "theirs": theirs[step.name]})
    return counts, differences


def judge(differences: list[dict]) -> list[str]:
    """How the differences differ from those that are known."""
    with KNOWN.open("rb") as file:
        known = {(own["step"], own["emulator"]): own for own in tomllib.load(file)["disagreement"]}
    problems = []
    for found in differences:
        own = known.pop((found["step"], found["emulator"]), None)
        place = f"{found['step']} in {found['emulator']}"
        if own is None:
            problems.append(f"{place} is new: the world says {found['world']}, {found['emulator']} {found['theirs']}")
        elif (own["world"], own["theirs"]) != (found["world"], found["theirs"]):
            problems.append(f"{place} has changed: the world says {found['world']}, {found['emulator']} {found['theirs']}")
        elif own["right"] not in ("world", "emulator", "both", "unknown") or not own["why"]:
            problems.append(f"{place}: not said who is right and why")
    problems.extend(f"{step} in {name} is no difference any more" for step, name in known)
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", required=True, type=json.loads)
    parser.add_argument("--logs", required=True, type=Path)
    arguments = parser.parse_args()
    counts, differences = compare(arguments.place, arguments.logs.resolve())
    print(f"moto {version('moto')}, ministack {version('ministack')}, boto3 {version('boto3')}")
    for service, name in sorted({(service, name) for service, name, _ in counts}):
        same, other = counts[service, name, True], counts[service, name, False]
        print(f"{service:14} {name:10} {same + other:3} steps: {same} the same, {other} known to differ")
    problems = judge(differences)
    for problem in problems:
        print(f"DISAGREEMENT {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
