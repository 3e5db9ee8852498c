//! Roles that regions let home's `promote` assume. Each is assumed once, cached, and renewed before it expires.

use crate::ports::{Answer, Clock, PortError};
use futures_util::lock::Mutex as Turn;
use jiff::{SignedDuration, Timestamp};
use meridian_domain::RegionName;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A role is renewed when less than this is left of it. A region that refuses is asked again before the role expires.
const RENEWED: SignedDuration = SignedDuration::from_mins(5);
/// A role that expires sooner is not used. Longer than a call with its retries takes.
const LEAST: SignedDuration = SignedDuration::from_secs(15);
/// A region that refused is not asked again for so long. Its other operations fail at once, and the call has time for the
/// other regions. The next call, half a minute later, asks again.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// An assumed role's keys, and when they expire.
#[derive(Clone)]
pub struct AssumedRole<K> {
    /// The keys that sign operations.
    pub keys: K,
    /// When they expire.
    pub until: Timestamp,
}

/// The roles that a process has assumed, by region. A warm process keeps them between calls. Clones share them.
pub struct AssumedRoles<K>(Arc<Mutex<Cached<K>>>);

type Cached<K> = BTreeMap<RegionName, Arc<Turn<RegionRole<K>>>>;

/// One region's role: the keys, and the last refusal.
struct RegionRole<K> {
    held: Option<AssumedRole<K>>,
    failed: Option<(Timestamp, PortError)>,
}

impl<K: Clone> AssumedRoles<K> {
    /// A region's keys: cached ones, or new ones from `assume`. Concurrent callers wait for the same answer.
    ///
    /// # Errors
    /// The role cannot be assumed, and the cached keys have expired.
    pub async fn of(
        &self,
        region: &RegionName,
        clock: &impl Clock,
        assume: impl AsyncFnOnce() -> Answer<AssumedRole<K>>,
    ) -> Answer<K> {
        let cached = self.cached(region);
        let mut cached = cached.lock().await;
        if let Some(keys) = cached.lasting(clock.now(), RENEWED) {
            return Ok(keys);
        }
        let paused = cached.failed.clone().filter(|(at, _)| clock.now().duration_since(*at) < PAUSE);
        let error = match paused {
            Some((_, error)) => error,
            None => match assume().await {
                Ok(role) => {
                    let keys = role.keys.clone();
                    *cached = RegionRole { held: Some(role), failed: None };
                    return Ok(keys);
                }
                Err(error) => {
                    tracing::warn!(%error, "the region's role cannot be assumed");
                    cached.failed = Some((clock.now(), error.clone()));
                    error
                }
            },
        };
        cached.lasting(clock.now(), LEAST).ok_or(error)
    }

    fn cached(&self, region: &RegionName) -> Arc<Turn<RegionRole<K>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(region.clone()).or_default().clone()
    }
}

impl<K: Clone> RegionRole<K> {
    /// The cached keys, if at least so much is left of them.
    fn lasting(&self, now: Timestamp, least: SignedDuration) -> Option<K> {
        let lasting = self.held.as_ref().filter(|role| role.until.duration_since(now) >= least);
        lasting.map(|role| role.keys.clone())
    }
}

impl<K> Default for RegionRole<K> {
    fn default() -> Self {
        RegionRole { held: None, failed: None }
    }
}

impl<K> Default for AssumedRoles<K> {
    fn default() -> Self {
        AssumedRoles(Arc::default())
    }
}

impl<K> Clone for AssumedRoles<K> {
    fn clone(&self) -> Self {
        AssumedRoles(self.0.clone())
    }
}

/// Keys are in no text (I12).
impl<K> fmt::Debug for AssumedRoles<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AssumedRoles")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::errors::AwsOperation;
    use crate::ports::{ASSUME_ROLE, ErrorKind};
    use std::cell::Cell;

    /// A clock that moves only when it is set.
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
        AwsOperation::new(&region(), ASSUME_ROLE).declined(Some(403), "AccessDenied", Some("not authorized"))
    }

    /// A request at a second, answered with `lent` or refused: the answer, and whether the region was asked.
    async fn ask(roles: &AssumedRoles<u32>, second: i64, lent: Option<(u32, i64)>) -> (Answer<u32>, bool) {
        let asked = Cell::new(false);
        let clock = At(Cell::new(at(second)));
        let region = region();
        let answer = roles.of(&region, &clock, async || {
            asked.set(true);
            lent.map(|(keys, until)| AssumedRole { keys, until: at(until) }).ok_or_else(refusal)
        });
        (answer.await, asked.get())
    }

    #[tokio::test]
    async fn a_role_is_cached_until_shortly_before_it_expires() {
        let roles = AssumedRoles::default();
        assert_eq!(ask(&roles, 0, Some((1, 3600))).await, (Ok(1), true));
        assert_eq!(ask(&roles, 3300, None).await, (Ok(1), false));
        assert_eq!(ask(&roles, 3301, Some((2, 7200))).await, (Ok(2), true));
        assert_eq!(ask(&roles.clone(), 4000, None).await, (Ok(2), false), "clones share what is held");
    }

    #[tokio::test]
    async fn after_a_refusal_the_cached_keys_are_used_until_they_expire() {
        let roles = AssumedRoles::default();
        ask(&roles, 0, Some((1, 3600))).await.0.unwrap();
        assert_eq!(ask(&roles, 3400, None).await, (Ok(1), true));
        assert_eq!(ask(&roles, 3585, None).await, (Ok(1), true));
        assert_eq!(ask(&roles, 3586, None).await, (Err(refusal()), false));
    }

    #[tokio::test]
    async fn a_refusal_is_not_retried_for_half_a_minute() {
        let roles = AssumedRoles::default();
        assert_eq!(ask(&roles, 0, None).await, (Err(refusal()), true));
        assert_eq!(ask(&roles, 29, Some((1, 3600))).await, (Err(refusal()), false));
        assert_eq!(ask(&roles, 30, Some((1, 3600))).await, (Ok(1), true));
        assert_eq!(refusal().kind, ErrorKind::Refused);
        assert!(refusal().shuts_region() && !refusal().is_regional());
    }

    #[test]
    fn no_key_is_in_any_text() {
        assert_eq!(format!("{:?}", AssumedRoles::<String>::default()), "AssumedRoles");
    }
}
