//! Whose fault it is that a stream cannot be read on. gzip, tar and the model's own reader pass each other's errors on as
//! [`io::Error`]; here those of the bytes' way (network, disk) are told from those of the bytes (damaged, cut off).

use crate::error::ModelError;
use std::fmt;
use std::io::{self, ErrorKind, Read};

/// The lowest layer: the bytes as they are stored. Its errors are recognised by [`fault`] behind all the others.
pub(crate) struct Stored<R>(pub(crate) R);

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let own = |error: io::Error| match error.kind() {
            ErrorKind::Interrupted => error,
            // Not its own kind: a network that ends early is not a file that ends early.
            _ => io::Error::other(Own(error)),
        };
        self.0.read(buffer).map_err(own)
    }
}

/// An error of [`Stored`].
#[derive(Debug)]
struct Own(io::Error);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Own {}

/// Bytes behind the end of a gzip stream.
#[derive(Debug, thiserror::Error)]
#[error("bytes follow the end of the gzip stream")]
pub(crate) struct Trailing;

/// What an error of any layer above [`Stored`] means: [`ModelError::Io`] where the bytes did not come,
/// [`ModelError::Contents`] where too many came, else [`ModelError::Archive`], as gzip and tar are the only layers in
/// between.
pub(crate) fn fault(error: io::Error) -> ModelError {
    match error.downcast::<Own>() {
        Ok(Own(error)) => ModelError::Io(error),
        Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Trailing>()) => ModelError::Contents {
            found: "has bytes behind the end of its gzip stream".to_owned(),
            why: "some readers take them for more of the archive and others ignore them",
        },
        Err(error) => ModelError::Archive { problem: error.to_string() },
    }
}
