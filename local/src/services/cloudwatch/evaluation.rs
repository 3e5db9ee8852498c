//! How CloudWatch makes an alarm's state of datapoints, missing ones included (User Guide, "Configuring how CloudWatch
//! alarms treat missing data"). Pure.

use crate::services::cloudwatch::types::AlarmState;

/// What a missing datapoint counts as: `TreatMissingData` of `PutMetricAlarm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Silence is insufficient data.
    Missing,
    /// Silence keeps the state.
    Ignore,
    /// Silence is an alarm.
    Breaching,
    /// Silence is fine.
    NotBreaching,
}

impl Silence {
    /// AWS's word for it; `missing` where nothing is said.
    pub fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None | Some("missing") => Some(Silence::Missing),
            Some("ignore") => Some(Silence::Ignore),
            Some("breaching") => Some(Silence::Breaching),
            Some("notBreaching") => Some(Silence::NotBreaching),
            Some(_) => None,
        }
    }
}

/// The alarm's new state, or `None` where it keeps the one it has.
///
/// `range` holds the evaluation range, oldest first: for each period whether its datapoint breaches, `None` where there
/// is none. It may be longer than `periods`: real datapoints further back are taken before missing ones are filled in.
pub(crate) fn evaluate(
    range: &[Option<bool>],
    periods: usize,
    to_alarm: usize,
    missing: Silence,
) -> Option<AlarmState> {
    let real: Vec<bool> = range.iter().rev().filter_map(|point| *point).take(periods).collect();
    let breaching = real.iter().filter(|breaches| **breaches).count();
    let fine = real.len() - breaching;
    let filled = periods - real.len();
    let decide = |breaching: usize| if breaching >= to_alarm { AlarmState::Alarm } else { AlarmState::Ok };
    match missing {
        _ if filled == 0 => Some(decide(breaching)),
        Silence::Breaching => Some(decide(breaching + filled)),
        Silence::NotBreaching => Some(decide(breaching)),
        Silence::Missing if real.is_empty() => Some(AlarmState::InsufficientData),
        Silence::Ignore | Silence::Missing if breaching >= to_alarm => Some(AlarmState::Alarm),
        Silence::Ignore | Silence::Missing if fine > 0 => Some(AlarmState::Ok),
        Silence::Ignore => None,
        Silence::Missing => old_enough(range, to_alarm).then_some(AlarmState::Alarm),
    }
}

/// Whether the oldest of the breaching datapoints, everything newer than it breaching or missing, is at least as old as
/// the number of datapoints to alarm: the rule that keeps missing data from raising, or hiding, an alarm too early.
fn old_enough(range: &[Option<bool>], to_alarm: usize) -> bool {
    let oldest =
        range.iter().rev().enumerate().filter(|(_, point)| **point == Some(true)).map(|(age, _)| age + 1).max();
    oldest.is_some_and(|age| age >= to_alarm)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the User Guide draws it: `X` breaches, `0` does not, `-` is missing, the newest last.
    fn range(drawing: &str) -> Vec<Option<bool>> {
        let point = |drawn: char| match drawn {
            'X' => Some(Some(true)),
            '0' => Some(Some(false)),
            '-' => Some(None),
            _ => None,
        };
        drawing.chars().filter_map(point).collect()
    }

    /// Missing, ignore, breaching, notBreaching; `K` keeps the state.
    fn row(drawing: &str, periods: usize, to_alarm: usize) -> String {
        [Silence::Missing, Silence::Ignore, Silence::Breaching, Silence::NotBreaching]
            .map(|missing| match evaluate(&range(drawing), periods, to_alarm, missing) {
                None => 'K',
                Some(AlarmState::Ok) => 'O',
                Some(AlarmState::Alarm) => 'A',
                Some(AlarmState::InsufficientData) => 'I',
            })
            .iter()
            .collect()
    }

    #[test]
    fn missing_data_is_treated_as_the_user_guide_says_for_3_of_3() {
        assert_eq!(row("0-X-X", 3, 3), "OOOO");
        assert_eq!(row("----0", 3, 3), "OOOO");
        assert_eq!(row("-----", 3, 3), "IKAO");
        assert_eq!(row("0XX-X", 3, 3), "AAAA");
        assert_eq!(row("--X--", 3, 3), "AKAO");
    }

    #[test]
    fn missing_data_is_treated_as_the_user_guide_says_for_2_of_3() {
        assert_eq!(row("0-X-X", 3, 2), "AAAA");
        assert_eq!(row("00X0X", 3, 2), "AAAA");
        assert_eq!(row("0-X--", 3, 2), "OOAO");
        assert_eq!(row("----0", 3, 2), "OOAO");
        assert_eq!(row("---X-", 3, 2), "AKAO");
    }
}
