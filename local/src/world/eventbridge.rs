//! EventBridge: which event wakes which function, and when. The rules are the template's.

use super::events::Envelope;
use super::queue::Event;
use super::random::Random;
use super::s3::Version;
use super::{FunctionName, World};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::{RegionName, alarms, keys};
use serde_json::Value;

/// The functions that a schedule wakes in every region.
const SWEPT: [FunctionName; 2] = [FunctionName::Replication, FunctionName::Rollback];

/// An event as it went over a region's bus.
#[derive(Clone, Debug, PartialEq)]
pub struct BusEvent {
    /// When.
    pub at: Timestamp,
    /// The region whose bus it was.
    pub region: RegionName,
    /// The event, in its wire shape.
    pub event: Value,
}

impl World {
    /// A new event's envelope.
    pub(super) fn envelope<'a>(&'a mut self, region: &'a RegionName) -> Envelope<'a> {
        self.emitted += 1;
        let id = Random::labelled(self.config.seed, ["event", &self.emitted.to_string()]).uuid();
        Envelope { id, account: &self.config.fleet.account, region, time: self.now }
    }

    /// Hands an event to its rule's target: at least once, after under a second.
    pub(super) fn deliver(&mut self, function: FunctionName, region: &RegionName, source: &str, event: Value) {
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        let delay = Random::labelled(self.config.seed, ["delivery", id]).between(300, 900);
        self.invoke_later(function, region, source, event, SignedDuration::from_millis(delay));
    }

    /// Puts an event on the region's bus, and wakes what the rules say.
    pub(super) fn publish(&mut self, region: &RegionName, event: Value) {
        let target = self.target(&event);
        self.bus.push(BusEvent { at: self.now, region: region.clone(), event: event.clone() });
        if let Some((function, source)) = target {
            self.deliver(function, region, source, event);
        }
    }

    /// The template's rules: an event's target, and what the log calls its source.
    fn target(&self, event: &Value) -> Option<(FunctionName, &'static str)> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let fleet = &self.config.fleet;
        match text("/detail-type") {
            "Object Created" if text("/detail/object/key").starts_with(keys::MANIFESTS) => {
                Some((FunctionName::Replication, "s3"))
            }
            "CloudWatch Alarm State Change"
                if text("/detail/alarmName") == alarms::composite_name(fleet)
                    && text("/detail/state/value") == "ALARM" =>
            {
                Some((FunctionName::Rollback, "alarm"))
            }
            "SageMaker Endpoint State Change" if text("/detail/EndpointName") == fleet.endpoint.as_str() => {
                Some((FunctionName::Rollback, "endpoint"))
            }
            _ => None,
        }
    }

    /// Everything that went over the buses, in order, whether a rule matched or not. Sweeps are not among it.
    pub fn bus(&self) -> &[BusEvent] {
        &self.bus
    }

    /// An object came into a region's bucket.
    pub(super) fn object_created(&mut self, region: &RegionName, key: &str, version: &Version) {
        let Some(bucket) = self.regions.get(region).map(|region| region.bucket.name.clone()) else { return };
        let event = self.envelope(region).object_created(&bucket, key, version);
        self.publish(region, event);
    }

    /// Every region's scheduled sweeps, spread over the first seconds of their period.
    pub(super) fn schedule_sweeps(&mut self) {
        let regions: Vec<RegionName> = self.regions.keys().cloned().collect();
        for region in regions {
            for function in SWEPT {
                let mut random = Random::labelled(self.config.seed, ["sweep", region.as_str(), function.as_str()]);
                let period = self.config.timing.sweep;
                let first = SignedDuration::from_secs(random.between(1, period.as_secs().max(1)));
                self.queue.push(self.later(first), Event::Sweep { region: region.clone(), function });
            }
        }
    }

    /// One sweep, and the next.
    pub(super) fn sweep(&mut self, region: RegionName, function: FunctionName) {
        let rule = format!("meridian-{}-{function}-sweep", self.config.fleet.name);
        let event = self.envelope(&region).scheduled(&rule);
        self.deliver(function, &region, "sweep", event);
        self.queue.push(self.later(self.config.timing.sweep), Event::Sweep { region, function });
    }
}
