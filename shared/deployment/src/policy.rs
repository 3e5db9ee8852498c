//! IAM policy documents: statements, what they match, and the conditions that are known here.

use crate::error::DeploymentError;
use crate::level::Level;
use crate::resolve::plain;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What is known of a request beyond principal, action and resource: condition keys, in lower case, and their values.
pub type Context = BTreeMap<String, Vec<String>>;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lets the request through, where nothing denies it.
    Allow,
    /// Refuses it, whatever else is said.
    Deny,
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A role, by its ARN.
    Role(String),
    /// An AWS service, such as `events.amazonaws.com`.
    Service(String),
}

/// A request to AWS, as IAM sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who makes the request.
    pub principal: &'a Principal,
    /// For what, such as `s3:GetObject`.
    pub action: &'a str,
    /// Of what: an ARN, or `*` for an action that knows no resources.
    pub resource: &'a str,
    /// What conditions may ask for.
    pub context: &'a Context,
}

/// The part of a policy that let a request through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role or the resource whose policy it is, by its logical id.
    pub owner: String,
    /// The statement's name, or its policy's: [`Statement::sid`].
    pub sid: String,
    /// The action in the statement, which may have wildcards.
    pub action: String,
    /// Which of its resources, counted from 0: the same in every region.
    pub number: usize,
    /// That resource, as it reads in one region.
    pub resource: String,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: {} on {}", self.owner, self.sid, self.action, self.resource)
    }
}

/// Whom a statement of a resource's policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subjects {
    /// No `Principal`: a role's own policy.
    Own,
    /// `"*"`: whoever asks.
    Everybody,
    /// ARNs of roles or accounts.
    Aws(Vec<String>),
    /// AWS's services, such as `events.amazonaws.com`.
    Services(Vec<String>),
}

/// One condition: an operator, a key, and the values that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    test: Test,
    if_exists: bool,
    negated: bool,
    /// The key, in lower case.
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equals,
    Like,
    Absent,
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name; its policy's where it has none.
    pub sid: String,
    /// Allows or denies.
    pub effect: Effect,
    subjects: Subjects,
    /// Patterns such as `s3:Get*`; `?` stands for one character.
    pub actions: Vec<String>,
    /// ARNs, as patterns of the same form.
    pub resources: Vec<String>,
    /// All must hold.
    pub conditions: Vec<Condition>,
}

impl Statement {
    /// Reads the statements of a policy document; those without a name take this one.
    pub(crate) fn read_all(mut document: Level<'_>, unnamed: &str) -> Result<Vec<Self>, DeploymentError> {
        // Without a version it is the older language, which differs in its variables only: none are known here.
        let version = document.optional("Version");
        if version.is_some_and(|version| version != "2012-10-17") {
            return Err(document.refuse("Version", "expected 2012-10-17, or none"));
        }
        document.levels("Statement")?.into_iter().map(|own| Self::read(unnamed, own)).collect()
    }

