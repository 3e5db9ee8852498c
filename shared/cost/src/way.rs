//! How customers reach the regions: `FrontKind` and `Routing` of template.yaml.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// What stands before each region's endpoint: `FrontKind` of template.yaml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrontKind {
    /// A REST API, straight to SageMaker.
    #[default]
    Api,
    /// A load balancer and the function `front`.
    Proxy,
}

impl FrontKind {
    /// Every front, the template's default first.
    pub const ALL: [Self; 2] = [Self::Api, Self::Proxy];

    /// The template's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Proxy => "proxy",
        }
    }
}

/// How a region is picked for a customer: `Routing` of template.yaml.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Routing {
    /// Customers name a region themselves: no name, no health check.
    None,
    /// Route 53, by distance.
    #[default]
    Latency,
    /// Route 53, by country or continent.
    Geolocation,
    /// Route 53, a primary and a standby.
    Failover,
    /// Route 53, by weight.
    Weighted,
    /// AWS Global Accelerator before the load balancers.
    GlobalAccelerator,
    /// CloudFront before the regions' records, which are as with [`Routing::Latency`].
    Cloudfront,
}

impl Routing {
    /// Every way, as the template lists them.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Latency,
        Self::Geolocation,
        Self::Failover,
        Self::Weighted,
        Self::GlobalAccelerator,
        Self::Cloudfront,
    ];

    /// Those that cost the same stand together: to this forecast, which leaves DNS queries out, Route 53's ways are one.
    pub(crate) const GROUPS: [&[Self]; 4] = [
        &[Self::Latency, Self::Geolocation, Self::Failover, Self::Weighted],
        &[Self::None],
        &[Self::GlobalAccelerator],
        &[Self::Cloudfront],
    ];

    /// The template's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Latency => "latency",
            Self::Geolocation => "geolocation",
            Self::Failover => "failover",
            Self::Weighted => "weighted",
            Self::GlobalAccelerator => "global-accelerator",
            Self::Cloudfront => "cloudfront",
        }
    }
}

/// A front and a routing that the template takes together. Its default is the template's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    front: FrontKind,
    routing: Routing,
}

impl Way {
    /// Checks that the front and the routing go together.
    ///
    /// # Errors
    /// The template refuses them together.
    pub fn new(front: FrontKind, routing: Routing) -> Result<Self, WayError> {
        if routing == Routing::GlobalAccelerator && front != FrontKind::Proxy {
            return Err(WayError::NeedsABalancer { front });
        }
        Ok(Self { front, routing })
    }

    /// What stands before each endpoint.
    pub fn front(self) -> FrontKind {
        self.front
    }

    /// How a region is picked.
    pub fn routing(self) -> Routing {
        self.routing
    }

    /// Who asks each region whether it is well.
    pub(crate) fn checkers(self) -> Checkers {
        match self.routing {
            Routing::None => Checkers::Nobody,
            Routing::GlobalAccelerator => Checkers::Balancer,
            Routing::Latency | Routing::Geolocation | Routing::Failover | Routing::Weighted | Routing::Cloudfront => {
                Checkers::Route53
            }
        }
    }
}

/// Who asks a region whether it is well, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checkers {
    /// Whoever calls `/health` himself.
    Nobody,
    /// Route 53, through the front.
    Route53,
    /// The load balancer, its two functions: an accelerator goes by what it says.
    Balancer,
}

/// A word that names no front or routing, or two that the template refuses together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WayError {
    /// The word names no front.
    #[error("{word:?} is no front: FrontKind of template.yaml is {}", words(FrontKind::ALL))]
    Front {
        /// The word that was given.
        word: String,
    },
    /// The word names no routing.
    #[error("{word:?} is no routing: Routing of template.yaml is {}", words(Routing::ALL))]
    Routing {
        /// The word that was given.
        word: String,
    },
    /// An accelerator leads to load balancers and to no API.
    #[error("routing global-accelerator needs front proxy, and front is {front}: an accelerator leads to no API")]
    NeedsABalancer {
        /// The front that was given with the accelerator.
        front: FrontKind,
    },
}

fn words<T: fmt::Display, const N: usize>(all: [T; N]) -> String {
    all.map(|word| word.to_string()).join(", ")
}

impl fmt::Display for FrontKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FrontKind {
    type Err = WayError;

    fn from_str(word: &str) -> Result<Self, WayError> {
        let found = Self::ALL.into_iter().find(|front| front.as_str() == word);
        found.ok_or_else(|| WayError::Front { word: word.to_owned() })
    }
}

impl FromStr for Routing {
    type Err = WayError;

    fn from_str(word: &str) -> Result<Self, WayError> {
        let found = Self::ALL.into_iter().find(|routing| routing.as_str() == word);
        found.ok_or_else(|| WayError::Routing { word: word.to_owned() })
    }
}
