//! EventBridge: which event invokes which function, and when, by the rules that the template makes.

use crate::services::eventbridge::envelope::Envelope;
use crate::services::eventbridge::event::BusEvent;
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::SignedDuration;
use meridian_deployment::{Rule, Trigger};
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;
use serde_json::Value;

/// EventBridge, as a principal.
const EVENTS: &str = "events.amazonaws.com";

impl World {
    /// A new event's envelope.
    pub(crate) fn envelope<'a>(&'a mut self, region: &'a RegionName) -> Envelope<'a> {
        self.emitted += 1;
        let id = Random::labelled(self.config.seed, ["event", &self.emitted.to_string()]).uuid();
        Envelope { id, account: self.config.fleet.account_of(region), region, time: self.now }
    }

    /// Hands an event to its rule's target: at least once, after under a second.
    pub(crate) fn deliver(&mut self, function: FunctionKind, region: &RegionName, source: &str, event: Value) {
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        let delay = Random::labelled(self.config.seed, ["delivery", id]).between(300, 900);
        self.invoke_later(function, region, source, event, SignedDuration::from_millis(delay));
    }

    /// Puts an event on the region's bus, and invokes what the rules say.
    pub(crate) fn publish(&mut self, region: &RegionName, event: Value) {
        self.bus.push(BusEvent { at: self.now, region: region.clone(), event: event.clone() });
        let deployment = self.deployment.clone();
        let rules = deployment.stacks.get(region).map(|stack| stack.rules.as_slice()).unwrap_or_default();
        for rule in rules {
            if matches!(&rule.trigger, Trigger::Event(pattern) if pattern.matches(&event)) {
                let source = source(&event);
                for function in self.targets(region, rule) {
                    self.deliver(function, region, source, event.clone());
                }
            }
        }
    }

    /// The functions that a rule calls, and may call.
    fn targets(&mut self, region: &RegionName, rule: &Rule) -> Vec<FunctionKind> {
        let functions = rule.targets.iter().filter_map(|target| self.function_of_arn(region, &target.arn));
        let functions: Vec<FunctionKind> = functions.collect();
        functions.into_iter().filter(|function| self.may_invoke(*function, region, EVENTS, &rule.arn)).collect()
    }

    /// Everything that went over the buses, in order, whether a rule matched or not. Sweeps are not among it.
    pub fn bus(&self) -> &[BusEvent] {
        &self.bus
    }

    /// Every region's scheduled rules, spread over the first seconds of their period.
    pub(crate) fn schedule_sweeps(&mut self) {
        let deployment = self.deployment.clone();
        for (region, stack) in &deployment.stacks {
            for rule in &stack.rules {
                let Some(period) = self.period(rule) else { continue };
                let functions = rule.targets.iter().filter_map(|target| self.function_of_arn(region, &target.arn));
                for function in functions.collect::<Vec<_>>() {
                    let mut random = Random::labelled(self.config.seed, ["sweep", region.as_str(), function.name()]);
                    let first = SignedDuration::from_secs(random.between(1, period.as_secs().max(1)));
                    self.queue
                        .push(self.later(first), Event::Sweep { region: region.clone(), rule: rule.name.clone() });
                }
            }
        }
    }

    /// Between two firings of a scheduled rule.
    fn period(&self, rule: &Rule) -> Option<SignedDuration> {
        match rule.trigger {
            Trigger::Rate(seconds) => {
                Some(self.config.timing.sweep.unwrap_or(SignedDuration::from_secs(seconds.into())))
            }
            Trigger::Event(_) => None,
        }
    }

    /// One firing of a scheduled rule, and the next.
    pub(crate) fn sweep(&mut self, region: RegionName, name: String) {
        let deployment = self.deployment.clone();
        let rules = deployment.stacks.get(&region).map(|stack| stack.rules.as_slice()).unwrap_or_default();
        let Some(rule) = rules.iter().find(|rule| rule.name == name) else { return };
        let event = self.envelope(&region).scheduled(&name);
        for function in self.targets(&region, rule) {
            self.deliver(function, &region, "sweep", event.clone());
        }
        if let Some(period) = self.period(rule) {
            self.queue.push(self.later(period), Event::Sweep { region, rule: name });
        }
    }
}

/// What the log calls an event's source.
fn source(event: &Value) -> &'static str {
    match event.get("source").and_then(Value::as_str) {
        Some("aws.s3") => "s3",
        Some("aws.cloudwatch") => "alarm",
        Some("aws.sagemaker") => "endpoint",
        _ => "event",
    }
}
