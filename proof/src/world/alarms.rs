//! The region's alarms: when each begins to ring, and what then follows.

use super::{Fault, Phase, Region, Seconds, Setting, World, stamp};
use meridian_domain::{AlarmState, AlarmView};

impl Region {
    /// When the green alarm of a bad canary rings.
    fn green_due(&self, region: usize, setting: &Setting) -> Option<Seconds> {
        let watched = |phase| matches!(phase, Phase::Baking | Phase::Watched);
        let update = self.update.filter(|update| update.guarded && watched(update.phase) && !self.green)?;
        Some(update.since + setting.quality(region, update.target).green_alarm?)
    }

    /// When the rollback alarm of a bad release rings.
    fn late_due(&self, region: usize, setting: &Setting) -> Option<Seconds> {
        let serving = self.serves_alone()?;
        Some(self.took_over + setting.quality(region, serving).late_alarm?)
    }

    /// When the heartbeat alarm notices silence.
    fn silence_due(&self, setting: &Setting) -> Option<Seconds> {
        (self.armed && !self.silent).then_some(self.beat + setting.live.silence)
    }

    /// The heartbeat alarm does not ring, or no longer.
    pub(super) fn quieten(&mut self, now: Seconds) {
        if std::mem::take(&mut self.silent) {
            self.quiet_since = now;
        }
    }

    /// The next moment at which one of the region's alarms may change by itself.
    pub fn next_alarm(&self, region: usize, setting: &Setting) -> Option<Seconds> {
        let late = self.late_due(region, setting).filter(|_| !self.alarm);
        let dues = [self.verdict_due, self.silence_due(setting), self.green_due(region, setting), late];
        dues.into_iter().flatten().min()
    }

    /// When something changes here by itself.
    pub fn next_due(&self, region: usize, setting: &Setting) -> Option<Seconds> {
        let phase = self.update.filter(|update| update.frozen.is_none()).map(|update| update.due);
        phase.into_iter().chain(self.next_alarm(region, setting)).min()
    }
}

impl World {
    /// Brings a region's alarms up to date, and lets the guardrail act on them.
    pub fn ring(&mut self, region: usize) {
        let setting = self.setting.clone();
        let now = self.now;
        let Some(place) = self.regions.get_mut(region) else { return };
        let due = |at: Option<Seconds>| at.is_some_and(|at| at <= now);
        let before = (place.verdict, place.silent, place.green, place.alarm);
        if due(place.verdict_due) {
            place.verdict = true;
            place.verdict_due = None;
        }
        place.silent |= due(place.silence_due(&setting));
        place.green |= due(place.green_due(region, &setting));
        place.alarm = place.faults.has(Fault::Alarm) || due(place.late_due(region, &setting));
        let after = (place.verdict, place.silent, place.green, place.alarm);
        if before == after {
            return self.guard(region);
        }
        if after.3 && !before.3 {
            place.rings_since = now;
            self.woken |= 1 << region;
        }
        self.tell(|setting| {
            let ringing = [(after.0, "verdict"), (after.1, "heartbeat"), (after.2, "green"), (after.3, "rollback")];
            let ringing: Vec<&str> = ringing.iter().filter(|(rings, _)| *rings).map(|(_, name)| *name).collect();
            let ringing = if ringing.is_empty() { "none".to_owned() } else { ringing.join(", ") };
            format!("{}: alarms that ring: {ringing}", setting.title(region))
        });
        self.guard(region);
    }

    /// What `DescribeAlarms` says of the alarms of these names.
    pub(super) fn show_alarms(&self, region: usize, names: &[String]) -> Vec<AlarmView> {
        let Some(place) = self.regions.get(region) else { return Vec::new() };
        let silent = place.armed && place.silent;
        let rings = [place.alarm, place.verdict, silent, place.green, false];
        // Asked of a rollback alarm in ALARM and of a heartbeat alarm that is OK alone.
        let since = [place.rings_since, 0, place.quiet_since, 0, 0];
        let states = self.setting.alarms.iter().zip(rings.into_iter().zip(since));
        let states = states.filter(|(name, _)| names.contains(name));
        let view = |(name, (rings, since)): (&String, (bool, Seconds))| AlarmView {
            name: name.clone(),
            state: if rings { AlarmState::Alarm } else { AlarmState::Ok },
            set_off_by: None,
            since: Some(stamp(since)),
        };
        states.map(view).collect()
    }
}
