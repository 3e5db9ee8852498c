//! How AWS calls are bounded, the same in every implementation, so that a night costs the same virtual time through
//! either door. With these, a region that does not answer is given up after 3 x 3 s + 1 s + 2 s = 12 s.

use jiff::SignedDuration;

/// Bytes of an object that is held whole: a chain's checkpoint, a model's margins, golden records.
pub const OBJECT: u64 = 64 << 20;
/// Bytes of a manifest. One with thousands of features has a tenth of it.
pub const MANIFEST: u64 = 1 << 20;

/// Bytes of one file of captured requests: SageMaker begins a new one after some minutes.
pub const CAPTURE: u64 = 1 << 30;

/// Tries of one call: the SDK's standard mode.
pub const ATTEMPTS: u32 = 3;
/// How long one try may take, small requests.
pub const ATTEMPT: SignedDuration = SignedDuration::from_secs(3);
/// First pause between tries; it doubles. (The SDK adds jitter; local nights switch it off.)
pub const BACKOFF: SignedDuration = SignedDuration::from_secs(1);

/// How long STS has to say as whom a process acts: one try, so that an ill STS delays no rollback.
pub const IDENTITY_ATTEMPT: SignedDuration = SignedDuration::from_secs(1);

/// Tries of a customer's question, who waits for milliseconds: the second is for a connection that died while the process
/// stood still.
pub const QUESTION_ATTEMPTS: u32 = 2;
/// How long one try of it may take. With these, a customer has an answer after 2 x 1 s + 50 ms.
pub const QUESTION_ATTEMPT: SignedDuration = SignedDuration::from_secs(1);
/// The pause between them.
pub const QUESTION_BACKOFF: SignedDuration = SignedDuration::from_millis(50);
