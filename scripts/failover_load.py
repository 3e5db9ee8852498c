"""What a survivor carries when all customers of another region come to it: the table of docs/routing.md.

Usual traffic as the functions reckon it (shared/domain/src/fleet/traffic.rs), instances by fleet.toml's requests_per_instance; of a
fleet without [scaling] only the traffic. With --check it compares the page with what it reckons of the fleet that Meridian is
delivered with.
"""

import datetime
import math
import pathlib
import re
import sys
import zoneinfo

from stack import REFERENCE, Fleet

PAGE = pathlib.Path("docs/routing.md")
BEGIN, END = "<!-- failover load -->\n```text\n", "```\n"
# A day of winter and one of summer: clocks move peaks against each other.
DAYS = [datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC), datetime.datetime(2026, 7, 20, tzinfo=datetime.UTC)]
# The reference night of the documentation: from the first canary until the last region has the release.
WAVE = range(3 * 60, 4 * 60 + 30)


def profile():
    """The share of the peak by hour of local time."""
    source = pathlib.Path("shared/domain/src/fleet/traffic.rs").read_text()
    shares = re.search(r"const PROFILE: \[f64; 24\] = \[([^\]]*)\]", source)
    return [float(share) for share in re.findall(r"[\d.]+", shares[1])]


def rate(region, shares, at):
    """Requests a second at a moment."""
    local = at.astimezone(zoneinfo.ZoneInfo(region["time_zone"]))
    part = local.minute / 60
    return region["peak_rps"] * (shares[local.hour] * (1 - part) + shares[(local.hour + 1) % 24] * part)


def floor(region, night, at):
    """The least number of instances that the region has at a moment."""
    if night is None:
        return region["instances"]
    clock = at.astimezone(zoneinfo.ZoneInfo(region["time_zone"])).strftime("%H:%M")
    begins, ends = night["from"], night["until"]
    by_night = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    return region.get("night_instances", region["instances"]) if by_night else region["instances"]


def table(policy):
    regions, scaling = policy["region"], policy.get("scaling", {})
    each, night = scaling.get("requests_per_instance"), scaling.get("night")
    shares = profile()
    wide = max([4, *(len(region["title"]) for region in regions)]) + 2
    lines = [f"{'lost':<{wide}}{'survivor':<{max(wide, 10)}}floor   any hour            in the night's wave"]
    for lost in regions:
        for survivor in regions:
            if survivor is lost:
                continue
            line = f"{lost['title']:<{wide}}{survivor['title']:<{max(wide, 10)}}{survivor['instances']:>5}"
            for minutes in (range(24 * 60), WAVE):
                times = [day + datetime.timedelta(minutes=minute) for day in DAYS for minute in minutes]
                loads = [(rate(lost, shares, at) + rate(survivor, shares, at), floor(survivor, night, at)) for at in times]
                load = max(load for load, _ in loads)
                line += f"   {load:>4.0f}/s"
                if each:
                    short = " short" if any(math.ceil(load / each) > least for load, least in loads) else ""
                    line += f"  {math.ceil(load / each)} needed{short:<6}"
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def main():
    own = table(Fleet.chosen().policy)
    if "--check" not in sys.argv:
        print(own, end="")
        return 0
    page, reckoned = PAGE.read_text(), table(Fleet(REFERENCE).policy)
    quoted = page.partition(BEGIN)[2].partition(END)[0]
    if quoted != reckoned:
        print(f"failover-load: {PAGE} does not show what is reckoned now:\n{reckoned}", file=sys.stderr)
        return 1
    print(f"failover-load: {PAGE} shows what is reckoned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
