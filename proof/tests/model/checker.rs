//! The model as stateright explores it.

use super::graph::{Graph, Restless};
use meridian_proof::model::{Action, Bounds, State, story};
use meridian_proof::world::checks::Ending;
use meridian_proof::world::{Breach, Broken};
use stateright::{Checker, HasDiscoveries, Model, Property};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The model within its bounds, and what was explored of it.
struct Bounded {
    bounds: Bounds,
    graph: Arc<Mutex<Graph>>,
}

/// One property for each invariant that a world's checks know: no reachable state has broken it.
macro_rules! holds {
    ($($invariant:literal),*) => {
        vec![$(Property::<Bounded>::always($invariant, |_, state: &State| {
            state.breach().is_none_or(|breach| breach.what.invariant() != $invariant)
        })),*]
    };
}

fn ends(state: &State, ending: Ending) -> bool {
    state.ended == Some(ending)
}

impl Model for Bounded {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds, false)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(&self.bounds, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let next = state.after(action)?;
        if let Ok(mut graph) = self.graph.lock() {
            graph.edge(state.print(), next.print());
            graph.node(next.print(), next.is_over(), next.is_ailing());
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // "L" is the world's own word for liveness.
        let mut all =
            holds!["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I13", "I14", "audit", "L"];
        all.push(Property::sometimes("on the newest release", |_, state: &State| ends(state, Ending::Newest)));
        all.push(Property::sometimes("back on one release", |_, state: &State| ends(state, Ending::OneRelease)));
        all.push(Property::sometimes("halted", |_, state: &State| ends(state, Ending::Halted)));
        all.push(Property::sometimes("condemned", |_, state: &State| ends(state, Ending::Condemned)));
        all.push(Property::sometimes("stopped", |_, state: &State| ends(state, Ending::Stopped)));
        all.push(Property::sometimes("one left behind, the others new", |_, state: &State| state.left_one_behind()));
        all.push(Property::sometimes("gone on elsewhere", |_, state: &State| state.went_on_elsewhere()));
        all.push(Property::sometimes("a stray update runs", |_, state: &State| state.has_stray()));
        all
    }
}

/// What one exploration came to.
pub struct Explored {
    pub name: String,
    /// States that differ from each other.
    pub unique: usize,
    /// States made, the same ones included.
    pub made: usize,
    pub depth: usize,
    pub took: Duration,
    /// The properties that were discovered: violations, and what must be reachable.
    pub found: Vec<&'static str>,
    /// What was broken, its sentence, and the story of how.
    pub broken: Option<(Broken, String, Vec<String>)>,
    /// Whether everything comes to its end.
    pub rests: Result<(), Restless>,
}

/// How to walk: breadth first finds the shortest counterexample, depth first keeps fewer states.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    Breadth,
    Depth,
}

/// Explores everything within the bounds, or until something is broken.
#[expect(clippy::disallowed_methods, reason = "how long it takes is a figure of the documentation")]
pub fn explore(bounds: Bounds, walk: Walk) -> Explored {
    let began = Instant::now();
    let graph = Arc::new(Mutex::new(Graph::default()));
    let builder =
        Bounded { bounds: bounds.clone(), graph: graph.clone() }.checker().finish_when(HasDiscoveries::AnyFailures);
    let mut explored = match walk {
        Walk::Breadth => told(&bounds, builder.spawn_bfs().join()),
        Walk::Depth => told(&bounds, builder.spawn_dfs().join()),
    };
    // What was broken was not walked beyond.
    if explored.broken.is_none()
        && let Ok(graph) = graph.lock()
    {
        explored.rests = graph.rests();
    }
    explored.took = began.elapsed();
    explored
}

fn told(bounds: &Bounds, checker: impl Checker<Bounded>) -> Explored {
    let mut broken = None;
    let mut found = Vec::new();
    for (property, path) in checker.discoveries() {
        found.push(property);
        if let Some(Breach { what, .. }) = path.last_state().breach().cloned() {
            let sentence = format!("{}: {}", what.invariant(), what.words(&bounds.setting));
            broken = Some((what, sentence, story(bounds, path.into_actions())));
        }
    }
    found.sort_unstable();
    let (unique, made, depth) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    let name = bounds.name.clone();
    Explored { name, unique, made, depth, took: Duration::ZERO, found, broken, rests: Ok(()) }
}
