//! Metrics and alarms.

use super::kind;
use crate::Kept;
use crate::stage::Stage;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::{VERDICT, composite_name, guard_names, guards, heartbeat, heartbeat_name, verdict_name};
use meridian_domain::{AlarmState, FleetCounts, MissingData};
use meridian_handlers::ports::{Answer, CountsQuery, ErrorKind, MetricPoint, Ports};
use std::error::Error;

async fn state(stage: &Stage<impl Ports>, name: String) -> Result<AlarmState, Box<dyn Error>> {
    let views = stage.ports.alarms(stage.home(), &[name]).await?;
    Ok(views.first().ok_or("no such alarm")?.state)
}

/// Arms the verdict alarm and says revert.
async fn say_revert(stage: &Stage<impl Ports>) -> Kept {
    let config = stage.target("v427")?.config;
    stage.ports.put_alarms(stage.home(), &guards(&stage.fleet, stage.policy()?, &config)).await?;
    stage.ports.publish(stage.home(), &[verdict(stage, 1.0, stage.ports.now())]).await?;
    Ok(())
}

fn verdict(stage: &Stage<impl Ports>, value: f64, at: Timestamp) -> MetricPoint {
    MetricPoint { name: VERDICT, endpoint: stage.fleet.endpoint.clone(), value, at }
}

/// All of the guards, by their names.
pub async fn a_new_alarm_has_insufficient_data(stage: &Stage<impl Ports>) -> Kept {
    let alarms = guards(&stage.fleet, stage.policy()?, &stage.target("v427")?.config);
    stage.ports.put_alarms(stage.home(), &alarms).await?;
    let mut wanted = guard_names(&stage.fleet);
    let views = stage.ports.alarms(stage.home(), &wanted).await?;
    let mut names: Vec<String> = views.iter().map(|view| view.name.clone()).collect();
    names.sort();
    wanted.sort();
    assert_eq!(names, wanted);
    assert!(views.iter().all(|view| view.state == AlarmState::InsufficientData), "{views:?}");
    Ok(())
}

/// Not at once, but within two of its ten-second periods; and it says why.
pub async fn an_alarm_goes_off_after_its_period(stage: &Stage<impl Ports>) -> Kept {
    say_revert(stage).await?;
    assert_eq!(state(stage, verdict_name(&stage.fleet)).await?, AlarmState::InsufficientData);
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    let views = stage.ports.alarms(stage.home(), &[verdict_name(&stage.fleet)]).await?;
    let view = views.first().ok_or("no such alarm")?;
    assert_eq!(view.state, AlarmState::Alarm);
    assert!(view.reason.contains("Threshold Crossed"), "{}", view.reason);
    Ok(())
}

/// Or else rewriting it for the next wave would hide what it has to say.
pub async fn a_rewritten_alarm_keeps_its_state(stage: &Stage<impl Ports>) -> Kept {
    say_revert(stage).await?;
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    stage.ports.put_alarms(stage.home(), &guards(&stage.fleet, stage.policy()?, &stage.target("v428")?.config)).await?;
    assert_eq!(state(stage, verdict_name(&stage.fleet)).await?, AlarmState::Alarm);
    Ok(())
}

/// Where missing data breaches: three periods, and as many more as CloudWatch looks back over.
pub async fn an_alarm_for_silence_goes_off_in_silence(stage: &Stage<impl Ports>) -> Kept {
    let armed = heartbeat(&stage.fleet, MissingData::Breaching);
    stage.ports.put_alarms(stage.home(), &[armed]).await?;
    stage.ports.sleep(SignedDuration::from_mins(7)).await;
    assert_eq!(state(stage, heartbeat_name(&stage.fleet)).await?, AlarmState::Alarm);
    let disarmed = heartbeat(&stage.fleet, MissingData::NotBreaching);
    stage.ports.put_alarms(stage.home(), &[disarmed]).await?;
    stage.ports.sleep(SignedDuration::from_mins(2)).await;
    assert_eq!(state(stage, heartbeat_name(&stage.fleet)).await?, AlarmState::Ok);
    Ok(())
}

/// The template's alarm over the whole endpoint is one.
pub async fn composite_alarms_are_shown(stage: &Stage<impl Ports>) -> Kept {
    assert_eq!(state(stage, composite_name(&stage.fleet)).await?, AlarmState::Ok);
    Ok(())
}

