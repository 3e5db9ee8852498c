#!/usr/bin/env bash
# A platform engineer has another account, other regions and no Rust toolchain, and wants to know what a bad night would be like.
source "$(dirname "$0")/lib.sh"
cd "$desk" || exit 1
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

types meridian --version
ends 0
says "rustc 1."
for shell in bash zsh fish; do
    types meridian completions $shell
    ends 0
    says "meridian"
done

# P-256, as openssl pkey -pubout writes it; its private half was thrown away.
cat > training.pub.pem << 'KEY'
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECiQvkLn8xlAhPyMEHpY8RPBTaGPu
TsiEJ5wP1JznpCLdFo9zTHbezHWaRgoaMRGlCLioyJG7cWRQVakl4TWUhw==
-----END PUBLIC KEY-----
KEY
types meridian init --name credit
ends 2
says "give --account, --region, --public-key"
types meridian init --name credit --account 999999999999 --public-key training.pub.pem --region us-east-1=400 --region eu-central-1=150
ends 0
says "fleet.toml"
says "meridian night --fleet"
[[ -f samconfig.toml ]] || complain "wrote no samconfig.toml"
types meridian init --name credit --account 999999999999 --public-key training.pub.pem --region us-east-1=400
ends 2
says "fleet.toml is there already"

for night in good-night frozen; do
    types meridian night --fleet fleet.toml --scenario $night
    ends 0
    says_not "sa-east-1"
    says_not "Sao Paulo"
done
types meridian plan
says "EUC1"
types meridian cost
ends 0
says "US dollars"
says_not "a price is missing"
# What is not in the table of prices is left out and asked for, with the lines to fill in; the rest is told.
sed 's/ml\.m6i\.xlarge/ml.c7g.xlarge/' fleet.toml > other.toml
types meridian cost --policy other.toml
ends 0
says "? a price is missing"
says "price.hosting: none in eu-central-1 for ml.c7g.xlarge"
says "[[price]]"

# An account that nobody has logged in to.
types meridian doctor
ends 2
says "AWS_PROFILE"

exit $wrong
