//! What `meridian simulate delivery` runs, without the command line: `cargo run --release -p meridian-proof --example delivery
//! -- RUNS SEED [GUARDRAIL]...`.
#![allow(clippy::print_stdout)]

use meridian_domain::Fleet;
use meridian_proof::judging::{Study, Way};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().unwrap_or_default().parse::<u64>();
    let (runs, seed) = (number()?, number()?);
    let asked: Vec<Way> = arguments.map(|name| name.parse()).collect::<Result<_, _>>()?;
    let ways = if asked.is_empty() { &Way::ALL[..] } else { &asked };
    let fleet = Fleet::parse(include_str!("../../fleet.toml"))?;
    println!("{}", Study::new(&fleet, runs, seed).delivery(ways));
    Ok(())
}
