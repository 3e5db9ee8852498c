//! Endpoints, models and configurations.

use super::kind;
use crate::Kept;
use crate::stage::{Simulated, Stage, payload};
use jiff::SignedDuration;
use meridian_domain::alarms::{VERDICT, guards, verdict_name};
use meridian_domain::{
    AnswerForm, ConfigSpec, EndpointStatus, EndpointView, FeatureFile, ModelSpec, ResourceName, Routing, Sha256,
    UpdateSpec, VariantPhase, keys,
};
use meridian_handlers::ports::{ErrorKind, MetricPoint, Ports, Question, Scored};
use std::error::Error;
use std::num::NonZeroU32;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const CANARY: Routing = Routing::Canary { instances: 1, bake: SignedDuration::from_mins(10) };

async fn look(stage: &Stage<impl Ports, impl Simulated>) -> Result<EndpointView, Box<dyn Error>> {
    let view = stage.ports.describe(stage.home(), &stage.fleet.endpoint).await?;
    Ok(view.ok_or("the endpoint is gone")?)
}

/// `None`, not an error.
pub async fn an_endpoint_that_is_not_there_is_none(stage: &Stage<impl Ports>) -> Kept {
    assert_eq!(stage.ports.describe(stage.home(), &"nothing".parse()?).await?, None);
    Ok(())
}

/// In service on a configuration, nothing pending.
fn serving(stage: &Stage<impl Ports, impl Simulated>, config: ResourceName) -> Result<EndpointView, Box<dyn Error>> {
    let instances = stage.said(stage.instances()?);
    Ok(EndpointView { status: EndpointStatus::InService, config, instances, pending: None, failure: None })
}

/// In service, nothing pending.
pub async fn a_serving_endpoint_names_its_configuration(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let config = stage.target("v426")?.config;
    assert_eq!(look(stage).await?, serving(stage, config)?);
    Ok(())
}

/// The second time conflicts: look what stands there.
pub async fn a_model_is_created_once(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let model = stage.model("v427")?;
    stage.ports.create_model(stage.home(), &model).await?;
    assert_eq!(kind(stage.ports.create_model(stage.home(), &model).await), Some(ErrorKind::Conflict));
    Ok(())
}

/// The update goes back; once the file lies there, another one ends on its configuration.
pub async fn instances_do_not_start_without_a_file_beside_their_model(
    stage: &Stage<impl Ports, impl Simulated>,
) -> Kept {
    let (home, key) = (stage.home(), keys::feature_file(Sha256::of(b"{}"), "encoder.json"));
    let url = format!("s3://{}/{key}", stage.policy()?.bucket);
    let beside = vec![FeatureFile { name: "encoder.json".to_owned(), url }];
    stage.ports.create_model(home, &ModelSpec { feature_files: beside, ..stage.model("v427")? }).await?;
    let config = stage.config("v427")?;
    stage.ports.create_config(home, &config).await?;
    let update = stage.update(&config, Routing::AllAtOnce);
    stage.ports.update(home, &update).await?;
    stage.ports.sleep(SignedDuration::from_mins(30)).await;
    let view = look(stage).await?;
    assert_eq!((view.status, view.config), (EndpointStatus::InService, stage.target("v426")?.config));
    stage.ports.create(home, &key, "{}".into()).await?;
    stage.ports.update(home, &update).await?;
    stage.ports.sleep(SignedDuration::from_mins(30)).await;
    assert_eq!(look(stage).await?, serving(stage, update.config)?);
    Ok(())
}

/// The second time conflicts: look what stands there.
pub async fn a_configuration_is_created_once(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    stage.prepare("v427", Routing::AllAtOnce).await?;
    let again = stage.ports.create_config(stage.home(), &stage.config("v427")?).await;
    assert_eq!(kind(again), Some(ErrorKind::Conflict));
    Ok(())
}

