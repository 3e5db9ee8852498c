//! Intrinsic functions, as CloudFormation resolves them when it creates a stack.

use crate::error::DeploymentError;
use crate::names::Place;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

type Resolved<T> = Result<T, DeploymentError>;

/// Conditions that need conditions, and names made of names, at most in a row.
const LONGEST_CHAIN: usize = 20;

/// Bytes of text that functions may make in all regions together: a hundred times what four regions of our own need.
const MOST_TEXT: usize = 32 << 20;

/// How much text functions have made so far: a few short lines of names in names could fill any memory.
#[derive(Debug, Default)]
pub(crate) struct Made(Cell<usize>);

impl Made {
    /// Counts what is about to be made.
    fn add(&self, bytes: usize, place: &str) -> Resolved<()> {
        let made = self.0.get().saturating_add(bytes);
        self.0.set(made);
        if made > MOST_TEXT {
            let message = format!("the template's functions make more than {} MB of text", MOST_TEXT >> 20);
            return Err(DeploymentError::at(place, message));
        }
        Ok(())
    }
}

/// A template's values, once its parameters are known.
pub(crate) struct Resolver<'a> {
    place: &'a Place,
    parameters: BTreeMap<String, Value>,
    conditions: BTreeMap<String, bool>,
    resources: &'a Map<String, Value>,
    /// What `Ref` gives for the resources that were asked for; none while it is being found.
    names: RefCell<BTreeMap<String, Option<String>>>,
    /// How many are being found.
    under_way: Cell<usize>,
    made: &'a Made,
}

impl<'a> Resolver<'a> {
    /// Holds the parameters against their declarations and decides every condition.
    pub fn new(
        template: &'a Map<String, Value>,
        resources: &'a Map<String, Value>,
        place: &'a Place,
        given: &BTreeMap<String, String>,
        made: &'a Made,
    ) -> Resolved<Self> {
        let (names, under_way) = (RefCell::default(), Cell::new(0));
        let parameters = parameters(section(template, "Parameters"), given)?;
        let mut resolver =
            Resolver { place, parameters, conditions: BTreeMap::new(), resources, names, under_way, made };
        let declared = section(template, "Conditions");
        for name in declared.into_iter().flat_map(Map::keys) {
            resolver.decide(name, declared, 0)?;
        }
        Ok(resolver)
    }

    /// Whether a condition holds; conditions may name each other.
    fn decide(&mut self, name: &str, declared: Option<&Map<String, Value>>, depth: usize) -> Resolved<bool> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let refuse = |message: &str| DeploymentError::at(format!("condition {name}"), message);
        let own = declared.and_then(|all| all.get(name)).ok_or_else(|| refuse("it is not declared"))?;
        if depth > LONGEST_CHAIN {
            return Err(refuse("it needs itself"));
        }
        let holds = self.holds(own, name, declared, depth)?;
        self.conditions.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn holds(
        &mut self,
        value: &Value,
        name: &str,
        declared: Option<&Map<String, Value>>,
        depth: usize,
    ) -> Resolved<bool> {
        let refuse = || {
            let message = "expected one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition";
            DeploymentError::at(format!("condition {name}"), message)
        };
        let (function, own) = single(value).ok_or_else(refuse)?;
        let operands = own.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(match (function, operands) {
            ("Condition", []) => {
                let other = own.as_str().ok_or_else(refuse)?;
                self.decide(other, declared, depth + 1)?
            }
            ("Fn::Equals", [left, right]) => {
                let place = format!("condition {name}");
                plain(&self.value(left, &place)?) == plain(&self.value(right, &place)?)
            }
            ("Fn::Not", [one]) => !self.holds(one, name, declared, depth + 1)?,
            ("Fn::And", all) => {
                let each: Vec<bool> =
                    all.iter().map(|one| self.holds(one, name, declared, depth + 1)).collect::<Result<_, _>>()?;
                each.into_iter().all(|one| one)
            }
            ("Fn::Or", any) => {
                let each: Vec<bool> =
                    any.iter().map(|one| self.holds(one, name, declared, depth + 1)).collect::<Result<_, _>>()?;
                each.into_iter().any(|one| one)
            }
            _ => return Err(refuse()),
        })
    }

    /// Whether a declared condition holds.
    pub fn condition(&self, name: &str, place: &str) -> Resolved<bool> {
        let known = self.conditions.get(name).copied();
        known.ok_or_else(|| DeploymentError::at(place, format!("there is no condition {name}")))
    }

