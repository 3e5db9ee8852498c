//! A share of runs that is promised to be at least so much in every row of a table.

use super::report::{Promise, Standing};
use super::share::Share;

/// A promise over rows: the worst of them decides.
#[derive(Clone, Debug)]
pub struct Least {
    claim: String,
    promised: f64,
    worst: Option<(Share, String)>,
}

impl Least {
    /// Nothing seen yet.
    pub fn of(claim: String, promised: f64) -> Self {
        Least { claim, promised, worst: None }
    }

    /// Counts one row; `place` names it.
    pub fn add(&mut self, share: Share, place: &str) {
        if self.worst.as_ref().is_none_or(|(worst, _)| share.value() < worst.value()) {
            self.worst = Some((share, place.to_owned()));
        }
    }

    /// How it stands. Kept only by so many runs that one without a miss shows it with 95 % confidence: of 20 nights nobody
    /// learns that 999 of 1,000 go well.
    pub fn promise(self) -> Promise {
        let Some((worst, place)) = self.worst else {
            return Promise { claim: self.claim, standing: Standing::Open, found: "no such row".to_owned() };
        };
        let enough = Share { hits: worst.of, of: worst.of }.lower() >= self.promised;
        Promise {
            claim: self.claim,
            standing: Standing::of(enough && worst.value() >= self.promised, worst.upper() >= self.promised),
            found: format!("at worst {} of {}: {place}", worst.hits, worst.of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(rows: &[(u64, u64)]) -> Standing {
        let mut least = Least::of("nearly all".to_owned(), 0.999);
        rows.iter().for_each(|(hits, of)| least.add(Share { hits: *hits, of: *of }, "a row"));
        least.promise().standing
    }

    #[test]
    fn a_promise_is_kept_only_by_enough_runs() {
        assert_eq!(standing(&[(2_995, 2_995)]), Standing::Kept);
        assert_eq!(standing(&[(2_994, 2_994)]), Standing::Open);
        assert_eq!(standing(&[]), Standing::Open, "nothing was run");
    }

    #[test]
    fn the_worst_row_decides() {
        assert_eq!(standing(&[(10_000, 10_000), (9_990, 10_000)]), Standing::Kept);
        assert_eq!(standing(&[(10_000, 10_000), (9_988, 10_000)]), Standing::Open, "chance may have done it");
        assert_eq!(standing(&[(9_900, 10_000), (10_000, 10_000)]), Standing::Broken);
    }
}
