//! What the tests of this crate share.

use meridian_domain::Fleet;

/// The fleet of the repository's own `fleet.toml`.
pub fn fleet() -> Fleet {
    Fleet::parse(include_str!("../../../fleet.toml")).unwrap()
}
