//! Whose fault it is: the release's, one region's, or unclear.
//!
//! A fault of the release stops the wave everywhere and condemns the release; a regional fault defers its region and stops
//! nobody else (I7). What is unclear defers its region too, and condemns nothing; several of these in one wave stop it, for a
//! person to look. The evidence decides, by the first row that holds; whatever else was seen is recorded with it as a reason.
//!
//! | seen | cause |
//! |---|---|
//! | the judge's counts say `Fail` | the release |
//! | a guard that watches green alone is in ALARM | the release |
//! | several regions do not answer at once | unclear: not a single-region fault |
//! | this region alone does not answer (no answer, throttled, an error of the service) | the region |
//! | SageMaker had no capacity for green | the region |
//! | anything else: another guard, the endpoint-wide alarm, unreadable counts, silence | unclear |
//!
//! A dark control plane does not make a model slow: signs against the release count before it.

use crate::fleet::endpoint::UpdateFailure;
use crate::fleet::names::RegionName;
use crate::ledger::reason::{Sign, SilentRegion};
use meridian_judge::Grounds;

/// What is seen of a region whose update is rolled back, or must. Everything is optional: what was not seen is no sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signs {
    /// What the judge's `Fail` rests on.
    pub failed: Option<Grounds>,
    /// A guard in ALARM that watches green alone.
    pub green_guard: Option<String>,
    /// Another guard in ALARM: the verdict's, the heartbeat's.
    pub other_guard: Option<String>,
    /// True if the alarm over the whole endpoint rings: green may be bad, or blue.
    pub endpoint_alarm: bool,
    /// That the region's control plane does not answer, and since when.
    pub silent: Option<SilentRegion>,
    /// The other regions that do not answer either.
    pub silent_too: Vec<RegionName>,
    /// Why SageMaker says that the update failed.
    pub failure: Option<UpdateFailure>,
}

/// Every sign that was seen, in the order of the table of this module's head: the first decides ([`Revert::cause`]).
///
/// [`Revert::cause`]: crate::ledger::reason::Revert::cause
pub fn diagnose(seen: Signs) -> Vec<Sign> {
    let Signs { failed, green_guard, other_guard, endpoint_alarm, silent, silent_too, failure } = seen;
    let silence = silent.map(|silent| match silent_too.is_empty() {
        true => Sign::SilentAlone(silent),
        false => Sign::SilentWithOthers { silent, others: silent_too },
    });
    let no_capacity = match failure {
        Some(UpdateFailure::NoCapacity(reason)) => Some(Sign::NoCapacity { reason }),
        Some(UpdateFailure::Other(_)) | None => None,
    };
    let rows = [
        failed.map(Sign::Failed),
        green_guard.map(|alarm| Sign::GreenGuard { alarm }),
        silence,
        no_capacity,
        other_guard.map(|alarm| Sign::OtherGuard { alarm }),
        endpoint_alarm.then_some(Sign::EndpointAlarm),
    ];
    rows.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::reason::{Fault, Revert};
    use crate::ledger::verdict::Cause;

    fn text(words: &str) -> Option<String> {
        Some(words.to_owned())
    }

    fn region(name: &str) -> RegionName {
        name.parse().unwrap()
    }

    fn silent() -> Signs {
        let silent = SilentRegion { region: region("ap-northeast-1"), fault: Fault::NoAnswer };
        Signs { silent: Some(silent), ..Signs::default() }
    }

    /// The table of the module's head, row by row, and what decides where several signs were seen.
    #[test]
    fn the_first_sign_of_the_table_decides() {
        let failed = || Some(Grounds::default());
        let also = vec![region("sa-east-1")];
        let table: Vec<(&str, Signs, Cause)> = vec![
            ("the judge fails it", Signs { failed: failed(), ..Signs::default() }, Cause::Release),
            ("... though it is silent", Signs { failed: failed(), ..silent() }, Cause::Release),
            ("green's guard", Signs { green_guard: text("fraud-green-5xx"), ..Signs::default() }, Cause::Release),
            ("... though it is silent", Signs { green_guard: text("fraud-green-5xx"), ..silent() }, Cause::Release),
            ("silent alone", silent(), Cause::Region),
            ("... and the heartbeat rings", Signs { other_guard: text("fraud-heartbeat"), ..silent() }, Cause::Region),
            ("silent with another", Signs { silent_too: also.clone(), ..silent() }, Cause::Unclear),
            ("only another is silent", Signs { silent_too: also, ..Signs::default() }, Cause::Unclear),
            (
                "no capacity",
                Signs { failure: text("none left").map(UpdateFailure::NoCapacity), ..Signs::default() },
                Cause::Region,
            ),
            (
                "does not start",
                Signs { failure: text("did not pass the ping").map(UpdateFailure::Other), ..Signs::default() },
                Cause::Unclear,
            ),
            ("another guard", Signs { other_guard: text("fraud-heartbeat"), ..Signs::default() }, Cause::Unclear),
            ("the endpoint's alarm", Signs { endpoint_alarm: true, ..Signs::default() }, Cause::Unclear),
            ("nothing", Signs::default(), Cause::Unclear),
        ];
        for (what, signs, cause) in table {
            assert_eq!(Revert::Signs(diagnose(signs)).cause(), cause, "{what}");
        }
    }

    #[test]
    fn every_sign_stands_among_the_reasons_the_deciding_one_first() {
        let signs = Signs {
            green_guard: text("fraud-green-5xx"),
            other_guard: text("fraud-heartbeat"),
            silent_too: vec![region("sa-east-1")],
            ..silent()
        };
        let found = diagnose(signs);
        assert!(
            matches!(
                found.as_slice(),
                [Sign::GreenGuard { .. }, Sign::SilentWithOthers { .. }, Sign::OtherGuard { .. }]
            ),
            "{found:?}"
        );
        assert_eq!(diagnose(Signs::default()), []);
    }
}