/// Not found is the model, and nothing is created.
pub async fn a_configuration_needs_its_model(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let config = ConfigSpec { model: "nothing".parse()?, ..stage.config("v427")? };
    assert_eq!(kind(stage.ports.create_config(stage.home(), &config).await), Some(ErrorKind::NotFound));
    stage.prepare("v427", Routing::AllAtOnce).await?;
    Ok(())
}

/// In creation, and in service on its configuration after a while; the second time conflicts.
pub async fn an_endpoint_is_created_once(stage: &Stage<impl Ports>) -> Kept {
    let config = stage.prepare("v427", Routing::AllAtOnce).await?.config;
    let name = "another".parse()?;
    let unknown = stage.ports.create_endpoint(stage.home(), &name, &"nothing".parse()?).await;
    assert_eq!(kind(unknown), Some(ErrorKind::NotFound));
    assert_eq!(stage.ports.describe(stage.home(), &name).await?, None);
    stage.ports.create_endpoint(stage.home(), &name, &config).await?;
    let status = EndpointStatus::Creating;
    let mut expected = EndpointView { status, config: config.clone(), instances: None, pending: None, failure: None };
    assert_eq!(stage.ports.describe(stage.home(), &name).await?, Some(expected.clone()));
    let again = stage.ports.create_endpoint(stage.home(), &name, &config).await;
    assert_eq!(kind(again), Some(ErrorKind::Conflict));
    stage.ports.sleep(10 * MINUTE).await;
    expected.status = EndpointStatus::InService;
    expected.instances = NonZeroU32::new(stage.policy()?.instances);
    assert_eq!(stage.ports.describe(stage.home(), &name).await?, Some(expected));
    Ok(())
}

/// Not found is the configuration; the endpoint serves on.
pub async fn an_update_needs_its_configuration(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    let unknown = UpdateSpec { config: "nothing".parse()?, ..update.clone() };
    assert_eq!(kind(stage.ports.update(stage.home(), &unknown).await), Some(ErrorKind::NotFound));
    let nowhere = UpdateSpec { endpoint: "nothing".parse()?, ..update };
    assert_eq!(kind(stage.ports.update(stage.home(), &nowhere).await), Some(ErrorKind::NotFound));
    assert_eq!(look(stage).await?.status, EndpointStatus::InService);
    Ok(())
}

/// A guardrail that watches nothing must not be taken for one.
pub async fn an_update_needs_its_alarms(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    let unguarded = UpdateSpec { rollback_alarms: vec!["no-such-alarm".to_owned()], ..update };
    let answer = kind(stage.ports.update(stage.home(), &unguarded).await);
    assert!(matches!(answer, Some(ErrorKind::Refused | ErrorKind::NotFound)), "{answer:?}");
    assert_eq!(look(stage).await?.status, EndpointStatus::InService);
    Ok(())
}

/// The old configuration is named until the end; the new one is pending, and since when.
pub async fn a_running_update_is_pending(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    let started = stage.ports.now();
    stage.ports.update(stage.home(), &update).await?;
    let view = look(stage).await?;
    assert_eq!((view.status, view.config), (EndpointStatus::Updating, stage.target("v426")?.config));
    let pending = view.pending.ok_or("nothing is pending")?;
    assert_eq!(pending.config, update.config);
    assert_eq!((pending.phase, pending.phase_since), (Some(VariantPhase::Creating), Some(started)));
    Ok(())
}

/// One update at a time, to whatever configuration.
pub async fn a_second_update_conflicts(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    stage.ports.update(stage.home(), &update).await?;
    assert_eq!(kind(stage.ports.update(stage.home(), &update).await), Some(ErrorKind::Conflict));
    let back = UpdateSpec { config: stage.target("v426")?.config, ..update };
    assert_eq!(kind(stage.ports.update(stage.home(), &back).await), Some(ErrorKind::Conflict));
    Ok(())
}

