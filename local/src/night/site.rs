//! What a night takes place on: a fleet, and what is deployed for it.

use super::error::NightError;
use super::scenario::{Scenario, ScenarioError};
use crate::world::TEMPLATE;
use crate::world::WorldError;
use meridian_deployment::{Deployment, Settings};
use meridian_domain::Fleet;
use std::sync::Arc;
use toml::{Table, Value};

/// The fleet that the built-in nights are told of, whichever is to be deployed from this repository.
const FLEET: &str = include_str!("../../fleets/reference/fleet.toml");
/// What it is deployed with.
const SAMCONFIG: &str = include_str!("../../fleets/reference/samconfig.toml");

/// The fleet that the functions' programs of this repository are built with.
const BUILT_WITH: &str = include_str!("../../../fleet.toml");

/// A fleet, and the stacks of its regions.
#[derive(Clone, Debug)]
pub struct Site {
    /// `fleet.toml`, as the functions have it.
    pub(super) text: String,
    /// The same, read.
    pub(super) fleet: Arc<Fleet>,
    /// What stands in the regions.
    pub deployment: Deployment,
}

impl Site {
    /// The fleet's policy.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The repository's own template with the reference fleet and its `samconfig.toml`.
    ///
    /// # Errors
    /// One of them cannot be read, or they contradict each other.
    pub fn repository() -> Result<Self, NightError> {
        Self::of(FLEET, SAMCONFIG)
    }

    /// The repository's, with what a scenario's policy says otherwise, and deployed as `samconfig.toml` would have to be then.
    ///
    /// # Errors
    /// As [`Site::repository`].
    pub fn of_scenario(scenario: &Scenario) -> Result<Self, NightError> {
        if scenario.policy.is_empty() {
            let site = Self::repository()?;
            scenario.within(&site.fleet)?;
            return Ok(site);
        }
        Self::laid_over(table(FLEET)?, scenario)
    }

