//! The primary seed's CloudWatch alarm on green: p99 of `ModelLatency` over 20 ms, or the average of
//! `Invocation4XXErrors` over 1 %, one-minute periods, so many datapoints of so many; missing data is `notBreaching`.
//!
//! The guardrail's alarms watch from the canary's first minute: they know no warm-up. p99 is over 20 ms exactly where more
//! than 1 % of the minute's requests took longer than 20 ms. (CloudWatch interpolates within a minute's few hundred
//! samples; that is not imitated.)

use crate::judging::streams::Arm;

/// The seed's bound on both shares.
const BOUND: f64 = 0.01;

/// So many breaching datapoints of the last so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// M of "M of N": `DatapointsToAlarm`.
    pub datapoints: usize,
    /// N of "M of N": `EvaluationPeriods`.
    pub periods: usize,
}

impl Alarm {
    /// The guardrail alarm as users have it: 1 datapoint of 1.
    pub const ONE_OF_ONE: Alarm = Alarm { datapoints: 1, periods: 1 };
    /// The variant that is advised against noise.
    pub const THREE_OF_FIVE: Alarm = Alarm { datapoints: 3, periods: 5 };

    /// The first minute (0 is the canary's first) whose datapoint puts the alarm into ALARM, of green's `(4xx, requests over
    /// 20 ms)` minute by minute.
    pub fn first(self, green: impl Iterator<Item = (Arm, Arm)>) -> Option<usize> {
        let mut last = vec![false; self.periods];
        for (minute, (errors, slow)) in green.enumerate() {
            if let Some(oldest) = last.get_mut(minute % self.periods.max(1)) {
                *oldest = is_over(errors) || is_over(slow);
            }
            if last.iter().filter(|breaching| **breaching).count() >= self.datapoints {
                return Some(minute);
            }
        }
        None
    }
}

/// Whether a datapoint breaches. A minute without requests has no datapoint, and a missing one does not.
fn is_over(arm: Arm) -> bool {
    arm.bad as f64 > BOUND * arm.total as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Per cent of 4xx among 1,000 requests, minute by minute.
    fn minutes(per_cent: &[u64]) -> impl Iterator<Item = (Arm, Arm)> {
        let usual = Arm { total: 1000, bad: 0 };
        per_cent.iter().map(move |per_cent| (Arm { total: 1000, bad: per_cent * 10 }, usual))
    }

    #[test]
    fn one_minute_over_the_bound_is_enough_for_the_seed() {
        assert_eq!(Alarm::ONE_OF_ONE.first(minutes(&[0, 1, 2, 0])), Some(2));
        assert_eq!(Alarm::ONE_OF_ONE.first(minutes(&[1, 1, 1, 1])), None, "1 % is not over 1 %");
    }

    #[test]
    fn three_of_five_forget_the_sixth() {
        assert_eq!(Alarm::THREE_OF_FIVE.first(minutes(&[2, 0, 2, 0, 2, 0])), Some(4));
        assert_eq!(Alarm::THREE_OF_FIVE.first(minutes(&[2, 0, 2, 0, 0, 2, 0])), None);
        assert_eq!(Alarm::THREE_OF_FIVE.first(minutes(&[2, 2, 2])), Some(2));
    }

    #[test]
    fn a_slow_minute_breaches_and_missing_data_does_not() {
        let none = Arm::default();
        let slow = Arm { total: 1000, bad: 11 };
        let usual = Arm { total: 1000, bad: 10 };
        assert_eq!(Alarm::ONE_OF_ONE.first([(none, none), (usual, usual), (usual, slow)].into_iter()), Some(2));
        assert_eq!(Alarm::ONE_OF_ONE.first([(none, none); 30].into_iter()), None);
    }
}
