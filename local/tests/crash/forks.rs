//! One night that ends in many ways: at each step to be tried the process forks, and the child runs the rest of the night with
//! the function dead, while the parent goes on with it alive.
//!
//! A night is deterministic, so a child need not simulate the steps before its own: the evaluation of two models is half of
//! them. `fork` copies them for nothing.

use meridian_local::world::{CrashInjection, InvocationId, When};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a night ended in which a function died.
#[derive(Debug)]
pub enum End {
    /// As without the death.
    Alike,
    /// In another way that the scenario allows.
    Otherwise,
    /// Not as it may, in a person's words.
    Wrong(String),
}

/// A function's death.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    /// At which step of the night.
    pub step: usize,
    /// Before or after it takes effect.
    pub when: When,
}

/// Seconds after which a child is stuck.
const STUCK: u32 = 600;
/// A child's exit codes.
const ALIKE: i32 = 0;
const OTHERWISE: i32 = 1;
const WRONG: i32 = 2;
const PANICKED: i32 = 3;

/// Notes whose step each is, and forks at those that are to be tried. Clones are the same.
#[derive(Clone, Debug)]
pub struct Forks(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    steps: Vec<InvocationId>,
    wanted: BTreeMap<usize, Vec<When>>,
    /// Where children say what was wrong.
    folder: PathBuf,
    /// How many may live at a time.
    most: usize,
    children: VecDeque<(libc::pid_t, Death)>,
    ends: Vec<End>,
    /// In a child: its death.
    own: Option<Death>,
}

impl Forks {
    /// Forks at each step that is `wanted`, once for each way to die there. What children say goes to `folder`.
    pub fn new(wanted: BTreeMap<usize, Vec<When>>, folder: &Path) -> Self {
        let most = std::thread::available_parallelism().map_or(1, usize::from);
        let (steps, children, ends, folder) = (Vec::new(), VecDeque::new(), Vec::new(), folder.to_owned());
        Forks(Arc::new(Mutex::new(State { steps, wanted, folder, most, children, ends, own: None })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// In a child, its death; none in the process that began.
    pub fn own(&self) -> Option<Death> {
        self.state().own
    }

    /// Whose each step was.
    pub fn steps(&self) -> Vec<InvocationId> {
        self.state().steps.clone()
    }

    /// Ends a child, which tells its parent how its night ended.
    pub fn leave(&self, end: &End) -> ! {
        let code = match end {
            End::Alike => ALIKE,
            End::Otherwise => OTHERWISE,
            End::Wrong(told) => {
                let state = self.state();
                state.own.map_or(Ok(()), |own| std::fs::write(state.words(own), told)).unwrap();
                WRONG
            }
        };
        exit(code)
    }

    /// Waits for all children: how their nights ended. Every step that was wanted has come.
    pub fn ends(&self) -> Vec<End> {
        let mut state = self.state();
        assert!(state.wanted.is_empty(), "the night had no step {:?}", state.wanted);
        while !state.children.is_empty() {
            state.wait();
        }
        std::mem::take(&mut state.ends)
    }
}

/// A child that panics ends: it must not go on as a copy of the test runner.
impl Drop for Forks {
    fn drop(&mut self) {
        let own = || self.0.lock().unwrap_or_else(PoisonError::into_inner).own;
        if std::thread::panicking() && own().is_some() {
            exit(PANICKED);
        }
    }
}

impl CrashInjection for Forks {
    fn strikes(&mut self, caller: InvocationId) -> Option<When> {
        let mut state = self.state();
        if state.own.is_some() {
            return None;
        }
        let step = state.steps.len();
        state.steps.push(caller);
        for when in state.wanted.remove(&step).unwrap_or_default() {
            let death = Death { step, when };
            if state.fork(death) {
                state.own = Some(death);
                return Some(when);
            }
        }
        None
    }
}

impl State {
    /// True in the child.
    fn fork(&mut self, death: Death) -> bool {
        while self.children.len() >= self.most {
            self.wait();
        }
        // SAFETY: of this process's threads only the calling one goes on in the child, so nobody else may hold a lock that it
        // needs. Nights run one at a time in a process (`ONE` in main.rs), and whoever waits for that holds none. The test
        // runner's own thread may hold stdout: a child prints nothing. A thread that reads for `shadow-eval` ends within one
        // step, as long as no scenario's fault meets what it reads.
        match unsafe { libc::fork() } {
            0 => {
                // SAFETY: sets a timer of this process, which touches no memory.
                unsafe { libc::alarm(STUCK) };
                true
            }
            -1 => {
                let why = std::io::Error::last_os_error();
                self.ends.push(End::Wrong(format!("{death:?} was not tried: no fork: {why}\n")));
                false
            }
            child => {
                self.children.push_back((child, death));
                false
            }
        }
    }

    /// Waits for the oldest child.
    fn wait(&mut self) {
        let Some((child, death)) = self.children.pop_front() else { return };
        let mut status = 0;
        // SAFETY: the child is this process's own and was not waited for; `status` outlives the call.
        while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1 {
            let why = std::io::Error::last_os_error();
            if why.kind() != std::io::ErrorKind::Interrupted {
                return self.ends.push(End::Wrong(format!("{death:?}: its end is unknown: {why}\n")));
            }
        }
        let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
        self.ends.push(match code {
            Some(ALIKE) => End::Alike,
            Some(OTHERWISE) => End::Otherwise,
            Some(WRONG) => End::Wrong(std::fs::read_to_string(self.words(death)).unwrap()),
            code => End::Wrong(format!("{death:?}: the night itself broke (exit code {code:?}, status {status})\n")),
        });
    }

    fn words(&self, Death { step, when }: Death) -> PathBuf {
        self.folder.join(format!("{step}-{when:?}.txt"))
    }
}

/// Ends this process and nothing else: what its parent has open, buffered or to be dropped is the parent's.
fn exit(code: i32) -> ! {
    // SAFETY: ends the process without running anything of it.
    unsafe { libc::_exit(code) }
}