    /// A value without intrinsics; `null` where it is `AWS::NoValue`.
    pub fn value(&self, value: &Value, place: &str) -> Resolved<Value> {
        match value {
            Value::Object(members) => match single(value) {
                Some((function, own)) if function == "Ref" || function.starts_with("Fn::") => {
                    self.call(function, own, place)
                }
                _ => {
                    let mut object = Map::new();
                    for (name, own) in members {
                        let own = self.value(own, &format!("{place}.{name}"))?;
                        if !own.is_null() {
                            object.insert(name.clone(), own);
                        }
                    }
                    Ok(Value::Object(object))
                }
            },
            Value::Array(items) => {
                let items = items.iter().map(|item| self.value(item, place)).collect::<Resolved<Vec<Value>>>()?;
                Ok(Value::Array(items.into_iter().filter(|item| !item.is_null()).collect()))
            }
            plain => Ok(plain.clone()),
        }
    }

    fn call(&self, function: &str, own: &Value, place: &str) -> Resolved<Value> {
        let refuse = |message: String| DeploymentError::at(place, message);
        match (function, own.as_array().map(Vec::as_slice)) {
            ("Ref", None) => self.reference(own.as_str().unwrap_or_default(), place),
            ("Fn::GetAtt", Some([resource, attribute])) => {
                self.attribute(resource.as_str().unwrap_or_default(), attribute.as_str().unwrap_or_default(), place)
            }
            ("Fn::Sub", None) => self.substitute(own.as_str().unwrap_or_default(), &Map::new(), place),
            ("Fn::Sub", Some([text, names])) => {
                let names = self.value(names, place)?;
                let text = text.as_str().unwrap_or_default();
                self.substitute(text, names.as_object().unwrap_or(&Map::new()), place)
            }
            ("Fn::If", Some([condition, yes, no])) => {
                let holds = self.condition(condition.as_str().unwrap_or_default(), place)?;
                self.value(if holds { yes } else { no }, place)
            }
            ("Fn::Select", Some([index, list])) => {
                let (index, list) = (self.value(index, place)?, self.value(list, place)?);
                let number = plain(&index).parse::<usize>().ok();
                let item = number.and_then(|number| list.as_array()?.get(number)).cloned();
                self.made.add(item.as_ref().map_or(0, size), place)?;
                item.ok_or_else(|| refuse(format!("Fn::Select finds no item {index} in {list}")))
            }
            ("Fn::Split", Some([by, text])) => {
                let (by, text) = (plain(&self.value(by, place)?), plain(&self.value(text, place)?));
                // Each part is a value of its own, however short.
                self.made.add(text.len() + text.matches(by.as_str()).count() * size_of::<Value>(), place)?;
                Ok(Value::Array(text.split(by.as_str()).map(|part| Value::String(part.to_owned())).collect()))
            }
            ("Fn::Join", Some([by, list])) => {
                let (by, list) = (plain(&self.value(by, place)?), self.value(list, place)?);
                let parts: Vec<String> = list.as_array().into_iter().flatten().map(plain).collect();
                self.made.add(parts.iter().map(|part| part.len() + by.len()).sum(), place)?;
                Ok(Value::String(parts.join(&by)))
            }
            _ => Err(refuse(format!("{function} is not known here, or not with these operands"))),
        }
    }

    fn reference(&self, name: &str, place: &str) -> Resolved<Value> {
        let pseudo = match name {
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::Region" => Some(self.place.region.clone()),
            "AWS::AccountId" => Some(self.place.account.clone()),
            "AWS::StackName" => Some(self.place.stack.clone()),
            "AWS::Partition" => Some("aws".to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            _ => None,
        };
        if let Some(pseudo) = pseudo {
            return Ok(Value::String(pseudo));
        }
        if let Some(parameter) = self.parameters.get(name) {
            self.made.add(size(parameter), place)?;
            return Ok(parameter.clone());
        }
        Ok(Value::String(self.physical(name, place)?.1))
    }

    /// A resource's type and what `Ref` gives for it.
    pub fn physical(&self, logical: &str, place: &str) -> Resolved<(&'a str, String)> {
        let unknown = || DeploymentError::at(place, format!("there is no parameter or resource {logical}"));
        let resource = self.resources.get(logical).or_else(|| self.made_for(logical)).ok_or_else(unknown)?;
        let kind = resource.get("Type").and_then(Value::as_str).ok_or_else(unknown)?;
        let known = self.names.borrow().get(logical).cloned();
        let name = match known {
            Some(Some(name)) => name,
            Some(None) => return Err(DeploymentError::at(place, format!("the name of {logical} needs itself"))),
            None => self.name(logical, kind, resource, place)?,
        };
        self.made.add(name.len(), place)?;
        Ok((kind, name))
    }

    /// What `Ref` gives for a resource that nobody has asked for.
    fn name(&self, logical: &str, kind: &str, resource: &Value, place: &str) -> Resolved<String> {
        let under_way = self.under_way.get();
        if under_way > LONGEST_CHAIN {
            let message = format!("the name of {logical} is the end of more than {LONGEST_CHAIN} that need each other");
            return Err(DeploymentError::at(place, message));
        }
        self.under_way.set(under_way + 1);
        self.names.borrow_mut().insert(logical.to_owned(), None);
        let wrong = RefCell::new(None);
        let given = |property: &str| {
            let own = resource.get("Properties")?.get(property)?;
            match self.value(own, place) {
                Ok(value) => Some(value).filter(|value| !value.is_null()),
                Err(error) => {
                    wrong.replace(Some(error));
                    None
                }
            }
        };
        let name = self.place.reference(logical, kind, given);
        self.under_way.set(under_way);
        if let Some(error) = wrong.into_inner() {
            return Err(error);
        }
        self.names.borrow_mut().insert(logical.to_owned(), Some(name.clone()));
        Ok(name)
    }

    /// SAM lets a template name an API's stage as `Api.Stage`, whatever its own id.
    fn made_for(&self, name: &str) -> Option<&'a Value> {
        let api = name.strip_suffix(".Stage")?;
        self.resources.iter().find(|(id, _)| id.starts_with(api) && id.ends_with("Stage")).map(|(_, resource)| resource)
    }

