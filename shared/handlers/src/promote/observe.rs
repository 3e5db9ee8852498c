//! What a step of a wave can see, read once at the beginning of a call and again after what changes it.

use super::Token;
use crate::context::{Context, HandlerError};
use crate::events::{Action, PipelineJob, Turn};
use crate::files;
use crate::home;
use crate::journal::{Journal, JournalError};
use crate::ports::{Approval, Ports};
use futures_util::future::join_all;
use meridian_domain::plan::{Sight, order_due, region_at};
use meridian_domain::reason::Failure;
use meridian_domain::{
    AlarmView, Chain, EndpointView, Fleet, HubHistory, Manifest, Region, RegionHistory, RegionName, Seen, alarms,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The sight of one call, and the chains behind it.
pub(super) struct Look {
    /// What the planner reads.
    pub sight: Sight,
    /// The release's manifest.
    pub manifest: Manifest,
    pub(super) hub: Journal<HubHistory>,
    pub(super) regions: BTreeMap<RegionName, Journal<RegionHistory>>,
}

impl Look {
    /// Reads the ledgers and, of a release that a region has attested, the manifest.
    pub async fn take<P: Ports>(
        ports: &P,
        context: &Context,
        job: &PipelineJob,
        token: &Token,
    ) -> Result<Self, HandlerError> {
        let fleet = &context.fleet;
        let release = job.parameters.release;
        let hub = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
        let (mut regions, mut histories) = ledgers(ports, fleet).await;
        know_home(ports, fleet, hub.history(), (&mut regions, &mut histories)).await?;
        // Each region that attests has checked the signature by itself, and the digest names the same bytes everywhere.
        if !regions.values().any(|chain| chain.history().attested.contains(&release)) {
            return Err(Failure::Unattested { release }.into());
        }
        let manifest = files::manifest(ports, &fleet.home, release).await?;
        let (version, execution) = (manifest.version.clone(), job.parameters.execution.clone());
        let unlooked = Sight::unlooked(release, version, execution, token.since);
        let silence = token.silence.clone();
        let sight = Sight { silence, hub: hub.shared(), regions: histories, ..unlooked };
        Ok(Self { sight, manifest, hub, regions })
    }

    /// The region that the job is about; none for the last action, which is about all of them. Who stands at a place of
    /// the pipeline is the wave's recorded order's to say; where its start recorded none, it is recorded now.
    pub async fn subject<'a, P: Ports>(
        &mut self,
        ports: &P,
        context: &'a Context,
        action: &Action,
    ) -> Result<Option<&'a Region>, HandlerError> {
        let place = match action {
            Action::Promote { turn: Turn::Of(region) } => return context.region_named(region).map(Some),
            Action::Promote { turn: Turn::Place(place) } => *place,
            Action::Verify => return Ok(None),
            Action::Register => {
                return Err(Failure::NotForPromote.into());
            }
        };
        let (fleet, execution) = (&context.fleet, self.sight.execution.clone());
        if let Some(record) = order_due(fleet, self.hub.history(), &execution, ports.now()) {
            let ordered = |hub: &HubHistory| hub.order(&execution).is_some();
            self.hub.append_unless(ports, &execution, record, ordered).await?;
            self.hub_changed();
        }
        let subject = region_at(fleet, self.hub.history(), &execution, place);
        let (place, regions) = (place as u64, fleet.regions.len() as u64);
        subject.map(Some).ok_or(Failure::NoSuchPlace { place, regions }.into())
    }

    /// Looks at what `subject` needs (or every region's endpoint, where there is none).
    pub async fn observe<P: Ports>(&mut self, ports: &P, fleet: &Fleet, subject: Option<&Region>) {
        match subject {
            Some(region) => {
                let package = self.hub.history().packages.get(&self.sight.release);
                self.sight.approved = approved(ports, fleet, package).await;
                self.endpoint(ports, fleet, &region.name).await;
                self.others_where_dark(ports, fleet, region).await;
                self.alarms(ports, fleet, &region.name).await;
                self.others(ports, fleet, region).await;
            }
            None => self.every_endpoint(ports, fleet).await,
        }
    }

    /// Looks at an endpoint.
    pub(super) async fn endpoint<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &RegionName) {
        let seen: Seen<Option<EndpointView>> = match ports.describe(region, &fleet.endpoint).await {
            Ok(endpoint) => Seen::Known(endpoint),
            Err(error) => Seen::Unknown(error.into()),
        };
        self.sight.endpoints.insert(region.clone(), seen);
    }

    /// Whether a dark region is dark alone: the others are looked at, side by side, for each may take its time not to answer.
    async fn others_where_dark<P: Ports>(&mut self, ports: &P, fleet: &Fleet, subject: &Region) {
        if !matches!(self.sight.endpoints.get(&subject.name), Some(Seen::Unknown(_))) {
            return;
        }
        let others = || fleet.regions.iter().map(|other| &other.name).filter(|name| **name != subject.name);
        let looks = join_all(others().map(|name| ports.describe(name, &fleet.endpoint))).await;
        for (name, look) in others().zip(looks) {
            let seen = look.map_or_else(|error| Seen::Unknown(error.into()), Seen::Known);
            self.sight.endpoints.insert(name.clone(), seen);
        }
    }

    /// Looks at the endpoints of other regions that this one's start may rest on: those that serve the release, which may
    /// have rolled back while their ledgers could not be written, and those whose intent nobody is known to have followed,
    /// where something may run all the same. And at those about which the wave has still something to say.
    async fn others<P: Ports>(&mut self, ports: &P, fleet: &Fleet, subject: &Region) {
        let history = |region: &RegionName| self.regions.get(region).map(Journal::history);
        let own = history(&subject.name).and_then(|history| history.update.as_ref());
        let starts = !own.is_some_and(|update| update.execution == self.sight.execution && update.was_taken());
        let matters = |history: &RegionHistory| {
            let intended = history.update.as_ref().is_some_and(|open| !open.was_taken() && !open.confirmed);
            intended || (starts && history.serves(&self.sight.release))
        };
        let others = fleet.regions.iter().filter(|other| other.name != subject.name);
        let unseen = |other: &&Region| !self.sight.endpoints.contains_key(&other.name);
        let wanted = |other: &&Region| {
            history(&other.name).is_some_and(matters) || self.sight.left_without_word(&other.name).is_some()
        };
        let wanted: Vec<_> = others.filter(unseen).filter(wanted).collect();
        for other in wanted {
            self.endpoint(ports, fleet, &other.name).await;
        }
    }

    /// Looks at every endpoint that the wave has not left behind, or about which it has still something to say.
    async fn every_endpoint<P: Ports>(&mut self, ports: &P, fleet: &Fleet) {
        for region in &fleet.regions {
            let wave = (self.sight.execution.clone(), region.name.clone());
            let left = self.sight.hub.deferred.contains_key(&wave);
            if !left || self.sight.left_without_word(&region.name).is_some() {
                self.endpoint(ports, fleet, &region.name).await;
            }
        }
    }

    /// Looks at a region's rollback alarm and guards.
    pub(super) async fn alarms<P: Ports>(&mut self, ports: &P, fleet: &Fleet, region: &RegionName) {
        let mut names = alarms::guard_names(fleet);
        names.push(alarms::composite_name(fleet));
        self.sight.alarms = match ports.alarms(region, &names).await {
            Ok(alarms) => Seen::Known::<Vec<AlarmView>>(alarms),
            Err(error) => Seen::Unknown(error.into()),
        };
    }

    /// Takes over what the hub's journal holds by now.
    pub(super) fn hub_changed(&mut self) {
        self.sight.hub = self.hub.shared();
    }

    /// Takes over what a region's journal holds by now.
    pub(super) fn region_changed(&mut self, region: &RegionName) {
        if let Some(journal) = self.regions.get(region) {
            self.sight.regions.insert(region.clone(), Seen::Known(journal.shared()));
        }
    }
}

