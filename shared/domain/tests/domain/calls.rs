//! Calls on the night's table: each plan is made, audited and done, as the handlers do.

use crate::night::{Night, actor, name, unseen};
use meridian_domain::plan::{Act, Finish, Golden, Next, Plan, RollbackSight, promote, rollback, verify};
use meridian_domain::reason::{Lagging, WaveEnd};
use meridian_domain::{
    EndpointStatus, EndpointView, PendingDeployment, Reason, Record, RegionName, Seen, VariantPhase, audit,
};
use std::collections::BTreeSet;

/// What one call did, step by step, and how it ended.
pub struct Call {
    pub plans: Vec<Plan>,
}

impl Call {
    pub fn last(&self) -> &Plan {
        self.plans.last().unwrap()
    }

    pub fn finish(&self) -> Option<Finish> {
        match self.last().next {
            Next::Finish(how) => Some(how),
            _ => None,
        }
    }

    pub fn did(&self, act: Act) -> bool {
        self.plans.iter().any(|plan| matches!(&plan.next, Next::Do(done, ..) if *done == act))
    }

    pub fn pages(&self) -> usize {
        self.plans.iter().filter(|plan| matches!(plan.next, Next::Page { .. })).count()
    }

    /// The regions that the wave ended without, or whose absence it says, and why each of them.
    pub fn lagging(&self) -> &[(RegionName, Lagging)] {
        match &self.last().why {
            Reason::Wave(WaveEnd::Incomplete { lagging, .. }) => lagging,
            other => panic!("{other:?}"),
        }
    }
}

impl Night {
    /// One call of `promote` for `region`.
    pub fn call(&mut self, region: &str) -> Call {
        let region = self.region(region);
        self.run(|night| promote(&night.fleet, &region, &night.sight, night.now))
    }

    /// Calls of `promote` for `region` every 30 s, as CodePipeline makes them, to the action's end: the last of them.
    pub fn calls(&mut self, region: &str) -> Call {
        for _ in 0..120 {
            let call = self.call(region);
            if call.finish().is_some() {
                return call;
            }
            self.pass("30s");
        }
        panic!("{region}'s action takes no end");
    }

    /// A call of `promote` that dies as soon as `done`.
    pub fn call_until(&mut self, region: &str, done: impl Fn(&Self) -> bool) {
        self.begin_call();
        while !done(self) {
            let plan = self.plan(region);
            self.step(plan.next, &plan.why);
        }
    }

    /// What a call has done and seen is its own.
    fn begin_call(&mut self) {
        (self.sight.done, self.sight.judged, self.sight.golden, self.sight.refused) = Default::default();
        (self.sight.unscaled, self.sight.paged, self.sight.advised, self.sight.hour) = Default::default();
    }

    /// One call of the wave's last action.
    pub fn verify(&mut self) -> Call {
        self.run(|night| verify(&night.fleet, &night.sight, night.now))
    }

    /// The next plan alone.
    pub fn plan(&self, region: &str) -> Plan {
        promote(&self.fleet, &self.region(region), &self.sight, self.now)
    }

    fn run(&mut self, plan: impl Fn(&Self) -> Plan) -> Call {
        self.begin_call();
        let mut plans = Vec::new();
        for _ in 0..60 {
            let plan = plan(self);
            assert_eq!(audit(&self.fleet, &self.sight, &plan, self.now), [], "{plan:?}");
            plans.push(plan.clone());
            if matches!(plan.next, Next::Wait | Next::Finish(_)) {
                return Call { plans };
            }
            self.step(plan.next, &plan.why);
        }
        panic!("no end after 60 steps: {:?}", plans.last());
    }

    fn step(&mut self, next: Next, why: &Reason) {
        match next {
            Next::TellHub(record) => self.hub(record),
            Next::TellRegion(region, record) => self.tell(region.as_str(), record),
            Next::TakeLease { epoch, until } => self.hub(Record::LeaseTaken { epoch, until }),
            Next::Page { region, .. } => {
                self.pages += 1;
                self.sight.paged.insert(region, why.clone());
            }
            Next::Advise { .. } => {
                self.advice += 1;
                self.sight.advised = Some(!self.loses_advice);
            }
            Next::Do(act, region, _) => self.act(act, region.as_str()),
            Next::Wait | Next::Finish(_) => panic!("nothing to do: {next:?}"),
        }
    }

