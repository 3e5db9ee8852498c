//! Ctrl-C and SIGTERM as a flag, for commands that have something to put away before they end.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Exit codes of commands that a signal ended are so much higher than its number.
const BY_SIGNAL: u8 = 128;

/// The command was stopped by a signal. Nothing is said of it: somebody sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped by signal {0}")]
pub struct Interrupted(u8);

impl Interrupted {
    /// 130 for Ctrl-C, 143 for SIGTERM, as a shell has them.
    pub fn code(self) -> ExitCode {
        ExitCode::from(BY_SIGNAL.saturating_add(self.0))
    }
}

/// Whether a signal asks the command to stop.
#[derive(Debug)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// From now on the first signal is a flag; the second one ends the process at once.
    ///
    /// # Errors
    /// The system refuses the handler.
    pub fn catch() -> io::Result<Self> {
        let (came, signal) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for number in [SIGINT, SIGTERM] {
            // In this order: the first signal must not find its own flag.
            flag::register_conditional_default(number, came.clone())?;
            flag::register(number, came.clone())?;
            flag::register_usize(number, signal.clone(), number.unsigned_abs() as usize)?;
        }
        Ok(Interrupt(signal))
    }

    /// Goes on only where no signal came.
    ///
    /// # Errors
    /// One did.
    pub fn check(&self) -> Result<(), Interrupted> {
        match u8::try_from(self.0.load(Ordering::SeqCst)) {
            Ok(0) => Ok(()),
            signal => Err(Interrupted(signal.unwrap_or(0))),
        }
    }
}
