//! The complete exploration of the bounded model, slice by slice: `make model`. With a word, only the slice of that name, or
//! those whose name has it; with a second word, what was broken is not looked for once more by the shortest way.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::indexing_slicing, reason = "a measurement's own program")]

#[path = "../tests/model/checker.rs"]
mod checker;
#[path = "../tests/model/graph.rs"]
mod graph;

use checker::{Walk, explore};
use graph::Restless;
use meridian_proof::model::{Action, Bounds, State, slices, story};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (only, first) = (arguments.next().unwrap_or_default(), arguments.next().is_some());
    println!("{:<36} {:>10} {:>10} {:>5} {:>6} {:>6}", "slice", "states", "steps", "depth", "s", "MB");
    let (mut states, mut took) = (0, 0.0);
    let exact = slices().iter().any(|bounds| bounds.name == only);
    let chosen = |bounds: &Bounds| if exact { bounds.name == only } else { bounds.name.contains(&only) };
    for bounds in slices().into_iter().filter(chosen) {
        let explored = explore(bounds.clone(), Walk::Depth);
        let seconds = explored.took.as_secs_f64();
        let (name, unique, made, depth) = (&explored.name, explored.unique, explored.made, explored.depth);
        println!("{name:<36} {unique:>10} {made:>10} {depth:>5} {seconds:>6.1} {:>6}", peak());
        println!("    reached: {}", explored.found.join(", "));
        (states, took) = (states + unique, took + seconds);
        if let (Some((_, sentence, _)), true) = (&explored.broken, first) {
            println!("{sentence}");
            return ExitCode::FAILURE;
        }
        if explored.broken.is_some() {
            // Once more, breadth first: the shortest way to it.
            let (_, sentence, story) = explore(bounds, Walk::Breadth).broken.expect("what was broken is broken");
            println!("\n{sentence}\n\n{}", story.join("\n"));
            return ExitCode::FAILURE;
        }
        if let Err(restless) = explored.rests {
            println!("\nnot every history comes to its end: {restless:?}");
            let (Restless::Endless(_, print) | Restless::Round(_, print)) = restless;
            println!("{}", way_to(&bounds, print).join("\n"));
            return ExitCode::FAILURE;
        }
    }
    println!("{states} states in {took:.0} s: no invariant is broken, and every state comes to its end");
    ExitCode::SUCCESS
}

/// The shortest story that leads to a state, and what happens then, one thing after the other.
fn way_to(bounds: &Bounds, print: u64) -> Vec<String> {
    let start = State::new(bounds, false);
    let mut came: BTreeMap<u64, Option<(u64, Action)>> = BTreeMap::from([(start.print(), None)]);
    let mut open = VecDeque::from([start]);
    while let Some(state) = open.pop_front().filter(|_| !came.contains_key(&print)) {
        let mut actions = Vec::new();
        state.actions(bounds, &mut actions);
        for action in actions {
            let Some(next) = state.after(action) else { continue };
            if let Entry::Vacant(place) = came.entry(next.print()) {
                place.insert(Some((state.print(), action)));
                open.push_back(next);
            }
        }
    }
    let (mut path, mut at) = (Vec::new(), print);
    while let Some(Some((from, action))) = came.get(&at) {
        path.push(*action);
        at = *from;
    }
    path.reverse();
    let mut state = path.iter().fold(State::new(bounds, false), |state, action| state.after(*action).unwrap_or(state));
    for _ in 0..40 {
        let mut actions = Vec::new();
        state.actions(bounds, &mut actions);
        let Some(action) = actions.first().copied() else { break };
        path.push(action);
        state = state.after(action).unwrap_or(state);
    }
    story(bounds, path)
}

/// The most memory that this process has used, in MB, where the system says it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
