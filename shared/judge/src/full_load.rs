//! After the shift: green at full load beside blue's last hour.
//!
//! The arms do not share their minutes any more, so the comparison assumes more than a canary's: that the rate of the hour
//! before the shift would have gone on. Blue's minutes are dealt in order to the minutes in which green is planned to be
//! watched, each once; sums of minutes keep their dispersion, so the tests stay what they are.

use crate::counts::{Arm, MinuteCounts};
use crate::outcome::Watch;

/// Green's minutes after the shift, each beside its part of blue's minutes before it; and blue's own minutes, for how much
/// they scatter.
pub(super) fn beside_blue(minutes: &[MinuteCounts], watch: &Watch) -> Vec<MinuteCounts> {
    let before = |counts: &&MinuteCounts| counts.minute < 0 && counts.blue.is_some();
    let hour: Vec<Arm> = minutes.iter().filter(before).filter_map(|counts| counts.blue).collect();
    let planned = usize::try_from(watch.planned_minutes()).unwrap_or(0);
    let part = |nth: usize| {
        let arms = hour
            .iter()
            .skip(nth * hour.len() / planned)
            .take((nth + 1) * hour.len() / planned - nth * hour.len() / planned);
        let sum = arms.fold(Arm::default(), |sum, arm| Arm {
            total: sum.total.saturating_add(arm.total),
            bad: sum.bad.saturating_add(arm.bad),
            instances: None,
        });
        (sum.total > 0).then_some(sum)
    };
    let place = |minute: i64| usize::try_from(minute - watch.warm_up).ok().filter(|nth| *nth < planned);
    let witness = minutes.iter().filter(before).copied();
    // Loads are both full: blue's parts name no instances, so they play no part.
    let after = minutes.iter().filter(|counts| counts.minute >= 0).map(|counts| MinuteCounts {
        minute: counts.minute,
        green: counts.green,
        blue: place(counts.minute).and_then(part),
    });
    witness.chain(after).collect()
}
