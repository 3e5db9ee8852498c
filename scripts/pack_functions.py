"""Lays out what `sam deploy` needs, and no toolchain: template.yaml with every CodeUri on a folder, samconfig.toml, fleet.toml, and
in functions/<name>/ each program with the policy beside it. With a VERSION every such folder also as a zip beside OUT.

The programs are those that scripts/sam-build left, or target/release's where it has not run; or BINARIES', by their names. Programs
that Lambda could not start are refused, unless an emulator starts them --here. Prints the processor that they are for.

usage: scripts/pack_functions.py OUT [--zips VERSION] [--binaries BINARIES] [--here]
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import time
import zipfile

from lambda_programs import GLIBC, glibc, machine
from stack import Fleet

BUILT = pathlib.Path(".aws-sam/build")
RELEASE = pathlib.Path("target/release")
BOOTSTRAP, POLICY, SIGNATURE = "bootstrap", "fleet.toml", "fleet.toml.sig"
FUNCTION = re.compile(r"^  (\w+):\n    Type: AWS::Serverless::Function\n(.*?)^    Properties:\n", re.M | re.S)
GLOBAL_CODE = re.compile(r"^    # One cargo workspace:.*\n    CodeUri: \.\n", re.M)


def refuse(words):
    sys.exit(f"dist: {words}")


def packed_template(template):
    """The template with a folder for every function and nothing to build; and the functions: binary -> logical name."""
    functions = {}

    def packed(match):
        logical, head = match[1], match[2]
        binary = re.search(r"^        Binary: (\S+)$", head, re.M)[1]
        functions[binary] = logical
        head = head.replace("BuildMethod: rust-cargolambda", "SkipBuild: true")
        properties = f"    Properties:\n      CodeUri: functions/{binary}\n"
        return f"  {logical}:\n    Type: AWS::Serverless::Function\n{head}{properties}"

    template = FUNCTION.sub(packed, template)
    template, found = GLOBAL_CODE.subn("", template)
    packages = sorted(path.parent.name for path in pathlib.Path("functions").glob("*/Cargo.toml"))
    if found != 1 or "rust-cargolambda" in template or sorted(functions) != packages:
        refuse(f"template.yaml is not written as scripts/pack_functions.py expects it: {sorted(functions)} of {packages}")
    return template, functions


def programs(functions, binaries):
    """Where each program lies: binary -> path."""
    if not binaries:
        built = {binary: BUILT / logical / BOOTSTRAP for binary, logical in functions.items()}
        if all(path.is_file() for path in built.values()):
            return built
        print("dist: sam-build has not run: the functions are target/release's", file=sys.stderr)
    found = {binary: (binaries or RELEASE) / binary for binary in functions}
    if missing := [str(path) for path in found.values() if not path.is_file()]:
        refuse(f"no {', '.join(missing)}: make build")
    return found


def startable(path, here):
    """The processor that a program is for, where Lambda can start it; or this machine, if it is started here."""
    kind = machine(path)
    if kind is None:
        refuse(f"{path} is no program for Lambda's processors")
    if not here and (needed := glibc(path)) > GLIBC:
        refuse(f"{path} needs glibc 2.{needed}, and Lambda has 2.{GLIBC}: make sam-build")
    return kind


def wanted(template, fleet):
    """The processors that samconfig.toml's environments ask for."""
    default = re.search(r"^  Architecture:\n    Type: String\n    Default: (\w+)$", template, re.M)[1]
    return {own.get("Architecture", default) for own in fleet.deployed.values()}


def write_zip(path, folder):
    """The same bytes for the same files: no owner, and the time that everything else here has."""
    made = max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800)  # 1980, before which there is no time in a zip
    with zipfile.ZipFile(path, "w") as archive:
        for name in (BOOTSTRAP, POLICY, SIGNATURE):
            if not (folder / name).is_file():
                continue  # the policy need not be signed
            entry = zipfile.ZipInfo(name, time.gmtime(made)[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if name == BOOTSTRAP else 0o100644) << 16
            archive.writestr(entry, (folder / name).read_bytes())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--zips")
    arguments.add_argument("--binaries", type=pathlib.Path)
    arguments.add_argument("--here", action="store_true")
    given = arguments.parse_args()

    template, functions = packed_template(pathlib.Path("template.yaml").read_text())
    found = programs(functions, given.binaries)
    kinds = {startable(path, given.here) for path in found.values()}
    fleet = Fleet.chosen()
    asked = wanted(template, fleet)
    if kinds != asked or len(kinds) != 1:
        refuse(f"the functions are built for {', '.join(sorted(kinds))}, and samconfig.toml asks for {', '.join(sorted(asked))}")
    (kind,) = kinds

    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "template.yaml").write_text(template)
    for name in ("samconfig.toml", POLICY):
        shutil.copyfile(fleet.folder / name, given.out / name)
    for name in ("LICENSE", "CHANGELOG.md", "outside.yaml"):
        shutil.copyfile(name, given.out / name)
    for binary, path in sorted(found.items()):
        folder = given.out / "functions" / binary
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / BOOTSTRAP)
        os.chmod(folder / BOOTSTRAP, 0o755)
        for path in (fleet.folder / POLICY, fleet.folder / SIGNATURE):
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
        if given.zips:
            write_zip(given.out.parent / f"meridian-{binary}-{given.zips}-{kind}.zip", folder)
    print(kind)


if __name__ == "__main__":
    main()
