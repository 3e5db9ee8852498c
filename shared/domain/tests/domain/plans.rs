//! What the planners say of a night, and what a test says that came of it.

use crate::night::{Night, actor, name, unseen};
use meridian_domain::plan::{Act, Finish, Golden, Next, Plan, RollbackSight, promote, rollback, verify};
use meridian_domain::reason::{Lagging, WaveEnd};
use meridian_domain::{EndpointStatus, PendingDeployment, Reason, Record, RegionName, Seen, VariantPhase, audit};
use meridian_judge::Judgement;

/// What one plan says.
pub trait Says {
    fn does(&self, act: Act) -> bool;
    fn finish(&self) -> Option<Finish>;
    fn waits(&self) -> bool;
    fn pages(&self) -> bool;
    /// The regions that the wave ended without, or whose absence it says, and why each of them.
    fn lagging(&self) -> &[(RegionName, Lagging)];
}

impl Says for Plan {
    fn does(&self, act: Act) -> bool {
        matches!(self.next, Next::Do(own, ..) if own == act)
    }

    fn finish(&self) -> Option<Finish> {
        match self.next {
            Next::Finish(how) => Some(how),
            _ => None,
        }
    }

    fn waits(&self) -> bool {
        matches!(self.next, Next::Wait)
    }

    fn pages(&self) -> bool {
        matches!(self.next, Next::Page { .. })
    }

    fn lagging(&self) -> &[(RegionName, Lagging)] {
        match &self.why {
            Reason::Wave(WaveEnd::Incomplete { lagging, .. }) => lagging,
            other => panic!("{other:?}"),
        }
    }
}

fn answers(right: Option<u32>) -> Seen<Golden> {
    right.map_or_else(|| Seen::Unknown(unseen()), |right| Seen::Known(Golden { asked: 10, right }))
}

/// Entries that one plan after the other may ask for before it asks for something else.
const ENTRIES: usize = 12;

impl Night {
    /// The next plan alone.
    pub fn plan(&self, region: &str) -> Plan {
        promote(&self.fleet, &self.region(region), &self.sight, self.now)
    }

    /// What `promote` says to do next in `region`, once the ledgers hold what it says to write first.
    pub fn next(&mut self, region: &str) -> Plan {
        let region = self.region(region);
        self.once_written(|night| promote(&night.fleet, &region, &night.sight, night.now))
    }

    /// The same, once the call has done what it is told to do first: just this, in this order.
    #[track_caller]
    pub fn next_after(&mut self, region: &str, acts: &[Act]) -> Plan {
        for act in acts {
            let plan = self.next(region);
            assert!(plan.does(*act), "{act:?} was expected: {plan:?}");
            self.did(*act);
        }
        self.next(region)
    }

    /// What `verify`, the wave's last action, says to do next, once the ledgers hold what it says to write first.
    pub fn next_of_verify(&mut self) -> Plan {
        self.once_written(|night| verify(&night.fleet, &night.sight, night.now))
    }

    /// How the action ends that can do nothing in `region`, once people are told why.
    #[track_caller]
    pub fn refused(&mut self, region: &str) -> Plan {
        self.refused_after(region, &[])
    }

    /// The same, once the call has done just this.
    #[track_caller]
    pub fn refused_after(&mut self, region: &str, acts: &[Act]) -> Plan {
        let page = self.next_after(region, acts);
        self.sent(page);
        self.next(region)
    }

    fn once_written(&mut self, plan: impl Fn(&Self) -> Plan) -> Plan {
        for _ in 0..ENTRIES {
            let plan = plan(self);
            assert_eq!(audit(&self.fleet, &self.sight, &plan, self.now), [], "{plan:?}");
            match plan.next {
                Next::TellHub(record) => self.hub(record),
                Next::TellRegion(region, record) => self.tell(region.as_str(), record),
                Next::TakeLease { epoch, until } => self.hub(Record::LeaseTaken { epoch, until }),
                _ => return plan,
            }
        }
        panic!("entries without end: {:?}", plan(self));
    }

    /// What `rollback` sees in `region`.
    pub fn own_sight(&self, region: &str) -> RollbackSight {
        RollbackSight {
            actor: actor(&format!("rollback.{region}")),
            history: self.sight.regions[&name(region)].clone(),
            way_back: self.own.way_back.clone(),
            endpoint: self.sight.endpoints[&name(region)].clone(),
            probation: Seen::Known(self.own.probation.clone()),
            alarm: Seen::Known(self.own.alarm.clone()),
            client_errors: Seen::Known(self.own.client_errors),
            judge: self.own.judge.clone(),
            done: self.own.done.clone(),
            owes: self.own.owes,
            paged: self.own.paged,
            golden: self.own.golden.clone(),
            unscaled: self.own.unscaled.clone(),
            unwritten: 0,
        }
    }

