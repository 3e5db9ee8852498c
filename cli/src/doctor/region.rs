//! A region's facts, judged.

use super::account;
use super::facts::RegionFacts;
use super::findings::Finding;
use super::policy::Denials;
use super::services;
use meridian_aws::inspect::{AlarmFacts, BucketFacts, ModelFacts, Said, TopicFacts, endpoint_alarms};
use meridian_domain::{EndpointStatus, EndpointView, Fleet, Region, RegionHistory, alarms};
use meridian_messages::Voice;
use meridian_messages::ledger::departed;

/// Two instances stand in two zones.
const FLOOR: u32 = 2;
/// A signature older than five minutes is refused; a clock that is this far off is on its way there.
const LARGEST_SKEW: i64 = 2;
/// What mends a model: one is never changed.
const ANOTHER: &str = "publish a release: promote makes its model of the region's own image and archive";

/// Everything about one region. `clock` is false where its services' clock is not this machine's to compare.
pub fn judge(fleet: &Fleet, region: &Region, facts: &RegionFacts, clock: bool) -> Vec<Finding> {
    let deploy = deploy(region);
    let mut findings = vec![services::judge(region, facts)];
    findings.extend(bucket(region, facts, &deploy));
    let topic = fleet.topic_arn(&region.name);
    findings
        .push(answered("topic", &facts.topic, &topic, &as_made(&deploy, "OnCall"), |own| pages(own, &topic, &deploy)));
    findings.extend(watched(fleet, facts, &deploy));
    findings.push(endpoint(fleet, facts));
    findings.push(ledger(Voice::of(fleet), region, facts));
    findings.push(neighbours(facts));
    findings.push(bytes(facts));
    findings.push(model(fleet, region, facts));
    findings.extend(account::judge(fleet, region, facts, &deploy));
    findings.push(skew(facts, clock));
    findings.into_iter().map(|finding| finding.at(&region.title)).collect()
}

/// What makes a region's stack as the template has it.
pub fn deploy(region: &Region) -> String {
    format!("sam deploy --config-env {}", region.title.to_lowercase())
}

/// The same, of one property.
pub fn as_made(deploy: &str, property: &str) -> String {
    format!("{deploy}, with {property} as template.yaml has it")
}

/// A check by what a service said; `there` judges what is there.
pub fn answered<T>(
    check: &'static str,
    said: &Said<T>,
    of: &str,
    mend: &str,
    there: impl FnOnce(&T) -> Finding,
) -> Finding {
    match said {
        Said::Is(value) => there(value),
        Said::Absent => Finding::wrong(check, format!("there is none: {of}"), mend),
        Said::NotModelled => Finding::not_checked(check, "not simulated"),
        Said::Silent(error) => Finding::unknown(check, error.to_string()),
        Said::Unknown(why) => Finding::unknown(check, why.to_string()),
    }
}

fn bucket(region: &Region, facts: &RegionFacts, deploy: &str) -> Vec<Finding> {
    let (own, name) = (&facts.bucket, region.bucket.to_string());
    let mend = |property: &str| as_made(deploy, &format!("Releases.{property}"));
    let is = |check, said: &Said<bool>, fine: &str, wrong: &str, mend: String| {
        answered(check, said, &format!("{wrong} ({name})"), &mend, |good| {
            if *good { Finding::fine(check, fine) } else { Finding::wrong(check, format!("{wrong} ({name})"), &mend) }
        })
    };
    let denials = own.policy.clone().map(|policy| Denials::of(&policy));
    let tls = denials.clone().map(|own| own.plain_http());
    let kms = "it does not encrypt with KMS";
    let http = "its policy does not refuse plain HTTP";
    let events = "EventBridge notifications are disabled";
    vec![
        versions(own, &name, deploy),
        is("encryption", &own.kms, "with KMS", kms, mend("BucketEncryption")),
        closed(own, &name, &mend("PublicAccessBlockConfiguration")),
        is("TLS only", &tls, "plain HTTP is refused", http, as_made(deploy, "ReleasesPolicy")),
        no_deletes(&denials, &name, deploy),
        no_overwrites(&denials, &name, deploy),
        writers(&denials, &name, deploy),
        protection(&denials, &name, deploy),
        is("events", &own.events, "they go to EventBridge", events, mend("NotificationConfiguration")),
    ]
}

