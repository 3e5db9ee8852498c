//! Roles that regions lend: each is borrowed once, kept while it lasts, and borrowed again before it ends.

use crate::ports::{Answer, Clock, PortError};
use futures_util::lock::Mutex as Turn;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A loan is renewed when less than this is left of it: a region that does not lend just then has some calls more to come
/// to itself.
const RENEWED: SignedDuration = SignedDuration::from_mins(5);
/// A loan that ends sooner is not used: longer than a call with its retries takes.
const LEAST: SignedDuration = SignedDuration::from_secs(15);
/// A region that did not lend is not asked again for so long. Whatever else a call wants of it fails at once, and the call
/// has time left for the other regions; the next one, half a minute later, asks anew.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// A role's keys, and when they end.
#[derive(Clone)]
pub struct Loan<K> {
    /// What calls are signed with.
    pub keys: K,
    /// From then on they are worth nothing.
    pub until: Timestamp,
}

/// What a process has borrowed, by region; a warm process keeps it between calls. Clones share it.
pub struct Loans<K>(Arc<Mutex<Accounts<K>>>);

type Accounts<K> = BTreeMap<RegionName, Arc<Turn<Account<K>>>>;

/// How one region stands.
struct Account<K> {
    held: Option<Loan<K>>,
    failed: Option<(Timestamp, PortError)>,
}

impl<K: Clone> Loans<K> {
    /// The keys for a region, as they are held, or as `borrow` gets them. Who asks while another one borrows waits for the
    /// same answer.
    ///
    /// # Errors
    /// The region does not lend, and what was borrowed before has ended.
    pub async fn of(
        &self,
        region: &RegionName,
        clock: &impl Clock,
        borrow: impl AsyncFnOnce() -> Answer<Loan<K>>,
    ) -> Answer<K> {
        let account = self.account(region);
        let mut account = account.lock().await;
        if let Some(keys) = account.lasting(clock.now(), RENEWED) {
            return Ok(keys);
        }
        let paused = account.failed.clone().filter(|(at, _)| clock.now().duration_since(*at) < PAUSE);
        let error = match paused {
            Some((_, error)) => error,
            None => match borrow().await {
                Ok(loan) => {
                    let keys = loan.keys.clone();
                    *account = Account { held: Some(loan), failed: None };
                    return Ok(keys);
                }
                Err(error) => {
                    tracing::warn!(%error, "the region does not lend its role");
                    account.failed = Some((clock.now(), error.clone()));
                    error
                }
            },
        };
        account.lasting(clock.now(), LEAST).ok_or(error)
    }

    fn account(&self, region: &RegionName) -> Arc<Turn<Account<K>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(region.clone()).or_default().clone()
    }
}

impl<K: Clone> Account<K> {
    /// The keys that are held, where at least so much is left of them.
    fn lasting(&self, now: Timestamp, least: SignedDuration) -> Option<K> {
        let lasting = self.held.as_ref().filter(|loan| loan.until.duration_since(now) >= least);
        lasting.map(|loan| loan.keys.clone())
    }
}

impl<K> Default for Account<K> {
    fn default() -> Self {
        Account { held: None, failed: None }
    }
}

impl<K> Default for Loans<K> {
    fn default() -> Self {
        Loans(Arc::default())
    }
}

impl<K> Clone for Loans<K> {
    fn clone(&self) -> Self {
        Loans(self.0.clone())
    }
}

/// Keys are in no text (I12).
impl<K> fmt::Debug for Loans<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loans")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::errors::Call;
    use crate::ports::{ErrorKind, LOAN};
    use std::cell::Cell;

    /// A clock that stands where it is put.
    struct At(Cell<Timestamp>);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            self.0.get()
        }
        async fn sleep(&self, duration: SignedDuration) {
            self.0.set(self.0.get() + duration);
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn region() -> RegionName {
        "ap-northeast-1".parse().unwrap()
    }

    fn refusal() -> PortError {
        Call::new(&region(), LOAN).declined(Some(403), "AccessDenied", Some("not authorized"))
    }

    /// What one who asks at a moment is given, where the region lends `lent` until then, or refuses.
    async fn ask(loans: &Loans<u32>, second: i64, lent: Option<(u32, i64)>) -> (Answer<u32>, bool) {
        let asked = Cell::new(false);
        let clock = At(Cell::new(at(second)));
        let region = region();
        let answer = loans.of(&region, &clock, async || {
            asked.set(true);
            lent.map(|(keys, until)| Loan { keys, until: at(until) }).ok_or_else(refusal)
        });
        (answer.await, asked.get())
    }

    #[tokio::test]
    async fn a_loan_is_kept_until_shortly_before_its_end() {
        let loans = Loans::default();
        assert_eq!(ask(&loans, 0, Some((1, 3600))).await, (Ok(1), true));
        assert_eq!(ask(&loans, 3300, None).await, (Ok(1), false));
        assert_eq!(ask(&loans, 3301, Some((2, 7200))).await, (Ok(2), true));
        assert_eq!(ask(&loans.clone(), 4000, None).await, (Ok(2), false), "clones share what is held");
    }

    #[tokio::test]
    async fn a_region_that_does_not_renew_has_what_is_left_and_then_nothing() {
        let loans = Loans::default();
        ask(&loans, 0, Some((1, 3600))).await.0.unwrap();
        assert_eq!(ask(&loans, 3400, None).await, (Ok(1), true));
        assert_eq!(ask(&loans, 3585, None).await, (Ok(1), true));
        assert_eq!(ask(&loans, 3586, None).await, (Err(refusal()), false));
    }

    #[tokio::test]
    async fn a_refusal_is_not_asked_for_again_in_the_same_call() {
        let loans = Loans::default();
        assert_eq!(ask(&loans, 0, None).await, (Err(refusal()), true));
        assert_eq!(ask(&loans, 29, Some((1, 3600))).await, (Err(refusal()), false));
        assert_eq!(ask(&loans, 30, Some((1, 3600))).await, (Ok(1), true));
        assert_eq!(refusal().kind, ErrorKind::Refused);
        assert!(refusal().shuts_region() && !refusal().is_regional());
    }

    #[test]
    fn no_key_is_in_any_text() {
        assert_eq!(format!("{:?}", Loans::<String>::default()), "Loans");
    }
}
