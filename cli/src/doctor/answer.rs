//! What a service said to a question, judged as far as that needs no knowledge of what was asked.

use super::findings::Finding;
use meridian_aws::inspect::{NotKnown, Said};
use meridian_messages::doctor::{Check, Found, Mend, Unknown};

/// A check by what a service said. `absent` is what was found, and `mend` what mends it, where there is nothing; `there` judges what
/// is there.
pub fn answered<T>(
    check: Check,
    said: &Said<T>,
    absent: impl Into<Found>,
    mend: Mend,
    there: impl FnOnce(&T) -> Finding,
) -> Finding {
    match said {
        Said::Is(value) => there(value),
        Said::Absent => Finding::wrong(check, absent, mend),
        Said::NotModelled => Finding::not_checked(check, Found::NotSimulated),
        Said::Silent(error) => Finding::unknown(check, Unknown::Unseen(error.clone().into())),
        Said::Unknown(why) => Finding::unknown(check, unknown(why)),
    }
}

fn unknown(why: &NotKnown) -> Unknown {
    match why {
        NotKnown::Service(error) => Unknown::Unseen(error.clone().into()),
        NotKnown::Ledger(error) => Unknown::Unseen(error.into()),
        NotKnown::File(error) => Unknown::Unseen(error.clone().into()),
        NotKnown::NoValue { operation, code } => Unknown::NoValue { operation: *operation, code: code.clone() },
        NotKnown::NoLedger => Unknown::NoLedger,
        NotKnown::NothingServes => Unknown::NothingServes,
    }
}
