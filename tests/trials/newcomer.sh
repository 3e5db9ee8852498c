#!/usr/bin/env bash
# A newcomer has read the README and writes a night of their own, with the mistakes that everybody makes.
source "$(dirname "$0")/lib.sh"
cd "$desk" || exit 1

types meridian night --list
ends 0
says "tokyo-dark"
types meridian night --scenario tokyo-drak
ends 2
says "did you mean tokyo-dark?"

# The example of the page is a night.
sed -n '/^```toml/,/^```/p' "$root/local/scenarios/README.md" | sed '1d;/^```/,$d' > from-the-page.toml
types meridian night --scenario from-the-page.toml
ends 0

cp "$root/local/scenarios/good-night.toml" own.toml
printf '\n[[behaviour]]\nrelease = "v427"\nerrors_5xx = 5\n' >> own.toml
types meridian night --scenario own.toml
ends 2
says "behaviour.errors_5xx = 5: a share between 0 and 1"

cp "$root/local/scenarios/good-night.toml" own.toml
printf '\n[[behaviour]]\nrelease = "v472"\nerrors_5xx = 0.05\n' >> own.toml
types meridian night --scenario own.toml
ends 2
says "release v472 is neither published nor v426; did you mean v427?"

cp "$root/local/scenarios/good-night.toml" own.toml
printf '\n[[fault]]\nregion = "ap-northeast-2"\nkind = "dark"\nfrom = "03:47"\nuntil = "04:00"\n' >> own.toml
types meridian night --scenario own.toml
ends 2
says "region ap-northeast-2 is not in the fleet; did you mean ap-northeast-1?"

# Nothing but the night itself is left behind.
rm ./*.toml
types meridian night --scenario bad-eval
ends 0
[[ -z $(ls -A) ]] || complain "left behind: $(ls -A | tr '\n' ' ')"

exit $wrong
