//! Keys, quotas, roles and the pipeline.

use super::super::policy;
use super::{Defect, is, made};
use crate::doctor::facts::{HomeFacts, RegionFacts};
use crate::doctor::findings::Finding;
use meridian_aws::inspect::{PipelineFacts, Said};
use meridian_domain::RegionName;
use meridian_messages::doctor::{
    Check, Command, Deployment, Key, LentFault, LentRole, Mend, PackageGroup, Pipeline, Property, Quota, Role,
};
use meridian_preflight::{KeyFacts, LentFacts, QuotaFacts, RoleFacts};

pub(super) fn keys_and_quotas() -> Vec<Defect> {
    fn key(facts: &mut RegionFacts) -> &mut KeyFacts {
        is(&mut facts.key)
    }
    let alias = || "alias/meridian-fraud".to_owned();
    let arn = || "arn:aws:kms:eu-west-1:111122223333:key/1".to_owned();
    let in_state = |state: &str, command| {
        Finding::wrong(Check::Key, Key::NotEnabled { alias: alias(), state: state.to_owned() }, Mend::Run(command))
    };
    let (instances, instance_type) = (11.0, policy().instance_type);
    let (code, needed) = ("L-1".to_owned(), 16);
    let name = format!("{instance_type} for endpoint usage");
    vec![
        (
            |facts, _| facts.key = Said::Absent,
            Finding::wrong(Check::Key, Key::Absent { alias: alias() }, made(Property::KeyAlias)),
        ),
        (|facts, _| key(facts).state = "Disabled".to_owned(), in_state("Disabled", Command::EnableKey { arn: arn() })),
        (
            |facts, _| key(facts).state = "PendingDeletion".to_owned(),
            in_state("PendingDeletion", Command::CancelKeyDeletion { arn: arn() }),
        ),
        (
            |facts, _| facts.quota = Said::Absent,
            Finding::wrong(Check::Quota, Quota::Absent { name }, Mend::ChooseInstanceType),
        ),
        (
            |facts, _| facts.quota = Said::Is(QuotaFacts { instances: 11.0, code: "L-1".to_owned() }),
            Finding::wrong(
                Check::Quota,
                Quota::TooLow { instances, instance_type, needed },
                Mend::Run(Command::RaiseQuota { code, needed }),
            ),
        ),
    ]
}

pub(super) fn roles() -> Vec<Defect> {
    fn lent(facts: &mut RegionFacts) -> &mut LentFacts {
        is(&mut facts.lent)
    }
    let arn = || "arn:aws:iam::111122223333:role/meridian-fraud-lent-eu-west-1".to_owned();
    let wrong = |found| Finding::wrong(Check::LentRole, found, Mend::Deploy(Deployment::Lending));
    let fault = |fault| wrong(LentRole::Wrong { arn: arn(), fault });
    let home: RegionName = "eu-west-1".parse().unwrap();
    let other_region = || fault(LentFault::OtherRegion { home: home.clone() });
    let name = || "meridian-fraud-endpoint-eu-west-1".to_owned();
    vec![
        (|facts, _| facts.lent = Said::Absent, wrong(LentRole::Absent { arn: arn() })),
        (|facts, _| *lent(facts) = LentFacts::default(), fault(LentFault::AccountNotTrusted)),
        (|facts, _| lent(facts).assumed_by.clear(), fault(LentFault::NotPromotesAlone)),
        (
            |facts, _| lent(facts).assumed_by.push("arn:aws:iam::111122223333:role/*".to_owned()),
            fault(LentFault::NotPromotesAlone),
        ),
        (
            |facts, _| {
                lent(facts).assumed_by[0] = lent(facts).assumed_by[0].replace("111122223333", "444455556666");
            },
            fault(LentFault::NotPromotesAlone),
        ),
        (|facts, _| lent(facts).regions[0] = "sa-east-1".to_owned(), other_region()),
        (|facts, _| lent(facts).regions.push("sa-east-1".to_owned()), other_region()),
        // A deputy that nothing is lent to could not go on.
        (|facts, _| drop(lent(facts).regions.pop()), other_region()),
        (|facts, _| lent(facts).regions.clear(), other_region()),
        (|facts, _| lent(facts).more = true, fault(LentFault::More)),
        (
            |facts, _| lent(facts).external_ids.push("other".to_owned()),
            fault(LentFault::OtherExternalId { expected: "fraud".to_owned() }),
        ),
        (
            |facts, _| facts.role = Said::Absent,
            Finding::wrong(Check::Role, Role::Absent { name: name() }, made(Property::Role)),
        ),
        (
            |facts, _| facts.role = Said::Is(RoleFacts::default()),
            Finding::wrong(Check::Role, Role::NotAssumable { name: name() }, made(Property::RoleTrust)),
        ),
    ]
}

pub(super) fn pipelines() -> Vec<Defect> {
    fn pipeline(own: &mut HomeFacts) -> &mut PipelineFacts {
        is(&mut own.pipeline)
    }
    let wrong = |found, mend| Finding::wrong(Check::Pipeline, found, mend);
    let (kind, mode) = ("V2".to_owned(), "SUPERSEDED".to_owned());
    let (stage, does) = ("Promote-AU".to_owned(), "RETRY".to_owned());
    let names = |regions: [&str; 4]| -> Vec<String> {
        let promotes = regions.map(|region| format!("Promote-{region}"));
        ["Register".to_owned()].into_iter().chain(promotes).chain(["Verify-Fleet".to_owned()]).collect()
    };
    let (found, expected) = (names(["AU", "EU", "JP", "BR"]), names(["EU", "AU", "JP", "BR"]));
    let absent = Pipeline::Absent { name: policy().pipeline };
    let group = PackageGroup::Absent { name: "fraud".to_owned() };
    vec![
        (
            |_, own| pipeline(own).mode = "SUPERSEDED".to_owned(),
            wrong(Pipeline::OtherMode { kind, mode }, made(Property::PipelineMode)),
        ),
        (
            |_, own| pipeline(own).on_failure.push(("Promote-AU".to_owned(), "RETRY".to_owned())),
            wrong(Pipeline::ActsByItself { stage, does }, made(Property::PipelineOnFailure)),
        ),
        (
            |_, own| pipeline(own).actions.swap(2, 3),
            wrong(Pipeline::OtherActions { found, expected }, Mend::Deploy(Deployment::Stages)),
        ),
        (|_, own| own.pipeline = Said::Absent, wrong(absent, made(Property::Pipeline))),
        (
            |_, own| own.package_group = Said::Absent,
            Finding::wrong(Check::PackageGroup, group, made(Property::PackageGroup)),
        ),
    ]
}
