//! What all ports promise of errors: five kinds, told apart, and what each costs in virtual time.

use super::kind;
use super::pager::page;
use crate::Kept;
use crate::stage::{DARK, FLAKY, Simulated, Stage, THROTTLED, payload, release};
use bytes::Bytes;
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_handlers::ports::{ErrorKind, ObjectVersion, Ports, Question, StartSpec};

/// Three tries of three seconds, with one second and two between them.
const GIVEN_UP: SignedDuration = SignedDuration::from_secs(12);
/// Two tries of a second, and the pause between them.
const CUSTOMERS_PATIENCE: SignedDuration = SignedDuration::from_millis(2050);
/// The two pauses alone.
const PAUSES: SignedDuration = SignedDuration::from_secs(3);

/// It is told as such, and costs what `limits` say.
pub async fn a_dark_plane_is_unreachable_after_twelve_seconds(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let dark: RegionName = DARK.parse()?;
    let (answer, waited) = stage.timed(stage.ports.describe(&dark, &stage.fleet.endpoint)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Unreachable), GIVEN_UP));
    let (answer, waited) = stage.timed(stage.ports.create_model(&dark, &stage.model("v427")?)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Unreachable), GIVEN_UP));
    Ok(())
}

/// A night of time-outs uses up no quota of retries: the fiftieth costs what the first did.
pub async fn a_dark_plane_is_ill_again_the_next_time(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let dark: RegionName = DARK.parse()?;
    for _ in 0..50 {
        let (answer, waited) = stage.timed(stage.ports.describe(&dark, &stage.fleet.endpoint)).await;
        assert_eq!((kind(answer), waited), (Some(ErrorKind::Unreachable), GIVEN_UP));
    }
    Ok(())
}

/// Its data plane, its alarms and its bucket know nothing of it.
pub async fn a_dark_plane_still_serves(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let dark: RegionName = DARK.parse()?;
    stage.ports.invoke(&dark, &stage.fleet.endpoint, &payload(), "text/csv").await?;
    stage.ports.alarms(&dark, &[meridian_domain::alarms::composite_name(&stage.fleet)]).await?;
    stage.ports.create(&dark, "notes/a", Bytes::from_static(b"still here")).await?;
    Ok(())
}

/// After the pauses, but without a time-out.
pub async fn a_throttled_call_says_so_after_three_tries(stage: &Stage<impl Ports>) -> Kept {
    let region: RegionName = THROTTLED.parse()?;
    let (answer, waited) = stage.timed(stage.ports.alarms(&region, &["any".to_owned()])).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Throttled), PAUSES));
    Ok(())
}

/// Which is no darkness: an update that runs goes on, and the region is not left behind at once.
pub async fn a_throttled_control_plane_says_so_after_three_tries(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let region: RegionName = THROTTLED.parse()?;
    let (answer, waited) = stage.timed(stage.ports.describe(&region, &stage.fleet.endpoint)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Throttled), PAUSES));
    let (answer, waited) = stage.timed(stage.ports.create_model(&region, &stage.model("v427")?)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Throttled), PAUSES));
    Ok(())
}

/// The third try is as good as the first, and its effect happens once.
pub async fn a_call_that_recovers_is_answered(stage: &Stage<impl Ports>) -> Kept {
    let region: RegionName = FLAKY.parse()?;
    let page = page("Look", "Look.");
    let (answer, waited) = stage.timed(stage.ports.page(&region, &page)).await;
    assert_eq!((kind(answer), waited), (None, PAUSES));
    let pages =
        stage.happened().iter().filter(|what| matches!(what, meridian_local::world::What::PageSent { .. })).count();
    assert_eq!(pages, 1);
    Ok(())
}

/// Whether it was done is unknown.
pub async fn a_failing_service_is_unreachable_after_three_tries(stage: &Stage<impl Ports>) -> Kept {
    let start = StartSpec {
        pipeline: stage.fleet.pipeline.clone(),
        token: release("v427").to_string(),
        variables: Vec::new(),
        source: ("Source".to_owned(), ObjectVersion("version-1".to_owned())),
    };
    let (answer, waited) = stage.timed(stage.ports.start(&FLAKY.parse()?, &start)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Unreachable), PAUSES));
    Ok(())
}

/// One second more for each mebibyte and try: a slow line is not a dead one.
pub async fn a_large_upload_has_more_time(stage: &Stage<impl Ports>) -> Kept {
    let region: RegionName = FLAKY.parse()?;
    for (mebibytes, seconds) in [(0, 12), (2, 18)] {
        let body = Bytes::from(vec![7; mebibytes << 20]);
        let (answer, waited) = stage.timed(stage.ports.create(&region, "notes/large", body)).await;
        assert_eq!((kind(answer), waited.as_secs()), (Some(ErrorKind::Unreachable), seconds));
    }
    let (answer, waited) = stage.timed(stage.ports.list(&THROTTLED.parse()?, "", None)).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Unreachable), GIVEN_UP));
    Ok(())
}

/// Nor is what is missing or has changed: repeating does not help.
pub async fn a_refusal_is_not_repeated(stage: &Stage<impl Ports>) -> Kept {
    let (answer, waited) = stage.timed(stage.ports.invoke(stage.home(), &stage.fleet.endpoint, "no", "text/csv")).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Refused), SignedDuration::ZERO));
    let (answer, waited) = stage.timed(stage.ports.get(stage.home(), "notes/none")).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::NotFound), SignedDuration::ZERO));
    stage.ports.create(stage.home(), "notes/a", Bytes::new()).await?;
    let (answer, waited) = stage.timed(stage.ports.create(stage.home(), "notes/a", Bytes::new())).await;
    assert_eq!((kind(answer), waited), (Some(ErrorKind::Conflict), SignedDuration::ZERO));
    Ok(())
}

/// For the one who reads the log.
pub async fn an_error_names_its_operation_and_region(stage: &Stage<impl Ports>) -> Kept {
    let missing = stage.ports.get(stage.home(), "notes/none").await.err().ok_or("it is there")?;
    let expected = "GetObject in eu-west-1: not found: NoSuchKey: The specified key does not exist.";
    assert_eq!(missing.to_string(), expected);
    let dark = stage.ports.describe(&DARK.parse()?, &stage.fleet.endpoint).await.err().ok_or("it answered")?;
    assert_eq!(dark.to_string(), "DescribeEndpoint in ap-northeast-1: unreachable: no answer in time");
    assert!(dark.is_regional() && !missing.is_regional());
    Ok(())
}

/// A customer's question is given up long before a function's own would be, and says that nobody answered.
pub async fn a_customer_waits_two_seconds_and_no_longer(stage: &Stage<impl Ports>) -> Kept {
    let question = Question { accept: None, body: payload().into() };
    let flaky: RegionName = FLAKY.parse()?;
    for _ in 0..50 {
        let (answer, waited) = stage.timed(stage.ports.score(&flaky, &stage.fleet.endpoint, &question)).await;
        let error = answer.err().ok_or("it was answered")?;
        assert!(error.silent, "{error}");
        assert_eq!(waited, CUSTOMERS_PATIENCE);
    }
    Ok(())
}
