//! How a region's turn, and the wave, ends.

use crate::Voice;
use meridian_domain::reason::WaveEnd;

impl Voice<'_> {
    pub(crate) fn wave_end(self, end: &WaveEnd) -> String {
        if let WaveEnd::Stopped(stopped) = end {
            return self.stopped(stopped);
        }
        let overrides = match end {
            WaveEnd::Complete { overrides, .. } | WaveEnd::Incomplete { overrides, .. } => self.overrides(overrides),
            _ => String::new(),
        };
        let what = self.wave_end_headline(end);
        match self.wave_end_why(end) {
            Some(why) => format!("{what}: {why}{overrides}"),
            None => format!("{what}{overrides}"),
        }
    }
}
