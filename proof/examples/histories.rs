//! What `meridian simulate histories` runs, without the command line: `cargo run --release -p meridian-proof --example
//! histories -- SEED RUNS`; with a third number that one history of the seed is told.
#![allow(clippy::print_stdout)]

use meridian_proof::histories::{Script, simulate, story};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let (seed, runs) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(10_000));
    match arguments.next() {
        Some(only) => {
            let script = Script::draw(seed, only);
            println!("{}\n", script.words().join("\n"));
            let told = story(&script);
            println!("{}\n{}", told.lines.join("\n"), told.ended.words());
        }
        None => println!("{}", simulate(seed, runs, |_| {})),
    }
}