    /// Somebody's own fleet, and the scenario as its regions play it. Account, keys and images are those of these nights: their
    /// releases are signed with the example key, which no real account may trust.
    ///
    /// # Errors
    /// As [`Site::translated`]; otherwise as [`Site::repository`].
    pub fn of_fleet(text: &str, scenario: &Scenario) -> Result<(Self, Scenario), NightError> {
        let scenario = Self::translated(text, scenario)?;
        let (mut fleet, ours) = (table(text)?, table(FLEET)?);
        let account = ours.get("fleet").and_then(|fleet| fleet.get("account")).cloned();
        if let (Some(home), Some(account)) = (accounting(&mut fleet), account) {
            home.insert("account".to_owned(), account);
        }
        for key in ["signing", "image"] {
            fleet.extend(ours.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        Ok((Self::laid_over(fleet, &scenario)?, scenario))
    }

    /// The scenario as the regions of somebody's own fleet play it.
    ///
    /// # Errors
    /// A policy that is wrong, or a fleet whose regions cannot play it.
    pub fn translated(text: &str, scenario: &Scenario) -> Result<Scenario, NightError> {
        let own = Fleet::parse(text)?;
        Ok(scenario.in_fleet(&Fleet::parse(FLEET)?, &own)?)
    }

    fn laid_over(fleet: Table, scenario: &Scenario) -> Result<Self, NightError> {
        let (text, fleet) = over(fleet, &scenario.policy, scenario, "[policy]")?;
        scenario.within(&fleet)?;
        let settings = Settings::of_fleet(&fleet);
        Self::deployed(text, Arc::new(fleet), &settings, TEMPLATE)
    }

    /// The same stacks, their functions with another `fleet.toml`: this one, and what `policy` says otherwise.
    ///
    /// # Errors
    /// A policy that is wrong, or that changes more of a stack than its functions: stacks stay as they are.
    pub(super) fn redeployed(&self, scenario: &Scenario, policy: &Table) -> Result<Self, NightError> {
        let (text, fleet) = over(table(&self.text)?, policy, scenario, "[[deploy]]")?;
        let stacks = |fleet: &Fleet| (fleet.regions.clone(), Settings::of_fleet(fleet));
        if stacks(&fleet) != stacks(&self.fleet) {
            let message =
                "deploy.policy changes regions, or parameters of their stacks, which stay as they are".to_owned();
            return Err(ScenarioError::Malformed { name: scenario.name.clone(), line: None, message }.into());
        }
        Ok(Site { text, fleet: Arc::new(fleet), ..self.clone() })
    }

    /// The fleet as it was when the scenario's champion was installed.
    pub(super) fn before(&self, scenario: &Scenario) -> Result<Arc<Fleet>, NightError> {
        let Some(instance_type) = &scenario.installed_on else { return Ok(self.fleet.clone()) };
        let mut own = table(&self.text)?;
        if let Some(Value::Table(fleet)) = own.get_mut("fleet") {
            fleet.insert("instance_type".to_owned(), Value::String(instance_type.clone()));
        }
        let text = toml::to_string(&own).map_err(|error| NightError::Data(error.to_string()))?;
        let wrong = |source| NightError::Policy {
            scenario: scenario.name.clone(),
            table: "installed_on",
            source: Box::new(source),
        };
        Ok(Arc::new(Fleet::parse(&text).map_err(wrong)?))
    }

    /// The reference fleet and its settings, with another template: what there would be if that one were deployed.
    ///
    /// # Errors
    /// The template cannot be deployed.
    pub fn of_template(template: &str) -> Result<Self, NightError> {
        Self::deploy(FLEET, SAMCONFIG, template)
    }

    /// The repository's, deployed with other parameters in every region.
    ///
    /// # Errors
    /// The template cannot be deployed with them.
    pub fn with_parameters(parameters: &[(&str, &str)]) -> Result<Self, NightError> {
        let fleet = Arc::new(Fleet::parse(FLEET)?);
        let mut settings = Settings::parse(SAMCONFIG, &fleet).map_err(WorldError::from)?;
        for environment in settings.environments.values_mut() {
            let own = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            environment.parameters.extend(own);
        }
        Self::deployed(FLEET.to_owned(), fleet, &settings, TEMPLATE)
    }

    /// The repository's own template, deployed for another fleet with other settings.
    ///
    /// # Errors
    /// As [`Site::repository`].
    pub fn of(fleet: &str, samconfig: &str) -> Result<Self, NightError> {
        Self::deploy(fleet, samconfig, TEMPLATE)
    }

    fn deploy(fleet: &str, samconfig: &str, template: &str) -> Result<Self, NightError> {
        let text = fleet.to_owned();
        let fleet = Arc::new(Fleet::parse(fleet)?);
        let settings = Settings::parse(samconfig, &fleet).map_err(WorldError::from)?;
        Self::deployed(text, fleet, &settings, template)
    }

    fn deployed(text: String, fleet: Arc<Fleet>, settings: &Settings, template: &str) -> Result<Self, NightError> {
        let deployment = Deployment::of(template, settings).map_err(WorldError::from)?;
        Ok(Site { text, fleet, deployment })
    }

    /// Whether the functions' binaries know of the fleet without being told.
    pub(super) fn is_built_in(&self) -> bool {
        self.text == BUILT_WITH
    }
}

/// The table that says home's account: home's own, or the fleet's.
fn accounting(fleet: &mut Table) -> Option<&mut Table> {
    let home = fleet.get("fleet")?.get("home")?.clone();
    let names_one = |own: &Value| own.get("name") == Some(&home) && own.get("account").is_some();
    let regions = fleet.get("region").and_then(Value::as_array);
    match regions.and_then(|all| all.iter().position(names_one)) {
        Some(place) => fleet.get_mut("region")?.get_mut(place)?.as_table_mut(),
        None => fleet.get_mut("fleet")?.as_table_mut(),
    }
}

fn table(text: &str) -> Result<Table, NightError> {
    text.parse().map_err(|error: toml::de::Error| NightError::Data(error.to_string()))
}

/// A fleet with what one of a scenario's tables says otherwise, as text and read.
fn over(
    mut fleet: Table,
    policy: &Table,
    scenario: &Scenario,
    table: &'static str,
) -> Result<(String, Fleet), NightError> {
    lay_over(&mut fleet, policy);
    let text = toml::to_string(&fleet).map_err(|error| NightError::Data(error.to_string()))?;
    let wrong = |source| NightError::Policy { scenario: scenario.name.clone(), table, source: Box::new(source) };
    let fleet = Fleet::parse(&text).map_err(wrong)?;
    Ok((text, fleet))
}

/// Tables of `over` go into those of the same name, entries of a list of tables into those with the same `name`, and whatever
/// else it holds takes the place of what stood there.
fn lay_over(table: &mut Table, over: &Table) {
    for (key, value) in over {
        match (table.get_mut(key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (Some(Value::Array(under)), Value::Array(over)) => lay_over_by_name(under, over),
            _ => drop(table.insert(key.clone(), value.clone())),
        }
    }
}

fn lay_over_by_name(list: &mut Vec<Value>, over: &[Value]) {
    for value in over {
        let same = |other: &&mut Value| value.get("name").is_some() && other.get("name") == value.get("name");
        match (list.iter_mut().find(same), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            _ => list.push(value.clone()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use meridian_domain::OrderPolicy;

    fn site(policy: &str) -> Result<Site, NightError> {
        let scenario = format!(
            "title = \"t\"\nstart = \"2026-11-20T02:59:00Z\"\nlasts = \"1h\"\n{policy}\n\
             [expect]\nserves = {{}}\npages = 0\nexecutions = []\n"
        );
        Site::of_scenario(&Scenario::parse("mine", &scenario).unwrap())
    }

    #[test]
    fn a_scenarios_policy_changes_what_it_says_and_nothing_else() {
        let (own, usual) = (site("[policy.fleet]\norder = \"signal\"").unwrap(), Site::repository().unwrap());
        assert_eq!(own.fleet.order, OrderPolicy::Signal);
        assert_eq!(Fleet { order: OrderPolicy::Fixed, ..(*own.fleet).clone() }, *usual.fleet);
        assert_ne!(own.text, usual.text);
        let sydney = site("[[policy.region]]\nname = \"ap-southeast-2\"\ninstances = 4").unwrap();
        let changed = |site: &Site| site.fleet.regions.iter().map(|own| own.instances).collect::<Vec<_>>();
        assert_eq!((changed(&usual), changed(&sydney)), (vec![3, 2, 2, 2], vec![3, 4, 2, 2]));
        assert_eq!(site("").unwrap().text, usual.text);
    }

    #[test]
    fn a_deployment_in_a_night_changes_functions_alone() {
        let scenario = Scenario::parse("mine", include_str!("../../scenarios/good-night.toml")).unwrap();
        let site = site("").unwrap();
        let deployed = |policy: &str| site.redeployed(&scenario, &policy.parse().unwrap());
        let own = deployed("[wave]\ntries = 1").unwrap();
        assert_eq!((own.fleet.wave.tries, own.deployment == site.deployment), (1, true));
        for (policy, told) in [
            ("[[region]]\nname = \"ap-southeast-2\"\ninstances = 4", "deploy.policy changes regions, or parameters of"),
            ("[fleet]\norder = \"signal\"", "deploy.policy changes regions, or parameters of"),
            ("[fleet]\norder = \"upwards\"", "scenario mine: with its [[deploy]] laid over it, fleet.toml"),
        ] {
            let error = deployed(policy).unwrap_err().to_string();
            assert!(error.contains(told), "{policy}: {error}");
        }
    }

    #[test]
    fn an_impossible_policy_is_refused_by_its_scenarios_name() {
        let error = site("[policy.fleet]\norder = \"upwards\"").unwrap_err().to_string();
        assert!(error.starts_with("scenario mine: with its [policy] laid over it, fleet.toml"), "{error}");
        assert!(error.contains("upwards"), "{error}");
    }
}
