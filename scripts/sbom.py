"""Writes an SBOM to standard output: CycloneDX 1.5 of what an archive's binaries are linked from, with licences, checksums and who
needs whom. The time in it is SOURCE_DATE_EPOCH, so that the same commit gives the same document.

The features are the workspace's, taken together, as both `make build` and `sam build` compile them.

usage: scripts/sbom.py NAME VERSION TARGET BINARY=FILE...
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import urllib.parse
import uuid

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def said(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def sha256(path):
    with open(path, "rb") as file:
        return [{"alg": "SHA-256", "content": hashlib.file_digest(file, "sha256").hexdigest()}]


class Graph:
    """The packages and their normal dependencies, as Cargo.lock, one target and the workspace's features choose them: neither what only
    builds nor what only tests. A package is known by its name and version."""

    def __init__(self, target):
        command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
        known = json.loads(said(*command))["packages"]
        self.packages = {(package["name"], package["version"]): package for package in known}
        lock = tomllib.loads(pathlib.Path("Cargo.lock").read_text())
        self.checksums = {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}
        self.needs = {}
        # cargo metadata also lists what an optional feature would need that nobody has switched on; cargo tree does not.
        command = ["cargo", "tree", "--locked", "--workspace", "--edges", "normal", "--target", target]
        above = []
        for line in filter(None, said(*command, "--prefix", "depth", "--format", "|{p}").splitlines()):
            depth, name, version = re.match(r"(\d+)\|(\S+) v(\S+)", line).groups()
            above[int(depth):] = [(name, version)]
            self.needs.setdefault(above[-1], set())
            if len(above) > 1:
                self.needs[above[-2]].add(above[-1])

    def _is_macro(self, package):
        return any("proc-macro" in target["kind"] for target in self.packages[package]["targets"])

    def reached(self, roots, macros):
        """The packages that the roots need, with macros or without these and what only they need."""
        found, waiting = set(), list(roots)
        while waiting:
            package = waiting.pop()
            if package not in found and (macros or not self._is_macro(package)):
                found.add(package)
                waiting.extend(self.needs[package])
        return found

    def url(self, package):
        """The package URL. The workspace's own packages are on no registry: there, another one may have the name."""
        own = self.packages[package]
        if own["source"] not in (None, CRATES_IO):
            sys.exit(f"sbom: {own['name']} is from {own['source']}: its package URL is not known here")
        kind = "generic" if own["source"] is None else "cargo"
        return f"pkg:{kind}/{own['name']}@{urllib.parse.quote(own['version'], safe='')}"

    def component(self, package, linked):
        own = self.packages[package]
        if not own["license"]:
            sys.exit(f"sbom: {own['name']} {own['version']} names no licence")
        component = {
            "type": "library",
            "bom-ref": self.url(package),
            "name": own["name"],
            "version": own["version"],
            # A macro runs in the compiler; it is not in the binary.
            "scope": "required" if linked else "excluded",
            # Before there were SPDX expressions, crates wrote "MIT/Apache-2.0".
            "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", own["license"])}],
            "purl": self.url(package),
        }
        if checksum := self.checksums.get(package):
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return component


def document(name, version, target, binaries):
    graph = Graph(target)
    roots = {(binary, version): file for binary, file in binaries.items()}
    linked, packages = (graph.reached(roots, macros) for macros in (False, True))
    components = {package: graph.component(package, package in linked) for package in packages}
    for package, file in roots.items():
        components[package] |= {"type": "application", "hashes": sha256(file)}
    dependencies = {graph.url(package): sorted(map(graph.url, graph.needs[package])) for package in packages}
    archive = f"pkg:generic/{name}-{target}@{version}"
    dependencies[archive] = sorted(map(graph.url, roots))
    made = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.UTC)
    built = {"target": target, "compiler": said("rustc", "--version").strip(), "Cargo.lock": sha256("Cargo.lock")[0]["content"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "scripts/sbom.py", "version": version}]},
            "component": {"type": "application", "bom-ref": archive, "name": name, "version": version, "purl": archive},
            "properties": [{"name": f"meridian:{key}", "value": value} for key, value in built.items()],
        },
        "components": sorted(components.values(), key=lambda component: component["bom-ref"]),
        "dependencies": [{"ref": ref, "dependsOn": dependencies[ref]} for ref in sorted(dependencies)],
    }


def main(name, version, target, *binaries):
    made = document(name, version, target, dict(binary.split("=", 1) for binary in binaries))
    # The number of a document is to be its own; the same document has the same.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(made, sort_keys=True))
    json.dump(made | {"serialNumber": f"urn:uuid:{number}"}, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
