//! What the models that come with Meridian are asked about.

/// The callers' features, in the order sent.
pub fn features() -> Vec<String> {
    include_str!("../../models/features.txt").lines().map(str::to_owned).collect()
}
