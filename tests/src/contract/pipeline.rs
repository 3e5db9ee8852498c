//! Executions and their jobs.

use super::kind;
use crate::Kept;
use crate::stage::{Simulated, Stage};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Actor;
use meridian_domain::reason::ExecutionEnd;
use meridian_handlers::ports::{ErrorKind, FailureKind, ObjectVersion, Ports, StartSpec};
use meridian_local::world::What;

fn start(stage: &Stage<impl Ports, impl Simulated>, version: &str) -> StartSpec {
    StartSpec {
        pipeline: stage.fleet.pipeline.clone(),
        token: stage.release(version).to_string(),
        variables: vec![
            ("release".to_owned(), stage.release(version).to_string()),
            ("policy".to_owned(), "p".to_owned()),
        ],
        source: ("Source".to_owned(), ObjectVersion("version-1".to_owned())),
    }
}

/// However often it is asked for; another token is another one.
pub async fn one_token_starts_one_execution(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let first = ports.start(home, &start(stage, "v427")).await?;
    assert_eq!(ports.start(home, &start(stage, "v427")).await?, first);
    ports.sleep(SignedDuration::from_mins(5)).await;
    assert_eq!(ports.start(home, &start(stage, "v427")).await?, first);
    assert_ne!(ports.start(home, &start(stage, "v428")).await?, first);
    Ok(())
}

/// By its name, or because it is in another region.
pub async fn an_unknown_pipeline_is_not_found(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let unknown = StartSpec { pipeline: "nothing".parse()?, ..start(stage, "v427") };
    assert_eq!(kind(stage.ports.start(stage.home(), &unknown).await), Some(ErrorKind::NotFound));
    Ok(())
}

/// The pipeline goes on.
pub async fn an_answered_job_leads_to_the_next(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    stage.ports.start(stage.home(), &start(stage, "v427")).await?;
    let first = stage.next_job().await?;
    stage.ports.succeed(stage.home(), &first.id, None, "registered").await?;
    let second = stage.next_job().await?;
    assert_ne!(second.id, first.id);
    assert_eq!((first.continuation, second.continuation), (None, None));
    Ok(())
}

/// As a new job, which carries what it was asked to: since when `promote` has been at it.
pub async fn a_continuation_comes_back_after_half_a_minute(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    stage.ports.start(stage.home(), &start(stage, "v427")).await?;
    let first = stage.next_job().await?;
    let since = "since=2026-11-20T03:00:00Z";
    stage.ports.succeed(stage.home(), &first.id, Some(since), "wait").await?;
    let (again, waited) = stage.timed(stage.next_job()).await;
    let again = again?;
    assert_eq!(again.continuation.as_deref(), Some(since));
    assert_ne!(again.id, first.id);
    assert!((29..=35).contains(&waited.as_secs()), "{waited:#}");
    Ok(())
}

/// With the words that were given.
pub async fn a_failed_job_fails_the_execution(stage: &Stage<impl Ports>) -> Kept {
    let (home, pipeline) = (stage.home(), &stage.fleet.pipeline);
    let execution = stage.ports.start(home, &start(stage, "v427")).await?;
    let actor = execution.parse()?;
    let job = stage.next_job().await?;
    assert_eq!(stage.ports.execution(home, pipeline, &actor).await?.ended, None);
    stage.ports.fail(home, &job.id, FailureKind::JobFailed, "AUC fell by 0.03").await?;
    assert_eq!(stage.ports.execution(home, pipeline, &actor).await?.ended, Some(ExecutionEnd::Failed));
    let other = "00000000-0000-4000-8000-000000000000".parse()?;
    assert_eq!(kind(stage.ports.execution(home, pipeline, &other).await), Some(ErrorKind::NotFound));
    let told = stage.happened();
    let why = |what: &What| matches!(what, What::ActionFailed { message, .. } if message == "AUC fell by 0.03");
    assert!(told.iter().any(why), "{told:?}");
    let ended = |what: &What| matches!(what, What::ExecutionFailed { execution: own, .. } if *own == execution);
    assert!(told.iter().any(ended), "{told:?}");
    Ok(())
}

/// With how they stand and what they were started with.
pub async fn the_latest_executions_are_listed(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home, pipeline) = (&stage.ports, stage.home(), &stage.fleet.pipeline);
    let first: Actor = ports.start(home, &start(stage, "v427")).await?.parse()?;
    let job = stage.next_job().await?;
    ports.fail(home, &job.id, FailureKind::JobFailed, "AUC fell by 0.03").await?;
    let failed = ports.now();
    ports.sleep(SignedDuration::from_mins(5)).await;
    let second: Actor = ports.start(home, &start(stage, "v428")).await?.parse()?;
    let listed = ports.executions(home, pipeline).await?;
    let found = |id: &Actor| listed.iter().find(|own| own.id == *id).map(|own| (own.ended, own.changed));
    let then = |changed: Timestamp| changed.duration_since(failed).abs() < SignedDuration::from_mins(1);
    assert!(found(&first).is_some_and(|(how, at)| how == Some(ExecutionEnd::Failed) && then(at)), "{listed:?}");
    assert!(matches!(found(&second), Some((None, _))), "{listed:?}");
    let variables = ports.execution(home, pipeline, &second).await?.variables;
    assert_eq!(variables.get("release"), Some(&stage.release("v428").to_string()));
    Ok(())
}

/// The second answer conflicts, whichever way it goes, and changes nothing.
pub async fn a_job_is_answered_once(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    stage.ports.start(stage.home(), &start(stage, "v427")).await?;
    let job = stage.next_job().await?;
    stage.ports.succeed(stage.home(), &job.id, None, "done").await?;
    let again = stage.ports.succeed(stage.home(), &job.id, None, "done").await;
    assert_eq!(kind(again), Some(ErrorKind::Conflict));
    let failed = stage.ports.fail(stage.home(), &job.id, FailureKind::Configuration, "no").await;
    assert_eq!(kind(failed), Some(ErrorKind::Conflict));
    Ok(())
}

/// Refused or not found, but never taken.
pub async fn an_unknown_job_takes_no_answer(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let job = "11111111-2222-4333-8444-555555555555";
    let succeeded = kind(stage.ports.succeed(stage.home(), job, None, "done").await);
    let failed = kind(stage.ports.fail(stage.home(), job, FailureKind::SystemUnavailable, "no").await);
    for answer in [succeeded, failed] {
        assert!(matches!(answer, Some(ErrorKind::Refused | ErrorKind::NotFound)), "{answer:?}");
    }
    Ok(())
}

/// An answer that is too long must not cost the twenty minutes of no answer.
pub async fn long_words_are_cut(stage: &Stage<impl Ports>) -> Kept {
    stage.ports.start(stage.home(), &start(stage, "v427")).await?;
    let job = stage.next_job().await?;
    stage.ports.succeed(stage.home(), &job.id, None, &"São Paulo ".repeat(1000)).await?;
    let job = stage.next_job().await?;
    stage.ports.fail(stage.home(), &job.id, FailureKind::JobFailed, &"São Paulo ".repeat(1000)).await?;
    Ok(())
}
