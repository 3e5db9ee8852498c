//! What must hold of `[signing]` beyond its shape.

use super::FieldRule;
use super::lines::Check;
use crate::fleet::signing::{EXAMPLE_KEY, SigningPolicy};
use std::collections::BTreeSet;

/// The account that AWS's own examples use; nobody has it.
const EXAMPLE_ACCOUNT: &str = "111122223333";
/// Every signature is tried with every key.
const MOST_KEYS: usize = 16;

/// The checks, each with its rule.
pub(super) fn checks(policy: &SigningPolicy, account: &str) -> [Check; 5] {
    let keys = &policy.keys;
    let ids: BTreeSet<_> = keys.iter().map(|key| &key.id).collect();
    let example = account != EXAMPLE_ACCOUNT && keys.iter().any(|key| key.public_key == EXAMPLE_KEY);
    let backwards = keys.iter().any(|key| key.from.zip(key.until).is_some_and(|(from, until)| from >= until));
    [
        ((1..=MOST_KEYS).contains(&keys.len()), "keys", FieldRule::SigningKeys),
        (ids.len() == keys.len(), "keys", FieldRule::SigningKeyIds),
        (!backwards, "keys", FieldRule::SigningKeyTimes),
        (!keys.iter().any(|key| key.names_no_key_of(account)), "keys", FieldRule::SigningKeyArn),
        (!example, "keys", FieldRule::ExampleKey),
    ]
}
