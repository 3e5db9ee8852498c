//! What training and the people on call do in a night.

use super::error::NightError;
use super::features::features;
use super::machine::Machine;
use super::scenario::{
    AnswerName, Approve, Deploy, Failover, Hand, ImageName, MoveHome, Publish, Rerun, Restore, Scenario, SetAside,
    SignedBy,
};
use super::site::Site;
use super::story::{Line, Narrator};
use super::{hand, keys as keys_of_nights, models, setup};
use crate::direct::DirectPorts;
use crate::engine::{SharedWorld, lock};
use crate::host::in_process::{Actor, beside};
use bytes::Bytes;
use jiff::Timestamp;
use meridian_domain::signing::Statement;
use meridian_domain::{
    AnswerError, AnswerForm, Fleet, Image, Manifest, Provenance, ReasonsForm, ReleaseId, Sha256, Version, keys,
};
use meridian_handlers::adapters::identity::Identity;
use meridian_handlers::context::Context;
use meridian_handlers::failover::{self, FailedBack, Look};
use meridian_handlers::holdout::{self, Approval};
use meridian_handlers::home;
use meridian_handlers::operator_commands;
use meridian_handlers::ports::{Artifacts, ErrorKind};
use meridian_handlers::publish::{Prepared, PublishSpec, prepare, publish};
use meridian_handlers::replication::start_execution;
use meridian_handlers::signing::{self, Signer};
use meridian_messages::Voice;
use meridian_messages::ledger::Tone;
use meridian_messages::operator::{FailoverStands, HomeHandedOver, HomeTakenOver};
use std::sync::Arc;

/// What somebody outside works with: the world, and the machine that runs functions while a command of theirs waits.
pub(super) struct Hands<'a> {
    pub world: &'a SharedWorld,
    pub machine: &'a mut Machine,
}

impl Hands<'_> {
    fn work<T, F: Future<Output = T>>(&mut self, act: impl FnOnce(Actor) -> F) -> Result<T, NightError> {
        beside(self.world, act, |until| self.machine.run_watched(until, |_| {}))
    }
}

/// Something that is done from outside.
pub(super) struct ScriptedAction<'a> {
    /// When it is done, in virtual time.
    pub at: Timestamp,
    pub what: Kind<'a>,
}

