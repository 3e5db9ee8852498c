//! What of the ledgers' projections is decisive.

use super::{CALL, Prints, UPDATE};
use crate::world::checks::is_for_freeze;
use crate::world::{Seconds, World};
use bytes::Bytes;
use meridian_domain::heads::KeptHead;
use meridian_domain::{Chain, HomeMove, HubHistory, Lease, OpenUpdate, Reason, RegionHistory, Return, Unknown};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

impl<H: Hasher> Prints<'_, H> {
    /// The hub's projection. Left out: what was so before the history began and stays so, when releases were approved (skew
    /// is hours, and no modelled wave lasts so long), and reasons but for what a decision asks of one.
    pub(super) fn hub(&mut self, hub: &HubHistory) {
        let HubHistory {
            epoch,
            lease,
            waves,
            started,
            // In what was left behind, and in the number of executions.
            resumed: _,
            orders,
            versions: _,
            holdouts: _,
            packages: _,
            evaluated: _,
            golden: _,
            // In the line too.
            approved: _,
            line,
            overrides: _,
            skew_told,
            // Its callers send nothing wrong.
            callers_told: _,
            rejected: _,
            condemned,
            // Nobody puts a release in quarantine here.
            quarantined: _,
            ill,
            deferred,
            // Whether any page awaits its all-clear is asked with the regions' ([`Prints::uncleared`]).
            pages: _, // see below
            cleared: _,
            ended,
            lost,
            failed_jobs,
            halt,
            // Said of all chains together.
            moved: _,
        } = hub;
        let newest = started.last().map(|(release, _)| release);
        (epoch, waves, newest, skew_told, ended, lost, failed_jobs).hash(self.hasher);
        if let Some(Lease { epoch, holder, until }) = lease {
            (epoch, holder).hash(self.hasher);
            self.stamp(*until, 0);
        }
        for (execution, order) in orders {
            (execution, &order.regions).hash(self.hasher);
        }
        for approval in line {
            approval.release.hash(self.hasher);
        }
        (lease.is_some(), orders.len(), line.len(), condemned.len(), ill.len(), deferred.len()).hash(self.hasher);
        for release in condemned.keys() {
            release.hash(self.hasher);
        }
        for (region, (execution, since)) in ill {
            (region, execution).hash(self.hasher);
            let patience = self.patience();
            self.stamp(*since, patience);
        }
        for (key, why) in deferred {
            (key, is_for_freeze(why), why.is_unclear_return(), why.open_try().is_some()).hash(self.hasher);
        }
        halt.is_some().hash(self.hasher);
    }

    /// Who is home by each chain: of two moves the later one holds.
    pub(super) fn moves(&mut self, world: &World) {
        let hubs = world.hubs.iter().map(|hub| hub.history.moved.as_ref());
        let all = hubs.chain(world.regions.iter().map(|place| place.chain.history.moved.as_ref()));
        let all: Vec<Option<&HomeMove>> = all.collect();
        let mut order: Vec<_> = all.iter().flatten().map(|moved| moved.since).collect();
        order.sort_unstable();
        order.dedup();
        for moved in all {
            moved.map(|own| (&own.to, own.lost, order.binary_search(&own.since))).hash(self.hasher);
        }
    }

    /// Of what regions keep of each other's chains: how many entries the newest end of each lacks.
    pub(super) fn kept(&mut self, world: &World, kept: &BTreeMap<(usize, String), Bytes>) {
        let mut before = None;
        for (holder, key) in kept.keys() {
            let Some((prefix, _)) = key.rsplit_once('/').filter(|(prefix, _)| before != Some((holder, *prefix))) else {
                continue;
            };
            // The newest is listed first.
            before = Some((holder, prefix));
            let next = (holder + 1) % world.regions.len();
            let is_hub = prefix.ends_with(&format!("/{}", Chain::Home));
            let own = world.regions.get(next).filter(|_| !is_hub).map(|place| place.chain.entries.len());
            let length = own.unwrap_or_else(|| world.hub_in(next).entries.len());
            let end = KeptHead::of_key(key).map(|head| length as u64 - head.seq);
            (holder, is_hub, end).hash(self.hasher);
        }
    }

    /// Whether a wave that ends well has an all-clear to send.
    pub(super) fn uncleared(&mut self, world: &World) {
        let hub = &world.hub().history;
        let regions = world.setting.fleet.regions.iter().zip(&world.regions);
        let own = regions.map(|(policy, region)| (Chain::Region(policy.name.clone()), &region.chain.history.pages));
        let mut all = std::iter::once((Chain::Home, &hub.pages)).chain(own);
        all.any(|(chain, pages)| hub.uncleared(&chain, pages).next().is_some()).hash(self.hasher);
    }

    /// A region's projection. Left out: when releases were attested, replication, since when something serves (only probation asks,
    /// which the model leaves out).
    pub(super) fn history(&mut self, history: &RegionHistory, echo: Seconds) {
        let RegionHistory {
            attested,
            attested_at: _,
            refused: _,
            refused_last: _,
            departed: _,
            unreplicated: _,
            serving,
            kept,
            previous,
            update,
            confirmed,
            full_load,
            evidence,
            tries,
            returned,
            returned_before,
            blamed,
            returned_at,
            halt,
            unknown,
            owed,
            pages: _, // see below
            // No region of this world scales, and its callers send nothing wrong.
            scaled: _,
            deregistered: _,
            spares: _,
            // The model's fleet captures nothing, and nobody moves its customers.
            shadowed: _,
            carries: _,
            evacuated: _,
            missed: _,
            silent_homes,
            moved: _,
            worse,
        } = history;
        attested.len().hash(self.hasher);
        for (home, silent) in silent_homes {
            (home, silent.asked).hash(self.hasher);
            let patience = self.setting.fleet.home_patience.as_secs() + CALL;
            self.stamp(silent.since, patience);
        }
        if let Some(serving) = serving {
            (serving.target.release, &serving.by).hash(self.hasher);
        }
        kept.as_ref().map(|kept| kept.target.release).hash(self.hasher);
        previous.as_ref().map(|target| target.release).hash(self.hasher);
        (confirmed, full_load).hash(self.hasher);
        (serving.is_some(), evidence.len(), returned.len(), returned_before.len(), unknown.is_some(), owed.len())
            .hash(self.hasher);
        for release in evidence.keys() {
            release.hash(self.hasher);
        }
        for (release, tries) in tries {
            (release, tries.len()).hash(self.hasher);
        }
        let before = returned_before.iter().flat_map(|(release, all)| all.iter().map(move |left| (release, left)));
        for (release, Return { wave, why, cause }) in returned.iter().chain(before) {
            (release, wave, cause, why.reaches_beyond_region()).hash(self.hasher);
        }
        blamed.len().hash(self.hasher);
        for release in blamed.keys() {
            release.hash(self.hasher);
        }
        worse.as_ref().map(|found| (found.release, found.action)).hash(self.hasher);
        self.stamp_or_none(*returned_at, echo);
        history.told_since_return().for_each(|from| from.hash(self.hasher));
        halt.as_ref().map(Reason::halts_fleet).hash(self.hasher);
        if let Some(Unknown { since, why: _ }) = unknown {
            let patience = self.patience();
            self.stamp(*since, patience);
        }
        // Whether a page is owed already is asked of what a region's own way back says alone.
        for owed in owed {
            let told = matches!(owed.why, Reason::Return(_)).then(|| format!("{:?}", owed.why));
            told.hash(self.hasher);
        }
        update.is_some().hash(self.hasher);
        if let Some(update) = update {
            self.open(update);
        }
    }

    fn open(&mut self, update: &OpenUpdate) {
        let OpenUpdate {
            target,
            back,
            leaves,
            execution,
            epoch,
            bake,
            at,
            started,
            canary,
            decision,
            cause,
            confirmed,
            confirmed_at,
        } = update;
        let back = back.as_ref().map(|target| target.release);
        let leaves = leaves.as_ref().map(|(target, wave)| (target.release, wave));
        let wait = bake.map(|bake| bake.wait.as_secs());
        (target.release, back, leaves, execution, epoch, wait, started, cause, confirmed).hash(self.hasher);
        self.stamp(*at, UPDATE);
        self.stamp_or_none(*confirmed_at, UPDATE);
        (canary.is_some(), decision.is_some()).hash(self.hasher);
        if let Some((from, ends)) = canary {
            self.stamp(*from, UPDATE);
            self.stamp(*ends, UPDATE);
        }
        // Of why it was decided only this is asked.
        decision.as_ref().map(|(decision, why)| (decision, why.reaches_beyond_region())).hash(self.hasher);
    }
}
