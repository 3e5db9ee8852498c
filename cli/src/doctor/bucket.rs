//! A region's release bucket, judged.

use super::answer::answered;
use super::facts::RegionFacts;
use super::findings::Finding;
use super::policy::Denials;
use meridian_aws::inspect::Said;
use meridian_domain::{BucketName, Region};
use meridian_messages::doctor::{Bucket, BucketState, Check, Deployment, Mend, Property, Right, Way};

/// What holds the bytes and the ledger: that they stay (I2), and that nobody else reads or writes them.
pub fn judge(region: &Region, facts: &RegionFacts) -> Vec<Finding> {
    let (own, name) = (&facts.bucket, &region.bucket);
    let denials = own.policy.clone().map(|policy| Denials::of(&policy));
    let tls = denials.clone().map(|own| own.plain_http());
    let mut findings = vec![
        versions(name, &own.versioning),
        is(name, Check::Encryption, &own.kms, [BucketState::Encrypted, BucketState::Unencrypted], Property::Encryption),
        answered(
            Check::PublicAccess,
            &own.public,
            of(name, BucketState::NoPublicAccessBlock),
            made(Property::PublicAccess),
            |public| match public.off.as_slice() {
                [] => Finding::fine(Check::PublicAccess, of(name, BucketState::Private)),
                off => {
                    let open = of(name, BucketState::MayBePublic { off: off.to_vec() });
                    Finding::wrong(Check::PublicAccess, open, made(Property::PublicAccess))
                }
            },
        ),
        is(
            name,
            Check::TlsOnly,
            &tls,
            [BucketState::PlainHttpRefused, BucketState::PlainHttpAccepted],
            Property::Policy,
        ),
    ];
    findings.extend(RIGHTS.iter().map(|right| right.judge(name, &denials)));
    let events = [BucketState::EventsSent, BucketState::EventsDisabled];
    findings.push(is(name, Check::Events, &own.events, events, Property::Events));
    findings
}

fn of(name: &BucketName, state: BucketState) -> Bucket {
    Bucket { name: name.clone(), state }
}

fn made(property: Property) -> Mend {
    Mend::Deploy(Deployment::With(property))
}

fn versions(name: &BucketName, versioning: &Said<String>) -> Finding {
    let absent = of(name, BucketState::Absent);
    answered(Check::Bucket, versioning, absent, Mend::Deploy(Deployment::Plain), |status| match status.as_str() {
        "Enabled" => Finding::fine(Check::Bucket, of(name, BucketState::Versioned)),
        status => {
            let found = of(name, BucketState::Unversioned { status: status.to_owned() });
            Finding::wrong(Check::Bucket, found, made(Property::Versioning))
        }
    })
}

/// What is so or not; what is not set up is not.
fn is(name: &BucketName, check: Check, said: &Said<bool>, states: [BucketState; 2], property: Property) -> Finding {
    let [good, bad] = states.map(|state| of(name, state));
    answered(check, said, bad.clone(), made(property), |is| match is {
        true => Finding::fine(check, good),
        false => Finding::wrong(check, bad, made(property)),
    })
}

/// A check of what the bucket's policy refuses.
struct RightCheck {
    check: Check,
    right: Right,
    property: Property,
    way: fn(&Denials, &str) -> Option<Way>,
}

const RIGHTS: [RightCheck; 4] = [
    // What a ledger says stays said, and bytes that a region may roll back to stay there (I2).
    RightCheck {
        check: Check::Deletes,
        right: Right::Delete,
        property: Property::NothingIsDeleted,
        way: Denials::way_to_delete,
    },
    RightCheck {
        check: Check::Overwrites,
        right: Right::Overwrite,
        property: Property::NothingIsOverwritten,
        way: Denials::way_to_overwrite,
    },
    // A role that may write whatever it likes, by its own policies, still creates no release and says nothing in a ledger's name.
    RightCheck {
        check: Check::Writers,
        right: Right::Write,
        property: Property::OnlyNamedWriters,
        way: Denials::way_to_write,
    },
    // What protects a bucket protects nothing while anybody may take it away.
    RightCheck {
        check: Check::Protection,
        right: Right::Unprotect,
        property: Property::OnlyDeployersUnprotect,
        way: Denials::way_to_unprotect,
    },
];

impl RightCheck {
    fn judge(&self, name: &BucketName, denials: &Said<Denials>) -> Finding {
        let Self { check, right, property, way } = *self;
        let none = of(name, BucketState::NoPolicy(right));
        answered(check, denials, none, made(property), |own| match way(own, name.as_str()) {
            None => Finding::fine(check, of(name, BucketState::Refused(right))),
            Some(way) => Finding::wrong(check, of(name, BucketState::Open(way)), made(property)),
        })
    }
}
