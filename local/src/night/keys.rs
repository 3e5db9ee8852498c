//! The keys of these nights. They are in everybody's hands: the repository's `fleet.toml` trusts the first, and no policy of
//! another account than AWS's example may.

use meridian_handlers::signing::{KeyFile, SigningError};

/// Ed25519, PKCS#8.
const STRANGER: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGFuZCB0aGlzIG9uZSBpcyBhIHN0cmFuZ2VyJ3MhISEh\n-----END PRIVATE KEY-----\n";

/// Training's, which policy trusts.
pub(super) fn training() -> Result<KeyFile, String> {
    KeyFile::parse(&KeyFile::example_pem()).map_err(text)
}

/// A key that no policy trusts.
pub(super) fn stranger() -> Result<KeyFile, String> {
    KeyFile::parse(STRANGER).map_err(text)
}

fn text(error: SigningError) -> String {
    error.to_string()
}
