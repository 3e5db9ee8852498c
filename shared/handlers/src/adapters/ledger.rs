//! The ledger's chains as small objects of a release bucket, each written once.

use super::errors::AwsOperation;
use crate::ports::{Answer, Artifacts, FailureDetail, Listed, OperationName};
use futures_util::future::join_all;
use meridian_domain::{Chain, Entry, FleetName, RegionName, Stored};

/// Entries that are read side by side: a chain of thousands one after another would outlast a call.
const AT_ONCE: usize = 16;

/// Entries of `chain` in `region`'s bucket with a sequence number of `from` or more, in order.
///
/// # Errors
/// The store's; `Refused` for an object that is no entry: a chain that cannot be read whole proves nothing.
pub async fn entries(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
    from: u64,
) -> Answer<Vec<Stored>> {
    let prefix = chain.prefix(fleet);
    // Checkpoints and the ends of other chains lie in folders of their own, behind all entries.
    let is_entry = |object: &Listed| object.key.strip_prefix(&prefix).is_some_and(|name| !name.contains('/'));
    let mut after = from.checked_sub(1).map(|last| chain.key(fleet, last));
    let mut entries = Vec::new();
    // A page is empty only at the end: that costs one more call and asks nothing of the page's size.
    loop {
        let mut objects = store.listed(region, &prefix, after.as_deref()).await?;
        objects.retain(is_entry);
        let Some(last) = objects.last() else { return Ok(entries) };
        after = Some(last.key.clone());
        for objects in objects.chunks(AT_ONCE) {
            for read in join_all(objects.iter().map(|object| entry(store, region, object))).await {
                entries.push(read?);
            }
        }
    }
}

async fn entry(store: &impl Artifacts, region: &RegionName, object: &Listed) -> Answer<Stored> {
    let Listed { key, modified } = object;
    let bytes = store.get(region, key).await?;
    Stored::read(&bytes, *modified).map_err(|fault| {
        let detail = FailureDetail::NotAnEntry { key: key.clone(), fault };
        AwsOperation::new(region, OperationName::GetObject).refused(detail)
    })
}

/// Adds an entry at its sequence number.
///
/// # Errors
/// The store's; `Conflict` where that number is taken.
pub async fn append(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
    entry: &Entry,
) -> Answer<()> {
    store.create(region, &chain.key(fleet, entry.seq), entry.to_bytes().into()).await.map(drop)
}

/// The newest checkpoint of `chain` that this code can read; none where there is none yet.
///
/// # Errors
/// The store's.
pub async fn checkpoint(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
) -> Answer<Option<Vec<u8>>> {
    let kept = store.list(region, &chain.readable_checkpoints(fleet), None).await?;
    match kept.first() {
        Some(newest) => store.get(region, newest).await.map(Some),
        None => Ok(None),
    }
}

/// Writes a checkpoint beside the chain.
///
/// # Errors
/// The store's; `Conflict` where it is written already.
pub async fn put_checkpoint(
    store: &impl Artifacts,
    fleet: &FleetName,
    region: &RegionName,
    chain: &Chain,
    seq: u64,
    checkpoint: Vec<u8>,
) -> Answer<()> {
    store.create(region, &chain.checkpoint(fleet, seq), checkpoint.into()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_policy::{name, run};
    use crate::ports::{ErrorKind, ObjectVersion};
    use bytes::Bytes;
    use meridian_domain::{Head, Record};
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;

    fn listed(key: &str) -> Listed {
        Listed { key: key.to_owned(), modified: "2026-11-20T03:00:00Z".parse().unwrap() }
    }

    /// A store that answers each read only after others have asked: it counts those that are in progress.
    #[derive(Default)]
    struct Slow {
        objects: RefCell<BTreeMap<String, Bytes>>,
        under_way: Cell<usize>,
        most: Cell<usize>,
        calls: Cell<usize>,
    }

    impl Artifacts for Slow {
        async fn read(&self, _: &RegionName, key: &str, _: u64, sink: &mut dyn FnMut(&[u8])) -> Answer<u64> {
            self.calls.set(self.calls.get() + 1);
            self.under_way.set(self.under_way.get() + 1);
            self.most.set(self.most.get().max(self.under_way.get()));
            tokio::task::yield_now().await;
            self.under_way.set(self.under_way.get() - 1);
            let body = self.objects.borrow()[key].clone();
            sink(&body);
            Ok(body.len() as u64)
        }
        async fn create(&self, region: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
            self.replace(region, key, body).await
        }
        async fn replace(&self, _: &RegionName, key: &str, body: Bytes) -> Answer<ObjectVersion> {
            self.objects.borrow_mut().insert(key.to_owned(), body);
            Ok(ObjectVersion(String::new()))
        }
        async fn listed(&self, _: &RegionName, prefix: &str, after: Option<&str>) -> Answer<Vec<Listed>> {
            let objects = self.objects.borrow();
            let keys = objects.keys().filter(|key| key.starts_with(prefix));
            Ok(keys.filter(|key| after.is_none_or(|after| key.as_str() > after)).map(|key| listed(key)).collect())
        }
    }

    fn written(count: u64) -> (Slow, FleetName, RegionName) {
        let (store, fleet, home) = (Slow::default(), crate::own_policy::fleet().name, name("eu-west-1"));
        let mut head = Head::default();
        for number in 0..count {
            let record = Record::Lifted { why: number.to_string() };
            let entry = head.entry("2026-11-20T03:00:00Z".parse().unwrap(), "test".parse().unwrap(), record);
            run(append(&store, &fleet, &home, &Chain::Home, &entry)).unwrap();
            head.follow(&entry).unwrap();
        }
        (store, fleet, home)
    }

    #[test]
    fn entries_are_read_side_by_side_each_once_and_come_in_order() {
        let (store, fleet, home) = written(40);
        let entries = run(entries(&store, &fleet, &home, &Chain::Home, 3)).unwrap();
        assert_eq!(entries.iter().map(|stored| stored.entry.seq).collect::<Vec<_>>(), (3..40).collect::<Vec<_>>());
        assert_eq!((store.most.get(), store.calls.get()), (AT_ONCE, 37));
    }

    #[test]
    fn an_object_that_is_no_entry_is_refused_by_its_key() {
        let (store, fleet, home) = written(5);
        let key = Chain::Home.key(&fleet, 3);
        store.objects.borrow_mut().insert(key.clone(), Bytes::from_static(b"{}"));
        let error = run(entries(&store, &fleet, &home, &Chain::Home, 0)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.to_string().contains(&key), "{error}");
    }
}
