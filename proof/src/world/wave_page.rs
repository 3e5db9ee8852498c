//! How a wave's pages go out in the lean world, or stay owed (`promote/execute.rs`).

use super::Fault;
use super::World;
use super::call::{Answer, Outcome, Strike};
use super::wave_look::WaveLook;
use meridian_domain::{Record, RegionName};

impl World {
    /// A page through home's topic. One that is declined is owed on record.
    pub(super) fn page(
        &mut self,
        look: &mut WaveLook,
        region: &RegionName,
        why: String,
        advice: String,
        strike: Strike,
    ) -> Result<Answer, Outcome> {
        look.sight.paged.insert(region.clone());
        let home = self.setting.region_of(&self.setting.fleet.home);
        let declined = self.regions.get(home).is_some_and(|place| place.faults.has(Fault::Pages));
        match Answer::of(true, strike) {
            Answer::Refused => {}
            _ if declined => {}
            answer if answer.is_done() => {
                self.tally.pages += 1;
                self.tally.last_page = self.now;
                return if answer.is_said() { Ok(answer) } else { Err(Outcome::Waits) };
            }
            _ => return Err(Outcome::Waits),
        }
        self.owe(look, self.setting.region_of(region), Record::PageOwed { why, advice })
    }

    /// A page owed in the region's own ledger, or in the first other one that takes it.
    fn owe(&mut self, look: &mut WaveLook, region: usize, record: Record) -> Result<Answer, Outcome> {
        let others = (0..self.regions.len()).filter(|other| *other != region);
        let places: Vec<usize> = std::iter::once(region).chain(others).filter(|place| look.is_open(*place)).collect();
        let mut told = Answer::Refused;
        for place in places {
            let answer = self.note_in_region(look, place, record.clone(), Strike::None);
            look.unpark(self, place);
            told = answer?;
            if told.is_done() {
                self.tally.owed += 1;
                return answer;
            }
        }
        // Neither the pager nor any ledger takes it: only the failed action in the pipeline says so.
        self.tally.lost += 1;
        Ok(told)
    }

    /// The page of a call that could not do its work (`entry::answered`).
    pub(super) fn page_home(&mut self) {
        self.tally.pages += 1;
        self.tally.last_page = self.now;
    }
}
