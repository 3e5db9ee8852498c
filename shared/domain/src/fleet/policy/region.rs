//! What a region is to the fleet, how its traffic goes over, and where its records stay.

use super::lines::Reader;
use super::{FleetError, Guardrail, RegionProblem, ShadowPolicy};
use crate::fleet::names::{RegionName, ResourceName, Sha256};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// What a region is to the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It serves customers, and shows evidence of its own.
    #[default]
    Active,
    /// Kept at the same release, promoted last, with the instances that the largest active region's customers need beside its own. It
    /// has too little traffic to judge, so it uses the actives' evidence; golden records prove it all the same (I4).
    HotStandby,
    /// The same with a floor of instances: it carries another region's customers once it has scaled.
    WarmStandby,
    /// The release's files alone: no instance runs before it is to carry another region's customers. With an endpoint it is kept as a
    /// warm standby is.
    PilotLight,
    /// Being brought in: treated as a standby, and its lag holds up nobody: neither the order, nor the wave's end, nor the
    /// bound on skew.
    Joining,
}

/// How a region's traffic goes over to green.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `canary_percent` of it for the bake, then the rest. The judge compares green with blue, and decides before the rest.
    Canary,
    /// In steps of so many per cent, each of them watched for the bake. The first step is the canary: the judge decides
    /// before the second. Later steps are watched by the guardrail's alarms.
    Linear {
        /// Per cent, 10 to 50 (SageMaker's limits).
        step: u32,
    },
    /// Instances are replaced in batches of so many per cent, the bake between two of them. No canary stands still to be
    /// judged.
    Rolling {
        /// Per cent, 5 to 50 (SageMaker's limits).
        batch: u32,
    },
    /// All of it at once, watched by the guardrail's alarms for the bake. There is nothing to judge before it has moved.
    AllAtOnce,
}

impl Kind {
    /// Its word in a `fleet.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Active => "active",
            Kind::HotStandby => "hot-standby",
            Kind::WarmStandby => "warm-standby",
            Kind::PilotLight => "pilot-light",
            Kind::Joining => "joining",
        }
    }

    /// Whether a wave's order waits for it: not where it may have no endpoint.
    pub fn is_waited_for(self) -> bool {
        !matches!(self, Kind::PilotLight | Kind::Joining)
    }
}

impl Style {
    /// Its word in a `fleet.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Style::Canary => "canary",
            Style::Linear { .. } => "linear",
            Style::Rolling { .. } => "rolling",
            Style::AllAtOnce => "all-at-once",
        }
    }

    /// How many waits SageMaker makes before all traffic is on green, where each of them is a bake.
    pub fn waits(self) -> i32 {
        let steps = |percent: u32| i32::try_from(100_u32.div_ceil(percent.max(1))).unwrap_or(i32::MAX);
        match self {
            Style::Canary => 1,
            Style::Linear { step } => steps(step) - 1,
            Style::Rolling { batch } => steps(batch) - 1,
            Style::AllAtOnce => 0,
        }
    }
}

/// A residency zone: its evidence and its records never leave it, only counts and verdicts do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zone(String);

impl Zone {
    /// Its name, as `fleet.toml` has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a `[[region]]` says of all this.
pub(super) struct Ways<'a> {
    pub kind: Kind,
    style: Option<&'a toml::Spanned<String>>,
    step: Option<&'a toml::Spanned<u32>>,
    batch: Option<&'a toml::Spanned<u32>>,
}

impl<'a> Ways<'a> {
    pub fn of(
        kind: Option<&'a toml::Spanned<Kind>>,
        style: Option<&'a toml::Spanned<String>>,
        step: Option<&'a toml::Spanned<u32>>,
        batch: Option<&'a toml::Spanned<u32>>,
    ) -> Self {
        Self { kind: kind.map(|kind| *kind.get_ref()).unwrap_or_default(), style, step, batch }
    }

    /// The style, or why this region cannot have it. `at` is where an error is shown that has no line of its own.
    pub fn style<T>(
        &self,
        reader: &Reader<'_>,
        at: &toml::Spanned<T>,
        name: &RegionName,
        bake: SignedDuration,
        guardrail: &Guardrail,
    ) -> Result<Style, FleetError> {
        let usual = if self.kind == Kind::Active { "canary" } else { "all-at-once" };
        let word = self.style.map_or(usual, |style| style.get_ref());
        let wrong = |problem: RegionProblem| match self.style {
            Some(style) => reader.wrong(style, problem),
            None => reader.wrong(at, problem),
        };
        let region = || name.clone();
        let style = match word {
            "canary" => Style::Canary,
            "linear" => Style::Linear { step: share(reader, at, "step", self.step, 10)? },
            "rolling" => Style::Rolling { batch: share(reader, at, "batch", self.batch, 5)? },
            "all-at-once" => Style::AllAtOnce,
            other => return Err(wrong(RegionProblem::UnknownStyle(other.to_owned()))),
        };
        let judged = matches!(style, Style::Canary | Style::Linear { .. });
        if self.kind == Kind::Active && !judged {
            return Err(wrong(RegionProblem::NoCanary { region: region(), style }));
        }
        if self.kind != Kind::Active && judged {
            return Err(wrong(RegionProblem::NoEvidence { region: region(), style }));
        }
        if let Some(stray) = self.step.filter(|_| !matches!(style, Style::Linear { .. })) {
            return Err(reader.wrong(stray, RegionProblem::StrayStep { region: region(), style }));
        }
        if let Some(stray) = self.batch.filter(|_| !matches!(style, Style::Rolling { .. })) {
            return Err(reader.wrong(stray, RegionProblem::StrayBatch { region: region(), style }));
        }
        if bake * style.waits() > guardrail.max_execution {
            let longest = guardrail.max_execution;
            return Err(wrong(RegionProblem::TooManyWaits { region: region(), style, bake, longest }));
        }
        Ok(style)
    }
}

/// Reads a zone's name.
pub(super) fn zone(reader: &Reader<'_>, zone: &toml::Spanned<String>) -> Result<Zone, FleetError> {
    let name = zone.get_ref();
    let fine = !name.is_empty() && name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if fine {
        return Ok(Zone(name.clone()));
    }
    Err(reader.wrong(zone, RegionProblem::ZoneName(name.clone())))
}

fn share<T>(
    reader: &Reader<'_>,
    at: &toml::Spanned<T>,
    field: &'static str,
    given: Option<&toml::Spanned<u32>>,
    least: u32,
) -> Result<u32, FleetError> {
    match given {
        Some(share) if (least..=50).contains(share.get_ref()) => Ok(*share.get_ref()),
        Some(share) => Err(reader.wrong(share, RegionProblem::Share { field, least })),
        None => Err(reader.wrong(at, RegionProblem::NoShare { field, least })),
    }
}

/// The digest of what an endpoint configuration holds beside the model.
pub(super) fn shape(
    variant: &ResourceName,
    instance_type: &str,
    instances: u32,
    shadow: Option<&ShadowPolicy>,
) -> Sha256 {
    let captured = shadow.map(|shadow| format!(" captures {} by release", shadow.capture_percent)).unwrap_or_default();
    Sha256::of(format!("{variant} {instance_type} {instances}{captured}").as_bytes())
}
