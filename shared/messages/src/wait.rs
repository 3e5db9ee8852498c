//! What is waited for.

use crate::Voice;
use crate::judging::grounds;
use crate::unseen::words;
use crate::why::clock;
use meridian_domain::reason::{AtFullLoad, Lagging, Wait};

impl Voice<'_> {
    pub(crate) fn wait(self, wait: &Wait) -> String {
        match wait {
            Wait::Home { why } => words(why),
            Wait::LeaseHeld { holder, until } => format!("{holder} holds the lease until {}", clock(*until)),
            Wait::Scaling { region } => format!("{}'s number of instances is changing", self.title(region)),
            Wait::OtherUpdate { region } => format!("another update of {} is in progress", self.title(region)),
            Wait::ForeignUpdate { region } => {
                format!("{}: an update that this wave did not start is in progress", self.title(region))
            }
            Wait::Gate { region: None, gate } => self.gate(gate),
            Wait::Gate { region: Some(region), gate } => format!("{}: {}", self.title(region), self.gate(gate)),
            Wait::Freeze { region, frozen } => format!("{} is {}", self.title(region), self.frozen(frozen)),
            Wait::FleetFreeze { frozen } => format!("the fleet is {}: the wave waits", self.frozen(frozen)),
            Wait::Provisioning { region } => format!("{}'s new instances are being provisioned", self.title(region)),
            Wait::FirstProvisioning { region } => {
                format!("{}'s first instances are being provisioned", self.title(region))
            }
            Wait::Endpoint { region } => format!("{}'s endpoint is being created", self.title(region)),
            Wait::EndpointOf { region, config } => {
                format!("{}'s endpoint is being created with {config}", self.title(region))
            }
            Wait::Canary { since, verdict, grounds: found } => {
                format!("canary since {}: {verdict}: {}", clock(*since), grounds(found))
            }
            Wait::Counts { why } => format!("the counts cannot be read: {}", words(why)),
            Wait::Shift { at } => format!("decided; SageMaker shifts the traffic at {}", clock(*at)),
            Wait::Traffic { region, version } => format!("{}'s traffic is moving to {version}", self.title(region)),
            Wait::TrafficInSteps { region, until } => {
                format!("{}'s traffic is moving in steps until {}", self.title(region), clock(*until))
            }
            Wait::Proof(proof) => self.proof(proof),
            Wait::Return { region, why: None } => format!("{} is rolling back", self.title(region)),
            Wait::Return { region, why: Some(why) } => {
                format!("{} must roll back: {}", self.title(region), self.why(why))
            }
            Wait::FullLoad { region, due, seen } => {
                let seen = match seen {
                    AtFullLoad::Nothing => "no counts have arrived".to_owned(),
                    AtFullLoad::Judged { verdict, grounds: found } => format!("{verdict}: {}", grounds(found)),
                    AtFullLoad::Unseen { why } => format!("the counts cannot be read: {}", words(why)),
                };
                format!("{} at full load until {}: {seen}", self.title(region), clock(*due))
            }
            Wait::Follows { region, version } => format!("{} follows to {version}", self.title(region)),
            Wait::Silent { region, since } => {
                format!("{} has not answered since {}", self.title(region), clock(*since))
            }
            Wait::Bytes { region, why } => {
                format!("{}: serving release unknown: {}", self.title(region), self.fault(why))
            }
            Wait::Instances { region, has, least } => self.needs_instances(region, *has, *least),
            Wait::ScalingUnset { region, why } => {
                format!("{}'s scaling is not registered yet: {}", self.title(region), words(why))
            }
            Wait::FirstProof(why) => self.why(why),
            Wait::Lag { region, why } => self.lagging(region, why),
        }
    }

    pub(crate) fn lagging(self, region: &meridian_domain::RegionName, why: &Lagging) -> String {
        let title = self.title(region);
        let why = match why {
            Lagging::RollingBack => return format!("{title} is rolling back"),
            Lagging::Soaks => return format!("{title} soaks"),
            Lagging::Deferred(why) => format!("deferred, {}", self.was_left_behind(why)),
            Lagging::Halted(why) => format!("halted, {}", self.why(why)),
            Lagging::LedgerUnseen => "its ledger cannot be read".to_owned(),
            Lagging::NoEndpoint => "it has no endpoint".to_owned(),
            Lagging::NotKept => "nothing runs there, and it does not keep the release".to_owned(),
            Lagging::EndpointUnseen { why } => format!("its endpoint cannot be described: {}", words(why)),
            Lagging::EndpointNotRead => "its endpoint was not described".to_owned(),
            Lagging::BytesUnknown(status) => {
                format!("serving release unknown: its endpoint is {status:?}, and instances of two releases may answer")
            }
            Lagging::NamesConfig { config } => format!("its endpoint has configuration {config}"),
            Lagging::EndpointIs(status) => format!("its endpoint is {status:?}"),
            Lagging::Unproved => {
                "its endpoint has the release's configuration, but no golden records prove the release".to_owned()
            }
            Lagging::GoldenUnasked { why } => format!("its golden records cannot be asked: {}", words(why)),
            Lagging::GoldenWrong { right, asked } => {
                format!("{right} of {asked} golden records were answered correctly")
            }
            Lagging::DidNotThen => "it did not serve the release when the wave ended".to_owned(),
        };
        format!("{title}: {why}")
    }
}