/// What a ledger says stays said, and bytes that a region may roll back to stay there (I2).
fn no_deletes(denials: &Said<Denials>, name: &str, deploy: &str) -> Finding {
    let mend = as_made(deploy, "ReleasesPolicy (NothingIsDeleted)");
    let none = format!("it has no policy, so its objects can be deleted ({name})");
    answered("deletes", denials, &none, &mend, |own| match own.way_to_delete(name) {
        None => Finding::fine("deletes", "refused to everybody, of all that the fleet keeps"),
        Some((action, prefix)) => {
            let what = format!("its policy does not refuse {action} under {prefix} to everybody ({name})");
            Finding::wrong("deletes", what, &mend)
        }
    })
}

fn no_overwrites(denials: &Said<Denials>, name: &str, deploy: &str) -> Finding {
    let mend = as_made(deploy, "ReleasesPolicy (NothingIsOverwritten)");
    let none = format!("it has no policy, so its objects can be overwritten ({name})");
    answered("overwrites", denials, &none, &mend, |own| match own.way_to_overwrite(name) {
        None => Finding::fine("overwrites", "refused to everybody, of ledger, releases and held-out records"),
        Some(prefix) => {
            let what = format!("its policy does not deny everybody overwriting under {prefix} ({name})");
            Finding::wrong("overwrites", what, &mend)
        }
    })
}

/// A role that may write whatever it likes, by its own policies, still creates no release and says nothing in a ledger's name.
fn writers(denials: &Said<Denials>, name: &str, deploy: &str) -> Finding {
    let mend = as_made(deploy, "ReleasesPolicy (the statements ...OnlyBy...)");
    let none = format!("it has no policy, so every role with a matching IAM policy may write there ({name})");
    answered("writers", denials, &none, &mend, |own| match own.way_to_write(name) {
        None => Finding::fine("writers", "named by its policy, for each prefix"),
        Some(prefix) => {
            let what = format!("its policy does not restrict who may write under {prefix} ({name})");
            Finding::wrong("writers", what, &mend)
        }
    })
}

/// What protects a bucket protects nothing while anybody may take it away.
fn protection(denials: &Said<Denials>, name: &str, deploy: &str) -> Finding {
    let mend = as_made(deploy, "ReleasesPolicy (ProtectionOnlyByDeployers)");
    let none = format!("it has no policy, so any administrator may remove its protection ({name})");
    answered("protection", denials, &none, &mend, |own| match own.way_to_unprotect(name) {
        None => Finding::fine("protection", "only who deploys changes policy, lifecycle, replication and versioning"),
        Some(action) => {
            let what = format!("its policy does not refuse {action} to all but the deployer ({name})");
            Finding::wrong("protection", what, &mend)
        }
    })
}

fn versions(own: &BucketFacts, name: &str, deploy: &str) -> Finding {
    let none = format!("this account has no bucket {name} in this region");
    answered("bucket", &own.versioning, &none, deploy, |status| {
        if status == "Enabled" {
            return Finding::fine("bucket", "there, this account's, and versioned");
        }
        let status = if status.is_empty() { "off" } else { status };
        let what = format!("it keeps no versions: versioning is {status} ({name})");
        Finding::wrong("bucket", what, as_made(deploy, "Releases.VersioningConfiguration"))
    })
}

fn closed(own: &BucketFacts, name: &str, mend: &str) -> Finding {
    let none = format!("{name} has no public access block");
    answered("public access", &own.public, &none, mend, |public| match public.off.as_slice() {
        [] => Finding::fine("public access", "blocked"),
        off => Finding::wrong("public access", format!("{name} may be made public: {} off", off.join(", ")), mend),
    })
}

fn pages(topic: &TopicFacts, arn: &str, deploy: &str) -> Finding {
    let mend = as_made(deploy, "OnCall.KmsMasterKeyId");
    match &topic.key {
        None => Finding::wrong("topic", "it is not encrypted: it has no key", mend),
        // Its policy is AWS's own and names no service.
        Some(key) if key.ends_with("alias/aws/sns") => {
            Finding::wrong("topic", format!("CloudWatch may not use {key}: no alarm pages anybody"), mend)
        }
        Some(_) => heard(topic, arn, deploy),
    }
}

