//! How the world moves on: the next queued event happens, and time with it.

use crate::world::fault::FaultKind;
use crate::world::invocation::InvocationEnd;
use crate::world::log::What;
use crate::world::queue::Event;
use jiff::Timestamp;
use meridian_domain::RegionName;

use crate::world::state::World;

impl World {
    /// Lets exactly the next queued event happen, and moves `now` to it. Without one, nothing happens.
    pub fn step(&mut self) {
        let Some((at, event)) = self.queue.pop() else { return };
        self.now = self.now.max(at);
        match event {
            Event::Invoke(request) => self.begin_invocation(*request),
            Event::Deadline(id) => self.invocation_ended(id, InvocationEnd::TimedOut),
            Event::Thaws(id, region, what) => self.thaws(id, &region, what),
            Event::Copy(copy) => self.copy_arrives(*copy),
            Event::Image { region, uri } => self.image_arrives(&region, uri),
            Event::MinuteEnds => self.minute_ends(),
            Event::EvaluateAlarms { high_resolution } => self.evaluate_alarms(high_resolution),
            Event::UpdateDue(due) => self.update_due(&due),
            Event::InstancesAdded { region, endpoint } => self.instances_added(&region, &endpoint),
            Event::InstancesReplaced(lost) => self.instances_replaced(*lost),
            // What is counted from here on goes by other rates.
            Event::BehaviourChanges => self.count_all_traffic(),
            Event::Sweep { region, rule } => self.sweep(region, rule),
            Event::HealthCheck { region } => self.check_health(region),
            Event::ActionBegins { execution } => self.action_begins(execution),
            Event::SourceEnds { execution } => self.action_succeeds(execution, None),
            Event::JobContinues { execution, token } => self.call_job(execution, Some(token)),
            Event::JobTimesOut { job } => self.job_times_out(&job),
            Event::FaultBegins(number) => self.fault_changes(number, true),
            Event::FaultEnds(number) => self.fault_changes(number, false),
        }
    }

    /// Lets everything happen that is due by `at`, and moves `now` there. Invocations that come due stay to be taken.
    pub fn run_until(&mut self, at: Timestamp) {
        while self.next_event_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.now = self.now.max(at);
    }

    /// A scheduled fault begins or ends: it is told, and a control plane goes dark or returns.
    fn fault_changes(&mut self, number: usize, begins: bool) {
        let Some(scheduled) = self.faults.get(number) else { return };
        let fault = scheduled.fault.clone();
        if self.config.clients.is_some() {
            // They may go unanswered from here, or no longer.
            self.count_all_traffic();
        }
        let told = fault.describe();
        let everywhere = || self.regions.keys().cloned().collect();
        let met: Vec<RegionName> = fault.region.clone().map_or_else(everywhere, |region| vec![region]);
        let place = fault.region.unwrap_or_else(|| self.home());
        self.record(&place, if begins { What::FaultBegan { fault: told } } else { What::FaultEnded { fault: told } });
        if begins {
            met.iter().for_each(|region| self.zone_lost(number, region));
        }
        if fault.kind != FaultKind::Dark {
            return;
        }
        for region in met {
            if self.is_dark(&region) {
                self.freeze(&region);
            } else {
                self.thaw(&region);
            }
        }
    }
}