    /// What golden records that are asked now bring back.
    fn answers(&self) -> Seen<Golden> {
        let right = self.right.ok_or_else(unseen);
        right.map_or_else(Seen::Unknown, |right| Seen::Known(Golden { asked: 10, right }))
    }

    fn act(&mut self, act: Act, region: &str) {
        self.sight.done.insert(act);
        match act {
            Act::Update if self.refuses.is_some() => self.sight.refused = self.refuses.clone(),
            Act::Update if self.takes_updates => {
                self.phase(region, VariantPhase::Creating);
                self.tell(region, Record::UpdateStarted { execution: self.sight.execution.clone() });
            }
            Act::Update => self.dark(region),
            Act::Create => {
                let config = self.target(region, "v427").config;
                let status = EndpointStatus::Creating;
                let view = EndpointView { status, config, instances: None, pending: None, failure: None };
                self.sight.endpoints.insert(name(region), Seen::Known(Some(view)));
                self.tell(region, Record::UpdateStarted { execution: self.sight.execution.clone() });
            }
            Act::Scale => self.sight.unscaled = self.unscaled.clone(),
            Act::Look => self.sight.judged = Some(self.judged.clone()),
            Act::Measure => self.sight.hour = Some(self.hour.clone()),
            Act::AskGolden => {
                self.sight.golden.insert(name(region), self.answers());
            }
            _ => {}
        }
    }

    /// One call of `rollback` in `region`.
    pub fn rollback(&mut self, region: &str) -> Call {
        let by = actor(&format!("rollback.{region}"));
        let mut done = BTreeSet::new();
        let mut plans = Vec::new();
        let (mut owes, mut paged, mut golden) = (false, false, None);
        for _ in 0..20 {
            let sight = RollbackSight {
                actor: by.clone(),
                history: self.sight.regions[&name(region)].clone(),
                way_back: self.way_back.clone(),
                endpoint: self.sight.endpoints[&name(region)].clone(),
                probation: Seen::Known(self.probation.clone()),
                alarm: Seen::Known(self.alarm.clone()),
                client_errors: Seen::Known(self.client_errors),
                judge: self.judge.clone(),
                done: done.clone(),
                owes,
                paged,
                golden: golden.clone(),
                unwritten: 0,
            };
            let plan = rollback(&self.region(region), &sight, self.now);
            plans.push(plan.clone());
            match plan.next {
                Next::TellRegion(_, record) => {
                    let owed =
                        |night: &Night| night.sight.regions[&name(region)].known().map_or(0, |own| own.owed.len());
                    let before = owed(self);
                    self.tell_as(&by, region, record);
                    owes |= owed(self) > before;
                }
                Next::Page { advice, .. } => {
                    paged = true;
                    let why = plan.why;
                    let history = self.sight.regions[&name(region)].known();
                    let owed = history.is_some_and(|history| history.owes(&why));
                    self.pages += usize::from(self.pager);
                    match (self.pager, owed) {
                        (true, true) => self.tell_as(&by, region, Record::PageSent { why }),
                        (false, false) => self.tell_as(&by, region, Record::PageOwed { why, advice }),
                        _ => {}
                    }
                }
                Next::Do(Act::Update, _, target) => {
                    done.insert(Act::Update);
                    self.status(region, EndpointStatus::Updating);
                    if let Some(Seen::Known(Some(view))) = self.sight.endpoints.get_mut(&name(region)) {
                        let phase = Some(VariantPhase::Creating);
                        let config = target.config;
                        view.pending = Some(PendingDeployment { config, instances: None, phase, phase_since: None });
                    }
                    let started = Record::UpdateStarted { execution: by.clone() };
                    if matches!(self.sight.regions[&name(region)], Seen::Known(_)) {
                        self.tell_as(&by, region, started);
                    }
                }
                Next::Do(Act::AskGolden, ..) => golden = Some(self.answers()),
                Next::Do(act, ..) => {
                    done.insert(act);
                }
                Next::Wait | Next::Finish(_) => return Call { plans },
                Next::TellHub(_) | Next::TakeLease { .. } | Next::Advise { .. } => {
                    panic!("a rollback needs no other region: {plan:?}")
                }
            }
        }
        panic!("no end after 20 steps: {:?}", plans.last());
    }
}
