//! Time.

use crate::Kept;
use crate::stage::{Simulated, Stage, payload};
use jiff::SignedDuration;
use meridian_handlers::ports::Ports;

/// A call that is answered costs nothing: only waiting does.
pub async fn calls_take_no_time(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let before = stage.ports.now();
    assert_eq!(before, "2026-11-20T03:00:00Z".parse()?);
    stage.ports.describe(stage.home(), &stage.fleet.endpoint).await?;
    stage.ports.invoke(stage.home(), &stage.fleet.endpoint, &payload(), "text/csv").await?;
    stage.ports.list(stage.home(), "releases/", None).await?;
    assert_eq!(stage.ports.now(), before);
    Ok(())
}

/// To the millisecond.
pub async fn a_sleep_takes_what_it_says(stage: &Stage<impl Ports>) -> Kept {
    for duration in [SignedDuration::from_millis(250), SignedDuration::from_secs(90), SignedDuration::from_hours(3)] {
        let ((), slept) = stage.timed(stage.ports.sleep(duration)).await;
        assert_eq!(slept, duration);
    }
    Ok(())
}

/// A sleep of no time or less does not turn the clock back.
pub async fn a_sleep_that_is_over_takes_nothing(stage: &Stage<impl Ports>) -> Kept {
    for duration in [SignedDuration::ZERO, SignedDuration::from_secs(-5), SignedDuration::MIN] {
        let ((), slept) = stage.timed(stage.ports.sleep(duration)).await;
        assert_eq!(slept, SignedDuration::ZERO);
    }
    Ok(())
}
