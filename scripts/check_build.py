"""What scripts/sam-build left in .aws-sam/build: whether Lambda can start it, and whether it was made of what is on disk.

With --record, after the build: refuses a function that needs a newer glibc than Lambda has, and writes what the build was made of.
Without, before a deployment: refuses a build of another template or commit, and a function with another fleet.toml beside it.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

from lambda_programs import GLIBC, glibc

BUILD = pathlib.Path(".aws-sam/build")
RECORD = BUILD / "made-of.json"
# What the functions are compiled from. A commit of anything else, fleet.toml too, makes no other build.
SOURCES = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "functions", "shared"]
BESIDE = ("fleet.toml", "fleet.toml.sig")


def git(*arguments):
    """What git says; nothing where this is no repository."""
    try:
        run = subprocess.run(["git", *arguments], capture_output=True)
    except FileNotFoundError:
        return None
    return run.stdout if run.returncode == 0 else None


def digest(data):
    return None if data is None else hashlib.sha256(data).hexdigest()


def of_file(path):
    return digest(path.read_bytes()) if path.is_file() else None


def made_of():
    """What a build is made of, as it is on disk."""
    commit = git("log", "-1", "--format=%H", "--", *SOURCES)
    return {
        "template.yaml": of_file(pathlib.Path("template.yaml")),
        "commit": commit and commit.decode().strip(),
        "uncommitted changes": digest(git("diff", "HEAD", "--", *SOURCES)),
    }


def bootstraps():
    return sorted(BUILD.glob("*/bootstrap"))


def too_new():
    """The functions that Lambda could not start, and the way out."""
    for path in bootstraps():
        if (needed := glibc(path)) > GLIBC:
            yield (
                f"{path.parent.name} needs glibc 2.{needed}, and Lambda's provided.al2023 has 2.{GLIBC}: no call of it would start. "
                f"Build where `ldd --version` says 2.{GLIBC} or older, Amazon Linux 2023 for one, or link against an older one: "
                "CARGO_LAMBDA_COMPILER=cargo-zigbuild make sam-build"
            )


def another():
    """What of a build is not what is on disk."""
    if not bootstraps():
        yield f"{BUILD} has no functions"
        return
    if not RECORD.is_file():
        yield f"{RECORD} is missing: what the build was made of is not known"
        return
    built, here = json.loads(RECORD.read_text()), made_of()
    for name, own in here.items():
        if built.get(name) != own:
            yield f"{name}: the build is of {built.get(name) or 'none'}, and on disk is {own or 'none'}"
    for path in bootstraps():
        for name in BESIDE:
            if of_file(path.with_name(name)) != of_file(pathlib.Path(name)):
                yield f"{name}: the one beside {path.parent.name} is not the one on disk"


def main():
    record = "--record" in sys.argv
    if faults := list(too_new() if record else another()):
        for fault in faults:
            print(f"{'sam-build' if record else 'deploy'}: {fault}", file=sys.stderr)
        if not record:
            print("deploy: build again: make sam-build", file=sys.stderr)
        return 1
    if record:
        RECORD.write_text(json.dumps(made_of(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
