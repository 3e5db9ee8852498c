//! Why a scenario cannot be run.

use super::names;
use jiff::SignedDuration;
use meridian_domain::RegionName;
use meridian_messages::or_rather;

/// A scenario that cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No built-in scenario has the name, and no file does.
    #[error("no scenario is called {name:?}{} (meridian night --list names those that are built in; a file is given by its path)", or_rather(name, &names()))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("scenario {name}: {source}")]
    Read {
        /// Its name or path, as it was asked for.
        name: String,
        /// What the operating system answered.
        source: std::io::Error,
    },
    /// Another fleet's regions cannot play it.
    #[error(
        "scenario {name} cannot be translated to this fleet: {why}; meridian night --list --fleet FILE marks what cannot"
    )]
    Untranslatable {
        /// The scenario that was asked for.
        name: String,
        /// What the fleet lacks, or the scenario fixes.
        why: Untranslatable,
    },
    /// Not a scenario.
    #[error("scenario {name}{}: {message}", line.map(|n| format!(" line {n}")).unwrap_or_default())]
    Malformed {
        /// The scenario that was asked for.
        name: String,
        /// 1-based line, where one can be named.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
}

/// Why another fleet's regions cannot play a scenario: what it expects would not follow from it there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// Something happens to more regions than there are.
    #[error("it needs {needs} regions, and the fleet has {has}")]
    Regions {
        /// How many regions the scenario needs, home among them.
        needs: usize,
        /// How many the fleet has.
        has: usize,
    },
    /// Its policy says of a region what was worked out for that region's traffic and instances.
    #[error("its [[policy.region]] sets {field}, a number for the regions that it was written for")]
    RegionPolicy {
        /// The first such field.
        field: String,
    },
    /// What a person does to the pipeline is done in a turn of the regions that it was written for.
    #[error("its [[hand]] calls {operation}, in a turn of the regions that it was written for")]
    Hand {
        /// The operation.
        operation: String,
    },
    /// A deployment meets a wave in a turn of the regions that it was written for.
    #[error("its [[deploy]] comes in a turn of the regions that it was written for")]
    Deploy,
    /// The region that it loses would be the one where people hear from.
    #[error("the region that it loses is us-east-1 here, and with it whoever tells that a region has left DNS")]
    Outside,
    /// Its number of pages is a number of regions.
    #[error(
        "it expects {pages} pages of what happens in all of {there} regions, and the fleet has {has}: pages = {{ each = N }} is translated"
    )]
    Pages {
        /// How many pages it expects.
        pages: usize,
        /// How many regions it was written for.
        there: usize,
        /// How many the fleet has.
        has: usize,
    },
    /// Customers move from region to region.
    #[error(
        "in it a lost region's customers come to the next, and what that carries is the fleet's own: survivors are named by hand"
    )]
    Clients,
    /// Home is another region.
    #[error("in it home has moved to another region than the fleet's own home")]
    Moved,
    /// Home is lost, and nobody asks people to move it, or at another time.
    #[error(
        "in it a deputy asks people to move home after {patience:#}: the fleet has no deputy, or another home_patience"
    )]
    Deputy {
        /// `home_patience` where it was written.
        patience: SignedDuration,
    },
    /// Which regions get the release follows from home's place in the wave.
    #[error("in it home is number {needs} of the wave, and in the fleet number {has}")]
    HomePlace {
        /// Home's place, from 1, where it was written.
        needs: usize,
        /// Home's place in the fleet.
        has: usize,
    },
    /// A region would not start, and no part says so.
    #[error("{region} is frozen on its night, by {freeze:?}")]
    Frozen {
        /// The region that policy freezes.
        region: RegionName,
        /// The freeze's name.
        freeze: String,
    },
    /// Something happens in a canary, and the region that would play the part has none.
    #[error("it needs a canary that is judged in {region}, whose kind or style has none")]
    NoCanary {
        /// The region without a canary.
        region: RegionName,
    },
    /// A region's canary may not pass a release as good as the champion.
    #[error(
        "it needs a release that passes in {region}, where one as good as the champion may not: meridian plan says why"
    )]
    MayNotPass {
        /// The region whose canary it is.
        region: RegionName,
    },
    /// A region's canary alone does not find what policy wants found.
    #[error(
        "it needs a canary in {region} that finds a worse release, and too few requests come there at its hour: meridian plan says what is found"
    )]
    Blind {
        /// The thin region.
        region: RegionName,
    },
    /// Every region has to find something by its own counts.
    #[error(
        "each region has to find a change by its own counts, and fewer requests come to {region} than to any that it was written for"
    )]
    Thin {
        /// The thin region.
        region: RegionName,
    },
    /// What one instance carries shows in a canary of another share.
    #[error("it needs a canary of {needs} % in {region}, whose instances make it {has} %")]
    Share {
        /// The region whose canary it is.
        region: RegionName,
        /// The share where it was written, per cent.
        needs: u32,
        /// The share there, per cent.
        has: u32,
    },
    /// What one instance carries shows beside the hour before, which had fewer.
    #[error(
        "it needs {region} to have as many instances before its update as in it, and policy adds some for a neighbour's customers"
    )]
    Raised {
        /// The region that gets more.
        region: RegionName,
    },
    /// The release has to be tried again in a wave that is too long for it.
    #[error(
        "it needs another try of the release, which the fleet's wave does not end in time for: wave.until = {until:#}"
    )]
    TooLate {
        /// For how long after the wave's start policy tries again.
        until: SignedDuration,
    },
}
