//! What `meridian simulate harm` runs, without the command line: `cargo run --release -p meridian-proof --example harm
//! -- RUNS SEED`.
#![allow(clippy::print_stdout)]

use meridian_domain::Fleet;
use meridian_proof::judging::Study;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().unwrap_or_default().parse::<u64>();
    let (runs, seed) = (number()?, number()?);
    let fleet = Fleet::parse(include_str!("../../fleet.toml"))?;
    println!("{}", Study::new(&fleet, runs, seed).harm());
    Ok(())
}
