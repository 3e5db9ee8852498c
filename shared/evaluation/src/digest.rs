//! The digest of bytes that pass, so that what was scored is what is attested.

use sha2::Digest;
use std::fmt;
use std::io::{self, Read};

/// The SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

/// A reader that computes the SHA-256 of all that is read through it.
pub struct Digesting<R> {
    inner: R,
    hasher: sha2::Sha256,
}

impl<R: Read> Digesting<R> {
    /// Nothing is read yet.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: sha2::Sha256::new() }
    }

    /// Reads what is left, and answers the digest of all of it: the file's, however early its reader knew enough.
    ///
    /// # Errors
    /// Those of the reader below.
    pub fn finish(mut self) -> io::Result<[u8; 32]> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.hasher.finalize().into())
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<R> fmt::Debug for Digesting<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digesting").finish_non_exhaustive()
    }
}
