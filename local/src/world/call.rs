//! A call of an operation: scheduled faults and injected crashes first, then IAM, then the operation itself.

use crate::services::iam::session::Caller;
use crate::services::operations::EFFECTS;
use crate::world::crash_injection::CrashInjection;
use crate::world::error::ApiError;
use crate::world::fault::When;
use crate::world::invocation::InvocationEnd;
use crate::world::log::What;
use crate::world::operation::Operation;
use crate::world::scheduled::{Attempt, Effect};
use crate::world::service::Outcome;
use crate::world::state::World;
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;

impl World {
    /// From now on somebody decides who dies where.
    pub fn inject_crashes(&mut self, injection: impl CrashInjection + 'static) {
        self.crash_injection = Some(Box::new(injection));
    }

    /// A call by nobody in particular: publishing, tests, a person. See [`World::call_as`].
    pub fn call<O: Operation>(&mut self, region: &RegionName, operation: O) -> Outcome<O::Output> {
        self.call_as(Caller::default(), region, operation)
    }

    /// A call by an invocation or somebody outside, perhaps with the keys of a role's session: scheduled faults first, then the
    /// operation itself. A call takes no virtual time.
    ///
    /// An invocation that has ended (its deadline came, or a fault killed it) is [`Outcome::Killed`] at its next call.
    pub fn call_as<O: Operation>(
        &mut self,
        caller: impl Into<Caller>,
        region: &RegionName,
        operation: O,
    ) -> Outcome<O::Output> {
        let who: Caller = caller.into();
        let caller = who.invocation;
        let place = match caller {
            Some(id) => match self.lambda.place(id) {
                Some(place) => Some(place),
                None => return Outcome::Killed,
            },
            None => None,
        };
        let function = place.as_ref().map(|(function, _)| *function);
        *self.calls.entry((region.clone(), O::NAME)).or_default() += 1;
        let call = Attempt { region, service: O::SERVICE, operation: O::NAME, caller: place.as_ref() };
        let now = self.now;
        let doomed =
            caller.filter(|_| EFFECTS.contains(&O::NAME)).and_then(|id| self.crash_injection.as_mut()?.strikes(id));
        // A caller that dies before it has called meets no fault; what a fault keeps from taking effect does not take it either
        // because its caller dies after it.
        let met = match doomed {
            Some(When::Before) => None,
            _ => self.faults.iter_mut().find_map(|fault| fault.meet(&call, now)),
        };
        let kept = met.as_ref().is_some_and(|effect| !matches!(effect, Effect::Late(_)));
        let doomed = doomed.map(|when| Effect::Kill(if kept { When::Before } else { when }));
        match doomed.or(met) {
            None => Outcome::Answer(self.carry_out(who, region, operation)),
            Some(Effect::Late(by)) => Outcome::Late(self.carry_out(who, region, operation), by),
            Some(Effect::Answer(error)) => Outcome::Answer(Err(error)),
            Some(Effect::Hang) => Outcome::Hang,
            Some(Effect::Freeze(by)) => {
                let what = self.fault_strikes(region, "stands still", O::NAME, function);
                if let Some(id) = caller {
                    self.stand_still(id, region, what, by);
                }
                Outcome::Hang
            }
            Some(Effect::Kill(when)) => {
                self.fault_strikes(region, "is killed", O::NAME, function);
                if when == When::After {
                    // Nobody sees the answer.
                    let allowed = self.authorise_call(&who, region, O::SERVICE, &operation);
                    let _unseen = allowed.and_then(|()| operation.apply(self, region));
                }
                if let Some(id) = caller {
                    self.invocation_ended(id, InvocationEnd::Crashed);
                }
                Outcome::Killed
            }
        }
    }

    /// IAM, then the operation itself.
    fn carry_out<O: Operation>(
        &mut self,
        who: Caller,
        region: &RegionName,
        operation: O,
    ) -> Result<O::Output, ApiError> {
        let caller = who.invocation;
        let allowed = self.authorise_call(&who, region, O::SERVICE, &operation);
        self.calling = who;
        let answer = allowed.and_then(|()| operation.apply(self, region));
        self.note_stale(caller, region, O::NAME, answer.as_ref().err());
        answer
    }

    /// Tells of what strikes a caller when it happens, and returns its words.
    fn fault_strikes(
        &mut self,
        region: &RegionName,
        what: &str,
        operation: &str,
        function: Option<FunctionKind>,
    ) -> String {
        let who = function.map_or("a caller", FunctionKind::name);
        let words = format!("{who} {what} at {operation}");
        self.record(region, What::FaultBegan { fault: words.clone() });
        words
    }
}
