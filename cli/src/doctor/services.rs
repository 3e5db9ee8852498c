//! Which of a region's services answer at all: the first thing to know where several checks are unknown at once.

use super::facts::RegionFacts;
use super::findings::Finding;
use meridian_aws::inspect::Said;
use meridian_messages::doctor::{Check, Found, Mend, Service};

/// By name, those that were asked and said nothing.
pub fn judge(facts: &RegionFacts) -> Finding {
    let asked = [
        (Service::S3, Some(is_silent(&facts.bucket.versioning))),
        (Service::SageMaker, Some(is_silent(&facts.endpoint))),
        (Service::CloudWatch, Some(is_silent(&facts.watch.alarms))),
        (Service::Sns, Some(is_silent(&facts.topic))),
        (Service::Kms, Some(is_silent(&facts.key))),
        // Not asked where no manifest names an image.
        (Service::Ecr, facts.image.as_ref().map(is_silent)),
        (Service::Iam, Some(is_silent(&facts.lent))),
        (Service::ServiceQuotas, Some(is_silent(&facts.quota))),
    ];
    let those = |silent: bool| -> Vec<Service> {
        asked.iter().filter(|(_, own)| *own == Some(silent)).map(|(service, _)| *service).collect()
    };
    match those(true) {
        none if none.is_empty() => Finding::fine(Check::Services, Found::Answering(those(false))),
        silent => Finding::wrong(Check::Services, Found::NotAnswering(silent), Mend::AskForServices),
    }
}

fn is_silent<T>(said: &Said<T>) -> bool {
    matches!(said, Said::Silent(_))
}
