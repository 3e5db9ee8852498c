//! How clients find regions, and what they do where one does not answer.

use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How clients find regions, and what they do where one does not answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// For how long a resolver keeps an answer. Resolvers asked at times of their own, so an answer's age is spread evenly.
    #[serde(default = "a_minute")]
    pub ttl: SignedDuration,
    /// Where a region's customers are led while it is out of DNS: to the first other one of these that is in it, or else nowhere. Where no
    /// region at all is in it, Route 53 answers as if all were.
    pub next: Vec<RegionName>,
    /// Share of the clients that stay with their region's address whatever DNS says.
    #[serde(default)]
    pub ignore_ttl: f64,
    /// How often a client asks again, at once, where it was answered 5xx or not at all.
    #[serde(default)]
    pub retries: u32,
}

/// The TTL of the template's records that no health check's own answer limits.
const fn a_minute() -> SignedDuration {
    SignedDuration::from_secs(60)
}

/// When health last changed anywhere, and where a region's customers were then, of those who ask DNS.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub at: Timestamp,
    /// The share of them in each region; nowhere under none.
    pub shares: BTreeMap<Option<RegionName>, f64>,
}

/// What became of the requests that came to a region.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Answers {
    /// Requests, a client's second and third try of one left out.
    pub came: f64,
    /// Those of them that were answered 5xx or not at all, the last try too.
    pub lost: f64,
    /// Until when more than [`FEW`] were lost, the last time: of those that came, and of as many as its own customers make.
    pub many_lost_until: Option<Timestamp>,
}

/// Of the requests that come: what is lost of a region that is well.
const FEW: f64 = 0.01;

impl Answers {
    /// So many came until a moment, of which so many were lost; its own customers made so many.
    pub(crate) fn add(&mut self, [came, lost, own]: [f64; 3], until: Timestamp) {
        self.came += came;
        self.lost += lost;
        if lost > came.max(own) * FEW {
            self.many_lost_until = Some(until);
        }
    }
}

impl Clients {
    /// Requests per second that reach a region of which `rate` are no repeats, where `failing` says which share of so many fails; and the
    /// share of the first ones that is lost after the last try.
    pub(crate) fn with_repeats(&self, rate: f64, failing: impl Fn(f64) -> f64) -> (f64, f64) {
        let tries = |failed: f64| (0..=self.retries).map(|again| failed.powi(again as i32)).sum::<f64>();
        // What comes and what fails of it grow together: where what comes is what that many failures make come.
        let (mut least, mut most) = (rate, rate * f64::from(self.retries + 1));
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(least, most);
            if rate * tries(failing(middle)) > middle { least = middle } else { most = middle }
        }
        (most, failing(most).powi(self.retries as i32 + 1))
    }
}

/// Of the stretch in which it lies: as many as a float has bits.
const HALVINGS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(retries: u32) -> Clients {
        Clients { ttl: a_minute(), next: Vec::new(), ignore_ttl: 0.0, retries }
    }

    /// What fails where 100 requests a second can be answered.
    fn over_a_hundred(offered: f64) -> f64 {
        (1.0 - 100.0 / offered).max(0.0)
    }

    #[test]
    fn repeats_come_on_top_of_what_was_turned_away() {
        assert_eq!(clients(3).with_repeats(90.0, over_a_hundred), (90.0, 0.0));
        let (offered, lost) = clients(0).with_repeats(125.0, over_a_hundred);
        assert!((offered - 125.0).abs() < 1e-9 && (lost - 0.2).abs() < 1e-9, "{offered}, {lost}");
        // Two more tries: fewer are lost, and more come than there are customers. What is answered stays what can be.
        let (offered, lost) = clients(2).with_repeats(125.0, over_a_hundred);
        assert!((125.0 * (1.0 - lost) - 100.0).abs() < 1e-6, "{offered}, {lost}");
        assert!(offered > 200.0, "{offered}");
        // However many tries, and however little over what can be answered.
        for (retries, rate) in [(2, 100.1), (3, 100.5), (10, 101.0), (10, 1000.0)] {
            let (offered, lost) = clients(retries).with_repeats(rate, over_a_hundred);
            assert!((rate * (1.0 - lost) - 100.0).abs() < 1e-6, "{retries}, {rate}: {offered}, {lost}");
        }
    }

    #[test]
    fn what_always_fails_is_asked_by_every_client_as_often_as_it_tries() {
        assert_eq!(clients(2).with_repeats(10.0, |_| 1.0), (30.0, 1.0));
    }
}
