//! What a person does to AWS by hand in a night.

use super::error::NightError;
use super::scenario::Hand;
use crate::engine::{SharedWorld, lock};
use crate::services::by_name;
use crate::world::World;
use meridian_domain::{Fleet, RegionName};
use serde_json::Value;

/// Calls AWS as the person does, and says so with what came of it: AWS may refuse.
pub(super) fn called(world: &SharedWorld, fleet: &Fleet, own: &Hand) -> Result<String, NightError> {
    let Hand { operation, region, .. } = own;
    let failed = |why: String| NightError::Person { what: operation.clone(), why };
    let mut world = lock(world);
    let latest = world.latest_execution().unwrap_or_default();
    let Configured { serving, other, model } = Configured::of(&world, fleet, region);
    let package = world.region(&fleet.home).ok().and_then(|home| home.registry.0.last());
    let package = package.map(|package| package.described.model_package_arn.clone()).unwrap_or_default();
    let bucket = fleet.region(region).map(|own| own.bucket.as_str()).unwrap_or_default();
    let names = [
        ("{bucket}", bucket),
        ("{fleet}", fleet.name.as_str()),
        ("{endpoint}", fleet.endpoint.as_str()),
        ("{variant}", fleet.variant.as_str()),
        ("{pipeline}", fleet.pipeline.as_str()),
        ("{execution}", latest.as_str()),
        ("{serving}", serving.as_str()),
        ("{other}", other.as_str()),
        ("{model}", model.as_str()),
        ("{package}", package.as_str()),
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

/// What a region's endpoint is configured with; empty where there is none.
#[derive(Default)]
struct Configured {
    /// The configuration that the endpoint names.
    serving: String,
    /// The newest one of the others there.
    other: String,
    /// The model that the first one serves.
    model: String,
}

impl Configured {
    fn of(world: &World, fleet: &Fleet, region: &RegionName) -> Self {
        let Ok(own) = world.region(region).map(|own| &own.sagemaker) else { return Self::default() };
        let endpoint = own.endpoints.get(fleet.endpoint.as_str());
        let serving = endpoint.map(|endpoint| endpoint.config().to_owned()).unwrap_or_default();
        let others = own.configs.iter().filter(|(name, _)| **name != serving);
        let other = others.max_by_key(|(_, config)| config.created).map(|(name, _)| name.clone()).unwrap_or_default();
        let variants = own.configs.get(&serving).map(|config| &config.request.production_variants);
        let model = variants.and_then(|variants| variants.first()?.model_name.clone()).unwrap_or_default();
        Configured { serving, other, model }
    }
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
