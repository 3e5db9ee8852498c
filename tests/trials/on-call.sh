#!/usr/bin/env bash
# Somebody is paged, knows nothing yet, and types what the page and the runbook say.
source "$(dirname "$0")/lib.sh"
cd "$root/local/fleets/reference" || exit 1

# A rerun found v427 bad in JP; EU, AU and BR had taken it in the night.
night_at rerun-bad 05:40
types meridian status
ends 1
says "v427 is condemned, and EU, AU and BR still serve v427"
says "docs/runbooks/model-fault.md"
says_not "never saw"
says "aws sagemaker update-endpoint --region sa-east-1 --endpoint-name fraud --endpoint-config-name fraud-v426-"
types meridian history --region BR
says "CONDEMNED"

# What happened in between is told without knowing which minute to ask for.
night_at update-rollback-failed 04:28
types meridian history --region JP
ends 0
says "last interrupted: v427 had a canary from 2026-11-20 03:45:10"
says "the serving release was unknown from 04:"

# The night's clock counts, not the machine's; what is unknown is not called fine.
night_at tokyo-dark 03:47
types meridian status
ends 1
says "fraud on 2026-11-20 03:47:"
says "JP's endpoint cannot be seen"
types meridian history --region JP --since 2h
ends 0
says "03:44:10"
types meridian override freeze --for 3d --who maria --why "a fix must go out"
ends 0
says "until 2026-11-23T03:47"

# A region that was left behind and answers again needs nobody at night, and its page is not forgotten.
night_at tokyo-dark 04:29
types meridian status
ends 0
says "Nothing needs you."
says "JP is deferred"
says "next: JP can get v427 with a new execution"

# What was known of JP when it was deferred is not told as if it were so now.
types meridian history --region JP
says "JP's control plane had not answered since 03:47:"
says "its state was unknown then"

# A rejected release goes nowhere, and its wave is not said to go on.
night_at bad-eval 03:10
types meridian status
ends 0
says "evaluation rejected v429"
says "next: the next release that is published starts a wave"
says_not "v429 goes on"
says_not "in progress"

# What did not arrive as it was published is listed with where to read on: it was refused, and needs nobody at night.
night_at unsigned-release 03:35
types meridian status
ends 0
says "Nothing needs you."
says "is not signed by a trusted key EU 2026-11-20 03:0"
says "docs/runbook.md#put-a-release-in-quarantine"
night_at lost-replica 03:10
types meridian status
ends 0
says "replication to fraud-models-jp failed JP 2026-11-20 03:00:0"
says "docs/runbooks/stuck-replication.md"

# The page of a wave that stopped is listed while its region is not on the release.
night_at planes-dark 04:27
types meridian status
says "JP is not on v427 JP 2026-11-20 03:51:31"

# What policy leaves to people is not called fine.
night_at slow-burn 06:20
types meridian status
ends 1
says "v427 is worse than the days before, and policy leaves the rollback to people"
says "docs/runbook.md (Roll a region back by hand), region ap-northeast-1"

# A bad release that was rolled back everywhere needs nobody at night; a region that its own alarm rolled back does.
night_at bad-model 05:00
types meridian status
ends 0
says "Nothing needs you."
says "condemned: v428"
night_at late-alarm 05:00
types meridian status
ends 1
says "meridian lift --region AU"

# May I sleep?
night_at good-night 04:25
types meridian status
ends 0
says "Nothing needs you."
says "every region promoted"
fits 110
types meridian halt --region AU --who maria --why "incident 4711" --dry-run
ends 0
says "would be written: the fleet is halted"
# A dry run says what the command would do, and fails where that would.
types meridian lift --region AU --who maria --why "the link is back" --dry-run
ends 2
says "nothing is halted"
types meridian quarantine v999 --who maria --why "trained on leaked labels" --dry-run
ends 2
says "0 releases"
types meridian override freeze --for 30d --who maria --why "agreed" --dry-run
ends 2
says "an override lasts at most"
# The canary that brought the release is told without knowing when it was.
types meridian history --region JP
ends 0
says "its canary 03:"
types meridian halt --region AU --who maria --why "incident 4711" --json
ends 0
says '"changed": true'
types meridian status
ends 1
says "meridian lift --region AU"
types meridian halt --region AU --who maria --why "incident 4712" --dry-run
ends 0
says "there is nothing to write: the fleet was halted already"
types meridian lift --region AU --who maria --why "the link is back"
ends 0
types meridian status
ends 0

# What is over is said once, when every region serves.
types meridian night --scenario unknown-next-night --out "$desk/next"
ends 0
says "all-clear: every region serves v430"

exit $wrong
