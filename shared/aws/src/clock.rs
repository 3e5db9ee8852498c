//! Time: the machine's, or the local world's.
//!
//! Virtual time stands still while a function runs. It moves when the function has nothing left to do but wait: then
//! [`WorldClock`] asks the world to go on to the moment that is waited for. Three rules make that exact:
//!
//! - While an HTTP call is in flight nobody asks. The SDK puts a time-out beside every call, and such a sleep must not
//!   move time while the answer is on its way. A call that the world will never answer says so in a header and counts
//!   as ended; only then does its time-out come true.
//! - Of several waits the earliest is asked for, alone: what it wakes may have something to do before the next.
//! - Before it is asked, everything else that is ready runs: an answer that has just come in wins over its time-out.

use crate::EndpointUrl;
use crate::world::{Activity, Wire, WorldError, WorldHttp};
use jiff::{SignedDuration, Timestamp};
use meridian_handlers::ports::Clock;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// For so long a served night's time is waited for: on a busy machine it is slow, and the machine's time would be wrong for it.
const NIGHT_ANSWERS: SignedDuration = SignedDuration::from_secs(10);

/// The clock that a function reads.
#[derive(Clone, Debug)]
pub enum AwsClock {
    /// The machine's clock, which may be set ahead.
    System(SystemClock),
    /// The local world's.
    World(WorldClock),
}

impl AwsClock {
    /// The world's clock where its address is given, the machine's otherwise.
    pub fn new(world: Option<&str>) -> Self {
        match world {
            Some(url) => Self::World(WorldClock::new(url)),
            None => Self::System(SystemClock::default()),
        }
    }

    /// The clock of a person who asks another endpoint than AWS's own: a served night's time, where it is one, from now on as fast as
    /// the machine's. Any other endpoint has the machine's time.
    pub async fn beside(endpoint: &EndpointUrl) -> Self {
        let url = outside(endpoint);
        let machine = SystemClock::default();
        let wire = Wire::new();
        let world = tokio::select! {
            world = wire.get::<Now>(&url) => world.ok(),
            () = Clock::sleep(&machine, NIGHT_ANSWERS) => None,
        };
        let ahead = world.map(|world| world.now.duration_since(machine.now()));
        Self::System(SystemClock { ahead: ahead.unwrap_or_default() })
    }

    /// The clock of a person's command that waits for what it began: a served night's own time, which goes on for it alone; where the
    /// endpoint is no night, the machine's.
    pub async fn waiting_beside(endpoint: &EndpointUrl) -> Self {
        let night = Self::World(WorldClock::new(&outside(endpoint)));
        match night.sync().await {
            Ok(()) => night,
            Err(_) => Self::new(None),
        }
    }

    /// Asks the world for its time. At the start of every invocation: time has passed since the last one.
    ///
    /// # Errors
    /// The world does not answer.
    pub async fn sync(&self) -> Result<(), WorldError> {
        match self {
            Self::System(_) => Ok(()),
            Self::World(world) => world.sync().await,
        }
    }
}

impl Clock for AwsClock {
    fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => clock.now(),
            Self::World(clock) => clock.now(),
        }
    }

    async fn sleep(&self, duration: SignedDuration) {
        match self {
            Self::System(clock) => Clock::sleep(clock, duration).await,
            Self::World(clock) => Clock::sleep(clock, duration).await,
        }
    }
}

/// Where a served night tells others its time.
fn outside(endpoint: &EndpointUrl) -> String {
    format!("{}/_clock/outside", endpoint.as_str().trim_end_matches('/'))
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    /// How much later it is where it is used.
    ahead: SignedDuration,
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now().saturating_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(Duration::try_from(duration).unwrap_or_default()).await;
    }
}

/// The local world's clock.
///
/// `GET {url}` answers `{"now": "<RFC 3339>"}`. `POST {url}/sleep` with `{"until": "<RFC 3339>"}` answers the same, once
/// virtual time has come so far. Every answer of the world carries the time in `x-meridian-now`.
#[derive(Clone, Debug)]
pub struct WorldClock(Arc<ClockState>);

#[derive(Debug)]
struct ClockState {
    url: String,
    wire: Wire,
    now: Mutex<Timestamp>,
    activity: Activity,
}

/// The clock's answer.
#[derive(Deserialize)]
struct Now {
    now: Timestamp,
}

/// What the clock is asked for.
#[derive(Serialize)]
struct Until {
    until: Timestamp,
}

impl WorldClock {
    /// The clock at `url`. It stands at the epoch until [`AwsClock::sync`].
    pub fn new(url: &str) -> Self {
        Self(Arc::new(ClockState {
            url: url.trim_end_matches('/').to_owned(),
            wire: Wire::new(),
            now: Mutex::new(Timestamp::UNIX_EPOCH),
            activity: Activity::new(),
        }))
    }

    /// The HTTP client that keeps this clock informed.
    pub(crate) fn http_client(&self) -> WorldHttp {
        WorldHttp { wire: self.0.wire.clone(), activity: self.0.activity.clone(), clock: self.clone() }
    }

    /// Notes a time that the world named. Time never goes back.
    pub(crate) fn observe(&self, now: Timestamp) {
        let mut known = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        *known = now.max(*known);
    }

    async fn sync(&self) -> Result<(), WorldError> {
        let answer: Now = self.0.wire.get(&self.0.url).await?;
        self.observe(answer.now);
        Ok(())
    }

    /// Waits until virtual time has come to `until`.
    pub(crate) async fn sleep_until(self, until: Timestamp) {
        let mut wait = self.0.activity.wait(until);
        while self.now() < until {
            wait.turn().await;
            if self.now() >= until {
                return;
            }
            let url = format!("{}/sleep", self.0.url);
            match self.0.wire.post::<_, Now>(&url, &Until { until }).await {
                Ok(answer) => self.observe(answer.now),
                Err(error) => {
                    // Without its world a function has nothing to wait for: it runs out, finds nobody to answer, and ends.
                    tracing::error!(%error, "the simulator's clock does not answer");
                    self.observe(until);
                }
            }
        }
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        *self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: SignedDuration) {
        let until = self.now().saturating_add(duration).unwrap_or(Timestamp::MAX);
        self.clone().sleep_until(until).await;
    }
}
