//! What ports promise that act in each region with the role that the region lends.

use super::pager::page;
use crate::Kept;
use crate::stage::{DARK, Stage};
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_handlers::ports::{ASSUME_ROLE, Answer, ErrorKind, OperationName, PortError, Ports};

/// Home, whose control plane answers.
const WELL: &str = "eu-west-1";

fn failure<T>(answer: Answer<T>) -> Result<PortError, &'static str> {
    answer.err().ok_or("it was answered")
}

fn requests(stage: &Stage<impl Ports>, region: &str) -> u64 {
    let of = |(name, operation): &(RegionName, &str)| name.as_str() == region && *operation == ASSUME_ROLE.name();
    stage.calls().iter().filter(|(call, _)| of(call)).map(|(_, times)| *times).sum()
}

/// Whatever is done in a region, its role is assumed once.
///
/// # Errors
/// What came between.
pub async fn a_role_is_assumed_once(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home, endpoint) = (&stage.ports, stage.home(), &stage.fleet.endpoint);
    ports.describe(home, endpoint).await?;
    ports.alarms(home, &["fraud-rollback".to_owned()]).await?;
    ports.list(home, "releases/manifests/", None).await?;
    ports.describe(&"sa-east-1".parse()?, endpoint).await?;
    assert_eq!((requests(stage, WELL), requests(stage, "sa-east-1")), (1, 1));
    Ok(())
}

/// An assumed role expires after an hour: it is assumed again before that, and no call fails in between.
///
/// # Errors
/// What came between.
pub async fn a_role_is_assumed_again_before_it_expires(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home, endpoint) = (&stage.ports, stage.home(), &stage.fleet.endpoint);
    for _ in 0..70 {
        ports.describe(home, endpoint).await?;
        ports.sleep(SignedDuration::from_mins(1)).await;
    }
    assert_eq!(requests(stage, WELL), 2);
    Ok(())
}

/// What the region's stack does not allow to its role is refused, whoever assumed it.
///
/// # Errors
/// What came between.
pub async fn a_lent_role_does_what_its_stack_allows(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let written = ports.create(home, "evaluations/x.json", Bytes::from_static(b"{}")).await;
    let error = failure(written)?;
    assert_eq!((error.kind, error.operation), (ErrorKind::Refused, OperationName::PutObject));
    assert!(error.to_string().contains("explicit deny in ReleasesPolicy.EvaluationsOnlyByShadowEval"), "{error}");
    let read = failure(ports.get(home, "holdouts/x.csv.gz").await)?;
    assert!(read.to_string().contains("no policy allows it"), "{read}");
    Ok(())
}

/// Without its STS a region is out of reach: given up after the time of one call, and not asked again in the next moments.
///
/// # Errors
/// What came between.
pub async fn a_region_that_does_not_lend_costs_one_call(stage: &Stage<impl Ports>) -> Kept {
    let (ports, dark, endpoint) = (&stage.ports, DARK.parse()?, &stage.fleet.endpoint);
    let (seen, took) = stage.timed(ports.describe(&dark, endpoint)).await;
    let error = failure(seen)?;
    assert_eq!((error.kind, error.operation), (ErrorKind::Unreachable, ASSUME_ROLE));
    assert_eq!((&error.region, took), (&dark, SignedDuration::from_secs(12)));
    let (listed, took) = stage.timed(ports.list(&dark, "ledger/", None)).await;
    assert_eq!((failure(listed)?, took), (error, SignedDuration::ZERO));
    assert_eq!(requests(stage, DARK), 3, "three tries");
    ports.sleep(SignedDuration::from_secs(30)).await;
    let (_, took) = stage.timed(ports.alarms(&dark, &["fraud-rollback".to_owned()])).await;
    assert_eq!((requests(stage, DARK), took), (6, SignedDuration::from_secs(12)));
    Ok(())
}

/// A page goes out, and a job is answered, as oneself: no region must lend anything for it.
///
/// # Errors
/// What came between.
pub async fn pages_and_jobs_need_no_assumed_role(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    ports.page(home, &page("JP is deferred", "why")).await?;
    failure(ports.succeed(home, "11111111-2222-3333-4444-555555555555", None, "done").await)?;
    assert_eq!(requests(stage, WELL), 0);
    Ok(())
}
