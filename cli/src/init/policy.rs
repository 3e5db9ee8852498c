//! A new fleet's policy: the delivered one, with regions, names and sizes of its own.

use super::places;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::plan::{ForecastWarning, forecast};
use meridian_domain::signing::PublicKey;
use meridian_domain::{Fleet, FleetError, FleetName, KeyId, RegionName};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;

/// What a new fleet begins with where nothing of its own is said: everything between `[fleet]` and whose releases are believed.
const DELIVERED: &str = include_str!("../../../local/fleets/reference/fleet.toml");
const FROM: &str = "[wave]\n";
const TO: &str = "# Whose releases are releases";
const SCALING: &str = "requests_per_instance = 250 ";

/// The shortest canary that is proposed; shorter ones see too few whole minutes.
const SHORTEST: SignedDuration = SignedDuration::from_mins(6);
/// The longest; what takes longer needs more traffic, and the plan says so.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);
/// Summer and winter: the hour of a wave falls differently on people's clocks.
const SEASONS: [Date; 2] = [date(2026, 1, 14), date(2026, 7, 15)];
/// From the publication to the first region.
const TO_THE_WAVE: SignedDuration = SignedDuration::from_mins(2);

/// What a fleet is made of.
pub struct Draft {
    pub name: FleetName,
    /// Twelve digits.
    pub account: String,
    /// Home first, then in the order of promotion.
    pub regions: Vec<Place>,
    pub key: SignedWith,
    pub instance_type: String,
    pub requests_per_instance: f64,
    /// When training publishes, UTC.
    pub wave: Time,
}

/// The key whose releases are believed.
pub struct SignedWith {
    pub id: KeyId,
    pub public_key: PublicKey,
}

/// A public key in one line, as fleet.toml and template.yaml's parameters have it.
pub fn base64(key: &PublicKey) -> String {
    key.pem().lines().filter(|line| !line.starts_with("-----")).collect()
}

/// One region of the draft.
#[derive(Clone, Debug)]
pub struct Place {
    name: RegionName,
    peak_rps: f64,
    title: String,
    bucket: Option<String>,
    time_zone: String,
}

/// How a region is written.
const EXPECTED: &str = "a region with its requests a second at the daily peak, such as us-east-1=400, or \
                        us-east-1=400,title=US,bucket=models-us,time-zone=America/New_York";

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let (name, peak) =
            parts.next().and_then(|first| first.split_once('=')).ok_or(format!("expected {EXPECTED}"))?;
        let name: RegionName = name.parse().map_err(|error| format!("{error}; expected {EXPECTED}"))?;
        let peak_rps = peak.parse().ok().filter(|rps: &f64| *rps > 0.0 && rps.is_finite());
        let peak_rps =
            peak_rps.ok_or(format!("{peak:?} is no number of requests a second above 0; expected {EXPECTED}"))?;
        let (mut title, mut bucket, mut zone) =
            (places::title(&name), None, places::time_zone(&name).map(str::to_owned));
        for part in parts {
            match part.split_once('=') {
                Some(("title", own)) => own.clone_into(&mut title),
                Some(("bucket", own)) => bucket = Some(own.to_owned()),
                Some(("time-zone", own)) => zone = Some(own.to_owned()),
                _ => return Err(format!("{part:?} is not title=, bucket= or time-zone=; expected {EXPECTED}")),
            }
        }
        let time_zone = zone.ok_or(format!(
            "{name} is not known here: add its customers' time zone, as in {name}={peak},time-zone=Europe/Paris"
        ))?;
        TimeZone::get(&time_zone)
            .map_err(|_| format!("{time_zone:?} is not an IANA time zone such as Europe/Paris"))?;
        Ok(Place { name, peak_rps, title, bucket, time_zone })
    }
}

impl Draft {
    /// The policy's text, and the fleet that it is.
    ///
    /// # Errors
    /// What the fleet cannot be, by the policy's own checks.
    pub fn fleet(&self) -> Result<(String, Fleet), String> {
        let any = format!("{{ min = \"{SHORTEST:#}\", max = \"{LONGEST:#}\" }}");
        let probe = self.read(&self.text(&vec![any; self.regions.len()])?)?;
        let bakes: Vec<String> = self.bakes(&probe).into_iter().map(|bake| self.chosen(bake)).collect();
        let text = self.text(&bakes)?;
        let fleet = self.read(&text)?;
        Ok((text, fleet))
    }

    fn read(&self, text: &str) -> Result<Fleet, String> {
        Fleet::parse(text).map_err(|FleetError { problem, .. }| format!("this cannot be a fleet: {problem}"))
    }

