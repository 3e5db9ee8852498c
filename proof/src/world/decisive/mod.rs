//! What of a world any decision or check can still depend on, and so what tells two worlds apart where they are explored
//! exhaustively ([`crate::model`]).
//!
//! Every struct is taken apart field by field, so that a new field is a compile error here until somebody has decided about
//! it. Left out is what nobody reads to decide ([`Prints::hub`], [`Prints::region`] say what), and times are taken relative to
//! now, up to the longest that anybody looks back: a moment that lies further back is *long ago*.

mod answers;
mod ledgers;

use super::{Chain, Execution, Job, Region, Request, Seconds, Setting, Stand, Tally, Update, Who, World, stamp};
use jiff::Timestamp;
use meridian_domain::alarms::WayBack;
use meridian_domain::{Decision, HubHistory, Projection, Record, RegionHistory};
use std::hash::{Hash, Hasher};

/// The longest that anybody looks back at an update: a quarter of an hour after its timer (`rollback`'s `LONGEST_CALL`).
const UPDATE: Seconds = 1_500;
/// For so long after a return the rollback alarm's ringing is an echo (`ECHO`), and a call's time beside it.
const RETURN: Seconds = 420 + CALL;
/// And for so long, where it has rung since before (`LONG_ECHO`).
const LONG_RETURN: Seconds = 1_800 + CALL;
/// A call's time-out, twice over: how long ago a call under way may have looked.
const CALL: Seconds = 130;
/// A region that was waited for so long ago is well again (`Silence::is_over`).
const WELL_AFTER: Seconds = 120;

/// Feeds a hasher with what is decisive.
pub struct Prints<'a, H> {
    hasher: &'a mut H,
    now: Seconds,
    setting: &'a Setting,
    /// How far back the checks look: further where a request is on its way whose caller looked long ago.
    checks: Seconds,
}

impl World {
    /// Feeds `hasher` with what is decisive. `late` where a request is still on its way.
    pub fn decisive<'a, H: Hasher>(&'a self, hasher: &'a mut H, late: bool) -> Prints<'a, H> {
        let Self {
            setting: _,
            now,
            hubs,
            regions,
            executions,
            in_flight,
            woken,
            breach,
            tally,
            subjects: _,
            story: _,
            arrived,
            kept,
            parted,
            called,
        } = self;
        let mut prints = self.prints(hasher, late);
        (woken, arrived, parted).hash(prints.hasher);
        prints.kept(self, kept);
        prints.moves(self);
        // Minutes are the clock's, and so are the judge's.
        now.rem_euclid(60).hash(prints.hasher);
        for (wait, who) in called {
            wait.hash(prints.hasher);
            prints.who(self, who);
        }
        breach.as_ref().map(|breach| breach.what.invariant()).hash(prints.hasher);
        // Only whether anybody was ever told is asked for, in the end.
        let Tally { calls: _, asked: _, pages, lost, strays: _, replaced: _, moves: _, struck: _, last_page: _ } =
            tally;
        (pages + lost > 0).hash(prints.hasher);
        for hub in hubs {
            prints.hub(&hub.history);
            prints.hub_entries(hub);
            // A copy that died on its way.
            let length = hub.entries.len() as u64;
            hub.ahead().for_each(|seq| prints.thing(seq - length));
        }
        prints.uncleared(self);
        for (number, region) in regions.iter().enumerate() {
            prints.region(number, region);
        }
        for execution in executions {
            prints.execution(self, execution);
        }
        for (at, request) in in_flight {
            prints.time(*at, 0);
            prints.request(request);
        }
        prints
    }
}

impl World {
    /// Feeds `hasher` with parts. `late` where a request is still on its way.
    pub fn prints<'a, H>(&'a self, hasher: &'a mut H, late: bool) -> Prints<'a, H> {
        let checks = if late || !self.in_flight.is_empty() { UPDATE } else { CALL };
        Prints { hasher, now: self.now, setting: &self.setting, checks }
    }
}

