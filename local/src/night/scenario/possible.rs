//! What cannot be simulated, said before a night begins.

use super::tables::is_name;
use super::{CHAMPION, Scenario, ScenarioError};
use crate::services::OPERATIONS;
use crate::world::{ANY_RELEASE, Moment};
use meridian_domain::{Fleet, RegionName};
use meridian_messages::or_rather;

/// Hexadecimal digits of a release's digest.
const DIGEST: usize = 64;

impl Scenario {
    /// What its fields do not say one by one.
    pub(super) fn impossible(&self) -> Option<String> {
        // A folder is called like it, and a file may be called otherwise.
        if !is_name(&self.name) {
            return Some(format!("name = {:?}: a name of at most 64 characters, and no path", self.name));
        }
        let timing = self.timing.impossible();
        let contradictory = timing.or_else(|| self.contradiction()).or_else(|| self.restored_from_the_future());
        contradictory.or_else(|| self.begins_after_the_end())
    }

    /// A fault that could meet nothing, by its place among them.
    fn contradiction(&self) -> Option<String> {
        let mut wrong =
            self.fault.iter().zip(1..).filter_map(|(own, n)| Some((own, n, own.contradiction(&OPERATIONS)?)));
        let (own, n, why) = wrong.next()?;
        Some(format!("[[fault]] number {n}, \"{}\": {why}", own.describe()))
    }

    /// A backup that would be made only after its bucket is restored.
    fn restored_from_the_future(&self) -> Option<String> {
        let at = |moment: Moment| moment.after(self.start);
        let own = self.restore.iter().find(|own| at(own.to) >= at(own.at))?;
        Some(format!("restore.to = {}: a moment before restore.at, which is {}", own.to, own.at))
    }

    /// What would begin when the night is over, and so never.
    fn begins_after_the_end(&self) -> Option<String> {
        let end = self.end();
        let mut begun = self.beginnings().map(|(field, moment)| (field, moment, moment.after(self.start)));
        let (field, moment, at) = begun.find(|(_, _, at)| *at >= end)?;
        let value = match moment {
            // The night may be over before the time of day comes again.
            Moment::Daily(_) => format!("{moment} ({at})"),
            Moment::At(_) => at.to_string(),
        };
        Some(format!("{field} = {value}: a moment before the night's end (start and lasts), which is {end}"))
    }

    /// When what happens in it begins, each with the field that says so.
    fn beginnings(&self) -> impl Iterator<Item = (&'static str, Moment)> {
        let publish = self.publish.iter().map(|own| ("publish.at", own.at));
        let approve = self.approve.iter().map(|own| ("approve.at", own.at));
        let reruns = self.rerun.iter().map(|own| ("rerun.at", own.at));
        let overrides = self.overrides.iter().map(|own| ("override.at", own.at));
        let faults = self.fault.iter().filter_map(|own| Some(("fault.from", own.from?)));
        let behaviours = self.behaviour.iter().filter_map(|own| Some(("behaviour.from", own.from?)));
        let features = self.feature.iter().filter_map(|own| Some(("feature.from", own.from?)));
        let hands = self.hand.iter().map(|own| ("hand.at", own.at));
        let moved = self.failover.iter().map(|own| ("failover.at", own.at));
        let home = self.move_home.iter().map(|own| ("move_home.at", own.at));
        let restored = self.restore.iter().map(|own| ("restore.at", own.at));
        let deployed = self.deploy.iter().map(|own| ("deploy.at", own.at));
        let people = publish.chain(approve).chain(reruns).chain(overrides).chain(hands);
        let people = people.chain(moved).chain(home).chain(restored).chain(deployed);
        people.chain(faults).chain(behaviours).chain(features)
    }

    /// The same scenario, if the fleet has every region that it names, and training every release.
    ///
    /// # Errors
    /// The first one that there is not.
    pub fn within(&self, fleet: &Fleet) -> Result<&Self, ScenarioError> {
        match self.unknown_region(fleet).or_else(|| self.unknown_release(fleet)) {
            None => Ok(self),
            Some(message) => Err(ScenarioError::Malformed { name: self.name.clone(), line: None, message }),
        }
    }

    /// The regions that it names, each with the table that does.
    fn regions(&self) -> impl Iterator<Item = (&'static str, &RegionName)> {
        let faults = self.fault.iter().filter(|own| !own.is_outside());
        let faults = faults.filter_map(|own| Some(("fault", own.region.as_ref()?)));
        let behaviours = self.behaviour.iter().filter_map(|own| Some(("behaviour", own.region.as_ref()?)));
        let features = self.feature.iter().filter_map(|own| Some(("feature", own.region.as_ref()?)));
        let overrides = self.overrides.iter().filter_map(|own| Some(("override", own.region.as_ref()?)));
        let expected = self.expect.serves.keys().map(|region| ("expect", region));
        let new = self.new.iter().map(|region| ("new", region));
        let hands = self.hand.iter().map(|own| ("hand", &own.region));
        let moved = self.failover.iter().flat_map(|own| std::iter::once(&own.from).chain(&own.to));
        let moved = moved.map(|region| ("failover", region));
        let home = self.move_home.iter().flat_map(|own| std::iter::once(&own.from).chain(&own.to));
        let home = home.map(|region| ("move_home", region));
        let restored = self.restore.iter().map(|own| ("restore", &own.region));
        let deployed = self.deploy.iter().map(|own| ("deploy", &own.region));
        let next = self.clients.iter().flat_map(|own| &own.next).map(|region| ("clients", region));
        let people = overrides.chain(hands).chain(moved).chain(home).chain(restored).chain(deployed);
        faults.chain(behaviours).chain(features).chain(people).chain(expected).chain(new).chain(next)
    }

    fn unknown_region(&self, fleet: &Fleet) -> Option<String> {
        let (table, region) = self.regions().find(|(_, region)| fleet.region(region).is_none())?;
        let known: Vec<&str> = fleet.regions.iter().map(|region| region.name.as_str()).collect();
        Some(format!("{table}: region {region} is not in the fleet{}", or_rather(region.as_str(), &known)))
    }

    fn unknown_release(&self, fleet: &Fleet) -> Option<String> {
        let mut known: Vec<&str> = self.publish.iter().map(|own| own.version.as_str()).collect();
        known.push(CHAMPION);
        // Digests and endpoint configurations are not known before the night, but how they are written is.
        let digest = |name: &str| name.len() == DIGEST && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let configuration =
            |name: &str| name.strip_prefix(fleet.name.as_str()).is_some_and(|rest| rest.starts_with('-'));
        let behaves = |name: &&str| *name != ANY_RELEASE && !digest(name) && !configuration(name);
        let reruns = self.rerun.iter().map(|own| ("rerun", own.version.as_str()));
        let behaviours = self.behaviour.iter().map(|own| own.release.as_str()).filter(behaves);
        let spoken_for = self.behaviour.iter().filter_map(|own| own.speaks_for.as_deref()).filter(|name| !digest(name));
        let expected = self.expect.serves.values().map(|version| version.as_str()).filter(|name| *name != "unknown");
        let behaviours = behaviours.chain(spoken_for).map(|name| ("behaviour", name));
        let mut named = reruns.chain(behaviours).chain(expected.map(|name| ("expect", name)));
        let (table, release) = named.find(|(_, name)| !known.contains(name))?;
        Some(format!("{table}: release {release} is neither published nor {CHAMPION}{}", or_rather(release, &known)))
    }
}
