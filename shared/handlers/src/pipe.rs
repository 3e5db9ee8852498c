//! From a download, which hands its bytes on as they come, to a reader on a thread of its own, which asks for them.
//!
//! A few pieces are on their way at most: where the reader is slower, the download waits for it, so that an archive never
//! lies in memory. A reader cannot take a broken download for a short one: without [`Inlet::end`] it gets an error.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes of a piece.
const PIECE: usize = 64 << 10;
/// Pieces on their way, at most: 1 MiB.
const PIECES: usize = 16;

enum Part {
    Piece(Vec<u8>),
    End,
}

/// Where bytes go in.
pub(crate) struct Inlet {
    parts: SyncSender<Part>,
    unread: bool,
}

/// Where they come out.
pub struct Outlet {
    parts: Receiver<Part>,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
}

/// A pipe: the end that is written and the end that is read.
pub(crate) fn pipe() -> (Inlet, Outlet) {
    let (sender, receiver) = sync_channel(PIECES);
    (Inlet { parts: sender, unread: false }, Outlet { parts: receiver, piece: Vec::new(), at: 0, ended: false })
}

impl Inlet {
    /// Hands bytes on, and waits while the reader is behind. What a reader has no use for any more is dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            if self.unread {
                return;
            }
            self.unread = self.parts.send(Part::Piece(piece.to_vec())).is_err();
        }
    }

    /// True once the reader has gone: nothing more is of use to anybody.
    pub fn is_unread(&self) -> bool {
        self.unread
    }

    /// Says that these were all.
    pub fn end(self) {
        // A reader that has gone needs no end.
        let _gone = self.parts.send(Part::End);
    }
}

impl Read for Outlet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() && !self.ended {
            match self.parts.recv() {
                Ok(Part::Piece(piece)) => (self.piece, self.at) = (piece, 0),
                Ok(Part::End) => self.ended = true,
                Err(_) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the download broke off")),
            }
        }
        let mut rest = self.piece.get(self.at..).unwrap_or_default();
        let taken = rest.read(buffer)?;
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    }

    /// Reads with a small buffer that fits no piece.
    fn read_all(mut outlet: Outlet) -> io::Result<Vec<u8>> {
        let (mut all, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match outlet.read(&mut buffer)? {
                0 => return Ok(all),
                taken => all.extend_from_slice(&buffer[..taken]),
            }
        }
    }

    #[test]
    fn what_goes_in_comes_out_whatever_the_chunks() {
        let sent = bytes(3 * PIECES * PIECE + 17);
        for chunk in [sent.len(), PIECE, 99_991] {
            let (mut inlet, outlet) = pipe();
            let reader = thread::spawn(move || read_all(outlet));
            inlet.push(&[]);
            sent.chunks(chunk).for_each(|chunk| inlet.push(chunk));
            inlet.end();
            assert!(reader.join().unwrap().unwrap() == sent, "{chunk}");
        }
    }

    #[test]
    fn a_download_that_breaks_off_is_no_short_one() {
        let (mut inlet, outlet) = pipe();
        let reader = thread::spawn(move || read_all(outlet));
        inlet.push(&bytes(PIECE + 1));
        drop(inlet);
        assert_eq!(reader.join().unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_reader_that_has_gone_holds_nobody_up() {
        let (mut inlet, outlet) = pipe();
        drop(outlet);
        inlet.push(&bytes(2 * PIECES * PIECE));
        inlet.end();
    }

    #[test]
    fn an_end_stays_an_end() {
        let (inlet, mut outlet) = pipe();
        inlet.end();
        assert_eq!([outlet.read(&mut [0; 8]).unwrap(), outlet.read(&mut [0; 8]).unwrap()], [0, 0]);
    }
}