/// Whether anybody hears what is paged.
fn heard(topic: &TopicFacts, arn: &str, deploy: &str) -> Finding {
    let subscribe = format!("{deploy}, with OnCallEmail among its parameter_overrides; or subscribe somebody to {arn}");
    match (topic.confirmed, topic.pending.unwrap_or_default()) {
        (None, _) => Finding::unknown("topic", "its number of subscribers is unknown"),
        (Some(0), 0) => Finding::wrong("topic", "no subscriber: pages reach nobody", subscribe),
        (Some(0), pending) => {
            let what = format!("pages reach nobody: {pending} subscriptions pending, none confirmed");
            Finding::wrong("topic", what, format!("follow the link in the mail from SNS; or {subscribe}"))
        }
        (Some(confirmed), _) => Finding::fine("topic", format!("{confirmed} confirmed subscribers")),
    }
}

fn watched(fleet: &Fleet, facts: &RegionFacts, deploy: &str) -> Vec<Finding> {
    let judge = &fleet.judge;
    // SageMaker's latencies are in microseconds.
    let bounds = [judge.latency_bound.as_secs_f64() * 1e6, judge.max_4xx, judge.max_5xx];
    let names = endpoint_alarms(fleet.name.as_str());
    let (composite, client_errors) = (alarms::composite_name(fleet), alarms::client_errors_name(fleet));
    let mut findings: Vec<Finding> = names
        .iter()
        .zip(bounds)
        .map(|(name, bound)| {
            answered("alarm", &facts.watch.alarms, name, deploy, |all| match find(all, name) {
                None => Finding::wrong("alarm", format!("there is no alarm {name}"), deploy),
                Some(own) if own.threshold.is_none_or(|threshold| (threshold - bound).abs() > bound * 1e-9) => {
                    let shown = own.threshold.unwrap_or_default();
                    Finding::wrong("alarm", format!("{name}: threshold {shown}, and fleet.toml says {bound}"), deploy)
                }
                Some(own) if *name == client_errors && own.state == "ALARM" => {
                    let what = format!(
                        "{name} is in ALARM: rollback compares the releases, and rolls back if the new one is worse"
                    );
                    Finding::warning("alarm", what, "docs/runbook.md")
                }
                Some(own) => quiet(own, format!("{name}: threshold {bound}")),
            })
        })
        .collect();
    findings.push(answered("rollback alarm", &facts.watch.alarms, &composite, deploy, |all| {
        let Some(own) = find(all, &composite) else {
            let what = format!("there is no composite alarm {composite}: rollback is not invoked");
            return Finding::wrong("rollback alarm", what, deploy);
        };
        let rule = own.rule.as_deref().unwrap_or_default();
        let (mut looked_at, rule_names) = (names.iter().filter(|name| **name != client_errors), rule);
        match looked_at.find(|name| !rule_names.contains(name.as_str())) {
            Some(name) => Finding::wrong("rollback alarm", format!("{composite} does not include {name}"), deploy),
            None => Finding { check: "rollback alarm", ..quiet(own, format!("{composite} includes latency and 5xx")) },
        }
    }));
    findings
}

fn find<'a>(all: &'a [AlarmFacts], name: &str) -> Option<&'a AlarmFacts> {
    all.iter().find(|alarm| alarm.name == name)
}

fn quiet(alarm: &AlarmFacts, fine: String) -> Finding {
    if alarm.state == "ALARM" {
        return Finding::wrong("alarm", format!("{} is in ALARM: no region starts", alarm.name), "docs/runbook.md");
    }
    Finding::fine("alarm", fine)
}

fn endpoint(fleet: &Fleet, facts: &RegionFacts) -> Finding {
    let name = fleet.endpoint.as_str();
    match &facts.endpoint {
        Said::Absent => Finding::warning("endpoint", format!("there is no {name} yet"), "the next wave creates it"),
        said => answered("endpoint", said, name, "", |view| serving(view, &facts.ledger)),
    }
}

fn serving(view: &EndpointView, ledger: &Said<RegionHistory>) -> Finding {
    let (status, config) = (format!("{:?}", view.status), &view.config);
    if view.status == EndpointStatus::Updating {
        return Finding::warning(
            "endpoint",
            format!("an update is in progress, from {config}"),
            "wait until it has ended",
        );
    }
    if view.status != EndpointStatus::InService {
        let mend = "docs/runbook.md, by its status";
        return Finding::wrong("endpoint", format!("{status}, not InService, on {config}"), mend);
    }
    let known = match ledger {
        Said::Is(history) => history.serving.as_ref().map(|serving| &serving.target.config),
        _ => {
            return Finding::unknown("endpoint", format!("on {config}, and the ledger cannot confirm it"));
        }
    };
    if known != Some(config) {
        let ledger = known.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let what = format!("it serves {config}, and the region's ledger says {ledger}");
        return Finding::wrong("endpoint", what, "docs/runbook.md: who changed it, and what serves");
    }
    match view.instances.map(std::num::NonZeroU32::get) {
        Some(count) if count < FLOOR => {
            let what = format!("{count} instance serves: one zone's failure stops the region");
            Finding::wrong("endpoint", what, "raise the scaling target's MinCapacity to 2")
        }
        Some(count) => Finding::fine("endpoint", format!("InService on {config}, {count} instances")),
        None => Finding::unknown("endpoint", "the number of instances is unknown"),
    }
}

