"""What `make deploy` asks the fleet itself, with the command line of target/release.

deploy_gate.py wave                    refuses while a wave is under way: new functions would cut it
deploy_gate.py deployed REGION         whether a region has its stack: yes or no
deploy_gate.py look REGION FILE        writes down what the doctor finds wrong in a region
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


def deployed(region):
    import boto3  # comes with the SAM CLI; only this question needs it
    from botocore.exceptions import ClientError
    from stack import Fleet

    name = next(own.parameters["AWS::StackName"] for own in Fleet(".").stacks if own.region == region)
    try:
        boto3.client("cloudformation", region_name=region).describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" not in str(error):
            sys.exit(f"deploy: whether {region} has its stack is not known: {error}")
        return False
    return True


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
                f"deploy: in {region} this is wrong now and was not before; no further region is deployed:{lines}\n"
                "Mend it and go on with the regions that are left (make deploy ENV=...), or check the last good commit out, "
                "make sam-build, and deploy this region again."
            )
        time.sleep(PAUSE)


def main():
    match sys.argv[1:]:
        case ["wave"]:
            wave()
        case ["deployed", region]:
            print("yes" if deployed(region) else "no")
        case ["look", region, file]:
            pathlib.Path(file).write_text(json.dumps(wrong(region)))
        case ["compare", region, file]:
            compare(region, json.loads(pathlib.Path(file).read_text()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
