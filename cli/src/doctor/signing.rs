//! The keys that sign releases, judged.

use super::answer::answered;
use super::facts::HomeFacts;
use super::findings::Finding;
use meridian_domain::{Fleet, TrustedKey};
use meridian_messages::doctor::{Check, Command, Mend, SigningKey};
use meridian_preflight::{ENABLED, SigningKeyFacts};

/// Each key that policy trusts.
pub fn judge(fleet: &Fleet, own: &HomeFacts) -> Vec<Finding> {
    let said = |key: &TrustedKey| own.signing.iter().find(|(id, _)| *id == key.id).map(|(_, said)| said);
    let keys = fleet.signing.keys.iter().map(|key| match (said(key), &key.kms) {
        (Some(said), Some(arn)) => {
            let absent = SigningKey::Absent { arn: arn.clone() };
            answered(Check::SigningKey, said, absent, Mend::CorrectSigningKey, |facts| in_kms(key, arn, facts))
        }
        _ => Finding::fine(Check::SigningKey, SigningKey::Elsewhere { key: key.id.clone() }),
    });
    keys.collect()
}

fn in_kms(trusted: &TrustedKey, arn: &str, facts: &SigningKeyFacts) -> Finding {
    let key = trusted.id.clone();
    let wrong = |found, mend| Finding::wrong(Check::SigningKey, found, mend);
    if facts.state != ENABLED {
        let enable = Command::EnableSigningKey { arn: arn.to_owned() };
        return wrong(SigningKey::NotEnabled { key, state: facts.state.clone() }, Mend::Run(enable));
    }
    match &facts.public_key {
        None => wrong(SigningKey::OtherKind { key }, Mend::CorrectSigningKey),
        Some(own) if *own != trusted.public_key => wrong(SigningKey::OtherPublicKey { key }, Mend::CorrectSigningKey),
        Some(_) => Finding::fine(Check::SigningKey, SigningKey::Enabled { key }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::doctor::findings::Outcome;
    use meridian_domain::KeyId;
    use meridian_domain::signing::{EXAMPLE_KEY, PublicKey};

    #[test]
    fn a_key_of_kms_must_be_enabled_and_the_one_that_policy_trusts() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let id = || -> KeyId { "training".parse().unwrap() };
        let key = TrustedKey { id: id(), public_key: EXAMPLE_KEY, from: None, until: None, kms: Some(arn.to_owned()) };
        let judged =
            |state: &str, public_key| in_kms(&key, arn, &SigningKeyFacts { state: state.to_owned(), public_key });
        let well = judged("Enabled", Some(EXAMPLE_KEY));
        assert_eq!((well.outcome, well.found), (Outcome::Fine, SigningKey::Enabled { key: id() }.into()));
        let enable = Mend::Run(Command::EnableSigningKey { arn: arn.to_owned() });
        let state = || "Disabled".to_owned();
        for (state, public_key, found, mend) in [
            ("Disabled", None, SigningKey::NotEnabled { key: id(), state: state() }, enable),
            ("Enabled", None, SigningKey::OtherKind { key: id() }, Mend::CorrectSigningKey),
            (
                "Enabled",
                Some(PublicKey::Ed25519([0; 32])),
                SigningKey::OtherPublicKey { key: id() },
                Mend::CorrectSigningKey,
            ),
        ] {
            assert_eq!(judged(state, public_key), Finding::wrong(Check::SigningKey, found, mend));
        }
    }
}
