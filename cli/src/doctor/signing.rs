//! The keys that sign releases, judged.

use super::facts::HomeFacts;
use super::findings::Finding;
use super::region::answered;
use meridian_domain::{Fleet, TrustedKey};
use meridian_preflight::{ENABLED, SigningKeyFacts};

const CHECK: &str = "signing key";
const MEND: &str = "give fleet.toml the public_key and the kms of one key: docs/signing.md";

/// Each key that policy trusts.
pub fn judge(fleet: &Fleet, own: &HomeFacts) -> Vec<Finding> {
    let said = |key: &TrustedKey| own.signing.iter().find(|(id, _)| *id == key.id).map(|(_, said)| said);
    let keys = fleet.signing.keys.iter().map(|key| match (said(key), &key.kms) {
        (Some(said), Some(arn)) => answered(CHECK, said, arn, MEND, |facts| in_kms(key, arn, facts)),
        _ => Finding::fine(CHECK, format!("{} is trusted; its private half does not lie in KMS", key.id)),
    });
    keys.collect()
}

fn in_kms(key: &TrustedKey, arn: &str, facts: &SigningKeyFacts) -> Finding {
    let id = &key.id;
    if facts.state != ENABLED {
        let mend = format!("aws kms enable-key --key-id {arn}, unless it is retired");
        return Finding::wrong(CHECK, format!("{id} is {}: nothing can be signed with it", facts.state), mend);
    }
    match &facts.public_key {
        None => Finding::wrong(CHECK, format!("{id} is no key of ECC_NIST_P256 that signs"), MEND),
        Some(own) if *own != key.public_key => {
            let what = format!("{id} has another public half in KMS than in fleet.toml: what it signs is refused");
            Finding::wrong(CHECK, what, MEND)
        }
        Some(_) => Finding::fine(CHECK, format!("{id} is enabled and is the one that fleet.toml trusts")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::doctor::findings::Outcome;
    use meridian_domain::signing::{EXAMPLE_KEY, PublicKey};

    #[test]
    fn a_key_of_kms_must_be_enabled_and_the_one_that_policy_trusts() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let key = TrustedKey {
            id: "training".parse().unwrap(),
            public_key: EXAMPLE_KEY,
            from: None,
            until: None,
            kms: Some(arn.to_owned()),
        };
        let judged =
            |state: &str, public_key| in_kms(&key, arn, &SigningKeyFacts { state: state.to_owned(), public_key });
        assert_eq!(judged("Enabled", Some(EXAMPLE_KEY)).outcome, Outcome::Fine);
        for (state, public_key, words) in [
            ("Disabled", None, "training is Disabled"),
            ("Enabled", None, "no key of ECC_NIST_P256"),
            ("Enabled", Some(PublicKey::Ed25519([0; 32])), "another public half"),
        ] {
            let finding = judged(state, public_key);
            assert!(finding.outcome == Outcome::Wrong && finding.what.contains(words), "{finding:?}");
        }
    }
}