    fn attribute(&self, logical: &str, attribute: &str, place: &str) -> Resolved<Value> {
        let (kind, reference) = self.physical(logical, place)?;
        let found = self.place.attribute(kind, &reference, attribute);
        found
            .map(Value::String)
            .ok_or_else(|| DeploymentError::at(place, format!("{kind} ({logical}) has no attribute {attribute} here")))
    }

    /// `${Name}`, `${Resource.Attribute}` and `${!Literal}`.
    fn substitute(&self, text: &str, names: &Map<String, Value>, place: &str) -> Resolved<Value> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) =
                after.split_once('}').ok_or_else(|| DeploymentError::at(place, "a ${ without its }"))?;
            out.push_str(before);
            let start = out.len();
            match (name.strip_prefix('!'), names.get(name), name.split_once('.')) {
                (Some(literal), ..) => out.push_str(&format!("${{{literal}}}")),
                (None, Some(own), _) => out.push_str(&plain(own)),
                (None, None, Some((resource, attribute))) => {
                    out.push_str(&plain(&self.attribute(resource, attribute, place)?));
                }
                (None, None, None) => out.push_str(&plain(&self.reference(name, place)?)),
            }
            self.made.add(out.len() - start, place)?;
            rest = after;
        }
        out.push_str(rest);
        Ok(Value::String(out))
    }
}

/// Bytes of a value, about.
fn size(value: &Value) -> usize {
    value.as_str().map_or(size_of::<Value>(), str::len)
}

/// A mapping's one member.
fn single(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object()?;
    let (name, own) = members.iter().next().filter(|_| members.len() == 1)?;
    Some((name, own))
}

/// A scalar as text: CloudFormation's parameters are all text.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn section<'a>(template: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    template.get(name).and_then(Value::as_object)
}

/// Every parameter's value: given, or by default.
fn parameters(
    declared: Option<&Map<String, Value>>,
    given: &BTreeMap<String, String>,
) -> Resolved<BTreeMap<String, Value>> {
    let none = Map::new();
    let declared = declared.unwrap_or(&none);
    if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
        return Err(DeploymentError::at(
            format!("parameter {unknown}"),
            "it is given, and the template has none of that name",
        ));
    }
    let value = |(name, own): (&String, &Value)| {
        let refuse = |message: String| DeploymentError::at(format!("parameter {name}"), message);
        let default = own.get("Default").map(plain);
        let text = given.get(name).cloned().or(default);
        let text = text.ok_or_else(|| refuse("it has no default and is not given".to_owned()))?;
        let allowed = own.get("AllowedValues").and_then(Value::as_array);
        if allowed.is_some_and(|allowed| !allowed.iter().any(|one| plain(one) == text)) {
            return Err(refuse(format!("{text:?} is not among its allowed values")));
        }
        let number = own.get("Type").and_then(Value::as_str) == Some("Number");
        let value = if number {
            let number: Option<serde_json::Number> = text.parse().ok();
            Value::Number(number.ok_or_else(|| refuse(format!("{text:?} is not a number")))?)
        } else {
            Value::String(text)
        };
        Ok((name.clone(), value))
    };
    declared.iter().map(value).collect()
}
