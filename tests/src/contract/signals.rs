//! Metrics and alarms.

use super::kind;
use crate::Kept;
use crate::stage::{Simulated, Stage};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::alarms::{
    VERDICT, WayBack, composite_name, guard_names, guards, heartbeat, heartbeat_name, verdict_name,
};
use meridian_domain::lookout::ArmMinutes;
use meridian_domain::{AlarmState, MissingData};
use meridian_handlers::ports::{BoundKind, CountsQuery, ErrorKind, FailureDetail, MetricPoint, Ports, SlotsQuery};
use std::error::Error;

async fn state(stage: &Stage<impl Ports, impl Simulated>, name: String) -> Result<AlarmState, Box<dyn Error>> {
    let views = stage.ports.alarms(stage.home(), &[name]).await?;
    Ok(views.first().ok_or("no such alarm")?.state)
}

/// Arms the verdict alarm and says revert.
async fn say_revert(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let config = stage.target("v427")?.config;
    stage.ports.put_alarms(stage.home(), &guards(&stage.fleet, stage.policy()?, &config, None)).await?;
    stage.ports.publish(stage.home(), &[verdict(stage, 1.0, stage.ports.now())]).await?;
    Ok(())
}

fn verdict(stage: &Stage<impl Ports, impl Simulated>, value: f64, at: Timestamp) -> MetricPoint {
    MetricPoint { name: VERDICT, endpoint: stage.fleet.endpoint.clone(), value, at }
}

