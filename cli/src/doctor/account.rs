//! What services say of keys, images, quotas and roles, judged.

use super::facts::RegionFacts;
use super::findings::Finding;
use super::region::{answered, as_made};
use meridian_aws::inspect::Said;
use meridian_domain::{Fleet, Region};
use meridian_preflight::{KeyFacts, LentFacts, QuotaFacts, RoleFacts, key_alias, quota_name};

/// How CloudFormation names the role of a stack's `promote`, between the stack's name and letters of its own.
const PROMOTE: &str = "-PromoteRole-";

/// What a region needs of its account.
pub fn judge(fleet: &Fleet, region: &Region, facts: &RegionFacts, deploy: &str) -> Vec<Finding> {
    let alias = key_alias(fleet);
    let key = answered("key", &facts.key, &alias, &as_made(deploy, "ReleaseKeyAlias"), |own| key(region, own, &alias));
    let quota = answered(
        "quota",
        &facts.quota,
        &quota_name(fleet),
        "choose an instance_type in fleet.toml that SageMaker offers in every region",
        |own| quota(fleet, region, own),
    );
    let role = fleet.lent_role_arn(&region.name);
    let mend = format!("{deploy}, with HomeRegion={} and LentRole as template.yaml has it", fleet.home);
    let lent = answered("lent role", &facts.lent, &format!("{role}, with which a wave acts here"), &mend, |own| {
        lent(fleet, own, &role, &mend)
    });
    vec![key, quota, lent, image(fleet, region, facts.image.as_ref())]
}

fn key(region: &Region, own: &KeyFacts, alias: &str) -> Finding {
    if own.state == "Enabled" {
        return Finding::fine("key", format!("{alias} is enabled"));
    }
    let enable = format!("aws kms enable-key --key-id {} --region {}", own.arn, region.name);
    let mend = match own.state.as_str() {
        "PendingDeletion" => format!("{}; then {enable}", enable.replace("enable-key", "cancel-key-deletion")),
        _ => enable,
    };
    Finding::wrong("key", format!("{alias} is {}: what it encrypts cannot be read", own.state), mend)
}

/// While an update runs, a region has blue and green instances; where customers fail over, as many as the largest region.
fn quota(fleet: &Fleet, region: &Region, own: &QuotaFacts) -> Finding {
    let sizes = fleet.regions.iter().map(Region::most);
    let needed = 2 * sizes.max().unwrap_or_default();
    let has = format!("{} instances of {}", own.instances, fleet.instance_type);
    if own.instances >= f64::from(needed) {
        return Finding::fine("quota", format!("{has}: twice the largest region's maximum fits"));
    }
    let mend = format!(
        "aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code {} --desired-value \
         {needed} --region {}",
        own.code, region.name
    );
    Finding::wrong("quota", format!("{has}, and twice the largest region's maximum is {needed}"), mend)
}

fn image(fleet: &Fleet, region: &Region, own: Option<&Said<()>>) -> Finding {
    let Some(own) = own else {
        let ask = format!(
            "aws ecr describe-images --repository-name REPOSITORY --image-ids imageDigest=sha256:DIGEST --region {}",
            region.name
        );
        return Finding::not_checked(
            "image",
            format!("no manifest of what serves names one; of the next release: {ask}"),
        );
    };
    // Replication goes by pushes, and one without changes is none; a backfill copies what is there already (ECR API Reference,
    // "StartReplicationBackfill").
    let (home, account) = (&fleet.home, &fleet.account);
    let push = format!("push it to the registry of {home}");
    let mend = match region.name == *home {
        true => push,
        false => format!(
            "aws ecr start-replication-backfill --destination region={},registryId={account} --region {home}, with ImagePrefix \
             set in home's stack; where home lacks it too, {push}",
            region.name
        ),
    };
    let of = "the image of what serves, in this region's own registry: no instance can start";
    answered("image", own, of, &mend, |()| Finding::fine("image", "what serves is in the region's own registry"))
}

/// Home's `promote` assumes the role, and no other function does: a role that trusts nobody defers its region, and one that trusts
/// more than that is no fence.
fn lent(fleet: &Fleet, own: &LentFacts, role: &str, mend: &str) -> Finding {
    let (home, id) = (fleet.home.as_str(), fleet.lending_id());
    let roles = format!("arn:aws:iam::{}:role/", fleet.account);
    let promotes = |arn: &String| arn.starts_with(&roles) && arn.contains(PROMOTE);
    let only = |all: &[String], one: &str| all.iter().all(|own| own == one) && !all.is_empty();
    let problem = [
        (!own.account, "does not trust the account: home may not assume it".to_owned()),
        (
            own.assumed_by.is_empty() || !own.assumed_by.iter().all(promotes),
            "is not promote's alone to assume".to_owned(),
        ),
        (!only(&own.regions, home), format!("is not lent to {home}, which is home, and to that alone")),
        (!only(&own.external_ids, id), format!("does not ask for the external id {id}")),
        (own.more, "says more than the template: another statement, principal or condition".to_owned()),
    ];
    match problem.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, what)) => Finding::wrong("lent role", format!("{role} {what}"), mend),
        None => Finding::fine("lent role", format!("lent to {home}'s promote")),
    }
}

/// A role of every region's instances, which the template makes under a name of its own. IAM has one for all regions.
pub fn role(name: &str, own: &Said<RoleFacts>, logical: &str, deploy: &str) -> Finding {
    answered("role", own, name, &as_made(deploy, logical), |role| {
        if role.trusts_sagemaker {
            return Finding::fine("role", format!("{name} can be assumed by SageMaker"));
        }
        let mend = as_made(deploy, &format!("{logical}.AssumeRolePolicyDocument"));
        Finding::wrong("role", format!("SageMaker may not assume {name}: no instance can start"), mend)
    })
}