    /// The bake that each region needs, in minutes, at the wave's hour in either season: to find what policy wants found, and for a
    /// release as good as the champion to pass.
    fn bakes(&self, fleet: &Fleet) -> Vec<SignedDuration> {
        let mut longest = BTreeMap::new();
        for season in SEASONS {
            let at = season
                .to_datetime(self.wave)
                .to_zoned(TimeZone::UTC)
                .map_or(Timestamp::UNIX_EPOCH, |at| at.timestamp());
            let plan = forecast(fleet, at + TO_THE_WAVE, &BTreeMap::new());
            let passes = plan.warnings.iter().filter_map(|warning| match warning {
                ForecastWarning::MayNotPass { region, enough: Some(enough), .. } => {
                    Some((region.clone(), enough.bake.wait))
                }
                _ => None,
            });
            let turns = plan.turns.iter().map(|turn| (turn.region.clone(), turn.plan.bake.wait));
            for (region, wait) in turns.chain(passes) {
                let known = longest.entry(region).or_insert(SHORTEST);
                *known = wait.max(*known);
            }
        }
        self.regions.iter().map(|region| longest.get(&region.name).copied().unwrap_or(LONGEST)).collect()
    }

    /// A bake with its reason.
    fn chosen(&self, bake: SignedDuration) -> String {
        let (hour, minute) = (self.wave.hour(), self.wave.minute());
        let text = format!("\"{bake:#}\"");
        let why = if bake < LONGEST {
            "the shortest at which the plan finds what [wave] asks for"
        } else {
            "longer ones are not proposed; meridian plan says what this one misses"
        };
        format!("{text:<22}# {why}, at {hour:02}:{minute:02} UTC")
    }

    fn text(&self, bakes: &[String]) -> Result<String, String> {
        let home = self.regions.first().ok_or("a fleet has at least one region")?;
        let policy = DELIVERED.split_once(FROM).and_then(|(_, rest)| rest.split_once(TO)).map(|(policy, _)| policy);
        let policy = policy.filter(|policy| policy.contains(SCALING));
        let policy = policy.ok_or("this program was built with another reference fleet than init knows")?;
        let policy = policy.replace(SCALING, &format!("requests_per_instance = {} ", self.requests_per_instance));
        let Draft { name, account, instance_type, key, .. } = self;
        let base64 = base64(&key.public_key);
        let deputy = self.regions.get(1).map(|deputy| {
            format!(
                "deputies = [\"{}\"]    # where home can move when it is lost: docs/runbooks/lost-home.md\n",
                deputy.name
            )
        });
        let mut text = format!(
            "# The fleet {name}: the regions that serve one model, in promotion order. Written by meridian init; docs/fleet.md says what each\n\
             # field means. Durations are written as \"90s\", \"30m\", \"1h 30m\".\n\n\
             [fleet]\n\
             name = \"{name}\"\n\
             home = \"{home}\"\n\
             {deputies}\
             endpoint = \"{name}\"              # the endpoint's name in every region\n\
             variant = \"main\"                # its one production variant\n\
             instance_type = {instance_type:?}\n\
             order = \"fixed\"                 # as listed below\n\
             pipeline = \"{name}-promotion\"    # the home region's CodePipeline\n\
             account = {account:?}\n\
             execution_role = \"meridian-{name}-endpoint\"\n\
             network_isolation = false       # true cuts containers off from every network, [judge.metrics] below included: docs/fleet.md\n\n\
             {FROM}{policy}\
             # Whose releases are releases: each region checks this before it reads a manifest.\n\
             [signing]\n\
             keys = [{{ id = \"{}\", public_key = \"{base64}\" }}]\n\n\
             # The containers that a release may name: docs/fleet.md.\n\
             [[image]]\n\
             repository = \"sagemaker-xgboost\"   # in each region's registry; pin `digest` where images change seldom\n",
            key.id,
            home = home.name,
            deputies = deputy.unwrap_or_default(),
        );
        for (region, bake) in self.regions.iter().zip(bakes) {
            self.region(&mut text, region, bake);
        }
        Ok(text)
    }

    fn region(&self, text: &mut String, region: &Place, bake: &str) {
        let Place { name, peak_rps, title, time_zone, .. } = region;
        let bucket = region
            .bucket
            .clone()
            .unwrap_or_else(|| format!("{}-models-{}-{name}", self.name, self.account).to_lowercase());
        let all: f64 = self.regions.iter().map(|own| own.peak_rps).sum();
        let (instances, most) = (self.carry(*peak_rps).max(2), self.carry(all).max(2) + 1);
        // A string takes every write.
        let _ = write!(
            text,
            "\n[[region]]\n\
             name = \"{name}\"\n\
             title = {title:?}\n\
             bucket = \"{bucket}\"\n\
             peak_rps = {peak_rps}\n\
             time_zone = \"{time_zone}\"\n\
             bake = {bake}\n\
             instances = {instances:<17}# its own peak\n\
             most_instances = {most:<12}# every region's customers at once\n",
        );
    }

    /// Instances that carry so many requests a second.
    fn carry(&self, rps: f64) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of instances, above 0; policy refuses what is too many"
        )]
        let instances = (rps / self.requests_per_instance).ceil() as u32;
        instances
    }
}
