//! As whom a process acts: STS is asked once, and what it says is kept.

use crate::ports::{Answer, Clock};
use futures_util::lock::Mutex;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Caller;
use std::sync::Arc;

/// STS that did not answer is not asked again for so long: entries that are written meanwhile say so.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// What STS said; a warm process keeps it between calls. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Identity(Arc<Mutex<Option<(Caller, Timestamp)>>>);

impl Identity {
    /// As whom the process acts, as it is kept, or as `ask` gets the ARN.
    pub async fn of(&self, clock: &impl Clock, ask: impl AsyncFnOnce() -> Answer<String>) -> Caller {
        let mut kept = self.0.lock().await;
        let lasts = |(caller, at): &&(Caller, Timestamp)| {
            *caller != Caller::Unverified || clock.now().duration_since(*at) < PAUSE
        };
        if let Some((caller, _)) = kept.as_ref().filter(lasts) {
            return caller.clone();
        }
        let caller = match ask().await {
            Ok(arn) => Caller::of_arn(&arn),
            Err(error) => {
                tracing::warn!(%error, "entries are written without a verified caller");
                Caller::Unverified
            }
        };
        *kept = Some((caller.clone(), clock.now()));
        caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::errors::AwsOperation;
    use crate::own_policy::{name, run};
    use crate::ports::OperationName;
    use std::cell::Cell;

    const ARN: &str = "arn:aws:sts::111122223333:assumed-role/rollback/rollback";

    /// A clock that stands where it is put.
    struct Stopped(Cell<Timestamp>);

    impl Stopped {
        fn pass(&self, duration: SignedDuration) {
            self.0.set(self.0.get() + duration);
        }
    }

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            self.0.get()
        }
        async fn sleep(&self, duration: SignedDuration) {
            self.pass(duration);
        }
    }

    #[test]
    fn sts_is_asked_once_and_not_at_once_again_where_it_is_silent() {
        let clock = Stopped(Cell::new(Timestamp::UNIX_EPOCH));
        let (identity, asked) = (Identity::default(), Cell::new(0));
        let ask = |answer: Answer<String>| {
            run(identity.of(&clock, async || {
                asked.set(asked.get() + 1);
                answer
            }))
        };
        let silent = || Err(AwsOperation::new(&name("eu-west-1"), OperationName::GetCallerIdentity).silent());
        assert_eq!((ask(silent()), ask(Ok(ARN.to_owned())), asked.get()), (Caller::Unverified, Caller::Unverified, 1));
        clock.pass(PAUSE);
        assert_eq!(ask(Ok(ARN.to_owned())), Caller::of_arn(ARN));
        clock.pass(SignedDuration::from_hours(9));
        assert_eq!((ask(silent()), asked.get()), (Caller::of_arn(ARN), 2));
    }
}
