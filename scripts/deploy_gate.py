"""What `make deploy` asks the fleet itself, with the command line of target/release.

deploy_gate.py wave                    refuses while a wave is under way: new functions would cut it
deploy_gate.py look REGION FILE        keeps what a region's stack is made of, in FILE.yaml and FILE.parameters, and what the doctor
                                       finds wrong there, in FILE.json; nothing where there is no stack
deploy_gate.py compare REGION FILE     refuses where it finds more than that
"""

import json
import os
import pathlib
import subprocess
import sys
import time

MERIDIAN = pathlib.Path("target/release/meridian")
# Seconds that a region's new functions may take until the doctor finds nothing new: the sweeps write once in five minutes.
PATIENCE = float(os.environ.get("MERIDIAN_DEPLOY_PATIENCE", "360"))
PAUSE = 30


def asked(*arguments):
    """What a command says in JSON; its own words where it says none."""
    if not MERIDIAN.is_file():
        sys.exit(f"deploy: {MERIDIAN} is missing, and so nobody asks the fleet: make build")
    run = subprocess.run([MERIDIAN, *arguments, "--json", "--quiet"], capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        sys.exit(f"deploy: meridian {arguments[0]} says: {run.stderr.strip() or run.stdout.strip()}")


def wave():
    """Nothing to do where one is under way but to wait for its end."""
    own = asked("status")["wave"]
    if own and not (own["ended"] or own["unheard"] or own["stopped"]):
        sys.exit(f"deploy: the wave of {own['version']} is under way ({own['execution']}): wait for its end")


def stack(region):
    """A region's template, as it was deployed, and its parameters; none where it has no stack."""
    from botocore.exceptions import ClientError
    from stack import Fleet

    fleet = Fleet(".")
    name = next(own.parameters["AWS::StackName"] for own in fleet.stacks if own.region == region)
    cloudformation = fleet.client("cloudformation", region)
    try:
        parameters = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Parameters", [])
        template = cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    except ClientError as error:
        if "does not exist" not in str(error):
            sys.exit(f"deploy: what {region}'s stack is made of is not known: {error}")
        return None
    # JSON is YAML.
    return template if isinstance(template, str) else json.dumps(template), parameters


def override(parameter):
    """A parameter as `sam deploy --parameter-overrides` takes it."""
    value = parameter["ParameterValue"].replace("\\", "\\\\").replace('"', '\\"')
    return f'{parameter["ParameterKey"]}="{value}"'


def look(region, file):
    if not (had := stack(region)):
        return
    template, parameters = had
    pathlib.Path(f"{file}.yaml").write_text(template)
    pathlib.Path(f"{file}.parameters").write_text("".join(override(own) + "\0" for own in parameters))
    pathlib.Path(f"{file}.json").write_text(json.dumps(wrong(region)))


def wrong(region):
    """What the doctor finds wrong in a region, by check and by what it says."""
    found = (own for own in asked("doctor")["findings"] if own["place"] == region and own["outcome"] == "wrong")
    return {f"{own['check']}: {own['what']}": own.get("mend") for own in found}


def compare(region, before):
    """Red where a deployment made something wrong that was not."""
    began = time.monotonic()
    while more := {what: mend for what, mend in wrong(region).items() if what not in before}:
        if time.monotonic() - began > PATIENCE:
            lines = "".join(f"\n  {what}" + (f"\n    mend: {mend}" if mend else "") for what, mend in more.items())
            sys.exit(
                f"deploy: in {region} this is wrong now and was not before; no further region is deployed, and this one goes back to "
                f"what it had:{lines}\n"
                "Regions that were deployed before it keep the new functions: mend it and deploy all of them, or check the last good "
                "commit out, make sam-build, and deploy those again."
            )
        time.sleep(PAUSE)


def main():
    match sys.argv[1:]:
        case ["wave"]:
            wave()
        case ["look", region, file]:
            look(region, file)
        case ["compare", region, file]:
            compare(region, json.loads(pathlib.Path(f"{file}.json").read_text()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
