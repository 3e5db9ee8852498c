//! What of a call under way is decisive: the answers that it has had.

use super::{CALL, Prints};
use crate::ask::Reply;
use crate::world::{Past, World};
use std::hash::{Hash, Hasher};

impl<H: Hasher> Prints<'_, H> {
    /// A call under way. It is deterministic: the same answers at the same times lead to the same.
    pub fn past(&mut self, world: &World, past: &Past) {
        self.who(world, &past.caller.who);
        self.time(past.caller.looked, CALL);
        past.caller.unheard.hash(self.hasher);
        // What others have written in a region since the call looked at it.
        for (place, seen) in world.regions.iter().zip(past.caller.seen) {
            seen.map(|seen| place.chain.entries.len() - seen as usize).hash(self.hasher);
        }
        past.answers().len().hash(self.hasher);
        for (number, at, answer) in past.answers() {
            number.hash(self.hasher);
            self.time(*at, CALL);
            match answer {
                Ok(reply) => self.reply(reply),
                Err(failure) => (failure.kind as u8).hash(self.hasher),
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        std::mem::discriminant(reply).hash(self.hasher);
        match reply {
            // Each entry carries the hash of the one before it.
            Reply::Entries(entries) => {
                entries.len().hash(self.hasher);
                if let Some(last) = entries.last() {
                    (last.entry.seq, &last.entry.prev, &last.entry.actor).hash(self.hasher);
                    (last.at.as_second(), std::mem::discriminant(&last.entry.record)).hash(self.hasher);
                }
            }
            // What never changes.
            Reply::Bytes(_) | Reply::Done | Reply::Approval(_) => {}
            Reply::Checkpoint(kept) => kept.is_some().hash(self.hasher),
            whole => format!("{whole:?}").hash(self.hasher),
        }
    }
}