/// All of the guards, by their names.
pub async fn a_new_alarm_has_insufficient_data(stage: &Stage<impl Ports>) -> Kept {
    let alarms =
        guards(&stage.fleet, stage.policy()?, &stage.target("v427")?.config, Some(&stage.target("v426")?.config));
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

/// Not at once, but within two of its ten-second periods.
pub async fn an_alarm_goes_off_after_its_period(stage: &Stage<impl Ports>) -> Kept {
    say_revert(stage).await?;
    assert_eq!(state(stage, verdict_name(&stage.fleet)).await?, AlarmState::InsufficientData);
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    let views = stage.ports.alarms(stage.home(), &[verdict_name(&stage.fleet)]).await?;
    let view = views.first().ok_or("no such alarm")?;
    assert_eq!(view.state, AlarmState::Alarm);
    Ok(())
}

/// Within two of its ten-second periods, and it is withdrawn as soon as that.
pub async fn a_verdict_is_an_alarm_until_it_is_withdrawn(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    say_revert(stage).await?;
    let name = verdict_name(&stage.fleet);
    assert_ne!(state(stage, name.clone()).await?, AlarmState::Alarm);
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    assert_eq!(state(stage, name.clone()).await?, AlarmState::Alarm);
    stage.ports.sleep(SignedDuration::from_mins(5)).await;
    assert_eq!(state(stage, name.clone()).await?, AlarmState::Alarm, "silence keeps the state");
    stage.ports.publish(stage.home(), &[verdict(stage, 0.0, stage.ports.now())]).await?;
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    assert_eq!(state(stage, name).await?, AlarmState::Ok);
    Ok(())
}

/// The way back stands in it, for a region whose ledger is gone.
pub async fn an_alarms_description_is_the_one_written_last(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let (name, target) = (verdict_name(&stage.fleet), stage.target("v427")?);
    assert_eq!(stage.ports.description(stage.home(), &name).await?, None);
    for back in ["v426", "v425"] {
        let way = WayBack { target: target.clone(), back: stage.target(back)?, left: None };
        let alarms = way.noted(&stage.fleet, guards(&stage.fleet, stage.policy()?, &target.config, None));
        stage.ports.put_alarms(stage.home(), &alarms).await?;
        let told = stage.ports.description(stage.home(), &name).await?;
        assert_eq!(told.as_deref().and_then(WayBack::read), Some(way), "{told:?}");
    }
    Ok(())
}

/// Or else rewriting it for the next wave would hide what it has to say.
pub async fn a_rewritten_alarm_keeps_its_state(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    say_revert(stage).await?;
    stage.ports.sleep(SignedDuration::from_secs(20)).await;
    stage
        .ports
        .put_alarms(stage.home(), &guards(&stage.fleet, stage.policy()?, &stage.target("v428")?.config, None))
        .await?;
    assert_eq!(state(stage, verdict_name(&stage.fleet)).await?, AlarmState::Alarm);
    Ok(())
}

/// Where missing data breaches: three periods, and as many more as CloudWatch looks back over.
pub async fn an_alarm_for_silence_goes_off_in_silence(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
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
pub async fn composite_alarms_are_shown(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    assert_eq!(state(stage, composite_name(&stage.fleet)).await?, AlarmState::Ok);
    Ok(())
}

/// Without an error; and no names are no alarms, not all of them.
pub async fn alarms_that_do_not_exist_are_left_out(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let names = ["no-such-alarm".to_owned(), composite_name(&stage.fleet)];
    let views = stage.ports.alarms(stage.home(), &names).await?;
    assert_eq!(views.len(), 1, "{views:?}");
    assert!(stage.ports.alarms(stage.home(), &[]).await?.is_empty());
    Ok(())
}

/// Two weeks back and two hours ahead are CloudWatch's bounds.
pub async fn a_metric_far_from_now_is_refused(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let now = stage.ports.now();
    for (hours, expected) in
        [(-13 * 24, None), (1, None), (-15 * 24, Some(ErrorKind::Refused)), (3, Some(ErrorKind::Refused))]
    {
        let point = verdict(stage, 0.0, now + SignedDuration::from_hours(hours));
        assert_eq!(kind(stage.ports.publish(stage.home(), &[point]).await), expected, "{hours} h");
    }
    Ok(())
}

/// What a version's fleet served between two seconds of the hour before now.
async fn served(
    stage: &Stage<impl Ports, impl Simulated>,
    version: &str,
    from: i64,
    to: i64,
) -> Result<ArmMinutes, Box<dyn Error>> {
    let hour_ago = stage.ports.now() - SignedDuration::from_hours(1);
    let query = query(stage, version, hour_ago, from, to)?;
    Ok(stage.ports.counts(stage.home(), &query).await?)
}

fn query(
    stage: &Stage<impl Ports, impl Simulated>,
    version: &str,
    start: Timestamp,
    from: i64,
    to: i64,
) -> Result<CountsQuery, Box<dyn Error>> {
    let target = stage.target(version)?;
    Ok(CountsQuery {
        endpoint: stage.fleet.endpoint.clone(),
        variant: stage.fleet.variant.clone(),
        config: target.config,
        release: target.release,
        role: target.role,
        from: start + SignedDuration::from_secs(from),
        to: start + SignedDuration::from_secs(to),
        metrics: METRICS.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
    })
}

/// SageMaker's, and what containers say themselves.
const METRICS: [&str; 6] = ["4xx", "5xx", "latency_over_20ms", "latency_over_9ms", "alerts", "score_over_0.9"];

/// A minute of a metric: when it began, its requests and those that it counts.
type Minute = (Timestamp, u64, u64);

/// A metric's minutes.
fn minutes(served: &ArmMinutes, metric: &str) -> Result<Vec<Minute>, Box<dyn Error>> {
    Ok(served.minutes(&metric.parse()?).map(|(at, arm)| (at, arm.total, arm.bad)).collect())
}

/// Every minute of an hour once, in order, with the same requests whatever is counted.
pub async fn a_fleet_is_counted_minute_by_minute(stage: &Stage<impl Ports>) -> Kept {
    let served = served(stage, "v426", 0, 3600).await?;
    let starts = |minutes: &[Minute]| minutes.iter().map(|(at, ..)| *at).collect::<Vec<_>>();
    let requests = |minutes: &[Minute]| minutes.iter().map(|(_, total, _)| *total).collect::<Vec<_>>();
    let errors = minutes(&served, "4xx")?;
    assert_eq!(errors.len(), 60);
    assert!(
        errors
            .windows(2)
            .all(|pair| matches!(pair, [(one, ..), (next, ..)] if next.duration_since(*one).as_secs() == 60))
    );
    assert!(requests(&errors).iter().sum::<u64>() > 1000);
    for metric in METRICS {
        let own = minutes(&served, metric)?;
        assert_eq!((starts(&own), requests(&own)), (starts(&errors), requests(&errors)), "{metric}");
    }
    Ok(())
}

/// On an ordinary day few requests are in error or late; one in fifty is an alert.
pub async fn a_metric_counts_what_its_name_says(stage: &Stage<impl Ports>) -> Kept {
    let served = served(stage, "v426", 0, 3600).await?;
    let share = |metric: &str| -> Result<f64, Box<dyn Error>> {
        let sum = |(total, bad): (u64, u64), (_, more, worse): &(Timestamp, u64, u64)| (total + more, bad + worse);
        let (total, bad) = minutes(&served, metric)?.iter().fold((0, 0), sum);
        Ok(bad as f64 / total as f64)
    };
    let known = [
        ("4xx", 0.003, 0.005),
        ("5xx", 0.0, 0.0002),
        ("latency_over_20ms", 0.0, 0.002),
        ("latency_over_9ms", 0.2, 0.4),
        ("alerts", 0.015, 0.025),
        ("score_over_0.9", 0.007, 0.013),
    ];
    for (metric, least, most) in known {
        let share = share(metric)?;
        assert!((least..most).contains(&share), "{metric}: {share}");
    }
    Ok(())
}

fn slots(stage: &Stage<impl Ports>, metrics: &[&str]) -> Result<SlotsQuery, Box<dyn Error>> {
    let slot = SignedDuration::from_mins(15);
    let last = stage.ports.now().as_second().div_euclid(slot.as_secs()) * slot.as_secs();
    Ok(SlotsQuery {
        endpoint: stage.fleet.endpoint.clone(),
        variant: stage.fleet.variant.clone(),
        slot,
        from: Timestamp::from_second(last)? - SignedDuration::from_hours(14 * 24),
        to: Timestamp::from_second(last)?,
        metrics: metrics.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
        releases: vec![stage.target("v426")?.release, stage.target("v427")?.release],
        roles: stage.fleet.serving_roles().to_vec(),
    })
}

/// Of two weeks, what there is: each slot is the sum of its minutes, whatever served in them. Of what containers say, that of the
/// releases that are named.
pub async fn a_whole_endpoint_is_counted_slot_by_slot(stage: &Stage<impl Ports>) -> Kept {
    let metrics = ["4xx", "5xx", "latency_over_9ms", "alerts", "score_over_0.9"];
    let asked = slots(stage, &metrics)?;
    let served_in_slots = stage.ports.slots(stage.home(), &asked).await?;
    let by_minute = served(stage, "v426", 0, 3600).await?;
    for metric in metrics {
        let own = minutes(&served_in_slots, metric)?;
        assert!((3..=5).contains(&own.len()), "{metric}: an hour, and nothing before it: {own:?}");
        let by_minute = minutes(&by_minute, metric)?;
        for (at, total, bad) in own.into_iter().skip(1) {
            let within = by_minute.iter().filter(|(minute, ..)| *minute >= at && *minute < at + asked.slot);
            let sum = within.fold((0, 0), |(total, bad), (_, more, worse)| (total + more, bad + worse));
            assert_eq!((total, bad), sum, "{metric} at {at}");
        }
    }
    Ok(())
}

/// CloudWatch rounds the start down: a minute that began before it is left out all the same.
pub async fn only_minutes_that_start_in_the_stretch_count(stage: &Stage<impl Ports>) -> Kept {
    let exact = served(stage, "v426", 600, 1200).await?;
    assert_eq!(minutes(&exact, "5xx")?.len(), 10);
    assert_eq!(served(stage, "v426", 570, 1200).await?, exact);
    assert_eq!(served(stage, "v426", 541, 1200).await?, exact);
    assert_eq!(minutes(&served(stage, "v426", 540, 1200).await?, "5xx")?.len(), 11);
    Ok(())
}

/// A minute that is asked for too early is revised; two minutes after its end it is complete.
pub async fn a_minute_is_complete_two_minutes_after_its_end(stage: &Stage<impl Ports>) -> Kept {
    let start = stage.ports.now();
    let asked = query(stage, "v426", start, 0, 60)?;
    let mut seen = Vec::new();
    for seconds in [70, 110, 600] {
        stage.ports.sleep(SignedDuration::from_secs(seconds)).await;
        let served = stage.ports.counts(stage.home(), &asked).await?;
        seen.push(minutes(&served, "4xx")?.first().ok_or("no minute")?.1);
    }
    assert!(matches!(seen[..], [early, complete, later] if early < complete && complete == later), "{seen:?}");
    Ok(())
}

/// Nothing, and no error: the judge knows what to make of it.
pub async fn a_fleet_that_never_served_counts_nothing(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    assert!(served(stage, "v427", 0, 3600).await?.is_empty());
    Ok(())
}

/// A typing error of the policy is told with the metric's name.
pub async fn a_metric_that_cannot_be_counted_is_refused(stage: &Stage<impl Ports>) -> Kept {
    let metrics = vec!["latency_over_20".parse()?];
    let asked = CountsQuery { metrics, ..query(stage, "v426", stage.ports.now(), -600, 0)? };
    let error = stage.ports.counts(stage.home(), &asked).await.err().ok_or("it was counted")?;
    assert_eq!(error.kind, ErrorKind::Refused);
    let (metric, expected) = ("latency_over_20".parse()?, BoundKind::Time);
    assert_eq!(error.detail, FailureDetail::NoBound { metric, expected });
    Ok(())
}
