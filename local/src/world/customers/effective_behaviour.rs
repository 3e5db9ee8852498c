//! How a release behaves on its instances at a moment.

/// Beyond this share of its capacity an instance turns requests away (5xx) rather than be slower still: twenty times its usual
/// latency.
pub(crate) const SATURATION: f64 = 0.95;

/// How a release behaves on its instances at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EffectiveBehaviour {
    /// Times the usual latency, of an instance without load.
    pub latency_factor: f64,
    /// Share of requests answered 4xx.
    pub errors_4xx: f64,
    /// Share of requests answered 5xx.
    pub errors_5xx: f64,
    /// Requests per second that one instance carries.
    pub capacity_rps: f64,
    /// Times the usual share of alerts and high scores.
    pub alert_factor: f64,
    /// Share of the requests meant for it that reach it.
    pub traffic: f64,
}

impl EffectiveBehaviour {
    /// Times the usual latency under a load in requests per second and instance, as in a queue with one server (M/M/1):
    /// 1 / (1 - load / capacity).
    pub fn latency_at(&self, load: f64) -> f64 {
        let used = (load / self.capacity_rps).clamp(0.0, SATURATION);
        self.latency_factor / (1.0 - used)
    }

    /// The share of requests that an instance turns away under a load in requests per second.
    pub fn turned_away_at(&self, load: f64) -> f64 {
        let room = SATURATION * self.capacity_rps;
        if load > room { 1.0 - room / load } else { 0.0 }
    }

    /// The share of requests that is answered 5xx under a load in requests per second and instance.
    pub fn failing_at(&self, load: f64) -> f64 {
        (self.errors_5xx + self.turned_away_at(load)).min(1.0)
    }
}
