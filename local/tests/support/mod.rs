//! What the tests of doors and hosts share: a world, and HTTP written by hand, so that nothing but the door is tested.

#![allow(dead_code, reason = "each test binary uses its part")]

use jiff::{SignedDuration, Timestamp};
use meridian_deployment::Grant;
use meridian_domain::{Fleet, RegionName};
use meridian_handlers::context::FunctionKind;
use meridian_local::engine::{SharedWorld, lock};
use meridian_local::night::{Functions, NightError, Options, Report, Scenario, Session, Site};
use meridian_local::world::{What, World, WorldConfig};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// 03:00 UTC of the reference night.
pub fn start() -> Timestamp {
    at("03:00:00")
}

/// A time of the reference night.
pub fn at(time: &str) -> Timestamp {
    format!("2026-11-20T{time}Z").parse().unwrap()
}

pub fn region(name: &str) -> RegionName {
    name.parse().unwrap()
}

/// The repository's fleet in a quiet world: nothing deployed, no health checks. Only the sweeps of `replication` and
/// `rollback` come by, in each region at times of its own: the first ones from 03:00:40 on.
pub fn quiet() -> WorldConfig {
    let fleet = Fleet::parse(include_str!("../../fleets/reference/fleet.toml")).unwrap();
    WorldConfig { health_checks: false, ..WorldConfig::new(fleet, start(), 7) }
}

pub fn shared(config: WorldConfig) -> SharedWorld {
    Arc::new(Mutex::new(World::new(config).unwrap()))
}

/// A night at a site.
pub struct Simulated {
    pub story: String,
    pub report: Report,
    /// Which statements of policies let something through.
    pub grants: BTreeSet<Grant>,
}

/// Runs a night to its end; an error where that cannot be, as when a person's action is refused.
pub fn simulated(site: Site, scenario: &Scenario) -> Result<Simulated, NightError> {
    let out = tempfile::tempdir().unwrap();
    let options = Options { seed: 7, functions: Functions::InProcess, out: out.path().to_owned(), record: None };
    let mut night = Session::begin(site, scenario, &options)?;
    let mut story = String::new();
    night.run_until(scenario.end(), &mut |line| story.push_str(&format!("{}\n", line.plain())))?;
    let grants = lock(night.world()).grants().clone();
    Ok(Simulated { story, report: night.report()?, grants })
}

/// An invocation that has ended.
#[derive(Debug, PartialEq, Eq)]
pub struct EndedInvocation {
    pub function: FunctionKind,
    pub region: RegionName,
    pub lasted: SignedDuration,
    pub how: String,
}

/// The invocations that have ended, in the order of their ends.
pub fn ended_invocations(world: &SharedWorld) -> Vec<EndedInvocation> {
    let world = lock(world);
    let mut started = BTreeMap::new();
    let mut ended = Vec::new();
    for event in world.log() {
        match &event.what {
            What::InvocationStarted { id, .. } => {
                started.insert(*id, event.at);
            }
            What::InvocationEnded { id, function, how, .. } => ended.push(EndedInvocation {
                function: *function,
                region: event.region.clone(),
                lasted: event.at.duration_since(started[id]),
                how: how.clone(),
            }),
            _ => {}
        }
    }
    ended
}

/// An answer off the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own. The error of a connection that breaks is an answer too, to some tests.
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer, Box<dyn std::error::Error>> {
    let rest = url.strip_prefix("http://").ok_or("not http")?;
    let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let mut stream = TcpStream::connect(address)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if headers.iter().all(|(name, _)| *name != "host") {
        head += &format!("host: {address}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    let mut wire = Vec::new();
    stream.read_to_end(&mut wire)?;
    parse(&wire).ok_or_else(|| "the connection broke".into())
}

fn parse(wire: &[u8]) -> Option<Answer> {
    let end = wire.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&wire[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
    Some(Answer { status, headers: headers.collect(), body: wire[end + 4..].to_vec() })
}

/// An `Authorization` header whose scope is right and whose signature nobody checks.
pub fn signed(region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=NOTAREALKEY/20261120/{region}/{service}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=0000"
    )
}
