//! S3 of the local world on a port of this machine, for programs that are no functions: prints one JSON object with its
//! `endpoint`, `bucket` and `region`, and listens until its standard input ends. Nothing is kept.

#![allow(clippy::print_stdout, reason = "the result")]

use meridian_domain::Fleet;
use meridian_local::http::Door;
use meridian_local::world::{World, WorldConfig};
use std::error::Error;
use std::io::Read;
use std::sync::{Arc, Mutex};

fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::parse(include_str!("../fleets/reference/fleet.toml"))?;
    let home = fleet.region(&fleet.home).ok_or("home is a region of the fleet")?;
    let config =
        WorldConfig { health_checks: false, ..WorldConfig::new(fleet.clone(), "2026-11-20T03:00:00Z".parse()?, 7) };
    let door = Door::open(Arc::new(Mutex::new(World::new(config)?)))?;
    println!("{}", serde_json::json!({ "endpoint": door.url(), "bucket": home.bucket, "region": home.name }));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
