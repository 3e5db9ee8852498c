//! The release buckets.

use super::kind;
use crate::Kept;
use crate::stage::Stage;
use bytes::Bytes;
use meridian_handlers::ports::{ErrorKind, Ports};

/// Bytes go in and come out, chunk by chunk.
pub async fn what_was_created_is_read_back(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    ports.create(home, "notes/a", Bytes::from_static(b"night")).await?;
    let mut seen = Vec::new();
    let length = ports.read(home, "notes/a", 5, &mut |chunk| seen.extend_from_slice(chunk)).await?;
    assert_eq!((length, seen.as_slice()), (5, b"night".as_slice()));
    assert_eq!(ports.get(home, "notes/a").await?, b"night");
    Ok(())
}

/// `TooLarge`, and nothing is handed on.
pub async fn an_object_that_is_too_large_is_not_read(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    ports.create(home, "notes/a", Bytes::from_static(b"night")).await?;
    let mut chunks = 0;
    let answer = ports.read(home, "notes/a", 4, &mut |_| chunks += 1).await;
    assert_eq!((kind(answer), chunks), (Some(ErrorKind::TooLarge), 0));
    assert_eq!(ports.get(home, "notes/a").await?, b"night");
    Ok(())
}

/// `NotFound`, and nothing is handed on.
pub async fn a_missing_key_is_not_found(stage: &Stage<impl Ports>) -> Kept {
    let mut chunks = 0;
    let answer = stage.ports.read(stage.home(), "notes/none", 5, &mut |_| chunks += 1).await;
    assert_eq!((kind(answer), chunks), (Some(ErrorKind::NotFound), 0));
    Ok(())
}

/// The second time conflicts and changes nothing, whatever its bytes are.
pub async fn a_key_is_created_once(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    ports.create(home, "notes/a", Bytes::from_static(b"first")).await?;
    for body in ["second", "first"] {
        let again = ports.create(home, "notes/a", Bytes::from_static(body.as_bytes())).await;
        assert_eq!(kind(again), Some(ErrorKind::Conflict), "{body}");
    }
    assert_eq!(ports.get(home, "notes/a").await?, b"first");
    Ok(())
}

/// The newest bytes are read; each write has a version of its own, a repeated one too.
pub async fn a_replaced_object_has_a_new_version(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let mut versions = vec![ports.create(home, "waves/a", Bytes::from_static(b"one")).await?];
    for body in [b"two", b"two"] {
        versions.push(ports.replace(home, "waves/a", Bytes::from_static(body)).await?);
    }
    assert_eq!(ports.get(home, "waves/a").await?, b"two");
    versions.dedup();
    assert_eq!(versions.len(), 3, "{versions:?}");
    ports.replace(home, "waves/new", Bytes::from_static(b"one")).await?;
    assert_eq!(ports.get(home, "waves/new").await?, b"one");
    Ok(())
}

/// No bytes are not no object.
pub async fn an_empty_object_is_an_object(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    ports.create(home, "notes/empty", Bytes::new()).await?;
    assert_eq!(ports.read(home, "notes/empty", 0, &mut |_| ()).await?, 0);
    assert_eq!(kind(ports.create(home, "notes/empty", Bytes::new()).await), Some(ErrorKind::Conflict));
    Ok(())
}

/// An archive's size, in bytes that differ.
pub async fn a_large_object_is_read_whole(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    ports.create(home, "notes/large", Bytes::from(body.clone())).await?;
    assert!(ports.get(home, "notes/large").await? == body, "other bytes came back");
    Ok(())
}

/// Spaces, signs that URLs give a meaning to, and letters beyond ASCII.
pub async fn an_unusual_key_is_a_key(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    let keys = ["odd/a b", "odd/a+b", "odd/a%20b", "odd/a&b=c?d#e", "odd/São Paulo", "odd//double"];
    for key in keys {
        ports.create(home, key, Bytes::from(key)).await?;
    }
    for key in keys {
        assert_eq!(ports.get(home, key).await?, key.as_bytes(), "{key}");
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    assert_eq!(ports.list(home, "odd/", None).await?, sorted);
    Ok(())
}

/// By the bytes of their keys, only those of the prefix, and only those after the key that was seen.
pub async fn keys_are_listed_in_order_after_a_key(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    for key in ["list/b", "list/a", "list/B", "list/a/1", "lists/x", "lis"] {
        ports.create(home, key, Bytes::from_static(b"x")).await?;
    }
    assert_eq!(ports.list(home, "list/", None).await?, ["list/B", "list/a", "list/a/1", "list/b"]);
    assert_eq!(ports.list(home, "list/", Some("list/a")).await?, ["list/a/1", "list/b"]);
    assert_eq!(ports.list(home, "list/", Some("list/aa")).await?, ["list/b"]);
    assert!(ports.list(home, "list/", Some("list/b")).await?.is_empty());
    assert!(ports.list(home, "nothing/", None).await?.is_empty());
    Ok(())
}

/// The rest comes after the last key of the page.
pub async fn a_listing_holds_a_thousand_keys(stage: &Stage<impl Ports>) -> Kept {
    let (ports, home) = (&stage.ports, stage.home());
    for number in 0..1001 {
        ports.create(home, &format!("many/{number:04}"), Bytes::new()).await?;
    }
    let page = ports.list(home, "many/", None).await?;
    assert_eq!((page.len(), page.last().map(String::as_str)), (1000, Some("many/0999")));
    assert_eq!(ports.list(home, "many/", Some("many/0999")).await?, ["many/1000"]);
    Ok(())
}

/// Nothing is asked of a bucket that the policy does not name.
pub async fn a_region_outside_of_the_fleet_is_refused(stage: &Stage<impl Ports>) -> Kept {
    let elsewhere = "us-east-1".parse()?;
    assert_eq!(kind(stage.ports.get(&elsewhere, "notes/a").await), Some(ErrorKind::Refused));
    assert_eq!(kind(stage.ports.create(&elsewhere, "notes/a", Bytes::new()).await), Some(ErrorKind::Refused));
    assert_eq!(kind(stage.ports.list(&elsewhere, "", None).await), Some(ErrorKind::Refused));
    Ok(())
}
