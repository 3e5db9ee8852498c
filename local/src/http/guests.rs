//! Those at the door who wait for virtual time, where an engine lets it pass.

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Who waits for which moment. Clones are the same guests.
#[derive(Clone, Debug, Default)]
pub struct Guests(Arc<Mutex<BTreeMap<Timestamp, Vec<oneshot::Sender<()>>>>>);

impl Guests {
    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Timestamp, Vec<oneshot::Sender<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the engine has come to a moment.
    pub(crate) fn wait(&self, until: Timestamp) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.waiting().entry(until).or_default().push(sender);
        receiver
    }

    /// The earliest moment that somebody still waits for.
    pub fn earliest(&self) -> Option<Timestamp> {
        let mut waiting = self.waiting();
        // Those who hung up wait no more.
        waiting.retain(|_, guests| {
            guests.retain(|guest| !guest.is_closed());
            !guests.is_empty()
        });
        waiting.keys().next().copied()
    }

    /// Time has come to `now`.
    pub fn wake(&self, now: Timestamp) {
        while let Some(due) = self.waiting().first_entry().filter(|first| *first.key() <= now) {
            for guest in due.remove() {
                // One who hung up meanwhile has nothing to be told.
                let _gone = guest.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_answered_at_their_moment_and_forgotten_after() {
        let guests = Guests::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let (mut first, second) = (guests.wait(at(10)), guests.wait(at(20)));
        assert_eq!(guests.earliest(), Some(at(10)));
        guests.wake(at(9));
        assert!(first.try_recv().is_err());
        guests.wake(at(10));
        assert!(first.try_recv().is_ok());
        assert_eq!(guests.earliest(), Some(at(20)));
        drop(second);
        assert_eq!(guests.earliest(), None);
    }
}
