//! Inflating beside parsing: gzip is undone in a thread of its own, a few blocks ahead of the reader. The archive is
//! never held: [`BLOCKS`] blocks of [`BLOCK`] bytes are all there are.

use crate::gzip::gunzip_one;
use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Inflated bytes handed over at a time.
const BLOCK: usize = 256 * 1024;
/// Blocks on the way or being read.
const BLOCKS: usize = 4;

/// Runs `read` on what `compressed` inflates to. Returns when both threads are done; a reader that stops early stops
/// the other.
pub(crate) fn beside<T>(compressed: impl BufRead + Send, read: impl FnOnce(Blocks) -> T) -> T {
    let (full, filled) = sync_channel(BLOCKS);
    let (give_back, empty) = channel();
    for _ in 0..BLOCKS {
        // Cannot fail: the receiver is here.
        let _ = give_back.send(Vec::new());
    }
    thread::scope(|scope| {
        scope.spawn(move || inflate(gunzip_one(compressed), &empty, &full));
        read(Blocks { filled, give_back, block: Vec::new(), at: 0, failed: false })
    })
}

/// Fills blocks until the end, an error, or nobody reads any more.
fn inflate(mut input: impl Read, empty: &Receiver<Vec<u8>>, full: &SyncSender<io::Result<Vec<u8>>>) {
    while let Ok(mut block) = empty.recv() {
        block.resize(BLOCK, 0);
        let (count, end) = fill(&mut input, &mut block);
        block.truncate(count);
        // What came before an error is read before it, as it would be without this thread.
        if count > 0 && full.send(Ok(block)).is_err() {
            return;
        }
        match end {
            None => {}
            Some(Ok(())) => return,
            Some(Err(error)) => {
                let _ = full.send(Err(error));
                return;
            }
        }
    }
}

/// Reads until the block is full (`None`), the input ends, or fails; with how many bytes were read.
fn fill(input: &mut impl Read, block: &mut [u8]) -> (usize, Option<io::Result<()>>) {
    let mut count = 0;
    while let Some(room) = block.get_mut(count..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => return (count, Some(Ok(()))),
            Ok(some) => count += some,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (count, Some(Err(error))),
        }
    }
    (count, None)
}

/// What was inflated, in order.
pub(crate) struct Blocks {
    filled: Receiver<io::Result<Vec<u8>>>,
    give_back: Sender<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
    failed: bool,
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            let used = std::mem::take(&mut self.block);
            self.at = 0;
            if used.capacity() > 0 {
                // The other thread may be done already.
                let _ = self.give_back.send(used);
            }
            match self.filled.recv() {
                Ok(Ok(block)) => self.block = block,
                Ok(Err(error)) => {
                    self.failed = true;
                    return Err(error);
                }
                Err(_) if self.failed => return Err(io::Error::other("reading failed before")),
                // The sender is gone: it came to the end.
                Err(_) => return Ok(0),
            }
        }
        let rest = self.block.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) else { return Ok(0) };
        to.copy_from_slice(from);
        self.at += count;
        Ok(count)
    }
}
