//! What `meridian simulate judge` runs, without the command line: `cargo run --release -p meridian-proof --example judge --
//! RUNS SEED [QUESTION]...`.
#![allow(clippy::print_stdout)]

use meridian_domain::Fleet;
use meridian_proof::judging::{Question, Study};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().unwrap_or_default().parse::<u64>();
    let (runs, seed) = (number()?, number()?);
    let asked: Vec<Question> = arguments.map(|name| name.parse()).collect::<Result<_, _>>()?;
    let questions = if asked.is_empty() { &Question::ALL[..] } else { &asked };
    let fleet = Fleet::parse(include_str!("../../local/fleets/reference/fleet.toml"))?;
    println!("{}", Study::new(&fleet, runs, seed).report(questions));
    Ok(())
}
