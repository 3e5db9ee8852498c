//! A region's facts, judged.

use super::account;
use super::answer::answered;
use super::bucket;
use super::facts::RegionFacts;
use super::findings::Finding;
use super::services;
use super::watch;
use meridian_aws::inspect::{ModelFacts, Said};
use meridian_domain::{EndpointStatus, EndpointView, Fleet, Region, RegionHistory};
use meridian_messages::doctor::{Bytes, Check, Command, Endpoint, Ledger, Mend, Model, Neighbour, RunbookPart};

/// Two instances stand in two zones.
const FLOOR: u32 = 2;

/// Everything about one region. `clock` is false where its services' clock is not this machine's to compare.
pub fn judge(fleet: &Fleet, region: &Region, facts: &RegionFacts, clock: bool) -> Vec<Finding> {
    let mut findings = vec![services::judge(facts)];
    findings.extend(bucket::judge(region, facts));
    findings.push(watch::topic(facts, fleet.topic_arn(&region.name)));
    findings.extend(watch::alarms(fleet, facts));
    findings.push(endpoint(fleet, facts));
    findings.push(ledger(facts));
    findings.push(neighbours(facts));
    findings.push(bytes(facts));
    findings.push(model(region, facts));
    findings.extend(account::judge(fleet, region, facts));
    findings.push(watch::clock(facts, clock));
    findings
}

fn endpoint(fleet: &Fleet, facts: &RegionFacts) -> Finding {
    let absent = Endpoint::Absent { name: fleet.endpoint.clone() };
    match &facts.endpoint {
        Said::Absent => Finding::warning(Check::Endpoint, absent, Mend::NextWave),
        said => answered(Check::Endpoint, said, absent, Mend::NextWave, |view| serving(view, &facts.ledger)),
    }
}

fn serving(view: &EndpointView, ledger: &Said<RegionHistory>) -> Finding {
    let (check, config) = (Check::Endpoint, view.config.clone());
    if view.status == EndpointStatus::Updating {
        return Finding::warning(check, Endpoint::Updating { config }, Mend::UpdateEnds);
    }
    if view.status != EndpointStatus::InService {
        let found = Endpoint::NotInService { status: view.status, config };
        return Finding::wrong(check, found, Mend::Read(RunbookPart::EndpointStatus));
    }
    let Said::Is(history) = ledger else { return Finding::unknown(check, Endpoint::Unconfirmed { config }) };
    let known = history.serving.as_ref().map(|serving| &serving.target.config);
    if known != Some(&config) {
        let found = Endpoint::OtherThanLedger { config, ledger: known.cloned() };
        return Finding::wrong(check, found, Mend::Read(RunbookPart::ForeignChange));
    }
    match view.instances.map(std::num::NonZeroU32::get) {
        Some(instances) if instances < FLOOR => {
            Finding::wrong(check, Endpoint::TooFewInstances { instances }, Mend::RaiseFloor)
        }
        Some(instances) => Finding::fine(check, Endpoint::InService { config, instances }),
        None => Finding::unknown(check, Endpoint::Uncounted),
    }
}

fn ledger(facts: &RegionFacts) -> Finding {
    let (check, runbook) = (Check::Ledger, Mend::Read(RunbookPart::Start));
    answered(check, &facts.ledger, Ledger::Absent, runbook.clone(), |history| match (&history.halt, &history.unknown) {
        (Some(why), _) => Finding::warning(check, Ledger::Halted(why.clone()), Mend::Run(Command::LiftHalt)),
        (None, Some(unknown)) => {
            let found = Ledger::Unknown { since: unknown.since, why: unknown.why.clone() };
            Finding::wrong(check, found, runbook)
        }
        (None, None) => Finding::fine(check, Ledger::Whole),
    })
}

/// What this region saw in its neighbour's chains stands there still.
fn neighbours(facts: &RegionFacts) -> Finding {
    let check = Check::Neighbour;
    answered(check, &facts.neighbours, Neighbour::Absent, Mend::CompareEntries, |gone| match gone.first() {
        None => Finding::fine(check, Neighbour::AsSeen),
        Some((chain, kept, departure)) => {
            let found = Neighbour::Departed { chain: chain.clone(), kept: *kept, departure: *departure };
            Finding::wrong(check, found, Mend::CompareEntries)
        }
    })
}

fn bytes(facts: &RegionFacts) -> Finding {
    match &facts.endpoint {
        Said::Absent => Finding::fine(Check::Bytes, Bytes::NothingServes),
        _ => answered(Check::Bytes, &facts.bytes, Bytes::Absent, Mend::CopyBytes, |()| {
            Finding::fine(Check::Bytes, Bytes::Own)
        }),
    }
}

fn model(region: &Region, facts: &RegionFacts) -> Finding {
    match (&facts.endpoint, &facts.model) {
        (Said::Absent, _) => Finding::fine(Check::Model, Model::NothingServes),
        (_, said) => answered(Check::Model, said, Model::Absent, Mend::PublishRelease, |own| own_only(region, own)),
    }
}

/// An instance that starts fetches both again: what another region holds is gone with that region.
fn own_only(region: &Region, own: &ModelFacts) -> Finding {
    let check = Check::Model;
    let registry = format!("{}.dkr.ecr.{}.amazonaws.com/", region.account, region.name);
    let bucket = format!("s3://{}/", region.bucket);
    let foreign = |all: &[String], home: &str| all.iter().find(|own| !own.starts_with(home)).cloned();
    if own.images.is_empty() || own.archives.is_empty() {
        return Finding::unknown(check, Model::Unnamed);
    }
    if let Some(image) = foreign(&own.images, &registry) {
        return Finding::wrong(check, Model::ForeignImage { image, registry }, Mend::PublishRelease);
    }
    if let Some(archive) = foreign(&own.archives, &bucket) {
        return Finding::wrong(check, Model::ForeignArchive { archive, bucket }, Mend::PublishRelease);
    }
    Finding::fine(check, Model::Own)
}
