//! Several waves of one night: releases that come while another walks, and executions that follow.

use crate::night::{AU, BR, EU, JP, Night, actor, name, release, said, version, wave_ended};
use jiff::Timestamp;
use meridian_domain::Record;

impl Night {
    /// A new execution, as after a night that ended badly.
    pub fn rerun(&mut self, execution: &str) {
        self.sight.execution = actor(execution);
        self.sight.since = self.now;
    }

    /// Another release is published, evaluated and attested while this one walks.
    pub fn approve(&mut self, text: &str) {
        self.approve_created(text, self.now);
    }

    /// The same of one whose training finished at `created`.
    pub fn approve_created(&mut self, text: &str, created: Timestamp) {
        self.hub(Record::Approved { release: release(text), created });
        for region in [EU, AU, JP, BR] {
            self.tell(region, Record::Attested { release: release(text), version: version(text) });
        }
    }

    /// What is called from now on is `text`'s wave.
    pub fn wave_of(&mut self, text: &str, execution: &str) {
        (self.sight.release, self.sight.version) = (release(text), version(text));
        self.rerun(execution);
    }

    pub fn deferred(&mut self, region: &str, text: &str) {
        let (region, execution, release) = (name(region), self.sight.execution.clone(), release(text));
        self.hub(Record::Deferred { region, execution, release, why: said("dark"), paged: false });
    }

    /// The wave in progress releases the lease.
    pub fn wave_ends(&mut self) {
        let (release, execution) = (self.sight.release, self.sight.execution.clone());
        self.hub(wave_ended(release, execution, Vec::new()));
        self.hub_mut().lease = None;
    }

    pub fn serves(&mut self, region: &str, text: &str) {
        let target = self.target(region, text);
        let execution = self.sight.execution.clone();
        self.tell(region, Record::Confirmed { target: target.clone(), execution: execution.clone(), golden: 10 });
        self.tell(region, Record::FullLoadJudged { target, execution, why: said("fine"), judgement: None });
        self.in_service(region, text);
    }
}
