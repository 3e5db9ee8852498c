# What a trial is made of: commands as a person types them, and what that person looks for. Sourced by each trial.
set -uo pipefail
: "${MERIDIAN:?the program that is tried}"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
desk=$(mktemp -d)
wrong=0
trap 'jobs -p | xargs -r kill 2> /dev/null; rm -rf "$desk"' EXIT
# Keys that open nothing: a served night asks for some.
export AWS_ACCESS_KEY_ID=NOTAREALKEY AWS_SECRET_ACCESS_KEY=not-a-secret

meridian() { "$MERIDIAN" "$@"; }

# A night stands still at a time and answers as AWS; with a pace it goes on from there, so many seconds in one.
night_at() { # scenario HH:MM [--pace N]
    # The night before has ended before its words are gone: else its address would be read as this one's.
    jobs -p | xargs -r kill 2> /dev/null
    wait 2> /dev/null
    : > "$desk/told"
    # Not by the function above: that would be a shell of its own, which dies without its night.
    "$MERIDIAN" night --serve --scenario "$1" --at "${@:2}" --out "$desk/night" > "$desk/told" 2>&1 &
    until url=$(grep -om1 'http://[^ ]* in ' "$desk/told") && [[ -n $url ]]; do
        kill -0 $! 2> /dev/null || { cat "$desk/told"; exit 1; }
        sleep 0.1
    done
    export AWS_ENDPOINT_URL=${url% in }
}

types() { # command...
    typed="$*"
    said=$("$@" 2>&1)
    code=$?
}

complain() {
    printf '$ %s\n' "$typed"
    sed 's/^/    /' <<< "$said"
    printf '  --> %s\n\n' "$1"
    wrong=1
}

ends() { # exit code
    [[ $code == "$1" ]] || complain "ended with $code, not with $1"
}

# Lines are broken where the terminal ends: words are looked for as if they were one line.
says() { # words
    [[ $(tr -s ' \n' ' ' <<< "$said") == *"$1"* ]] || complain "does not say: $1"
}

says_not() { # words
    [[ $(tr -s ' \n' ' ' <<< "$said") != *"$1"* ]] || complain "should not say: $1"
}

# The widest line, as a terminal counts.
fits() { # columns
    local widest
    widest=$(LC_ALL=C.UTF-8 awk '{ if (length($0) > widest) widest = length($0) } END { print widest + 0 }' <<< "$said")
    ((widest <= $1)) || complain "is $widest columns wide, not $1"
}
