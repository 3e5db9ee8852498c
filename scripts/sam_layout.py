"""What `sam build` would leave behind, out of binaries that are built already: .aws-sam/local/template.json and a folder with
a `bootstrap` for every function. The binaries lie in the folder that is given, by their names.

The functions are template.yaml's own (runtime, handler, memory, time limit, environment); only where their code lies is
another, that the reference fleet lies beside it, and that the local world's address can be handed to them by `sam local --env-vars`.
"""

import json
import os
import pathlib
import shutil
import sys

from samcli.yamlhelper import yaml_parse

OUT = pathlib.Path(".aws-sam/local")
# The fleet of the nights, whatever the programs are built with.
FLEET = pathlib.Path("local/fleets/reference/fleet.toml")
# SAM only overrides variables that a template names.
WORLD = {"AWS_ENDPOINT_URL": "", "MERIDIAN_CLOCK_URL": ""}
# The token in the fixtures of events/front is this one's: the function does not start where nobody may ask.
CALLERS = "fixtures=ce6f21ae951df0ba38d6ce0e0175465bf5e9882edcf2ba677bca63b296f17ce7"


def main(binaries):
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    shared = template["Globals"]["Function"]
    shared["Environment"]["Variables"] |= WORLD
    # Where they would be sent after a failure is nothing that sam local knows.
    shared.pop("EventInvokeConfig", None)
    functions = {
        name: function
        for name, function in template["Resources"].items()
        if function["Type"] == "AWS::Serverless::Function"
    }
    for name, function in functions.items():
        binary = function.pop("Metadata")["BuildProperties"]["Binary"]
        folder = OUT / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(binaries / binary, folder / "bootstrap")
        os.chmod(folder / "bootstrap", 0o755)
        shutil.copyfile(FLEET, folder / "fleet.toml")
        function["Properties"]["CodeUri"] = name
        function["Properties"].pop("Events", None)
        function.pop("Condition", None)
        function.pop("IgnoreGlobals", None)
        own = function["Properties"].get("Environment", {}).get("Variables", {})
        if "MERIDIAN_CALLERS" in own:
            own["MERIDIAN_CALLERS"] = CALLERS
    # Of the rest only what the functions name is kept, for SAM to find it.
    template["Resources"] = functions
    template.pop("Outputs", None)
    (OUT / "template.json").write_text(json.dumps(template, indent=2))
    print(json.dumps({name: function["Properties"]["CodeUri"] for name, function in functions.items()}))


main(pathlib.Path(sys.argv[1]))
