//! Warnings about a replayed file.

use crate::given::name;
use meridian_domain::replay::ReplayWarning;
use meridian_messages::replay_warning;

#[test]
fn missing_metrics_and_unknown_regions_are_named() {
    let metrics = |names: &[&str]| ReplayWarning::Absent(names.iter().map(|name| name.parse().unwrap()).collect());
    let foreign = |names: &[&str]| ReplayWarning::Foreign(names.iter().map(|own| name(own)).collect());
    for (warning, words) in [
        (
            metrics(&["4xx", "latency_over_20ms"]),
            "4xx, latency_over_20ms are not in the file and not judged; a canary without them does not pass",
        ),
        (metrics(&["4xx"]), "4xx is not in the file and not judged; a canary without it does not pass"),
        (foreign(&["ap-south-1"]), "ap-south-1 is not in the policy: judged, and counted where alpha is split"),
        (
            foreign(&["ap-south-1", "eu-north-1"]),
            "ap-south-1, eu-north-1 are not in the policy: judged, and counted where alpha is split",
        ),
    ] {
        assert_eq!(replay_warning(&warning), words);
    }
}
