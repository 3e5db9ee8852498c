//! Thresholds as ranks. A comparison with a threshold turns out the same when value and threshold are both replaced by
//! their rank among the thresholds that the forest compares the feature with; ranks fit into a byte.

use std::hash::{BuildHasher, RandomState};

/// Thresholds of one column at most: their ranks are 1 to 255.
const MAX_THRESHOLDS: usize = 255;
/// Columns of one feature at most; a bound on the time to find a threshold.
const MAX_COLUMNS: usize = 8;
/// Slots at most, the constant one included: what [`Ranked`](super::ranked::Ranked)'s words have room for.
pub(crate) const MAX_SLOTS: usize = 1 << 11;
/// The slot whose code is 0 in every row.
pub(crate) const CONSTANT: u16 = 0;

/// A feature that the forest splits on, with up to [`MAX_THRESHOLDS`] of its thresholds; further ones are in columns of
/// their own, as each comparison needs only the ranks among the thresholds of one column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) feature: usize,
    /// The column with further thresholds of the feature.
    next: Option<usize>,
    /// The slots of codes in which a missing value goes right, and left; 0 where the forest has no such split.
    pub(crate) slots: [u16; 2],
    /// The different thresholds, in the order in which they were first seen: the index is a threshold's id.
    by_id: Vec<f32>,
    /// The same in ascending order, once sealed.
    pub(crate) sorted: Vec<f32>,
    /// A sealed threshold's rank by its id: 1 for the lowest.
    rank_of: Vec<u8>,
    /// The slots when it was sealed.
    sealed: [u16; 2],
}

impl Column {
    /// Whether thresholds or slots came since [`Ranks::seal`].
    fn is_open(&self) -> bool {
        self.sorted.len() != self.by_id.len() || self.sealed != self.slots
    }
}

/// All thresholds of a forest, or of as many of its trees as were seen.
///
/// A slot is one byte a row: the number of the feature's thresholds that the row's value reaches. A row whose value is
/// missing has 0 in the slot for splits that send it left, and 255 in the slot for splits that send it right. So in
/// every case exactly the rows whose code is at least the threshold's rank go right.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    columns: Vec<Column>,
    /// Index in `columns`, of the first one, plus 1 by feature; 0 for features without a split.
    column_of: Vec<u16>,
    /// Index in `columns` by slot; what it says for the constant slot means nothing.
    owner_of: Vec<u16>,
    ids: Ids,
}

impl Default for Ranks {
    fn default() -> Ranks {
        Ranks { columns: Vec::new(), column_of: Vec::new(), owner_of: vec![0], ids: Ids::default() }
    }
}

impl Ranks {
    /// The slot and the threshold's id for a split; `None` where there are too many of either.
    #[inline]
    pub(crate) fn place(&mut self, feature: usize, default_left: bool, threshold: f32) -> Option<(u16, u8)> {
        let column = match self.column_of.get(feature) {
            Some(&known) if known != 0 => usize::from(known - 1),
            _ => self.add_column(feature)?,
        };
        self.place_from(column, feature, default_left, threshold)
    }

    /// The same, given the feature's first column: the first of them that has the threshold, or room for it.
    #[inline]
    fn place_from(&mut self, first: usize, feature: usize, default_left: bool, threshold: f32) -> Option<(u16, u8)> {
        let mut column = first;
        for _ in 0..MAX_COLUMNS {
            let entry = self.columns.get_mut(column)?;
            // Adding 0 turns -0 into 0, which compares the same.
            if let Some(id) = self.ids.get_or_add(column as u32, threshold + 0.0, &mut entry.by_id) {
                let slot = entry.slots.get_mut(usize::from(default_left))?;
                if *slot == CONSTANT {
                    if self.owner_of.len() == MAX_SLOTS {
                        return None;
                    }
                    *slot = self.owner_of.len() as u16;
                    self.owner_of.push(column as u16);
                }
                return Some((*slot, id));
            }
            column = match entry.next {
                Some(next) => next,
                None => {
                    let next = self.push_column(feature)?;
                    self.columns.get_mut(column)?.next = Some(next);
                    next
                }
            };
        }
        None
    }

    /// A feature's first column.
    fn add_column(&mut self, feature: usize) -> Option<usize> {
        let column = self.push_column(feature)?;
        if self.column_of.len() <= feature {
            self.column_of.resize(feature + 1, 0);
        }
        *self.column_of.get_mut(feature)? = self.columns.len() as u16;
        Some(column)
    }

    fn push_column(&mut self, feature: usize) -> Option<usize> {
        if self.columns.len() + 1 >= MAX_SLOTS {
            return None;
        }
        self.columns.push(Column {
            feature,
            next: None,
            slots: [CONSTANT; 2],
            by_id: Vec::new(),
            sorted: Vec::new(),
            rank_of: Vec::new(),
            sealed: [CONSTANT; 2],
        });
        Some(self.columns.len() - 1)
    }