/// For as long as the update asked, and still on the old configuration.
pub async fn a_canary_bakes_before_it_shifts(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    stage.ports.update(stage.home(), &update).await?;
    let mut phases = Vec::new();
    while let Some(pending) = look(stage).await?.pending {
        if phases.last() != Some(&pending.phase) {
            phases.push(pending.phase);
        }
        if pending.phase == Some(VariantPhase::Baking) {
            let since = pending.phase_since.ok_or("baking since when?")?;
            assert!(stage.ports.now().duration_since(since) <= SignedDuration::from_mins(10));
        }
        stage.ports.sleep(MINUTE).await;
    }
    let expected = [VariantPhase::Creating, VariantPhase::Baking, VariantPhase::ActivatingTraffic];
    assert_eq!(phases, expected.map(Some));
    Ok(())
}

/// Every step is watched for the wait that was asked for; two of them, and the last is all of it.
pub async fn a_linear_update_waits_after_every_step_but_the_last(stage: &Stage<impl Ports>) -> Kept {
    let wait = SignedDuration::from_mins(5);
    let update = stage.prepare("v427", Routing::Linear { instances: 1, wait }).await?;
    stage.ports.update(stage.home(), &update).await?;
    let baking = minutes_baking(stage).await?;
    assert!((4..=6).contains(&baking), "one wait of five minutes: {baking}");
    assert_eq!(look(stage).await?.config, update.config);
    Ok(())
}

/// Batch after batch, each watched; no fleet stays warm.
pub async fn a_rolling_update_ends_on_its_configuration(stage: &Stage<impl Ports>) -> Kept {
    let wait = SignedDuration::from_mins(5);
    let update = stage.prepare("v427", Routing::Rolling { batch: 50, wait }).await?;
    stage.ports.update(stage.home(), &update).await?;
    let baking = minutes_baking(stage).await?;
    assert!((4..=11).contains(&baking), "{baking}");
    assert_eq!(look(stage).await?, serving(stage, update.config)?);
    Ok(())
}

/// All of it moves, and is watched for as long as was asked for.
pub async fn an_update_all_at_once_is_watched_after_it_moved(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let bake = SignedDuration::from_mins(5);
    let update = stage.prepare("v427", Routing::AllAtOnceWatched { bake }).await?;
    stage.ports.update(stage.home(), &update).await?;
    let baking = minutes_baking(stage).await?;
    assert!((4..=6).contains(&baking), "{baking}");
    assert_eq!(look(stage).await?.config, update.config);
    Ok(())
}

/// How many looks, a minute apart, find the update baking until it is over.
async fn minutes_baking(stage: &Stage<impl Ports, impl Simulated>) -> Result<u32, Box<dyn std::error::Error>> {
    let mut baking = 0;
    while let Some(pending) = look(stage).await?.pending {
        baking += u32::from(pending.phase == Some(VariantPhase::Baking));
        stage.ports.sleep(MINUTE).await;
    }
    Ok(baking)
}

/// In service again, and on the configuration that was asked for.
pub async fn an_update_ends_on_its_configuration(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", Routing::AllAtOnce).await?;
    stage.ports.update(stage.home(), &update).await?;
    stage.ports.sleep(SignedDuration::from_mins(30)).await;
    assert_eq!(look(stage).await?, serving(stage, update.config)?);
    Ok(())
}

/// In service again, but on the old configuration: the status alone proves nothing.
pub async fn a_tripped_alarm_turns_the_update_back(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let update = stage.prepare("v427", CANARY).await?;
    let mut alarms = guards(&stage.fleet, stage.policy()?, &update.config, None);
    alarms.retain(|alarm| alarm.name == verdict_name(&stage.fleet));
    stage.ports.put_alarms(stage.home(), &alarms).await?;
    let guarded = UpdateSpec { rollback_alarms: vec![verdict_name(&stage.fleet)], ..update };
    stage.ports.update(stage.home(), &guarded).await?;
    stage.ports.sleep(5 * MINUTE).await;
    let phase = look(stage).await?.pending.and_then(|pending| pending.phase);
    assert_eq!(phase, Some(VariantPhase::Baking));
    let revert =
        MetricPoint { name: VERDICT, endpoint: stage.fleet.endpoint.clone(), value: 1.0, at: stage.ports.now() };
    stage.ports.publish(stage.home(), &[revert]).await?;
    stage.ports.sleep(5 * MINUTE).await;
    let view = look(stage).await?;
    assert_eq!((view.status, view.pending), (EndpointStatus::InService, None));
    assert_eq!(view.config, stage.target("v426")?.config);
    Ok(())
}

