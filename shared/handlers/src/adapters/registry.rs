//! What SageMaker's model registry takes.

use meridian_domain::ReleaseId;

/// Longest `ApprovalDescription`, in characters.
pub const LONGEST_REASON: usize = 1024;
/// What an evaluation's numbers are.
pub const JSON: &str = "application/json";
/// `ClientToken` takes at most 36 characters; so many digits of a digest do not collide.
const TOKEN_DIGITS: usize = 32;

/// A release's `ClientToken`: a repeated registration makes no second package.
pub fn client_token(release: ReleaseId) -> String {
    release.to_string().chars().take(TOKEN_DIGITS).collect()
}
