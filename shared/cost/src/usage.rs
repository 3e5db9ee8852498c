//! `[usage]`: what the forecast reckons with and `fleet.toml` does not say.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// What is not in `fleet.toml`: stated, not measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Requests a second of one instance at which autoscaling adds another.
    pub requests_per_instance: f64,
    /// A release's archive, GB.
    pub model_gb: f64,
    /// Releases that each region's bucket keeps.
    pub releases_kept: f64,
    /// A request and its answer, kB.
    pub payload_kb: f64,
    /// When the night's release is approved and the wave's first region starts, UTC.
    pub wave_starts: Time,
    /// Requests of `/health` a minute, of all checkers together.
    pub health_requests_per_minute: f64,
    /// Calls of the scheduled functions an hour.
    pub sweeps_per_hour: f64,
    /// Calls of `promote` a minute while a region is updated.
    pub looks_per_minute: f64,
    /// Alarms of a region beside those of a wave and the composite one.
    pub endpoint_alarms: f64,
    /// Custom metrics of a region.
    pub custom_metrics: f64,
    /// Metrics of one replication rule.
    pub replication_metrics: f64,
    /// KMS requests of one function call.
    pub kms_requests_per_call: f64,
    /// Alarms of a region that a proxy adds.
    pub front_alarms: f64,
    /// Public addresses of a load balancer.
    pub balancer_addresses: f64,
    /// GB that a load balancer's capacity unit carries to functions in an hour.
    pub capacity_unit_gb: f64,
    /// Calls a minute of each of a load balancer's two functions, where it checks them for an accelerator.
    pub balancer_checks_per_minute: f64,
    /// Public addresses of an accelerator.
    pub accelerator_addresses: f64,
    /// What a call of each function is billed for.
    pub calls: Calls,
}

/// What a call of each function is billed for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// `status`, for one request of `/health`.
    pub status: Call,
    /// `replication` and `rollback`, by their schedules.
    pub sweep: Call,
    /// `promote`, for one look at a region.
    pub look: Call,
    /// `shadow-eval`, for one release.
    pub evaluation: Call,
    /// `front`, for one scoring request.
    pub front: Call,
}

/// What one call of a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Billed duration, in seconds.
    pub seconds: f64,
    /// Configured memory, in GB.
    pub gb: f64,
}

impl Call {
    /// What Lambda bills a call by: its seconds times its memory.
    pub fn gb_seconds(self) -> f64 {
        self.seconds * self.gb
    }
}

impl Usage {
    /// Every number with its field's name.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, f64)> {
        let Calls { status, sweep, look, evaluation, front } = &self.calls;
        vec![
            ("requests_per_instance", self.requests_per_instance),
            ("model_gb", self.model_gb),
            ("releases_kept", self.releases_kept),
            ("payload_kb", self.payload_kb),
            ("health_requests_per_minute", self.health_requests_per_minute),
            ("sweeps_per_hour", self.sweeps_per_hour),
            ("looks_per_minute", self.looks_per_minute),
            ("endpoint_alarms", self.endpoint_alarms),
            ("custom_metrics", self.custom_metrics),
            ("replication_metrics", self.replication_metrics),
            ("kms_requests_per_call", self.kms_requests_per_call),
            ("front_alarms", self.front_alarms),
            ("balancer_addresses", self.balancer_addresses),
            ("capacity_unit_gb", self.capacity_unit_gb),
            ("balancer_checks_per_minute", self.balancer_checks_per_minute),
            ("accelerator_addresses", self.accelerator_addresses),
            ("calls.status.seconds", status.seconds),
            ("calls.status.gb", status.gb),
            ("calls.sweep.seconds", sweep.seconds),
            ("calls.sweep.gb", sweep.gb),
            ("calls.look.seconds", look.seconds),
            ("calls.look.gb", look.gb),
            ("calls.evaluation.seconds", evaluation.seconds),
            ("calls.evaluation.gb", evaluation.gb),
            ("calls.front.seconds", front.seconds),
            ("calls.front.gb", front.gb),
        ]
    }
}