/// What is done.
pub(super) enum Kind<'a> {
    Publish(&'a Publish),
    Approve(&'a Approve),
    Rerun(&'a Rerun),
    SetAside(&'a SetAside),
    Hand(&'a Hand),
    Failover(&'a Failover),
    MoveHome(&'a MoveHome),
    Restore(&'a Restore, Timestamp),
    /// What the functions are deployed with.
    Deploy(&'a Deploy, Site),
}

/// Everything that is done in a night, in order of time.
///
/// # Errors
/// A deployment of a policy that is wrong.
pub(super) fn scripted_actions<'a>(scenario: &'a Scenario, site: &Site) -> Result<Vec<ScriptedAction<'a>>, NightError> {
    let at = |moment: crate::world::Moment| moment.after(scenario.start);
    let publish =
        scenario.publish.iter().map(|publish| ScriptedAction { at: at(publish.at), what: Kind::Publish(publish) });
    let approvals =
        scenario.approve.iter().map(|approve| ScriptedAction { at: at(approve.at), what: Kind::Approve(approve) });
    let reruns = scenario.rerun.iter().map(|rerun| ScriptedAction { at: at(rerun.at), what: Kind::Rerun(rerun) });
    let overrides = scenario.overrides.iter().map(|own| ScriptedAction { at: at(own.at), what: Kind::SetAside(own) });
    let hands = scenario.hand.iter().map(|own| ScriptedAction { at: at(own.at), what: Kind::Hand(own) });
    let moved = scenario.failover.iter().map(|own| ScriptedAction { at: at(own.at), what: Kind::Failover(own) });
    let home = scenario.move_home.iter().map(|own| ScriptedAction { at: at(own.at), what: Kind::MoveHome(own) });
    let restored =
        scenario.restore.iter().map(|own| ScriptedAction { at: at(own.at), what: Kind::Restore(own, at(own.to)) });
    let mut scripted_actions = Vec::new();
    for own in &scenario.deploy {
        let what = Kind::Deploy(own, site.redeployed(scenario, &own.policy)?);
        scripted_actions.push(ScriptedAction { at: at(own.at), what });
    }
    let others =
        publish.chain(approvals).chain(reruns).chain(overrides).chain(hands).chain(moved).chain(home).chain(restored);
    scripted_actions.extend(others);
    scripted_actions.sort_by_key(|action| action.at);
    Ok(scripted_actions)
}

impl ScriptedAction<'_> {
    /// Does it, and says so; nothing where the world does.
    pub fn done(
        &self,
        hands: &mut Hands<'_>,
        site: &Site,
        narrator: &mut Narrator,
    ) -> Result<Option<Line>, NightError> {
        let fleet = &site.fleet;
        let text = match &self.what {
            Kind::Publish(spec) => training(hands, fleet, spec, narrator)?,
            Kind::Approve(own) => approve_holdout(hands, fleet, own)?,
            Kind::Rerun(rerun) => start_again(hands, site, rerun, narrator)?,
            Kind::SetAside(own) => override_rule(hands, fleet, own)?,
            Kind::Hand(own) => hand::called(hands.world, fleet, own)?,
            Kind::Failover(own) => move_customers(hands, fleet, own)?,
            Kind::MoveHome(own) => hand_home_over(hands, site, own)?,
            Kind::Restore(own, to) => {
                // The world tells it itself.
                lock(hands.world).restore_bucket(&own.region, *to);
                return Ok(None);
            }
            Kind::Deploy(..) => "a person deploys the functions with another fleet.toml".to_owned(),
        };
        let place = match &self.what {
            Kind::Hand(own) => &own.region,
            Kind::Failover(own) => &own.from,
            Kind::MoveHome(own) => &own.from,
            Kind::Deploy(own, _) => &own.region,
            _ => &fleet.home,
        };
        Ok(Some(Line { at: self.at, place: fleet.title(place).to_owned(), text, tone: Tone::Plain }))
    }
}

/// Training's last step: `meridian publish`.
fn training(
    hands: &mut Hands<'_>,
    fleet: &Arc<Fleet>,
    spec: &Publish,
    narrator: &mut Narrator,
) -> Result<String, NightError> {
    let (archive, claimed) = (spec.model.archive(), spec.created);
    let kilobytes = archive.len() / 1000;
    let signed = spec.signed;
    let job = format!("fraud-{}", spec.version).parse()?;
    let spec = PublishSpec {
        version: spec.version.clone(),
        archive,
        features: features(),
        feature_files: spec.feature_files.iter().map(|name| feature_file(&spec.version, name)).collect(),
        operating_threshold: models::OPERATING_THRESHOLD,
        answer: answer(spec.answer)?,
        image: container(hands.world, spec)?,
        provenance: Provenance { training_job: Some(job), ..Provenance::default() },
    };
    let version = spec.version.clone();
    let created = claimed.unwrap_or_else(|| lock(hands.world).now());
    let release = hands.work(|actor| {
        let (ports, fleet) = (DirectPorts::of(actor, fleet.clone()), fleet.clone());
        async move { release(&ports, &fleet, created, spec, signed).await }
    });
    let release: ReleaseId = settled(release, || format!("publish {version}"))?;
    narrator.meet(release, version.as_str());
    let dated = claimed.map_or_else(String::new, |at| format!(", dated {}", at.strftime("%Y-%m-%d")));
    let who = match signed {
        SignedBy::Training => "training publishes",
        SignedBy::Stranger => "somebody with another key than training's publishes",
        SignedBy::Nobody => "somebody without a key publishes",
    };
    Ok(format!("{who} {version} ({kilobytes} kB): release {}{dated}", release.short()))
}

/// A file of a release's feature pipeline.
fn feature_file(version: &Version, name: &str) -> (String, Bytes) {
    (name.to_owned(), format!("{{\"release\": \"{version}\"}}\n").into())
}

/// What a release's container answers.
fn answer(name: AnswerName) -> Result<AnswerForm, NightError> {
    let wrong = |error: AnswerError| NightError::Data(error.to_string());
    match name {
        AnswerName::Score => Ok(AnswerForm::default()),
        AnswerName::Reasons => {
            let reasons = ReasonsForm { at: "/reasons".parse().map_err(wrong)?, count: 3 };
            AnswerForm::new(Some("/score".parse().map_err(wrong)?), None, Some(reasons)).map_err(wrong)
        }
    }
}

/// The container of a release; one of its own is pushed first.
fn container(world: &SharedWorld, spec: &Publish) -> Result<Image, NightError> {
    let usual = setup::image()?;
    if spec.image == ImageName::Usual {
        return Ok(usual);
    }
    let own = Image { digest: Sha256::of(format!("sagemaker-xgboost of {}", spec.version).as_bytes()), ..usual };
    lock(world).push_image(&own);
    Ok(own)
}

/// Writes a release: as `meridian publish` does, or as somebody would who may write into home's bucket and has no trusted key.
async fn release(
    ports: &DirectPorts,
    fleet: &Fleet,
    created: Timestamp,
    spec: PublishSpec,
    signed: SignedBy,
) -> Result<ReleaseId, String> {
    if signed == SignedBy::Training {
        return publish(ports, fleet, created, spec, &keys_of_nights::training()?).await.map_err(text);
    }
    let Prepared { release, manifest, mut files } = prepare(fleet, created, spec).map_err(text)?;
    if signed == SignedBy::Stranger {
        let (stranger, id) = (keys_of_nights::stranger()?, "example".parse().map_err(text)?);
        let public_key = stranger.public_key().await.map_err(text)?;
        let bundle = signing::bundle(&stranger, &id, &public_key, &Statement::of(release, &manifest)).await;
        files.push((keys::signature(release), bundle.map_err(text)?.into()));
    }
    files.push((keys::manifest(release), manifest.to_bytes().into()));
    for (key, body) in files {
        // The files of another release may be the same.
        match ports.create(&fleet.home, &key, body).await {
            Err(error) if error.kind != ErrorKind::Conflict => return Err(text(error)),
            _ => {}
        }
    }
    Ok(release)
}

/// A person starts a new execution of a release that was published before.
fn start_again(
    hands: &mut Hands<'_>,
    site: &Site,
    rerun: &Rerun,
    narrator: &mut Narrator,
) -> Result<String, NightError> {
    let (version, fleet) = (rerun.version.clone(), &site.fleet);
    let context = Context::new(&site.text, fleet.home.clone()).map_err(|error| NightError::Data(error.to_string()))?;
    let token = format!("rerun-{version}-{}", lock(hands.world).now());
    if rerun.beside {
        lock(hands.world).next_execution_is_beside();
    }
    let started = hands.work(|actor| {
        let (ports, fleet, version) = (DirectPorts::of(actor, fleet.clone()), fleet.clone(), version.clone());
        async move {
            let release = find(&ports, &fleet, version.as_str()).await?;
            start_execution(&ports, &context, release, &version, token).await.map_err(text)?;
            Ok(release)
        }
    });
    let release: ReleaseId = settled(started, || format!("a new execution of {version}"))?;
    narrator.meet(release, version.as_str());
    let place = if rerun.beside { ", from a second home" } else { "" };
    Ok(format!("a person starts a new execution of {version}{place}"))
}

/// `meridian holdout approve`.
fn approve_holdout(hands: &mut Hands<'_>, fleet: &Arc<Fleet>, own: &Approve) -> Result<String, NightError> {
    let (who, why, records) = (own.who.clone(), own.why.clone(), own.records.bytes()?);
    let said = hands.work(|actor| {
        let (ports, fleet) = (DirectPorts::of(actor, fleet.clone()), fleet.clone());
        async move { holdout::approve(&ports, &fleet, &who, records, &features(), why).await.map_err(text) }
    });
    let approved: Approval = settled(said, || "an approval of a hold-out".to_owned())?;
    Ok(match approved {
        Approval::Recorded(holdout) => {
            format!("{} approves a hold-out of {} records, {}", own.who, holdout.rows, holdout.sha256.short())
        }
        Approval::Stood(stood) => format!("{} approves a hold-out that {} had approved", own.who, stood.by),
    })
}

/// What `meridian override` does.
fn override_rule(hands: &mut Hands<'_>, fleet: &Arc<Fleet>, own: &SetAside) -> Result<String, NightError> {
    let (who, what, region) = (own.who.clone(), own.what, own.region.clone());
    let until = lock(hands.world).now().checked_add(own.lasts).unwrap_or(Timestamp::MAX);
    let order = operator_commands::SetAside { what, region, why: own.why.clone(), until };
    let said = hands.work(|actor| {
        let (ports, fleet) = (DirectPorts::of(actor, fleet.clone()), fleet.clone());
        async move { operator_commands::set_aside(&ports, &fleet, &who, order).await.map_err(text) }
    });
    settled(said, || format!("an override of the {what}"))?;
    let place = own.region.as_ref().map_or("every region", |region| fleet.title(region));
    Ok(format!("a person asks for an override of the {what} for {place}, for {:#}", own.lasts))
}

/// `meridian failover` and `meridian failback`, which may be refused, as a person reads it.
fn move_customers(hands: &mut Hands<'_>, fleet: &Arc<Fleet>, own: &Failover) -> Result<String, NightError> {
    let (who, voice) = (own.who.clone(), Voice::of(fleet));
    let Failover { from, to, why, .. } = own.clone();
    let Some(to) = to else {
        let back = hands.work(|actor| {
            let (ports, fleet, from) = (DirectPorts::of(actor, fleet.clone()), fleet.clone(), from.clone());
            async move { failover::failback(&ports, &fleet, &from, &who, &why).await.map_err(text) }
        });
        let ended: Result<FailedBack, String> = came(back, || "a failback".to_owned())?;
        let words = ended.map(|ended| voice.failed_back(&from, &ended.carried, &ended.unread));
        return Ok(format!("{}: {}", own.who, words.unwrap_or_else(|refused| refused)));
    };
    let asked = failover::Failover { from: from.clone(), to: to.clone(), why };
    let said = hands.work(|actor| {
        let (ports, fleet) = (DirectPorts::of(actor, fleet.clone()), fleet.clone());
        async move { failover::failover(&ports, &fleet, &who, &asked, Look::First).await.map_err(text) }
    });
    let stands: Result<FailoverStands, String> = came(said, || "a failover".to_owned())?;
    let words = stands.map(|stands| voice.failover(&from, &to, stands));
    Ok(format!("{}: {}", own.who, words.unwrap_or_else(|refused| refused)))
}

enum Moved {
    Handed(HomeHandedOver),
    Taken(HomeTakenOver),
}

/// `meridian home move`, given with the `fleet.toml` of the home that was.
fn hand_home_over(hands: &mut Hands<'_>, site: &Site, own: &MoveHome) -> Result<String, NightError> {
    let to = own.to.clone().unwrap_or_else(|| site.fleet.home.clone());
    let (who, why) = (own.who.clone(), own.why.clone());
    let before = Arc::new(Fleet { home: own.from.clone(), ..(*site.fleet).clone() });
    let (voice, lost) = (Voice::of(&site.fleet), own.lost);
    let said = hands.work(|actor| {
        let (ports, before, to) = (DirectPorts::of(actor, before.clone()), before.clone(), to.clone());
        async move {
            // Whoever gives the command is not in the region that is lost.
            let ports = ports.held_in(to.clone(), Identity::default());
            let moved = if lost {
                home::take_over(&ports, &before, &to, &who, &why).await.map(Moved::Taken)
            } else {
                home::hand_over(&ports, &before, &to, &who, &why).await.map(Moved::Handed)
            };
            moved.map_err(text)
        }
    });
    let words = match settled(said, || "a move of home".to_owned())? {
        Moved::Handed(went) => voice.home_handed_over(&to, went),
        Moved::Taken(went) => voice.home_taken_over(&to, &went),
    };
    Ok(format!("{}: {words}", own.who))
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// The newest release of that version among the manifests in home.
async fn find(ports: &DirectPorts, fleet: &Fleet, version: &str) -> Result<ReleaseId, String> {
    for key in ports.list(&fleet.home, keys::MANIFESTS, None).await.map_err(text)? {
        let Some(release) = keys::release_of_manifest(&key) else { continue };
        let bytes = ports.get(&fleet.home, &key).await.map_err(text)?;
        if Manifest::parse(release, &bytes).is_ok_and(|manifest| manifest.version.as_str() == version) {
            return Ok(release);
        }
    }
    Err(format!("no manifest of {version} lies in {}", fleet.home))
}

fn settled<T, E: ToString>(done: Result<Result<T, String>, E>, what: impl Fn() -> String) -> Result<T, NightError> {
    came(done, &what)?.map_err(|why| NightError::Person { what: what(), why })
}

/// What came of it, also where it was refused.
fn came<T, E: ToString>(done: Result<T, E>, what: impl Fn() -> String) -> Result<T, NightError> {
    done.map_err(|error| NightError::Person { what: what(), why: error.to_string() })
}
