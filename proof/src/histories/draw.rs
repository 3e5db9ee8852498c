//! Numbers for a script.

use crate::random::Random;
use crate::world::{Quality, Seconds, Showing, Strike};
use rand_core::Rng;

/// Numbers for a script, drawn one after the other.
pub(super) struct Draw(pub Random);

impl Draw {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // Bounds are tiny beside 2^32: the bias does not matter, and no draw is repeated.
        ((self.0.next_u64() >> 32) * bound) >> 32
    }

    pub(super) fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(bound as u64)).unwrap_or(0)
    }

    pub(super) fn seconds(&mut self, from: Seconds, to: Seconds) -> Seconds {
        from + Seconds::try_from(self.below((to - from).max(1) as u64)).unwrap_or(0)
    }

    /// One in `n`.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let at = self.index(all.len());
        *all.get(at).unwrap_or_else(|| unreachable!("an index below the length"))
    }

    /// Port calls that are let pass: few are as likely as many, and a long call has forty.
    pub(super) fn few(&mut self) -> u8 {
        let octave = self.below(7);
        u8::try_from(self.below(1 << octave)).unwrap_or(0)
    }

    /// Short ones are as likely as long ones: 20 s to about 25 minutes, in octaves.
    pub(super) fn length(&mut self) -> Seconds {
        let octave = self.below(6);
        self.seconds(20 << octave, 48 << octave)
    }

    /// What happens to a port call that is struck.
    pub(super) fn strike(&mut self) -> Strike {
        match self.below(10) {
            0 | 1 => Strike::DiesBefore,
            2 | 3 => Strike::DiesAfter,
            4 => Strike::Lost,
            5 => Strike::TimedOut,
            6 => Strike::Throttled,
            7 => Strike::Refused,
            _ => Strike::Late(self.seconds(10, 900)),
        }
    }

    /// How a release that is bad in one region shows it.
    pub(super) fn quality(&mut self) -> Quality {
        let showing = [Showing::Pass, Showing::Fail, Showing::Thin];
        let turns_at = if self.one_in(2) { Seconds::MAX } else { self.seconds(60, 600) };
        let mut quality = Quality { first: self.of(&showing), turns_at, then: self.of(&showing), ..Quality::GOOD };
        if self.one_in(4) {
            quality.green_alarm = Some(self.seconds(10, 400));
        }
        if self.one_in(2) {
            quality.first = Showing::Pass;
            quality.turns_at = Seconds::MAX;
            quality.late_alarm = Some(self.seconds(10, 2000));
        }
        if self.one_in(4) {
            quality.first = Showing::Pass;
            quality.turns_at = Seconds::MAX;
            quality.full_load = self.of(&[Showing::Fail, Showing::Fail, Showing::Thin]);
        }
        quality.answers_right = !self.one_in(8);
        quality
    }
}
