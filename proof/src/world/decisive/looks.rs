//! What of a call under way is decisive: all that it has seen.

use super::{CALL, Prints, UPDATE};
use crate::world::call::Look;
use crate::world::region_call::RegionLook;
use crate::world::wave_look::{Journal, WaveLook};
use crate::world::{Call, World};
use meridian_domain::plan::{Golden, RollbackSight, Sight};
use meridian_domain::{EndpointView, Entry, Seen};
use std::hash::{Hash, Hasher};

impl<H: Hasher> Prints<'_, H> {
    /// A call under way. The step that it has planned follows from what it has seen and when it planned.
    pub fn call(&mut self, world: &World, call: &Call) {
        let Call { who, started, steps, planned, planned_at, look } = call;
        self.who(world, who);
        (steps, planned.is_some()).hash(self.hasher);
        self.time(*started, CALL);
        self.time(*planned_at, CALL);
        match look {
            Look::Wave(look) => self.wave_look(world, look),
            Look::Region(look) => self.region_look(world, look),
        }
    }

    fn wave_look(&mut self, world: &World, look: &WaveLook) {
        let WaveLook { sight, looked, hub_seen, journals } = look;
        self.time(*looked, CALL);
        self.unread(&world.hub.entries, *hub_seen);
        for (Journal { seen, parked, open }, place) in journals.iter().zip(&world.regions) {
            (parked.is_some(), open).hash(self.hasher);
            if let Some(parked) = parked {
                self.history(parked);
            }
            self.unread(&place.chain.entries, *seen);
        }
        self.sight(sight);
    }

    /// Entries that a call has not read yet: it looks for its own among them.
    fn unread(&mut self, entries: &[std::sync::Arc<Entry>], seen: usize) {
        for entry in entries.iter().skip(seen) {
            (&entry.actor, std::mem::discriminant(&entry.record)).hash(self.hasher);
        }
        entries.len().saturating_sub(seen).hash(self.hasher);
    }

    fn sight(&mut self, sight: &Sight) {
        let Sight {
            release,
            version: _,
            execution,
            since,
            hub,
            regions,
            endpoints,
            approved,
            alarms,
            judged,
            hour,
            golden,
            refused,
            done,
            // No region of this world scales.
            unscaled: _,
            advised: _,
            paged,
        } = sight;
        (release, execution, refused.is_some(), hour.is_some(), done, paged).hash(self.hasher);
        let longest = self.setting.fleet.guardrail.soak.as_secs() + self.patience();
        self.stamp(*since, longest);
        self.hub(hub);
        for (name, history) in regions {
            name.hash(self.hasher);
            self.seen(history, Self::history);
        }
        for (name, endpoint) in endpoints {
            name.hash(self.hasher);
            self.seen(endpoint, |prints, endpoint| prints.endpoint(endpoint.as_ref()));
        }
        self.seen(approved, |prints, approved| approved.hash(prints.hasher));
        self.seen(alarms, |prints, alarms| alarms.iter().for_each(|alarm| prints.thing(alarm.state as u8)));
        (endpoints.len(), golden.len(), judged.is_some()).hash(self.hasher);
        if let Some(judged) = judged {
            self.seen(judged, |prints, judged| (judged.verdict, judged.wave).hash(prints.hasher));
        }
        for (name, golden) in golden {
            name.hash(self.hasher);
            self.golden(golden);
        }
    }

    fn golden(&mut self, golden: &Seen<Golden>) {
        self.seen(golden, |prints, golden| (golden.asked, golden.right).hash(prints.hasher));
    }

    fn endpoint(&mut self, endpoint: Option<&EndpointView>) {
        let Some(EndpointView { status, config, instances: _, pending, failure_reason: _ }) = endpoint else {
            return false.hash(self.hasher);
        };
        (status, config).hash(self.hasher);
        if let Some(pending) = pending {
            (&pending.config, pending.phase).hash(self.hasher);
            self.stamp_or_none(pending.phase_since, UPDATE);
        }
    }

    fn region_look(&mut self, world: &World, look: &RegionLook) {
        let region = look.region();
        let RegionLook { sight, looked, journal, seen, unwritten, unsent, .. } = look;
        let RollbackSight {
            actor: _,
            history,
            way_back: _,
            endpoint,
            alarm,
            client_errors: _,
            judge,
            done,
            golden,
            paged,
            unwritten: count,
        } = sight;
        self.time(*looked, CALL);
        (unsent, done, paged, count).hash(self.hasher);
        for record in unwritten {
            std::mem::discriminant(record).hash(self.hasher);
        }
        (journal.is_some(), golden.is_some()).hash(self.hasher);
        if let Some(journal) = journal {
            self.history(journal);
        }
        self.seen(history, Self::history);
        self.seen(endpoint, |prints, endpoint| prints.endpoint(endpoint.as_ref()));
        self.seen(alarm, |prints, alarm| alarm.is_some().hash(prints.hasher));
        self.seen(judge, |prints, judge| judge.hash(prints.hasher));
        if let Some(golden) = golden {
            self.golden(golden);
        }
        if let Some(place) = world.regions.get(region) {
            self.unread(&place.chain.entries, *seen);
        }
    }
}