impl<H: Hasher> Prints<'_, H> {
    /// A time relative to now; all that lie further back than `keep` are the same.
    pub fn time(&mut self, at: Seconds, keep: Seconds) {
        let relative = if at == Seconds::MAX { at } else { at.saturating_sub(self.now).max(-keep) };
        relative.hash(self.hasher);
    }

    /// Anything else, as its own hash.
    pub fn thing(&mut self, thing: impl Hash) {
        thing.hash(self.hasher);
    }

    fn stamp(&mut self, at: Timestamp, keep: Seconds) {
        self.time(at.as_second(), keep);
    }

    fn stamp_or_none(&mut self, at: Option<Timestamp>, keep: Seconds) {
        at.is_some().hash(self.hasher);
        if let Some(at) = at {
            self.stamp(at, keep);
        }
    }

    fn patience(&self) -> Seconds {
        self.setting.fleet.wave.region_patience.as_secs() + CALL
    }

    /// Of the entries: when the checks may hold a condemnation and a halt against a caller (I7).
    fn hub_entries(&mut self, hub: &Chain<HubHistory>) {
        let checks = self.checks;
        for (at, record) in hub.newest_first() {
            if let Record::Condemned { release, .. } = record {
                release.hash(self.hasher);
                self.time(at, checks);
            }
        }
        self.last(hub, |record| matches!(record, Record::Halted { .. }));
    }

    fn last<P: Projection>(&mut self, chain: &Chain<P>, is: impl Fn(&Record) -> bool) {
        let checks = self.checks;
        let last = chain.newest_first().find(|(_, record)| is(record));
        last.is_some().hash(self.hasher);
        if let Some((at, _)) = last {
            self.time(at, checks);
        }
    }

    /// A region's truth. Left out: the beat of an alarm that is not armed (arming it primes it), how many strays it had, and its
    /// models: whoever needs one creates it, and one that exists is fine.
    fn region(&mut self, number: usize, region: &Region) {
        let Region {
            blue,
            update,
            broken,
            modelled: _,
            configured,
            chain,
            beat,
            armed,
            silent,
            quiet_since,
            verdict,
            verdict_due,
            green,
            alarm,
            rings_since,
            took_over,
            canary,
            champion,
            note,
            readable_since,
            answers_since,
            faults,
            served,
            stray: _,
            taken,
        } = region;
        (blue, broken, configured, armed, verdict, green, alarm, faults, champion).hash(self.hasher);
        self.note(note.as_deref());
        canary.is_some().hash(self.hasher);
        if let Some((release, since)) = canary {
            release.hash(self.hasher);
            self.time(*since, UPDATE);
        }
        (*armed && *silent).hash(self.hasher);
        if *armed {
            self.time(*beat, self.setting.live.silence);
        }
        verdict_due.is_some().hash(self.hasher);
        if let Some(due) = verdict_due {
            self.time(*due, 0);
        }
        let late =
            self.setting.quality.get(number).into_iter().flatten().filter_map(|quality| quality.late_alarm).max();
        if let Some(late) = late {
            self.time(*took_over, late);
        }
        let checks = self.checks;
        self.time(*readable_since, checks);
        self.time(*answers_since, checks);
        for served in served {
            served.is_some().hash(self.hasher);
            self.time(served.unwrap_or(Seconds::MAX), checks);
        }
        update.is_some().hash(self.hasher);
        if let Some(update) = update {
            self.update(update);
        }
        let rings_on = chain.history.returned_at.is_some_and(|at| *alarm && *rings_since <= at.as_second());
        rings_on.hash(self.hasher);
        self.history(&chain.history, if rings_on { LONG_RETURN } else { RETURN });
        self.entries(chain);
        // Whether SageMaker has taken an update since it was intended.
        if let Some(open) = &chain.history.update {
            open.was_watched_by(Some(stamp(*quiet_since))).hash(self.hasher);
            let since = open.at.as_second();
            taken.map(|taken| taken.is_some_and(|at| at >= since)).hash(self.hasher);
        }
    }

    /// What is stored with the verdict alarm: the rollback target. Since when a wave that left the region behind got no answer
    /// is for people.
    fn note(&mut self, note: Option<&str>) {
        let way = note.and_then(WayBack::read);
        way.is_some().hash(self.hasher);
        if let Some(WayBack { target, back, left }) = way {
            (target.release, back.release, left.map(|left| left.wave)).hash(self.hasher);
        }
    }

    fn update(&mut self, update: &Update) {
        let Update { target, phase, since, due, frozen, guarded, canary, execution, stray, bake, soak } = update;
        (target, phase, frozen, guarded, canary, execution, stray, bake, soak).hash(self.hasher);
        self.time(*since, UPDATE);
        // What stands still is not due.
        self.time(if frozen.is_some() { Seconds::MAX } else { *due }, 0);
    }

    /// Of the entries: when the checks may hold a revert or a halt against a caller (I7), and who let the canary through, or
    /// rolled it back how long ago (I9).
    fn entries(&mut self, chain: &Chain<RegionHistory>) {
        self.last(chain, |record| {
            let release = Some(meridian_domain::Cause::Release);
            matches!(record, Record::Decided { decision: Decision::Revert, cause, .. } if *cause == release)
        });
        self.last(chain, |record| matches!(record, Record::Halted { .. }));
        let checks = self.checks;
        let Some(open) = &chain.history.update else { return };
        for (at, record) in chain.newest_taken_first() {
            if let Record::Decided { decision, execution, .. } = record
                && *execution == open.execution
            {
                decision.hash(self.hasher);
                self.time(at, checks);
            }
        }
    }

    fn execution(&mut self, world: &World, execution: &Execution) {
        let Execution { actor, home, release, token, stand } = execution;
        (actor, home, release, token, std::mem::discriminant(stand)).hash(self.hasher);
        if let Stand::Running(job) = stand {
            self.job(world, job);
        }
    }

    /// A job. Its serial number says only whether it still waits for its answer.
    pub fn job(&mut self, world: &World, job: &Job) {
        let Job { execution, action, since, silence, serial: _ } = job;
        (execution, action, world.is_open(*job), since.is_some()).hash(self.hasher);
        let longest = self.setting.fleet.guardrail.soak.as_secs() + self.patience();
        self.time(since.unwrap_or(self.now), longest);
        silence.map(|(region, _)| region).hash(self.hasher);
        self.time(silence.map_or(Seconds::MIN, |(_, seen)| seen), WELL_AFTER);
    }

    /// Whose call it is.
    pub fn who(&mut self, world: &World, who: &Who) {
        match who {
            Who::Wave(job) => self.job(world, job),
            Who::Region(region) => region.hash(self.hasher),
            Who::Replication(region, release) => (region, release).hash(self.hasher),
        }
    }

    /// A request on its way.
    pub fn request(&mut self, request: &Request) {
        let Request {
            region,
            release,
            execution,
            epoch,
            fenced,
            read,
            on_record,
            guarded,
            canary,
            bake,
            soak,
            looked,
            late,
        } = request;
        (region, release, execution, epoch, fenced, on_record, guarded, canary, bake, soak, late).hash(self.hasher);
        self.time(*looked, UPDATE);
        self.time(*read, UPDATE);
    }
}