/// The score of one record, from 0 to 1.
pub async fn an_endpoint_answers_a_number(stage: &Stage<impl Ports, impl Simulated>) -> Kept {
    let answer = stage.ports.invoke(stage.home(), &stage.fleet.endpoint, &payload(), "text/csv").await?;
    let score: f64 = answer.trim().parse()?;
    assert!((0.0..=1.0).contains(&score), "{score}");
    assert_eq!(stage.ports.invoke(stage.home(), &stage.fleet.endpoint, &payload(), "text/csv").await?, answer);
    Ok(())
}

/// The same score, where SageMaker's own container has it.
pub async fn an_endpoint_that_is_asked_for_json_answers_json(stage: &Stage<impl Ports>) -> Kept {
    let (home, endpoint) = (stage.home(), &stage.fleet.endpoint);
    let score = stage.ports.invoke(home, endpoint, &payload(), "text/csv").await?.trim().parse()?;
    let form = AnswerForm::new(Some("/predictions/0/score".parse()?), None, None)?;
    let answer = stage.ports.invoke(home, endpoint, &payload(), form.accept()).await?;
    assert!(form.says(&answer, score, &[]), "{score} is not what it says");
    Ok(())
}

/// The container's words may repeat the payload; the error must not.
pub async fn what_is_no_payload_is_refused_without_repeating_it(stage: &Stage<impl Ports>) -> Kept {
    let answer = stage.ports.invoke(stage.home(), &stage.fleet.endpoint, "card-4711,12.5", "text/csv").await;
    let error = answer.err().ok_or("it was answered")?;
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(!error.to_string().contains("4711"), "{error}");
    Ok(())
}

/// Refused or not found, but never a number.
pub async fn an_endpoint_that_is_not_there_answers_nothing(stage: &Stage<impl Ports>) -> Kept {
    let answer = kind(stage.ports.invoke(stage.home(), &"nothing".parse()?, &payload(), "text/csv").await);
    assert!(matches!(answer, Some(ErrorKind::Refused | ErrorKind::NotFound)), "{answer:?}");
    Ok(())
}

fn question(record: &str) -> Question {
    Question { accept: Some("text/csv".to_owned()), body: record.to_owned().into() }
}

/// The bytes that the endpoint answers to the same record, and what they are in.
pub async fn a_customers_question_is_answered_as_the_container_answers_it(stage: &Stage<impl Ports>) -> Kept {
    let expected = stage.ports.invoke(stage.home(), &stage.fleet.endpoint, &payload(), "text/csv").await?;
    let scored = stage.ports.score(stage.home(), &stage.fleet.endpoint, &question(&payload())).await?;
    let Scored::Answer { content_type, body } = scored else { return Err("the model failed".into()) };
    assert_eq!((content_type.split(';').next(), &body[..]), (Some("text/csv"), expected.as_bytes()));
    let nowhere = stage.ports.score(stage.home(), &"nothing".parse()?, &question(&payload())).await;
    assert!(matches!(kind(nowhere), Some(ErrorKind::Refused | ErrorKind::NotFound)));
    Ok(())
}

/// With its words, which only the customer may see.
pub async fn a_containers_error_is_an_answer_with_its_own_status(stage: &Stage<impl Ports>) -> Kept {
    let scored = stage.ports.score(stage.home(), &stage.fleet.endpoint, &question("card-4711,12.5")).await?;
    assert!(!format!("{scored:?}").contains("4711"), "{scored:?}");
    let Scored::ModelFailed { status, words } = scored else { return Err("it was scored".into()) };
    assert_eq!(status, 415);
    assert!(!words.is_empty());
    Ok(())
}
