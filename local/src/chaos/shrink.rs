//! A night that broke something, reduced to what it needs (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
//! input", 2002, with single items: a night has few).

use super::{ChaosNight, Trouble};

/// The night with the least going wrong that still `breaks`.
pub(super) fn smallest<E>(
    night: &ChaosNight,
    breaks: impl Fn(&ChaosNight) -> Result<bool, E>,
) -> Result<ChaosNight, E> {
    let mut smallest = night.clone();
    'smaller: loop {
        for trouble in less(&smallest.trouble) {
            let candidate = ChaosNight { trouble, ..smallest.clone() };
            if breaks(&candidate)? {
                smallest = candidate;
                continue 'smaller;
            }
        }
        return Ok(smallest);
    }
}

/// The same with one thing less unusual.
fn less(trouble: &Trouble) -> Vec<Trouble> {
    let without = |at| {
        let mut less = trouble.clone();
        less.mishaps.remove(at);
        less
    };
    let mut all: Vec<Trouble> = (0..trouble.mishaps.len()).map(without).collect();
    if trouble.reading.is_some() {
        all.push(Trouble { reading: None, ..trouble.clone() });
    }
    if trouble.twice {
        all.push(Trouble { twice: false, ..trouble.clone() });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    #[test]
    fn a_night_is_reduced_to_the_mishap_that_breaks_it() {
        let drawn = (0..).map(|number| ChaosNight::draw(7, number));
        let crowded = |night: &ChaosNight| night.mishaps().len() == 3 && night.trouble.twice;
        let night = drawn.filter(crowded).find(|night| night.trouble.reading.is_some()).unwrap();
        let culprit = night.mishaps()[1].clone();
        let breaks = |candidate: &ChaosNight| Ok::<_, Infallible>(candidate.mishaps().contains(&culprit));
        let smallest = smallest(&night, breaks).unwrap();
        assert_eq!(smallest.trouble, Trouble { mishaps: vec![culprit.clone()], reading: None, twice: false });
    }
}
