//! Who plays which region.

use super::{Cast, Untranslatable};
use meridian_domain::RegionName;
use meridian_domain::plan::Forecast;
use std::collections::BTreeSet;

impl Cast<'_> {
    /// Parts and players, in the order of the wave that the scenario was written for.
    pub(super) fn chosen(&self) -> Result<Vec<(RegionName, RegionName)>, Untranslatable> {
        let (parts, players) = (others(&self.written_for, &self.there.home), others(&self.own, &self.here.home));
        let named = self.named();
        let needed = parts.iter().filter(|part| named.contains(**part)).count();
        if needed > players.len() {
            return Err(Untranslatable::Regions { needs: needed + 1, has: players.len() + 1 });
        }
        let mut played: Vec<_> = if self.play_themselves(&parts, &players) {
            parts.iter().map(|part| ((*part).clone(), (*part).clone())).collect()
        } else {
            let thin = self.thin_role(&parts, &players, &named);
            let mut played = in_order(&parts, &players, &named, thin);
            played.extend(thin.map(|(part, player)| (part.clone(), player.clone())));
            played
        };
        played.push((self.there.home.clone(), self.here.home.clone()));
        let place = |part: &RegionName| self.written_for.order.regions.iter().position(|region| region == part);
        played.sort_by_key(|(part, _)| place(part));
        Ok(played)
    }

    /// True if the fleet has every region that the scenario was written for, in the same order: perhaps among others.
    fn play_themselves(&self, parts: &[&RegionName], players: &[&RegionName]) -> bool {
        let same = players.iter().filter(|player| parts.contains(*player));
        self.there.home == self.here.home && same.eq(parts)
    }

    /// The part with the least traffic and the region that has the least here, where something happens to that part alone and all others
    /// end alike: their order decides nothing then.
    fn thin_role<'p>(
        &self,
        parts: &[&'p RegionName],
        players: &[&'p RegionName],
        named: &BTreeSet<RegionName>,
    ) -> Option<(&'p RegionName, &'p RegionName)> {
        let (part, player) = (thinnest(&self.written_for, parts)?, thinnest(&self.own, players)?);
        let serves = self.scenario.expect.serves.iter();
        let mut others = serves.filter(|(region, _)| !named.contains(*region)).map(|(_, version)| version);
        let first = others.next();
        let alike = others.all(|version| Some(version) == first);
        (alike && named.len() == 1 && named.contains(part)).then_some((part, player))
    }
}

/// All regions but home, in the order of the wave.
fn others<'p>(plan: &'p Forecast, home: &RegionName) -> Vec<&'p RegionName> {
    plan.order.regions.iter().filter(|region| *region != home).collect()
}

/// The one with the least traffic at the wave's hour.
fn thinnest<'p>(plan: &Forecast, among: &[&'p RegionName]) -> Option<&'p RegionName> {
    let rps = |region: &RegionName| {
        let own = plan.order.why.traffic.iter().find(|own| own.region == *region);
        own.map_or(f64::INFINITY, |own| own.rps)
    };
    among.iter().copied().min_by(|one, other| rps(one).total_cmp(&rps(other)))
}

/// The parts to which something happens, and as many of the others as there are regions for, each with the region at its place; without
/// the part that is given away already.
fn in_order(
    parts: &[&RegionName],
    players: &[&RegionName],
    named: &BTreeSet<RegionName>,
    given: Option<(&RegionName, &RegionName)>,
) -> Vec<(RegionName, RegionName)> {
    let needed = parts.iter().filter(|part| named.contains(**part)).count();
    let mut spare = players.len().saturating_sub(needed);
    let is_given = |region: &RegionName| given.is_some_and(|(part, _)| part == region);
    let plays = |region: &RegionName| given.is_some_and(|(_, player)| player == region);
    let parts = parts.iter().copied().filter(|part| !is_given(part));
    let mut chosen = parts.filter(|part| {
        let fills = !named.contains(*part) && spare > 0;
        spare -= usize::from(fills);
        fills || named.contains(*part)
    });
    let players = players.iter().copied().filter(|player| !plays(player));
    players.map_while(|player| Some((chosen.next()?.clone(), player.clone()))).collect()
}
