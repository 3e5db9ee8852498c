//! What an alarm is for, as CloudWatch shows it to people.

use meridian_domain::AlarmSpec;
use meridian_domain::alarms::{HEARTBEAT, Measured, VERDICT, Watched};

/// The description that an alarm is written with. A region's own `rollback` reads the way back that it begins with,
/// and nothing else of it.
pub fn alarm_description(alarm: &AlarmSpec) -> String {
    let purpose = purpose(&alarm.watched);
    match &alarm.way_back {
        Some(way) => format!("{}\n{purpose}", way.written()),
        None => purpose,
    }
}

fn purpose(watched: &Watched) -> String {
    match watched {
        Watched::Metric(Measured { metric: HEARTBEAT, .. }) => {
            "The judge heartbeat is missing: SageMaker rolls back.".to_owned()
        }
        Watched::Metric(Measured { metric: VERDICT, .. }) => "Meridian says revert.".to_owned(),
        Watched::Metric(Measured { metric, .. }) => format!("Green's {metric} broke its bound."),
        Watched::Excess { green: Measured { metric, .. }, .. } => {
            format!("Green's {metric}, less blue's, broke its bound.")
        }
    }
}
