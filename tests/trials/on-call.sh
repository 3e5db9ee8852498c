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

# Brazil shows the fault too: the command that the page gives rolls it back, and how it went is on record a few minutes later.
if [[ -e $root/.tools/wire/.done ]]; then
    night_at rerun-bad 04:52 --pace 20
    types meridian status
    says "v427 is condemned, and EU, AU and BR still serve v427"
    back=$(grep -o 'aws sagemaker update-endpoint --region sa-east-1 .*' <<< "$said")
    read -ra back <<< "$back"
    AWS_MAX_ATTEMPTS=1 HOME=$desk types "$root/.tools/wire/bin/${back[0]}" "${back[@]:1}"
    ends 0
    says "arn:aws:sagemaker:sa-east-1:"
    # It takes its five or six minutes, a third of a minute here.
    for ((asked = 0; asked < 60; asked++)); do
        types meridian history --region BR --since 1h
        [[ $said != *"rolled back from v427"* ]] || break
        sleep 1
    done
    says "BR rolled back from v427 to v426"
    says "somebody rolled it back by hand, or rollback could not write there"
    types meridian status
    ends 1
    says "v427 is condemned, and EU and AU still serve v427"
    says "BR has been halted since"
    says "somebody rolled it back by hand"
    says "meridian lift --region BR"
    says "BR v426 2026-11-20 0"
    says "not on record InService"
    says "next: nothing starts in any region until the halt of BR is lifted"
    says_not "update-endpoint --region sa-east-1"
    types meridian history --region BR
    ends 0
    says "BR sa-east-1 v426 v426 fraud-v426-"
    says "at the latest: who rolled the region back is not on record"
    types meridian lift --region BR --who maria --why "rolled back by hand: it showed the fault"
    ends 0
    types meridian history --region BR --since 1h
    says "maria lifts the halt: rolled back by hand: it showed the fault"
    types meridian status
    says_not "BR has been halted"
else
    echo "the on-call trial: no AWS CLI to type with; scripts/wire-tools says why" >> "${MERIDIAN_SKIPS:-/dev/stderr}"
fi

# What happened in between is told without knowing which minute to ask for.
night_at update-rollback-failed 04:28
types meridian history --region JP
ends 0
says "last interrupted: v427 had a canary from 2026-11-20 03:45:10 to 04:10:01 UTC; the serving release was unknown from 04:06:00 UTC"
types meridian history --region JP --at 2026-11-20T04:07Z
says "UNKNOWN: v426 or v427, or both: the serving release was unknown"
says "afterwards, 04:10:01: rolled back from v427 to v426"

# While it is unknown what answers, "since" is when that began; before that two releases are named, and after that the proved one.
night_at update-rollback-failed 04:05
types meridian status
ends 0
says "JP v426 or v427 - - RollingBack"
says_not "serving release unknown"
night_at update-rollback-failed 04:07
types meridian status
ends 1
says "JP: serving release unknown since 04:06:00 UTC -> docs/runbooks/update-rollback-failed.md"
says "JP unknown 2026-11-20 04:06:00 - Updating"
says "JP: rolling back to v426"
types meridian history --region JP
ends 0
says "unknown since 04:06:00: its endpoint is UpdateRollbackFailed, and instances of two releases may answer"
night_at update-rollback-failed 04:11
types meridian status
ends 0
says "Nothing needs you."
says "JP v426 2026-11-19 02:59:00 installation InService"
says "JP: last interrupted: v427 had a canary from 2026-11-20 03:45:10 to 04:10:01 UTC; the serving release was unknown from 04:06:00 UTC"
says_not "serving release unknown since"

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

# A person runs the release again in the morning: the region that gets it is named, by that wave, and nobody is needed.
night_at tokyo-rerun 09:03
types meridian status
says "wave of v427 (79bcc0cc-b74c-46c3-bdea-f9f8e483123f): in progress"
says "next: v427 goes on to JP"
says_not "new execution"
night_at tokyo-rerun 09:10
types meridian status
ends 0
says "Nothing needs you."
says "JP v426 and v427 2026-11-20 09:08:44 wave 79bcc0cc Updating"
says "JP: canary of v427 with 33 % of the traffic, SageMaker's timer ends 09:17:44 UTC"
night_at tokyo-rerun 09:30
types meridian status
ends 0
says "JP v427 2026-11-20 09:18:50 wave 79bcc0cc InService"
says "wave of v427 (79bcc0cc-b74c-46c3-bdea-f9f8e483123f): ended 09:28:58 UTC, every region promoted"
says_not "JP is deferred"

# A region that policy freezes stays as it is, with the freeze and its end; nobody is needed.
frozen='BR is frozen by "brazil-year-end" until 2027-01-01 03:00 UTC'
night_at frozen 03:30
types meridian status
ends 0
says "Nothing needs you."
says "in progress"
says "next: v427 goes on to JP next: $frozen"
says "nothing starts there before that"
night_at frozen 04:10
types meridian status
ends 0
says "Nothing needs you."
says "ended 04:05:21 UTC without BR"
says "BR v426 2026-12-17 02:59:00 installation InService"
says "next: $frozen"
says "it can get v427 with a new execution after that"
says_not "open pages"

# Who judges the canary is silent: it is a canary until the guardrail says no; then the region is back, and halted.
night_at judge-dies 03:10
types meridian status
ends 0
says "EU: canary of v427 with 50 % of the traffic, SageMaker's timer ends 03:16:19 UTC"
night_at judge-dies 03:14
types meridian status
ends 1
says "One thing needs you."
says "EU has been halted since 03:12:10 UTC: EU rolled back from v427 to v426: the guardrail rolled it back while the judge heartbeat was missing"
says "find out why; then meridian lift --region EU"
says "EU v426 2026-11-19 02:59:00 installation InService"
types meridian history --region EU
says "last interrupted: v427 had a canary from 2026-11-20 03:03:19 to 03:12:10 UTC"
# Its execution failed at 03:29: before home's next sweep the ledgers do not say that, and neither does the screen say that it goes on.
night_at judge-dies 03:30
types meridian status
ends 1
says "its end is not on record, nothing has been heard of it since 03:05:21 UTC, and its lease ran out at 03:15:21 UTC"
says "docs/runbook.md#the-pipeline"
says_not "in progress"
says_not "v427 goes on"
night_at judge-dies 04:00
types meridian status
ends 1
says "One thing needs you."
# Home has gone on by itself, and that came to nothing too: its end is on record, and people were told.
says "ended 03:58:50 UTC without EU, AU, JP and BR"
says "next: EU, AU, JP and BR can get v427 with a new execution"
says_not "v427 goes on"
types meridian lift --region EU --who maria --why "promote answers again"
ends 0
types meridian status
ends 0
says "Nothing needs you."
says_not "halted"

# A rejected release goes nowhere, and its wave is not said to go on.
night_at bad-eval 03:10
types meridian status
ends 0
says "evaluation rejected v429"
says "v429 is rejected EU 2026-11-20 03:0"
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

# A region whose soak is over serves: since its traffic moved, by its wave; the next one is in its turn.
night_at good-night 03:26
types meridian status
ends 0
says "EU v427 2026-11-20 03:17:25 wave 0dd5f4b8 Updating"
says "EU: v427 soaks: the old instances are still there"
night_at good-night 03:28
types meridian status
ends 0
says "Nothing needs you."
says "EU v427 2026-11-20 03:17:25 wave 0dd5f4b8 InService OK"
says "AU: canary of v427 with 50 % of the traffic, SageMaker's timer ends 03:35:30 UTC"
says "next: v427 goes on to JP, then BR"
says_not "soaks"

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
