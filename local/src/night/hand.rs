//! What a person does to AWS by hand in a night.

use super::error::NightError;
use super::scenario::Hand;
use crate::engine::{SharedWorld, lock};
use crate::services::by_name;
use meridian_domain::Fleet;
use serde_json::Value;

/// Calls AWS as the person does, and says so with what came of it: AWS may refuse.
pub(super) fn called(world: &SharedWorld, fleet: &Fleet, own: &Hand) -> Result<String, NightError> {
    let Hand { operation, region, .. } = own;
    let failed = |why: String| NightError::Person { what: operation.clone(), why };
    let mut world = lock(world);
    let latest = world.latest_execution().unwrap_or_default();
    let names = [
        ("{fleet}", fleet.name.as_str()),
        ("{endpoint}", fleet.endpoint.as_str()),
        ("{variant}", fleet.variant.as_str()),
        ("{pipeline}", fleet.pipeline.as_str()),
        ("{execution}", latest.as_str()),
    ];
    let mut request = serde_json::to_value(&own.request).map_err(|error| failed(error.to_string()))?;
    fill(&mut request, &names);
    let said = match by_name::call(&mut world, region, operation, request) {
        None => return Err(failed("the local world knows no such operation".to_owned())),
        Some(Ok(())) => String::new(),
        Some(Err(refused)) => format!(": {refused}"),
    };
    Ok(format!("a person calls {operation}{said}"))
}

/// Puts the fleet's names in their places.
fn fill(value: &mut Value, names: &[(&str, &str)]) {
    match value {
        Value::String(text) => names.iter().for_each(|(place, name)| *text = text.replace(place, name)),
        Value::Array(list) => list.iter_mut().for_each(|own| fill(own, names)),
        Value::Object(members) => members.values_mut().for_each(|own| fill(own, names)),
        _ => {}
    }
}