    /// Ranks the thresholds that came since the last time, and names the columns whose ranks changed.
    pub(crate) fn seal(&mut self) -> Vec<usize> {
        let mut changed = Vec::new();
        for (index, column) in self.columns.iter_mut().enumerate().filter(|(_, column)| column.is_open()) {
            column.sorted.clone_from(&column.by_id);
            column.sorted.sort_unstable_by(f32::total_cmp);
            let sorted = &column.sorted;
            let rank = |threshold: &f32| (sorted.partition_point(|other| other < threshold) + 1) as u8;
            column.rank_of = column.by_id.iter().map(rank).collect();
            column.sealed = column.slots;
            changed.push(index);
        }
        changed
    }

    /// The rank of a sealed threshold, by its slot and id.
    #[inline]
    pub(crate) fn rank(&self, slot: u16, id: u8) -> Option<u8> {
        self.column(slot)?.rank_of.get(usize::from(id)).copied()
    }

    /// The threshold of a sealed rank (from 1) in a slot.
    pub(crate) fn threshold(&self, slot: u16, rank: u8) -> Option<f32> {
        self.column(slot)?.sorted.get(usize::from(rank).checked_sub(1)?).copied()
    }

    /// The threshold of an id in a slot.
    pub(crate) fn threshold_of_id(&self, slot: u16, id: u8) -> Option<f32> {
        self.column(slot)?.by_id.get(usize::from(id)).copied()
    }

    /// The column of a slot; `None` for the constant one.
    pub(crate) fn column(&self, slot: u16) -> Option<&Column> {
        let owner = self.owner_of.get(usize::from(slot)).filter(|_| slot != CONSTANT)?;
        self.columns.get(usize::from(*owner))
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of slots, the constant one included.
    pub(crate) fn slots(&self) -> usize {
        self.owner_of.len()
    }

    /// Gives back the memory that only further trees would need.
    pub(crate) fn shrink(&mut self) {
        self.ids = Ids::default();
    }
}

/// Ids by column and threshold: a hash table, as this is asked once for every split of a forest.
#[derive(Clone, Debug)]
struct Ids {
    /// Column plus 1 and the threshold's bits; 0 is empty. A power of two long.
    keys: Vec<u64>,
    ids: Vec<u8>,
    used: usize,
    /// Different in every process, so that no file can be made whose thresholds all collide.
    seed: u64,
}

impl Default for Ids {
    fn default() -> Ids {
        Ids { keys: Vec::new(), ids: Vec::new(), used: 0, seed: RandomState::new().hash_one(0) | 1 }
    }
}

impl Ids {
    #[inline]
    fn get_or_add(&mut self, column: u32, threshold: f32, by_id: &mut Vec<f32>) -> Option<u8> {
        let key = (u64::from(column) + 1) << 32 | u64::from(threshold.to_bits());
        if let Some(id) = self.find(key) {
            return Some(id);
        }
        if by_id.len() == MAX_THRESHOLDS {
            return None;
        }
        if self.used * 2 >= self.keys.len() {
            self.grow();
        }
        let id = by_id.len() as u8;
        by_id.push(threshold);
        self.insert(key, id);
        Some(id)
    }

    #[inline]
    fn find(&self, key: u64) -> Option<u8> {
        let mut at = self.home(key);
        loop {
            match *self.keys.get(at)? {
                found if found == key => return self.ids.get(at).copied(),
                0 => return None,
                _ => at = (at + 1) & (self.keys.len() - 1),
            }
        }
    }

    fn insert(&mut self, key: u64, id: u8) {
        let mut at = self.home(key);
        // At most half of the table is used, so that there is an empty place.
        while self.keys.get(at).is_some_and(|found| *found != 0) {
            at = (at + 1) & (self.keys.len() - 1);
        }
        if let (Some(place), Some(value)) = (self.keys.get_mut(at), self.ids.get_mut(at)) {
            (*place, *value) = (key, id);
            self.used += 1;
        }
    }

    /// Both halves of a 128-bit product together depend on every bit of the key.
    #[inline]
    fn home(&self, key: u64) -> usize {
        let product = u128::from(key ^ self.seed) * 0x9e37_79b9_7f4a_7c15;
        ((product >> 64) ^ product) as usize & self.keys.len().wrapping_sub(1)
    }

    fn grow(&mut self) {
        let size = (self.keys.len() * 2).max(1 << 10);
        let keys = std::mem::replace(&mut self.keys, vec![0; size]);
        let ids = std::mem::replace(&mut self.ids, vec![0; size]);
        self.used = 0;
        for (key, id) in keys.into_iter().zip(ids).filter(|(key, _)| *key != 0) {
            self.insert(key, id);
        }
    }
}
