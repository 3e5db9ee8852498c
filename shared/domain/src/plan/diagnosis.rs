//! Whose fault it is: the release's, one region's, or nobody can say.
//!
//! A fault of the release stops the wave everywhere and condemns the release; a regional fault defers its region and stops
//! nobody else (I7); what is unclear stops the wave for a person to look, and condemns nothing. The evidence decides, by the
//! first row that holds; whatever else was seen stands beside it as a reason.
//!
//! | seen | cause |
//! |---|---|
//! | the judge's counts say `Fail` | the release |
//! | a guard rings that watches the new fleet alone | the release |
//! | several regions do not answer at once | unclear: that is no fault of one region |
//! | this region alone does not answer (no answer, throttled, an error of the service) | the region |
//! | SageMaker had no capacity for the new fleet | the region |
//! | anything else: another guard, the endpoint-wide alarm, counts that nobody can read, silence | unclear |
//!
//! A dark control plane does not make a model slow: signs against the release count before it.

use crate::verdict::{Cause, Verdict};

/// What is seen of a region whose update goes back, or must. Everything is optional: what was not seen is no sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signs {
    /// What the judge makes of the counts, and its reason.
    pub judged: Option<(Verdict, String)>,
    /// A guard in ALARM that watches the new fleet alone.
    pub green_guard: Option<String>,
    /// Another guard in ALARM: the verdict's, the heartbeat's.
    pub other_guard: Option<String>,
    /// True where the alarm over the whole endpoint rings: green may be bad, or blue.
    pub endpoint_alarm: bool,
    /// That the region's control plane does not answer, and since when.
    pub silent: Option<String>,
    /// What people call the other regions that do not answer either.
    pub silent_too: Vec<String>,
    /// SageMaker's `FailureReason`.
    pub failure: Option<String>,
}

/// What a fault is laid to, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Whose fault it is.
    pub cause: Cause,
    /// Every sign, the deciding one first: what the ledger and the page say.
    pub signs: Vec<String>,
}

impl Diagnosis {
    /// The reasons in words; `otherwise` where nothing was seen.
    pub fn why(&self, otherwise: &str) -> String {
        if self.signs.is_empty() { otherwise.to_owned() } else { self.signs.join("; ") }
    }
}

/// SageMaker's words where it found no instances (API reference, `DescribeEndpoint`; the list is not closed).
const NO_CAPACITY: &[&str] = &["InsufficientInstanceCapacity", "InsufficientCapacity", "insufficient capacity"];

/// Lays a fault to its cause.
pub fn diagnose(signs: &Signs) -> Diagnosis {
    let rows = rows(signs);
    let seen = rows.into_iter().filter_map(|(cause, words)| Some((cause, words?)));
    let (causes, signs): (Vec<Cause>, Vec<String>) = seen.unzip();
    Diagnosis { cause: causes.first().copied().unwrap_or(Cause::Unclear), signs }
}

/// The table of this module's head: a cause, and the sign's words where it was seen.
fn rows(signs: &Signs) -> [(Cause, Option<String>); 7] {
    let failed = signs.judged.as_ref().filter(|(verdict, _)| *verdict == Verdict::Fail);
    let alone = signs.silent_too.is_empty();
    let silent = signs.silent.as_ref();
    let no_capacity = |reason: &&String| NO_CAPACITY.iter().any(|words| reason.contains(words));
    [
        (Cause::Release, failed.map(|(_, why)| why.clone())),
        (Cause::Release, signs.green_guard.as_ref().map(|alarm| format!("the guard {alarm} tripped"))),
        (
            Cause::Unclear,
            silent.filter(|_| !alone).map(|why| {
                let others = signs.silent_too.join(" and ");
                format!("{why}, and nor does {others}'s: that is no fault of one region")
            }),
        ),
        (
            Cause::Region,
            silent.filter(|_| alone).map(|why| format!("{why}, and no other region is known to be silent")),
        ),
        (
            Cause::Region,
            signs.failure.as_ref().filter(no_capacity).map(|why| format!("SageMaker found no instances: {why}")),
        ),
        (Cause::Unclear, signs.other_guard.as_ref().map(|alarm| format!("the guard {alarm} tripped"))),
        (Cause::Unclear, signs.endpoint_alarm.then(|| "the alarm over the whole endpoint rings".to_owned())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Option<String> {
        Some(words.to_owned())
    }

    fn silent() -> Signs {
        Signs { silent: text("JP's control plane does not answer"), ..Signs::default() }
    }

    /// The table of the module's head, row by row, and what decides where several signs were seen.
    #[test]
    fn the_first_sign_of_the_table_decides() {
        let judged = |verdict| Some((verdict, "4xx 3.0 %".to_owned()));
        let also = vec!["BR".to_owned()];
        let table: Vec<(&str, Signs, Cause)> = vec![
            ("the judge fails it", Signs { judged: judged(Verdict::Fail), ..Signs::default() }, Cause::Release),
            ("... though it is silent", Signs { judged: judged(Verdict::Fail), ..silent() }, Cause::Release),
            ("green's guard", Signs { green_guard: text("fraud-green-5xx"), ..Signs::default() }, Cause::Release),
            ("... though it is silent", Signs { green_guard: text("fraud-green-5xx"), ..silent() }, Cause::Release),
            ("silent alone", silent(), Cause::Region),
            ("... and the heartbeat rings", Signs { other_guard: text("fraud-heartbeat"), ..silent() }, Cause::Region),
            ("... and the counts pass", Signs { judged: judged(Verdict::Pass), ..silent() }, Cause::Region),
            ("silent with another", Signs { silent_too: also.clone(), ..silent() }, Cause::Unclear),
            ("only another is silent", Signs { silent_too: also, ..Signs::default() }, Cause::Unclear),
            (
                "no capacity",
                Signs { failure: text("InsufficientInstanceCapacity: none left"), ..Signs::default() },
                Cause::Region,
            ),
            (
                "does not start",
                Signs { failure: text("did not pass the ping health check"), ..Signs::default() },
                Cause::Unclear,
            ),
            ("another guard", Signs { other_guard: text("fraud-heartbeat"), ..Signs::default() }, Cause::Unclear),
            ("the endpoint's alarm", Signs { endpoint_alarm: true, ..Signs::default() }, Cause::Unclear),
            ("a pass", Signs { judged: judged(Verdict::Pass), ..Signs::default() }, Cause::Unclear),
            ("too little", Signs { judged: judged(Verdict::Inconclusive), ..Signs::default() }, Cause::Unclear),
            ("nothing", Signs::default(), Cause::Unclear),
        ];
        for (what, signs, cause) in table {
            assert_eq!(diagnose(&signs).cause, cause, "{what}");
        }
    }

    #[test]
    fn every_sign_stands_among_the_reasons_the_deciding_one_first() {
        let signs = Signs {
            green_guard: text("fraud-green-5xx"),
            other_guard: text("fraud-heartbeat"),
            silent_too: vec!["BR".to_owned()],
            ..silent()
        };
        assert_eq!(
            diagnose(&signs).why("nothing"),
            "the guard fraud-green-5xx tripped; JP's control plane does not answer, and nor does BR's: that is no fault of \
             one region; the guard fraud-heartbeat tripped"
        );
        assert_eq!(diagnose(&Signs::default()).why("nothing"), "nothing");
    }
}
