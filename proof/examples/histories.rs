//! What `meridian simulate histories` runs, without the command line: `cargo run --release -p meridian-proof --example
//! histories -- SEED RUNS`.
#![allow(clippy::print_stdout)]

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let (seed, runs) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(10_000));
    println!("{}", meridian_proof::histories::simulate(seed, runs));
}
