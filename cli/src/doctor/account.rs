//! What services say of keys, images, quotas and roles, judged.

use super::answer::answered;
use super::facts::RegionFacts;
use super::findings::Finding;
use meridian_aws::inspect::Said;
use meridian_domain::{Fleet, Region, RegionName, ServingRole};
use meridian_messages::doctor::{
    Check, Command, Deployment, Image, Key, LentFault, LentRole, Mend, Property, Quota, Role,
};
use meridian_preflight::{KeyFacts, LentFacts, QuotaFacts, RoleFacts, key_alias, quota_name};
use std::collections::BTreeSet;

/// How CloudFormation names the role of a stack's `promote`, between the stack's name and letters of its own.
const PROMOTE: &str = "-PromoteRole-";
/// What mends a lent role.
const LEND: Mend = Mend::Deploy(Deployment::Lending);

/// What a region needs of its account.
pub fn judge(fleet: &Fleet, region: &Region, facts: &RegionFacts) -> Vec<Finding> {
    let alias = key_alias(fleet);
    let absent = Key::Absent { alias: alias.clone() };
    let key = answered(Check::Key, &facts.key, absent, Mend::Deploy(Deployment::With(Property::KeyAlias)), |own| {
        key(own, alias)
    });
    let absent = Quota::Absent { name: quota_name(fleet) };
    let quota = answered(Check::Quota, &facts.quota, absent, Mend::ChooseInstanceType, |own| quota(fleet, own));
    let arn = fleet.lent_role_arn(&region.name);
    let absent = LentRole::Absent { arn: arn.clone() };
    let lent = answered(Check::LentRole, &facts.lent, absent, LEND, |own| lent(fleet, own, arn));
    let of = |own, which, made, trust| role(fleet.execution_role(&region.name, which), own, made, trust);
    let first = of(&facts.role, ServingRole::First, Property::Role, Property::RoleTrust);
    let in_turn = facts.role_in_turn.as_ref();
    let in_turn = in_turn.map(|own| of(own, ServingRole::InTurn, Property::RoleInTurn, Property::RoleInTurnTrust));
    let mut findings = vec![key, quota, lent, image(fleet, region, facts.image.as_ref()), first];
    findings.extend(in_turn);
    findings
}

fn key(own: &KeyFacts, alias: String) -> Finding {
    if own.state == "Enabled" {
        return Finding::fine(Check::Key, Key::Enabled { alias });
    }
    let arn = own.arn.clone();
    let command = match own.state.as_str() {
        "PendingDeletion" => Command::CancelKeyDeletion { arn },
        _ => Command::EnableKey { arn },
    };
    Finding::wrong(Check::Key, Key::NotEnabled { alias, state: own.state.clone() }, Mend::Run(command))
}

/// While an update runs, a region has blue and green instances; where customers fail over, as many as the largest region.
fn quota(fleet: &Fleet, own: &QuotaFacts) -> Finding {
    let sizes = fleet.regions.iter().map(Region::most);
    let needed = 2 * sizes.max().unwrap_or_default();
    let (instances, instance_type) = (own.instances, fleet.instance_type.clone());
    if instances >= f64::from(needed) {
        return Finding::fine(Check::Quota, Quota::Enough { instances, instance_type });
    }
    let raise = Command::RaiseQuota { code: own.code.clone(), needed };
    Finding::wrong(Check::Quota, Quota::TooLow { instances, instance_type, needed }, Mend::Run(raise))
}

fn image(fleet: &Fleet, region: &Region, own: Option<&Said<()>>) -> Finding {
    let Some(own) = own else { return Finding::not_checked(Check::Image, Image::Unnamed) };
    let mend = if region.name == fleet.home { Mend::PushImage } else { Mend::Run(Command::CopyImage) };
    answered(Check::Image, own, Image::Absent, mend, |()| Finding::fine(Check::Image, Image::Own))
}

/// Home's `promote` assumes the role, or that of a deputy once home is there, and no other function does: a role that trusts nobody defers
/// its region, and one that trusts more than that is no fence.
fn lent(fleet: &Fleet, own: &LentFacts, arn: String) -> Finding {
    let (home, id) = (&fleet.home, fleet.lending_id());
    let roles = format!("arn:aws:iam::{}:role/", fleet.account_of(&fleet.home));
    let promotes = |arn: &String| arn.starts_with(&roles) && arn.contains(PROMOTE);
    let homes: BTreeSet<&str> = std::iter::once(home).chain(fleet.ready_deputies()).map(RegionName::as_str).collect();
    let regions: BTreeSet<&str> = own.regions.iter().map(String::as_str).collect();
    let only = |all: &[String], one: &str| all.iter().all(|own| own == one) && !all.is_empty();
    let problem = [
        (!own.account, LentFault::AccountNotTrusted),
        (own.assumed_by.is_empty() || !own.assumed_by.iter().all(promotes), LentFault::NotPromotesAlone),
        (regions != homes, LentFault::OtherRegion { home: home.clone() }),
        (!only(&own.external_ids, id), LentFault::OtherExternalId { expected: id.to_owned() }),
        (own.more, LentFault::More),
    ];
    match problem.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, fault)) => Finding::wrong(Check::LentRole, LentRole::Wrong { arn, fault }, LEND),
        None => Finding::fine(Check::LentRole, LentRole::Lent { home: home.clone() }),
    }
}

/// A role of the region's instances. `made` is the role in the template, `trust` its trust policy.
fn role(name: String, own: &Said<RoleFacts>, made: Property, trust: Property) -> Finding {
    let mend = |property| Mend::Deploy(Deployment::With(property));
    answered(Check::Role, own, Role::Absent { name: name.clone() }, mend(made), |role| match role.trusts_sagemaker {
        true => Finding::fine(Check::Role, Role::Assumable { name }),
        false => Finding::wrong(Check::Role, Role::NotAssumable { name }, mend(trust)),
    })
}
