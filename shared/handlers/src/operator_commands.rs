//! Operator commands for the whole fleet, recorded in the ledger: stop every start (`meridian halt`), or set one rule aside
//! for a while (`meridian override`). The entry's actor is the operator.

use crate::journal::{Journal, JournalError};
use crate::ports::{Clock, Ledger};
use jiff::{SignedDuration, Timestamp};
use meridian_domain::Reason;
use meridian_domain::{Actor, Chain, Fleet, HubHistory, Projection, Record, RegionHistory, RegionName, Rule};

/// The longest time for which a rule may be set aside: what holds for longer is policy, and belongs in `fleet.toml`, where
/// it is read and reviewed.
pub const LONGEST_OVERRIDE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why an operator's command was not recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OperatorCommandError {
    /// The fleet has no such region.
    #[error("region {region} is not in fleet {fleet}: it has {known}")]
    Region {
        /// The region.
        region: RegionName,
        /// The fleet.
        fleet: String,
        /// The fleet's regions.
        known: String,
    },
    /// An order is overridden for one region, or for none.
    #[error("the order is overridden for one region at a time: name it with --region")]
    WholeOrder,
    /// It would last longer than one person may decide.
    #[error(
        "an override lasts at most {LONGEST_OVERRIDE:#}, not until {until}: a longer exception belongs in fleet.toml"
    )]
    TooLong {
        /// The end that was asked for.
        until: Timestamp,
    },
    /// The chain could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl OperatorCommandError {
    /// True if the input is wrong, false if a service failed.
    pub fn is_input(&self) -> bool {
        !matches!(self, OperatorCommandError::Journal(_))
    }
}

/// Halts: no region of the fleet starts, and a canary in progress is rolled back, until the halt is lifted. Written to
/// the hub's chain, or to `region`'s own where home does not answer: a halt in any chain stops every start. Returns the
/// earlier halt's reason if there is one.
///
/// # Errors
/// The fleet has no such region; or the chain could not be read or written.
pub async fn halt<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    region: Option<&RegionName>,
    actor: &Actor,
    why: String,
) -> Result<Option<Reason>, OperatorCommandError> {
    let why = Reason::Said { words: why, by: Some(actor.clone()) };
    match region {
        None => {
            let journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
            halt_in(ports, journal, |history| history.halt.clone(), actor, why).await
        }
        Some(region) => {
            known(fleet, region)?;
            let journal = Journal::<RegionHistory>::open(ports, region, Chain::Region(region.clone())).await?;
            halt_in(ports, journal, |history| history.halt.clone(), actor, why).await
        }
    }
}

async fn halt_in<P: Ledger + Clock, H: Projection>(
    ports: &P,
    mut journal: Journal<H>,
    halt: impl Fn(&H) -> Option<Reason>,
    actor: &Actor,
    why: Reason,
) -> Result<Option<Reason>, OperatorCommandError> {
    let written =
        journal.append_unless(ports, actor, Record::Halted { why }, |history| halt(history).is_some()).await?;
    Ok(if written { None } else { halt(journal.history()) })
}

/// A rule to be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The rule.
    pub what: Rule,
    /// The region; every region if none is named.
    pub region: Option<RegionName>,
    /// The reason.
    pub why: String,
    /// The end. Now or earlier ends an earlier override of the same rule and region.
    pub until: Timestamp,
}

/// Sets a rule aside, on record in the hub's chain.
///
/// # Errors
/// A region that the fleet does not have, the whole order, or too long a time; or the chain could not be read or written.
pub async fn set_aside<P: Ledger + Clock>(
    ports: &P,
    fleet: &Fleet,
    actor: &Actor,
    set_aside: SetAside,
) -> Result<(), OperatorCommandError> {
    let SetAside { what, region, why, until } = set_aside;
    match &region {
        Some(region) => known(fleet, region)?,
        None if what == Rule::Order => return Err(OperatorCommandError::WholeOrder),
        None => {}
    }
    if until.duration_since(ports.now()) > LONGEST_OVERRIDE {
        return Err(OperatorCommandError::TooLong { until });
    }
    let mut journal = Journal::<HubHistory>::open(ports, &fleet.home, Chain::Home).await?;
    Ok(journal.append(ports, actor, Record::Overridden { what, region, why, until }).await?)
}

