//! How many instances an endpoint has.

use super::kind;
use crate::Kept;
use crate::stage::Stage;
use jiff::SignedDuration;
use meridian_domain::{ConfigSpec, EndpointStatus, ResourceName, Routing, ScalingSpec, UpdateSpec};
use meridian_handlers::ports::{ErrorKind, Ports};
use std::error::Error;
use std::num::NonZeroU32;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What policy gives home's region, with so many instances at least.
fn spec(stage: &Stage<impl Ports>, least: u32) -> Result<ScalingSpec, Box<dyn Error>> {
    let policy = stage.fleet.scaling.as_ref().ok_or("the fleet has no [scaling]")?;
    let region = stage.policy()?;
    let floor = policy.usual(&stage.fleet, region, stage.ports.now());
    Ok(ScalingSpec { least, ..policy.spec(&stage.fleet, region, &floor) })
}

/// In change at once, with more of them after a while. What is there already is not taken away.
pub async fn a_raised_floor_brings_instances(stage: &Stage<impl Ports>) -> Kept {
    let (home, name) = (stage.home(), &stage.fleet.endpoint);
    let instances = stage.instances()?;
    for least in [instances - 1, instances, instances + 2] {
        stage.ports.scale(home, &spec(stage, least)?).await?;
    }
    let view = stage.ports.describe(home, name).await?.ok_or("the endpoint is gone")?;
    assert!(view.is_scaling(), "{view:?}");
    assert_eq!(view.instances, NonZeroU32::new(instances));
    stage.ports.sleep(10 * MINUTE).await;
    let view = stage.ports.describe(home, name).await?.ok_or("the endpoint is gone")?;
    assert_eq!((view.status, view.instances), (EndpointStatus::InService, NonZeroU32::new(instances + 2)));
    stage.ports.scale(home, &spec(stage, instances)?).await?;
    let view = stage.ports.describe(home, name).await?.ok_or("the endpoint is gone")?;
    assert_eq!((view.status, view.instances), (EndpointStatus::InService, NonZeroU32::new(instances + 2)));
    Ok(())
}

/// While instances come, an update conflicts; while an update runs, no instances come.
pub async fn scaling_and_an_update_keep_out_of_each_others_way(stage: &Stage<impl Ports>) -> Kept {
    let (home, name) = (stage.home(), &stage.fleet.endpoint);
    let update = stage.prepare("v427", Routing::AllAtOnce).await?;
    let instances = stage.instances()?;
    stage.ports.scale(home, &spec(stage, instances + 1)?).await?;
    assert_eq!(kind(stage.ports.update(home, &update).await), Some(ErrorKind::Conflict));
    stage.ports.sleep(10 * MINUTE).await;
    stage.ports.update(home, &update).await?;
    stage.ports.scale(home, &spec(stage, instances + 2)?).await?;
    let view = stage.ports.describe(home, name).await?.ok_or("the endpoint is gone")?;
    assert!(!view.is_scaling() && view.pending.is_some(), "{view:?}");
    stage.ports.sleep(20 * MINUTE).await;
    let view = stage.ports.describe(home, name).await?.ok_or("the endpoint is gone")?;
    assert_eq!((view.config, view.instances), (update.config, NonZeroU32::new(instances + 2)));
    Ok(())
}

/// As often as it is asked for, and as often as it is not.
pub async fn a_nightly_floor_comes_and_goes(stage: &Stage<impl Ports>) -> Kept {
    let with = spec(stage, 2)?;
    assert!(with.nightly.is_some());
    let without = ScalingSpec { nightly: None, ..with.clone() };
    for scaling in [&without, &with, &with, &without, &without] {
        stage.ports.scale(stage.home(), scaling).await?;
    }
    Ok(())
}

/// Nothing is registered for what is not there.
pub async fn an_endpoint_that_is_not_there_is_not_scaled(stage: &Stage<impl Ports>) -> Kept {
    let scaling = ScalingSpec { endpoint: "nothing".parse()?, ..spec(stage, 2)? };
    assert_eq!(kind(stage.ports.scale(stage.home(), &scaling).await), Some(ErrorKind::Refused));
    Ok(())
}

/// Once its variant scales, only what is not registered any more gets another instance type. A repeat changes nothing.
pub async fn another_instance_type_wants_a_variant_that_does_not_scale(stage: &Stage<impl Ports>) -> Kept {
    let (home, endpoint, variant) = (stage.home(), &stage.fleet.endpoint, &stage.fleet.variant);
    let update = stage.prepare("v427", Routing::AllAtOnce).await?;
    let larger: ResourceName = "fraud-larger-cfg".parse()?;
    let instance_type = "ml.m6i.4xlarge".to_owned();
    let config = ConfigSpec { name: larger.clone(), instance_type, ..stage.config("v427")? };
    stage.ports.create_config(home, &config).await?;
    let update = UpdateSpec { config: larger, ..update };
    stage.ports.scale(home, &spec(stage, 2)?).await?;
    assert_eq!(kind(stage.ports.update(home, &update).await), Some(ErrorKind::Refused));
    for _ in 0..2 {
        stage.ports.deregister(home, endpoint, variant).await?;
    }
    stage.ports.update(home, &update).await?;
    Ok(())
}
