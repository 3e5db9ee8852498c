//! The events that invoke the functions, in their wire shapes.

use crate::world::{Seconds, Setting, Who, World, stamp};
use meridian_domain::plan::Silence;
use meridian_domain::{OrderPolicy, keys};
use meridian_handlers::promote::Token;
use serde_json::{Value, json};

/// What `who` is called with.
pub fn event(world: &World, who: Who) -> Value {
    let setting = &world.setting;
    match who {
        Who::Region(_) | Who::Replication(_, None) => {
            json!({ "source": "aws.events", "detail-type": "Scheduled Event" })
        }
        Who::Replication(region, Some(release)) => created(setting, region, release),
        Who::Wave(job) => {
            let token = job.since.map(|since| token(setting, since, job.silence));
            let mut data = json!({
                "actionConfiguration": { "configuration": { "UserParameters": parameters(world, job) } }
            });
            if let (Some(token), Some(data)) = (token, data.as_object_mut()) {
                data.insert("continuationToken".to_owned(), json!(token.to_string()));
            }
            json!({ "CodePipeline.job": { "id": job.id(), "data": data } })
        }
    }
}

/// As the call before asked for it.
fn token(setting: &Setting, since: Seconds, silence: Option<(usize, Seconds)>) -> Token {
    let silence = silence.and_then(|(region, seen)| {
        let region = setting.fleet.regions.get(region)?.name.clone();
        Some(Silence { region, seen: stamp(seen) })
    });
    Token { since: stamp(since), silence }
}

fn created(setting: &Setting, region: usize, release: usize) -> Value {
    let home = setting.fleet.regions.get(region);
    let key = setting.releases.get(release).map(|(id, _)| keys::manifest(*id));
    json!({
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": { "name": home.map(|home| home.bucket.as_str()) },
            "object": { "key": key },
        },
    })
}

fn parameters(world: &World, job: crate::world::Job) -> String {
    let setting = &world.setting;
    let fleet = &setting.fleet;
    let execution = world.executions.get(job.execution);
    let release = execution.and_then(|execution| setting.releases.get(execution.release)).map(|(id, _)| *id);
    let mut parameters = json!({
        "fleet": fleet.name,
        "action": "verify",
        "release": release,
        "policy": setting.policy(),
        "pipeline": fleet.pipeline,
        "execution": execution.map(|execution| &execution.actor),
    });
    if let (Some(parameters), Some(region)) = (parameters.as_object_mut(), fleet.regions.get(job.action)) {
        parameters.insert("action".to_owned(), json!("promote"));
        match fleet.order {
            OrderPolicy::Signal => parameters.insert("place".to_owned(), json!(job.action + 1)),
            OrderPolicy::Fixed => parameters.insert("region".to_owned(), json!(region.name)),
        };
    }
    parameters.to_string()
}