fn known(fleet: &Fleet, region: &RegionName) -> Result<(), OperatorCommandError> {
    match fleet.region(region) {
        Some(_) => Ok(()),
        None => Err(OperatorCommandError::Region {
            region: region.clone(),
            fleet: fleet.name.to_string(),
            known: fleet.regions.iter().map(|region| region.name.as_str()).collect::<Vec<_>>().join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ErrorKind;
    use crate::testing::{Fault, World, fleet, name, run};

    const BR: &str = "sa-east-1";

    fn maria() -> Actor {
        "maria".parse().unwrap()
    }

    fn by_maria(words: &str) -> Reason {
        Reason::Said { words: words.to_owned(), by: Some(maria()) }
    }

    fn hub(world: &World) -> HubHistory {
        run(Journal::<HubHistory>::open(world, &fleet().home, Chain::Home)).unwrap().history().clone()
    }

    fn ask(world: &World, what: Rule, region: Option<&str>, hours: i64) -> Result<(), OperatorCommandError> {
        let until = world.now() + SignedDuration::from_hours(hours);
        let why = "the fix must go out".to_owned();
        let region = region.map(name);
        run(set_aside(world, &fleet(), &maria(), SetAside { what, region, why, until }))
    }

    #[test]
    fn a_halt_is_written_once_with_who_and_why() {
        let world = World::default();
        let halt = |why: &str| run(halt(&world, &fleet(), None, &maria(), why.to_owned()));
        assert_eq!(halt("card scheme incident"), Ok(None));
        let first = Some(by_maria("card scheme incident"));
        assert_eq!(hub(&world).halt, first);
        assert_eq!(halt("another"), Ok(first));
        assert_eq!(world.records(&fleet().home, Chain::Home).len(), 1);
    }

    #[test]
    fn where_home_is_dark_the_halt_of_any_region_does() {
        let world = World::default();
        world.dark.borrow_mut().insert(fleet().home);
        let error = run(halt(&world, &fleet(), None, &maria(), "x".to_owned())).unwrap_err();
        assert!(!error.is_input(), "{error}");
        assert_eq!(run(halt(&world, &fleet(), Some(&name(BR)), &maria(), "incident".to_owned())), Ok(None));
        let halted = Record::Halted { why: by_maria("incident") };
        assert_eq!(world.records(&name(BR), Chain::Region(name(BR))), [halted]);
    }

    #[test]
    fn an_override_is_on_record_with_who_why_and_until_when() {
        let world = World::default();
        ask(&world, Rule::Freeze, Some(BR), 4).unwrap();
        let hub = hub(&world);
        let own = hub.overridden(Rule::Freeze, &name(BR), world.now()).unwrap();
        assert_eq!((own.who.clone(), own.why.as_str()), (maria(), "the fix must go out"));
        let expired = own.until;
        assert_eq!(hub.overridden(Rule::Freeze, &name(BR), expired), None);
        // Its end can be said too.
        ask(&world, Rule::Freeze, Some(BR), 0).unwrap();
        assert_eq!(super::tests::hub(&world).overridden(Rule::Freeze, &name(BR), world.now()), None);
    }

    #[test]
    fn what_is_no_override_is_refused_and_not_written() {
        let world = World::default();
        for (asked, words) in [
            (ask(&world, Rule::Order, None, 1), "--region"),
            (ask(&world, Rule::Skew, Some("us-east-1"), 1), "us-east-1 is not in fleet"),
            (ask(&world, Rule::Freeze, None, 24 * 7 + 1), "fleet.toml"),
        ] {
            let error = asked.unwrap_err();
            assert!(error.is_input() && error.to_string().contains(words), "{error}");
        }
        assert_eq!(world.records(&fleet().home, Chain::Home), []);
        world.fault("PutEntry", Fault::Fails(ErrorKind::Unreachable));
        assert!(!ask(&world, Rule::Freeze, None, 1).unwrap_err().is_input());
    }
}