    fn read(unnamed: &str, mut own: Level<'_>) -> Result<Self, DeploymentError> {
        let effect = match own.text("Effect")?.as_str() {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return Err(own.refuse("Effect", "expected Allow or Deny")),
        };
        let subjects = match own.take("Principal") {
            None => Subjects::Own,
            Some(Value::String(all)) if all == "*" => Subjects::Everybody,
            Some(Value::Object(members)) => match members.iter().next() {
                Some((kind, who)) if kind == "AWS" && who == "*" => Subjects::Everybody,
                Some((kind, who)) if kind == "AWS" => Subjects::Aws(texts(who)),
                Some((kind, who)) if kind == "Service" => Subjects::Services(texts(who)),
                _ => return Err(own.refuse("Principal", "expected AWS or Service")),
            },
            Some(_) => return Err(own.refuse("Principal", "expected \"*\", AWS or Service")),
        };
        let place = own.path().to_owned();
        let conditions = own.take("Condition").unwrap_or(Value::Null);
        let operators = conditions.as_object().into_iter().flatten();
        let mut all = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in keys.as_object().into_iter().flatten() {
                all.push(Condition::read(operator, key, values, &place)?);
            }
        }
        Ok(Statement {
            sid: own.optional("Sid").unwrap_or_else(|| unnamed.to_owned()),
            effect,
            subjects,
            actions: own.take("Action").map(|value| texts(&value)).unwrap_or_default(),
            resources: own.take("Resource").map(|value| texts(&value)).unwrap_or_default(),
            conditions: all,
        })
    }

    /// Whether it lets a role in by itself, without a word of the role's own policies: one that names the account only lets
    /// these count.
    pub(crate) fn is_direct(&self) -> bool {
        match &self.subjects {
            Subjects::Everybody => true,
            Subjects::Aws(who) => !who.iter().any(|own| own.ends_with(":root") || !own.contains(':')),
            Subjects::Own | Subjects::Services(_) => false,
        }
    }

    /// Whether it is about roles or accounts, and not about a service.
    pub(crate) fn is_about_roles(&self) -> bool {
        matches!(self.subjects, Subjects::Aws(_))
    }

    /// The services that it is about.
    pub(crate) fn services(&self) -> &[String] {
        match &self.subjects {
            Subjects::Services(all) => all,
            Subjects::Own | Subjects::Everybody | Subjects::Aws(_) => &[],
        }
    }

    /// What it allows, each action on each resource, in a policy of `owner`; nothing where it denies.
    pub(crate) fn grants(&self, owner: &str) -> Vec<Grant> {
        if self.effect == Effect::Deny {
            return Vec::new();
        }
        let resources = || self.resources.iter().enumerate();
        let pairs = self.actions.iter().flat_map(|action| resources().map(move |one| (action, one)));
        let grant = |(action, (number, resource)): (&String, (usize, &String))| Grant {
            owner: owner.to_owned(),
            sid: self.sid.clone(),
            action: action.clone(),
            number,
            resource: resource.clone(),
        };
        pairs.map(grant).collect()
    }

    /// The statement's action, and which of its resources, that a request meets, where it is about the request at all.
    pub(crate) fn meets<'a>(&'a self, request: &Request<'_>) -> Option<(&'a str, usize)> {
        let subject = match (&self.subjects, request.principal) {
            (Subjects::Own | Subjects::Everybody, _) => true,
            (Subjects::Aws(who), Principal::Role(arn)) => who.iter().any(|own| own == arn || is_root_of(own, arn)),
            (Subjects::Services(who), Principal::Service(name)) => who.contains(name),
            _ => false,
        };
        // IAM's names of actions know no case.
        let action = self.actions.iter().find(|own| alike(own, request.action, |a, b| a.eq_ignore_ascii_case(&b)))?;
        let number = self.resources.iter().position(|own| like(own, request.resource))?;
        let holds = subject && self.conditions.iter().all(|condition| condition.holds(request.context));
        holds.then_some((action.as_str(), number))
    }
}

/// `arn:aws:iam::ACCOUNT:root`, or the account alone, stands for everybody of the account whose own policies allow it.
fn is_root_of(own: &str, arn: &str) -> bool {
    let account = arn.split(':').nth(4);
    let named = own.strip_suffix(":root").and_then(|root| root.split(':').nth(4));
    account.is_some() && (named == account || Some(own) == account)
}

impl Condition {
    fn read(operator: &str, key: &str, values: &Value, place: &str) -> Result<Self, DeploymentError> {
        let plain = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
        let (plain, if_exists) = plain.strip_suffix("IfExists").map_or((plain, false), |plain| (plain, true));
        let (test, negated) = match plain {
            "StringEquals" | "Bool" | "ArnEquals" => (Test::Equals, false),
            "StringNotEquals" | "ArnNotEquals" => (Test::Equals, true),
            "StringLike" | "ArnLike" => (Test::Like, false),
            "StringNotLike" | "ArnNotLike" => (Test::Like, true),
            "Null" => (Test::Absent, false),
            _ => {
                return Err(DeploymentError::at(place, format!("the condition operator {operator} is not known here")));
            }
        };
        Ok(Condition { test, if_exists, negated, key: key.to_ascii_lowercase(), values: texts(values) })
    }

    /// IAM User Guide, "Condition operators": a missing key fails a positive test, meets a negated one, and either with
    /// `IfExists`.
    fn holds(&self, context: &Context) -> bool {
        let found = context.get(&self.key);
        if self.test == Test::Absent {
            return self.values.iter().any(|wanted| (wanted == "true") == found.is_none());
        }
        let Some(found) = found else { return self.negated || self.if_exists };
        let one = |value: &String| match self.test {
            Test::Equals => self.values.contains(value),
            _ => self.values.iter().any(|pattern| like(pattern, value)),
        };
        found.iter().any(one) != self.negated
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        one => vec![plain(one)],
    }
}

/// IAM's wildcards: `*` for any text, `?` for one character.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    alike(pattern, text, |a, b| a == b)
}

fn alike(pattern: &str, text: &str, same: impl Fn(u8, u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(one) if *one == b'?' || text.get(t).is_some_and(|other| same(*one, *other)) => {
                p += 1;
                t += 1;
            }
            // Back to the last star, which takes one character more.
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|one| *one == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_iam_says() {
        assert!(like("arn:aws:s3:::fraud-models-*/ledger/*", "arn:aws:s3:::fraud-models-jp/ledger/fraud/1.json"));
        assert!(like("*", ""));
        assert!(like("a*b*c", "a-b-b-c"));
        assert!(like("s3:Get?bject", "s3:GetObject"));
        assert!(!like("releases/*", "release"));
        assert!(!like("alarm:fraud-green-*", "alarm:fraud-verdict"));
        assert!(!like("", "x"));
    }
}