/// Stops a home that is replaced, by whichever chain says so, and tells each region of a move that it has not heard of, before anything is
/// done there.
async fn know_home<P: Ports>(
    ports: &P,
    fleet: &Fleet,
    hub: &HubHistory,
    (regions, histories): (&mut BTreeMap<RegionName, Journal<RegionHistory>>, &mut Histories),
) -> Result<(), JournalError> {
    if let Some(moved) = home::moved_from(&fleet.home, hub, regions.values().map(Journal::history)) {
        return Err(JournalError::Moved { to: moved.to.clone() });
    }
    let Some(moved) = &hub.moved else { return Ok(()) };
    for (region, chain) in regions.iter_mut().filter(|(_, chain)| moved.is_later(chain.history().moved.as_ref())) {
        match home::tell(ports, chain, moved).await {
            Ok(()) => _ = histories.insert(region.clone(), Seen::Known(chain.shared())),
            Err(error) => tracing::warn!(%region, %error, "it does not hear yet that home has moved"),
        }
    }
    Ok(())
}

type Histories = BTreeMap<RegionName, Seen<Arc<RegionHistory>>>;
type Ledgers = (BTreeMap<RegionName, Journal<RegionHistory>>, Histories);

/// Every region's chain. One that does not answer, or does not let itself be read, or was altered is unknown: that is its
/// region's trouble and no other's (I7, I13); they are read side by side, for each region may take its time not to answer.
async fn ledgers<P: Ports>(ports: &P, fleet: &Fleet) -> Ledgers {
    let mut journals = BTreeMap::new();
    let mut histories = BTreeMap::new();
    let chain = |region: &Region| Chain::Region(region.name.clone());
    let regions = fleet.regions.iter();
    let opened = regions.map(|region| Journal::<RegionHistory>::open(ports, &region.name, chain(region)));
    let opened = join_all(opened).await;
    for (region, opened) in fleet.regions.iter().zip(opened) {
        match opened {
            Ok(journal) => {
                let journal = journal.acting_for(&fleet.home);
                histories.insert(region.name.clone(), Seen::Known(journal.shared()));
                journals.insert(region.name.clone(), journal);
            }
            Err(error) => {
                tracing::error!(%error, "the region's ledger is unknown");
                histories.insert(region.name.clone(), Seen::Unknown((&error).into()));
            }
        }
    }
    (journals, histories)
}

async fn approved<P: Ports>(ports: &P, fleet: &Fleet, package: Option<&String>) -> Seen<bool> {
    let Some(arn) = package else {
        return Seen::Known(false);
    };
    match ports.approval(&fleet.home, arn).await {
        Ok(approval) => Seen::Known(approval == Approval::Approved),
        Err(error) => Seen::Unknown(error.into()),
    }
}
