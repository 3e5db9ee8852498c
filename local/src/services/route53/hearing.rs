//! How people hear from outside that a region leaves DNS.

use crate::services::cloudwatch::metrics::MetricKey;
use crate::services::cloudwatch::samples::Samples;
use crate::services::cloudwatch::status::{Change, state_json};
use crate::services::cloudwatch::types::AlarmState;
use crate::services::route53::outside::check;
use crate::world::fault::FaultKind;
use crate::world::log::What;
use crate::world::scheduled::Scheduled;
use crate::world::state::World;
use jiff::Timestamp;
use meridian_deployment::Trigger;

/// What a mail of SNS has where the message has no subject.
const SUBJECT: &str = "AWS Notification Message";

impl World {
    /// What Route 53 counts of the minute that began at `start`.
    pub(crate) fn count_health(&mut self, start: Timestamp, visible: Timestamp) {
        if self.is_outside_lost() {
            return;
        }
        let Some(outside) = &mut self.outside else { return };
        for (region, own) in &self.regions {
            let key = MetricKey::new("AWS/Route53", "HealthCheckStatus", &[check(region)]);
            let status = Samples::new([(f64::from(u8::from(own.health.is_good())), 1.0)]);
            outside.metrics.put(key, start, visible, status);
        }
    }

    /// The alarms over health checks, and who is told of their changes.
    pub(crate) fn look_from_outside(&mut self) {
        if self.is_outside_lost() {
            return;
        }
        let (now, live) = (self.now, &self.config.live);
        let Some(outside) = &mut self.outside else { return };
        let metrics = &outside.metrics;
        let changes: Vec<(String, Change)> = outside
            .alarms
            .metric
            .iter_mut()
            .filter_map(|(alarm, watch)| {
                Some((watch.definition.dimensions.first()?.value.clone(), watch.change(alarm, metrics, live, now)?))
            })
            .collect();
        for (region, change) in changes {
            self.tell_from_outside(&region, change);
        }
    }

    /// Whether us-east-1 is lost: Route 53 goes on answering and checking, but nothing is counted, and nobody is told.
    fn is_outside_lost(&mut self) -> bool {
        let Some(place) = self.outside.as_ref().map(|own| own.place.clone()) else { return false };
        let now = self.now;
        let lost = |own: &&mut Scheduled| own.fault.kind == FaultKind::RegionLost && own.holds_in(&place, now);
        self.faults.iter_mut().filter(lost).map(Scheduled::spend).count() > 0
    }

    fn tell_from_outside(&mut self, region: &str, change: Change) {
        let (Ok(region), Some(place)) = (region.parse(), self.outside.as_ref().map(|own| own.place.clone())) else {
            return;
        };
        let Change { alarm, configuration, before, after } = change;
        let event = self.envelope(&place).alarm_changed(&alarm, configuration, state_json(&before), state_json(&after));
        let rules = self.outside.iter().flat_map(|own| &own.stack.rules);
        let heard = rules.filter(|rule| matches!(&rule.trigger, Trigger::Event(pattern) if pattern.matches(&event)));
        let told: Vec<(String, String)> =
            heard.flat_map(|rule| &rule.targets).map(|own| (own.arn.clone(), own.input(&event))).collect();
        for (topic, message) in told {
            let (subject, about, reason) = (SUBJECT.to_owned(), None, None);
            let what = match after.value {
                AlarmState::Alarm => What::PageSent { topic, subject, message, about, reason },
                _ => What::AdviceSent { topic, subject, message, about, reason },
            };
            self.record(&region, what);
        }
    }
}
