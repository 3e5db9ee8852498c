//! Histories in which one region's services alone are ill: the others are to have the release the same night.

use super::draw::Draw;
use super::script::{Item, Script};
use crate::world::{Fault, Seconds};

impl Script {
    /// The one region whose services fall ill, where nothing else happens: not home, whose services carry the whole wave.
    pub fn only_ill(&self) -> Option<usize> {
        let ill = |item: &Item| match *item {
            Item::Holds { fault, region, .. } if Fault::ILLNESSES.contains(&fault) => Some(region),
            _ => None,
        };
        let first = self.items.first().and_then(ill)?;
        let alone =
            self.freeze.is_none() && self.shadow.is_none() && self.items.iter().all(|item| ill(item) == Some(first));
        (alone && first != self.setting().home()).then_some(first)
    }

    /// Whether people may be paged twice: several services are ill, so that neither the ledger nor the alarms may take what the wave has
    /// to say; or the ledger is, and the region and its wave find the return in the same second, as it takes entries again.
    pub(super) fn is_mute(&self) -> bool {
        let fault = |item: &Item| if let Item::Holds { fault, .. } = item { Some(*fault) } else { None };
        let first = self.items.first().and_then(fault);
        let ledger = matches!(first, Some(Fault::Reads | Fault::Writes));
        ledger || self.items.iter().any(|item| fault(item) != first)
    }

    /// In some histories that is all that happens: one illness of one service or several, around the region's turn.
    pub(super) fn fall_ill(&mut self, draw: &mut Draw) {
        if self.regions == 1 || self.events_only || !draw.one_in(10) {
            return;
        }
        let region = 1 + draw.index(self.regions - 1);
        let bake = self.bakes.get(region).copied().unwrap_or(0);
        let begins: Seconds = self.bakes.iter().take(region).map(|bake| bake + 290 + self.judged()).sum();
        let from = draw.seconds((begins - 300).max(0), begins + bake + 600);
        let lasts = 60 + draw.length();
        let services = 1 + draw.below(2);
        (self.freeze, self.shadow, self.items) = (None, None, Vec::new());
        for _ in 0..services {
            self.items.push(Item::Holds { fault: draw.of(&Fault::ILLNESSES), region, from, lasts });
        }
    }
}
