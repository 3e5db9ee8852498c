//! Lambda: invocations, deadlines, asynchronous retries.

use crate::services::lambda::functions::Request;
use crate::services::operations::EFFECTS;
use crate::world::error::ApiError;
use crate::world::invocation::{Invocation, InvocationEnd, InvocationId};
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::random::Random;
use crate::world::state::World;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use meridian_handlers::context::FunctionKind;

impl World {
    /// Lambda invocations that became due, in order: the engine takes and runs them.
    pub fn take_invocations(&mut self) -> Vec<Invocation> {
        std::mem::take(&mut self.lambda.ready)
    }

    /// Whether the invocation has neither ended nor been ended. One that stood still past its deadline runs on.
    pub fn is_running(&self, id: InvocationId) -> bool {
        self.lambda.function(id).is_some()
    }

    /// Until when the invocation's process stands still, whatever it waits for itself.
    pub fn stands_still(&self, id: InvocationId) -> Option<Timestamp> {
        self.lambda.frozen.get(&id).copied()
    }

    /// The invocation's process stands still from now on.
    pub(crate) fn stand_still(&mut self, id: InvocationId, region: &RegionName, what: String, by: SignedDuration) {
        let until = self.later(by);
        self.lambda.frozen.insert(id, until);
        self.queue.push(until, Event::Thaws(id, region.clone(), what));
    }

    /// Tells of a call that changes something, where Lambda has given up the invocation that makes it.
    pub(crate) fn note_stale(
        &mut self,
        caller: Option<InvocationId>,
        region: &RegionName,
        operation: &'static str,
        error: Option<&ApiError>,
    ) {
        let Some((function, _)) = caller.and_then(|id| self.lambda.stale.get(&id)).cloned() else { return };
        if EFFECTS.contains(&operation) {
            let refused = error.map(|error| error.message.clone());
            self.record(region, What::StaleCall { function, operation: operation.to_owned(), refused });
        }
    }

    /// The invocation's process goes on.
    pub(crate) fn thaws(&mut self, id: InvocationId, region: &RegionName, what: String) {
        self.lambda.frozen.remove(&id);
        self.record(region, What::FaultEnded { fault: what });
    }

    /// Says how an invocation ended. The world itself ends those whose deadline comes; a second end of one invocation is
    /// ignored.
    pub fn invocation_ended(&mut self, id: InvocationId, how: InvocationEnd) {
        let Some(request) = self.lambda.running.remove(&id) else {
            // Nobody waits for what a stale one answers.
            self.lambda.stale.remove(&id);
            return;
        };
        if matches!(how, InvocationEnd::TimedOut) && self.lambda.frozen.contains_key(&id) {
            self.lambda.stale.insert(id, (request.function, request.region.clone()));
        }
        self.lambda.ready.retain(|invocation| invocation.id != id);
        if request.function == FunctionKind::Status && request.synchronous {
            self.health_answered(&request.region, &how);
        }
        if request.function == FunctionKind::Proxy {
            self.proxy_answered(&request.region, &how);
        }
        let failed = !matches!(how, InvocationEnd::Answered(_));
        let tries = 1 + self.function(&request.region, request.function).map_or(0, |own| own.retries);
        let retried = failed && !request.synchronous && request.attempt < tries;
        let word = match how {
            InvocationEnd::Answered(_) => "answered",
            InvocationEnd::FunctionError(_) => "error",
            InvocationEnd::TimedOut => "timed_out",
            InvocationEnd::Crashed => "crashed",
        };
        let ended = What::InvocationEnded { id, function: request.function, how: word.to_owned(), retried };
        self.record(&request.region, ended);
        if retried {
            // One minute after the first failure, two after the second (Lambda's documentation of asynchronous calls).
            let at = self.later(SignedDuration::from_mins(i64::from(request.attempt)));
            let again = Request { attempt: request.attempt + 1, ..request };
            self.queue.push(at, Event::Invoke(Box::new(again)));
        }
    }

    /// Sends an asynchronous call on its way; a second time where the world delivers twice.
    pub(crate) fn invoke_later(
        &mut self,
        function: FunctionKind,
        region: &RegionName,
        source: &str,
        payload: serde_json::Value,
        delay: SignedDuration,
    ) {
        let copies = if self.config.deliver_twice { 2 } else { 1 };
        for copy in 0..copies {
            let request = self.request(function, region, source, payload.clone(), false);
            let now = self.now;
            let late = self.faults.iter_mut().find_map(|fault| fault.delays(function, region, now)).unwrap_or_default();
            let at = self.later(delay.saturating_add(SignedDuration::from_secs(copy)).saturating_add(late));
            self.queue.push(at, Event::Invoke(Box::new(request)));
        }
    }

    pub(crate) fn request(
        &mut self,
        function: FunctionKind,
        region: &RegionName,
        source: &str,
        payload: serde_json::Value,
        synchronous: bool,
    ) -> Request {
        self.lambda.requested += 1;
        let number = self.lambda.requested.to_string();
        let request_id = Random::labelled(self.config.seed, ["request", &number]).uuid();
        Request {
            request_id,
            function,
            region: region.clone(),
            payload,
            synchronous,
            attempt: 1,
            source: source.to_owned(),
        }
    }

    /// A call arrives: the engine may take it, unless the function hangs.
    pub(crate) fn begin_invocation(&mut self, request: Request) {
        let Some(own) = self.function(&request.region, request.function) else { return };
        let timeout = SignedDuration::from_secs(own.timeout.into());
        self.lambda.started += 1;
        let id = InvocationId(self.lambda.started);
        let deadline = self.later(timeout);
        self.queue.push(deadline, Event::Deadline(id));
        let started = What::InvocationStarted {
            id,
            function: request.function,
            source: request.source.clone(),
            attempt: request.attempt,
        };
        self.record(&request.region, started);
        if !self.hangs(&request) {
            self.lambda.ready.push(Invocation {
                id,
                request_id: request.request_id.clone(),
                function: request.function,
                region: request.region.clone(),
                payload: request.payload.clone(),
                deadline,
                synchronous: request.synchronous,
                attempt: request.attempt,
            });
        }
        self.lambda.running.insert(id, request);
    }

    fn hangs(&mut self, request: &Request) -> bool {
        let now = self.now;
        self.faults.iter_mut().any(|scheduled| scheduled.hangs(request.function, &request.region, now))
    }
}
