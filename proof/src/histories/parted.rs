//! Histories in which home is lost: regions that hear nothing of each other, and a deputy that most of them let take over.

use super::draw::Draw;
use super::script::{Item, Script, Whose};
use crate::world::{Seconds, Strike};

/// Fewer regions have no majority that outlives the loss of one.
const FEWEST: usize = 3;

impl Script {
    /// In some histories home is cut off from most regions for a while, or regions are from each other, in a wave; often while a call of
    /// the old home stands still, or its request is on its way.
    pub(super) fn part(&mut self, draw: &mut Draw) {
        if self.regions < FEWEST || self.events_only || !draw.one_in(6) {
            return;
        }
        self.riders.clear();
        self.deputies = 1 + draw.index(2);
        // As much beside it as leaves something to see of it.
        if draw.one_in(2) {
            self.items.clear()
        } else {
            self.items.truncate(3)
        }
        let wave: Seconds = self.bakes.iter().take(self.regions).map(|bake| bake + 330 + self.judged()).sum();
        for number in 0..=draw.below(3) {
            let from = draw.seconds(0, wave);
            // Seconds as often as hours: a region is believed lost after some ten minutes.
            let lasts = draw.length() * if draw.one_in(3) { 1 } else { 6 };
            let region = if number == 0 || draw.one_in(2) { 0 } else { draw.index(self.regions) };
            let others = if number == 0 && !draw.one_in(4) { u8::MAX } else { self.some(draw) };
            self.items.push(Item::Parts { region, others, from, lasts });
            if draw.one_in(2) {
                let whose = Whose::Wave;
                let from = draw.seconds((from - 60).max(0), from + lasts + 600);
                self.items.push(match draw.below(3) {
                    0 => Item::Pauses { whose, from, by: draw.seconds(1, 75), after: draw.few() },
                    1 => Item::Strikes { strike: Strike::Late(draw.seconds(10, 900)), whose, from, after: 0 },
                    _ => Item::Strikes { strike: draw.strike(), whose, from, after: draw.few() },
                });
            }
        }
    }

    /// Some regions, a bit each.
    fn some(&self, draw: &mut Draw) -> u8 {
        (0..self.regions).filter(|_| draw.one_in(2)).fold(0, |bits, region| bits | 1 << region)
    }
}