fn ledger(voice: Voice<'_>, region: &Region, facts: &RegionFacts) -> Finding {
    answered("ledger", &facts.ledger, "the chain", "docs/runbook.md", |history| {
        match (&history.halt, &history.unknown) {
            (Some(why), _) => {
                let mend = format!("meridian lift --region {} --who ... --why ...", region.name);
                Finding::warning("ledger", format!("halted: {}", voice.why(why)), mend)
            }
            (None, Some(unknown)) => Finding::wrong(
                "ledger",
                format!("its state is unknown since {}: {}", unknown.since, voice.fault(&unknown.why)),
                "docs/runbook.md",
            ),
            (None, None) => Finding::fine("ledger", "every entry follows from the one before"),
        }
    })
}

/// What this region saw in its neighbour's chains stands there still.
fn neighbours(facts: &RegionFacts) -> Finding {
    let check = "neighbour";
    let mend = "meridian history, then docs/runbook.md: compare the entries with the bucket's object versions";
    answered(check, &facts.neighbours, "the neighbour's ledger", mend, |gone| match gone.first() {
        None => Finding::fine(check, "the next region's ledger has the entries that were seen here"),
        Some((chain, kept, departure)) => {
            Finding::wrong(check, format!("chain {chain} {}", departed(*departure, kept)), mend)
        }
    })
}

fn bytes(facts: &RegionFacts) -> Finding {
    match &facts.endpoint {
        Said::Absent => Finding::fine("bytes", "nothing serves yet"),
        _ => answered(
            "bytes",
            &facts.bytes,
            "the manifest or the archive of what serves, in this region's own bucket",
            "copy them from another region's bucket: instances fetch them again when they scale out",
            |()| Finding::fine("bytes", "the region's own bucket has what serves"),
        ),
    }
}

fn model(fleet: &Fleet, region: &Region, facts: &RegionFacts) -> Finding {
    match (&facts.endpoint, &facts.model) {
        (Said::Absent, _) => Finding::fine("model", "nothing serves yet"),
        (_, said) => answered("model", said, "the model of what serves", ANOTHER, |own| own_only(fleet, region, own)),
    }
}

/// An instance that starts fetches both again: what another region holds is gone with that region.
fn own_only(fleet: &Fleet, region: &Region, own: &ModelFacts) -> Finding {
    let registry = format!("{}.dkr.ecr.{}.amazonaws.com/", fleet.account, region.name);
    let bucket = format!("s3://{}/", region.bucket);
    let foreign = |all: &[String], home: &str| all.iter().find(|own| !own.starts_with(home)).cloned();
    if own.images.is_empty() || own.archives.is_empty() {
        return Finding::unknown("model", "the source of its image and archive is unknown");
    }
    match (foreign(&own.images, &registry), foreign(&own.archives, &bucket)) {
        (Some(image), _) => {
            Finding::wrong("model", format!("its instances fetch {image}, which is not in {registry}"), ANOTHER)
        }
        (_, Some(archive)) => {
            Finding::wrong("model", format!("its instances fetch {archive}, which is not in {bucket}"), ANOTHER)
        }
        _ => Finding::fine("model", "image and archive are fetched from the region itself"),
    }
}

fn skew(facts: &RegionFacts, clock: bool) -> Finding {
    match facts.watch.skew {
        _ if !clock => Finding::not_checked("clock", "not AWS's endpoint: it has its own clock"),
        None => Finding::unknown("clock", "clock unavailable"),
        Some(skew) if skew.as_secs().abs() > LARGEST_SKEW => {
            let what = format!("this machine's clock is {} s off", skew.as_secs().abs());
            Finding::warning("clock", what, "set it by NTP: AWS refuses signatures that are five minutes off")
        }
        Some(_) => Finding::fine("clock", "as this machine's, to two seconds"),
    }
}