/// Without an error; and no names are no alarms, not all of them.
pub async fn alarms_that_do_not_exist_are_left_out(stage: &Stage<impl Ports>) -> Kept {
    let names = ["no-such-alarm".to_owned(), composite_name(&stage.fleet)];
    let views = stage.ports.alarms(stage.home(), &names).await?;
    assert_eq!(views.len(), 1, "{views:?}");
    assert!(stage.ports.alarms(stage.home(), &[]).await?.is_empty());
    Ok(())
}

/// Two weeks back and two hours ahead are CloudWatch's bounds.
pub async fn a_metric_far_from_now_is_refused(stage: &Stage<impl Ports>) -> Kept {
    let now = stage.ports.now();
    for (hours, expected) in
        [(-13 * 24, None), (1, None), (-15 * 24, Some(ErrorKind::Refused)), (3, Some(ErrorKind::Refused))]
    {
        let point = verdict(stage, 0.0, now + SignedDuration::from_hours(hours));
        assert_eq!(kind(stage.ports.publish(stage.home(), &[point]).await), expected, "{hours} h");
    }
    Ok(())
}

/// What a version's fleet served between two minutes of the hour before now.
async fn counts(stage: &Stage<impl Ports>, version: &str, from: i64, to: i64) -> Result<FleetCounts, Box<dyn Error>> {
    Ok(counts_of_seconds(stage, version, 60 * from, 60 * to).await?)
}

async fn counts_of_seconds(stage: &Stage<impl Ports>, version: &str, from: i64, to: i64) -> Answer<FleetCounts> {
    let hour_ago = stage.ports.now() - SignedDuration::from_hours(1);
    let config = stage.config(version).map(|config| config.name).unwrap_or_else(|_| stage.fleet.endpoint.clone());
    let query = CountsQuery {
        endpoint: stage.fleet.endpoint.clone(),
        variant: stage.fleet.variant.clone(),
        config,
        from: hour_ago + SignedDuration::from_secs(from),
        to: hour_ago + SignedDuration::from_secs(to),
        latency_bound: stage.fleet.judge.latency_bound,
    };
    stage.ports.counts(stage.home(), &query).await
}

/// Requests, and few of them in error or late on an ordinary day.
pub async fn a_fleet_is_counted(stage: &Stage<impl Ports>) -> Kept {
    let served = counts(stage, "v426", 0, 60).await?;
    assert!(served.requests > 1000, "{served:?}");
    assert!(served.errors_4xx + served.errors_5xx > 0, "{served:?}");
    for few in [served.errors_4xx, served.errors_5xx, served.over_latency] {
        assert!(few * 50 < served.requests, "{served:?}");
    }
    Ok(())
}

/// An hour is its two halves.
pub async fn stretches_of_time_add_up(stage: &Stage<impl Ports>) -> Kept {
    let (first, second) = (counts(stage, "v426", 0, 30).await?, counts(stage, "v426", 30, 60).await?);
    let whole = counts(stage, "v426", 0, 60).await?;
    assert_eq!(first.requests + second.requests, whole.requests);
    assert_eq!(first.errors_4xx + second.errors_4xx, whole.errors_4xx);
    assert_eq!(first.errors_5xx + second.errors_5xx, whole.errors_5xx);
    assert_eq!(first.over_latency + second.over_latency, whole.over_latency);
    Ok(())
}

/// CloudWatch rounds the start down: a minute that began before it is left out all the same.
pub async fn only_minutes_that_start_in_the_stretch_count(stage: &Stage<impl Ports>) -> Kept {
    let exact = counts_of_seconds(stage, "v426", 600, 1200).await?;
    assert_eq!(counts_of_seconds(stage, "v426", 570, 1200).await?, exact);
    assert_eq!(counts_of_seconds(stage, "v426", 541, 1200).await?, exact);
    assert!(counts_of_seconds(stage, "v426", 540, 1200).await?.requests > exact.requests);
    Ok(())
}

/// Nothing, and no error: the judge knows what to make of it.
pub async fn a_fleet_that_never_served_counts_nothing(stage: &Stage<impl Ports>) -> Kept {
    assert_eq!(counts(stage, "v427", 0, 60).await?, FleetCounts::default());
    Ok(())
}