    /// What `rollback` says to do next in `region`, once its ledger holds what it says to write first.
    pub fn next_of_rollback(&mut self, region: &str) -> Plan {
        let by = actor(&format!("rollback.{region}"));
        for _ in 0..ENTRIES {
            let mut sight = self.own_sight(region);
            let plan = rollback(&self.fleet, &self.region(region), &sight, self.now);
            let Next::TellRegion(_, record) = plan.next else { return plan };
            self.tell_as(&by, region, record);
            if let Some(history) = self.sight.regions[&name(region)].known() {
                sight.reads(history.clone());
            }
            self.own.owes = sight.owes;
        }
        panic!("entries without end in {region}");
    }

    /// What `rollback` says to do next once its page has gone out.
    #[track_caller]
    pub fn own_told(&mut self, region: &str) -> Plan {
        let page = self.next_of_rollback(region);
        self.own_sent(region, page);
        self.next_of_rollback(region)
    }

    /// The region has nothing more to do: once people are told, or without a page.
    #[track_caller]
    pub fn own_ends(&mut self, region: &str, pages: bool) {
        let end = if pages { self.own_told(region) } else { self.next_of_rollback(region) };
        assert_eq!(end.finish(), Some(Finish::Done), "{end:?}");
    }

    /// Another call of a function: what the last one did and saw was its own.
    pub fn new_call(&mut self) {
        (self.sight.done, self.sight.judged, self.sight.golden, self.sight.refused) = Default::default();
        (self.sight.unscaled, self.sight.paged, self.sight.advised) = Default::default();
        (self.own.done, self.own.golden, self.own.owes, self.own.paged) = Default::default();
        self.own.unscaled = None;
    }

    /// The call has done this.
    pub fn did(&mut self, act: Act) {
        self.sight.done.insert(act);
    }

    /// SageMaker has taken the wave's update, and the wave has noted it.
    pub fn taken(&mut self, region: &str) {
        self.did(Act::Update);
        self.phase(region, VariantPhase::Creating);
        self.tell(region, Record::UpdateStarted { execution: self.sight.execution.clone() });
    }

    /// SageMaker has taken the region's own way back to this release, and `rollback` has noted it.
    pub fn taken_back(&mut self, region: &str, text: &str) {
        self.own.done.insert(Act::Update);
        let config = self.target(region, text).config;
        let phase = Some(VariantPhase::Creating);
        if let Some(Seen::Known(Some(view))) = self.sight.endpoints.get_mut(&name(region)) {
            view.status = EndpointStatus::Updating;
            view.pending = Some(PendingDeployment { config, instances: None, phase, phase_since: None });
        }
        let by = actor(&format!("rollback.{region}"));
        self.tell_as(&by, region, Record::UpdateStarted { execution: by.clone() });
    }

    /// The call has looked at the counts, and the judge says this.
    pub fn looked(&mut self, judged: Judgement) {
        self.did(Act::Look);
        self.sight.judged = Some(Seen::Known(judged));
    }

    /// The call has looked at the counts, and they do not come.
    pub fn looked_in_vain(&mut self) {
        self.did(Act::Look);
        self.sight.judged = Some(Seen::Unknown(unseen()));
    }

    /// The call has asked ten golden records, and so many were answered right; none where the endpoint does not answer.
    pub fn asked(&mut self, region: &str, right: Option<u32>) {
        self.did(Act::AskGolden);
        self.sight.golden.insert(name(region), answers(right));
    }

    /// The same of `rollback`.
    pub fn own_asked(&mut self, right: Option<u32>) {
        self.own.golden = Some(answers(right));
    }

    /// The page, or the advice, that a plan asks for has gone out.
    #[track_caller]
    pub fn sent(&mut self, plan: Plan) {
        match plan.next {
            Next::Page { region, .. } => {
                self.sight.paged.insert(region, plan.why);
            }
            Next::Advise { .. } => self.sight.advised = Some(true),
            other => panic!("nobody is to be told: {other:?}"),
        }
    }

    /// The page that the region's own plan asks for has gone out, and is paid where its ledger owes it.
    #[track_caller]
    pub fn own_sent(&mut self, region: &str, page: Plan) {
        assert!(page.pages(), "{page:?}");
        self.own.paged = true;
        let why = page.why;
        if self.sight.regions[&name(region)].known().is_some_and(|history| history.owes(&why)) {
            self.tell_as(&actor(&format!("rollback.{region}")), region, Record::PageSent { why });
        }
    }
}
