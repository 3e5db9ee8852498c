//! Which of a region's services answer at all: the first thing to know where several checks are unknown at once.

use super::facts::RegionFacts;
use super::findings::Finding;
use meridian_aws::inspect::Said;
use meridian_domain::Region;

/// By name, those that were asked and said nothing.
pub fn judge(region: &Region, facts: &RegionFacts) -> Finding {
    let asked = [
        ("S3", Some(is_silent(&facts.bucket.versioning))),
        ("SageMaker", Some(is_silent(&facts.endpoint))),
        ("CloudWatch", Some(is_silent(&facts.watch.alarms))),
        ("SNS", Some(is_silent(&facts.topic))),
        ("KMS", Some(is_silent(&facts.key))),
        // Not asked where no manifest names an image.
        ("ECR", facts.image.as_ref().map(is_silent)),
        ("IAM", Some(is_silent(&facts.lent))),
        ("Service Quotas", Some(is_silent(&facts.quota))),
    ];
    let named = |silent: bool| {
        asked.iter().filter(|(_, own)| *own == Some(silent)).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    match named(true) {
        none if none.is_empty() => Finding::fine("services", format!("all answer: {}", named(false))),
        silent => Finding::wrong("services", format!("no answer, or an error of its own, from {silent}"), mend(region)),
    }
}

fn is_silent<T>(said: &Said<T>) -> bool {
    matches!(said, Said::Silent(_))
}

/// Where to look: it may be the service, the region, or the way there.
fn mend(region: &Region) -> String {
    format!(
        "AWS Health says whether they are ill; aws ssm get-parameters-by-path --path \
         /aws/service/global-infrastructure/regions/{}/services --region us-east-1 lists those that the region has; else \
         mend this machine's way to them",
        region.name
    )
}
