//! The containers' registry of each region.

use crate::Kept;
use crate::stage::Stage;
use meridian_domain::{Image, Sha256};
use meridian_handlers::ports::Ports;

/// By its digest, and in the registry of the region that is asked alone: neither another image of the repository nor one of a
/// repository that is not there.
pub async fn an_image_is_found_by_its_digest_in_its_region(stage: &Stage<impl Ports>) -> Kept {
    let image = |repository: &str, text: &[u8]| -> Result<Image, Box<dyn std::error::Error>> {
        Ok(Image { repository: repository.parse()?, digest: Sha256::of(text), version: None })
    };
    let own = image("fraud-xgboost", b"own")?;
    stage.keep_image(&own);
    let other =
        stage.fleet.regions.iter().find(|region| region.name != *stage.home()).ok_or("a fleet of one region")?;
    assert!(stage.ports.has_image(stage.home(), &own).await?);
    assert!(!stage.ports.has_image(stage.home(), &image("fraud-xgboost", b"other")?).await?);
    assert!(!stage.ports.has_image(stage.home(), &image("nobodys", b"own")?).await?);
    assert!(!stage.ports.has_image(&other.name, &own).await?);
    Ok(())
}
