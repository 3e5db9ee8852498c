//! The events that invoke the functions, in their wire shapes.

use crate::world::{Setting, Who, World, stamp};
use meridian_domain::{OrderPolicy, keys};
use serde_json::{Value, json};

/// What `who` is called with.
pub fn event(world: &World, who: Who) -> Value {
    let setting = &world.setting;
    match who {
        Who::Region(_) | Who::Home(None) => json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
        Who::Home(Some(release)) => created(setting, release),
        Who::Wave(job) => {
            let since = job.since.map(|since| format!("since={}", stamp(since)));
            let mut data = json!({
                "actionConfiguration": { "configuration": { "UserParameters": parameters(world, job) } }
            });
            if let (Some(since), Some(data)) = (since, data.as_object_mut()) {
                data.insert("continuationToken".to_owned(), json!(since));
            }
            json!({ "CodePipeline.job": { "id": job.id(), "data": data } })
        }
    }
}

fn created(setting: &Setting, release: usize) -> Value {
    let home = setting.fleet.regions.get(setting.home());
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
