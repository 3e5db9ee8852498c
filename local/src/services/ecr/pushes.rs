//! How images come into the regions' registries.
//!
//! A registry copies what is pushed to it into other regions' by rules of its own, asynchronously (ECR User Guide, "Private image
//! replication": most images within 30 minutes). Here each of the fleet's other regions gets what home gets.

use crate::world::lag::Lag;
use crate::world::log::What;
use crate::world::queue::Event;
use crate::world::service::Service;
use crate::world::state::World;
use meridian_domain::{Image, RegionName};

impl World {
    /// Somebody pushes an image to home's registry, which copies it into the other regions'.
    pub fn push_image(&mut self, image: &Image) {
        let home = self.home();
        self.image_arrives(&home, image.uri(self.account(&home), &home));
        for to in self.regions.keys().filter(|region| **region != home).cloned().collect::<Vec<_>>() {
            let uri = image.uri(self.account(&to), &to);
            match self.lag(&to, &uri, Lag { service: Service::Ecr, bounds: self.config.timing.image_copy }) {
                Some(lag) => self.queue.push(self.later(lag), Event::Image { region: to, uri }),
                None => self.record(&to, What::ImageNotCopied { image: uri }),
            }
        }
    }

    /// A region's registry has had the image for long.
    pub fn keep_image(&mut self, region: &RegionName, image: &Image) {
        let uri = image.uri(self.account(region), region);
        if let Some(own) = self.regions.get_mut(region) {
            own.images.keep(&uri);
        }
    }

    /// An image is in a region's registry from now on.
    pub(crate) fn image_arrives(&mut self, region: &RegionName, uri: String) {
        if let Some(own) = self.regions.get_mut(region) {
            own.images.keep(&uri);
        }
        self.record(region, What::ImageArrived { image: uri });
    }
}
