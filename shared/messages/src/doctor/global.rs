//! What stands in one region for all.

use serde::Serialize;

/// A service of which a part stands in one region for all.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Global {
    /// The service, with its setting where only that needs it.
    pub service: &'static str,
    /// AWS's name of the one region.
    pub region: &'static str,
    /// What stands there alone, and fails with it.
    pub in_one_region: &'static str,
    /// What goes on without it.
    pub goes_on: &'static str,
}

/// The fleet's dependencies that are not regional, with every way of routing. A region's way back needs none of them (I6).
pub const GLOBAL: [Global; 5] = [
    Global {
        service: "IAM",
        region: "us-east-1",
        in_one_region: "making and changing roles and policies",
        goes_on: "roles that exist: each region has its own copy; STS is asked in the region",
    },
    Global {
        service: "Route 53",
        region: "us-east-1",
        in_one_region: "changing records and health checks",
        goes_on: "answers, and failing over by health checks",
    },
    Global {
        service: "CloudFormation of IAM and Route 53",
        region: "us-east-1",
        in_one_region: "a deployment that makes either",
        goes_on: "everything that is deployed",
    },
    Global {
        service: "CloudFront (Routing=cloudfront)",
        region: "us-east-1",
        in_one_region: "changing the distribution, renewing its certificate",
        goes_on: "what is deployed, at every place of CloudFront's",
    },
    Global {
        service: "Global Accelerator (Routing=global-accelerator)",
        region: "us-west-2",
        in_one_region: "changing the accelerator, its listener and its groups",
        goes_on: "what is deployed, and failing over by load balancers' health",
    },
];

impl Global {
    /// What stands in its region alone, and what goes on without it.
    pub fn words(&self) -> String {
        let Self { service, region, in_one_region, goes_on } = self;
        format!("{service}, in {region}: {in_one_region}. Goes on: {goes_on}.")
    }
}
