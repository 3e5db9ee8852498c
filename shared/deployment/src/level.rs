//! Reading a resource's properties so that nothing is passed over in silence.

use crate::error::DeploymentError;
use crate::resolve::plain;
use serde_json::{Map, Value};
use std::cell::RefCell;

/// One mapping of a resource. What is read is taken out of it; what is left when it is dropped is noted as not modelled.
pub(crate) struct Level<'a> {
    path: String,
    members: Map<String, Value>,
    left: &'a RefCell<Vec<String>>,
}

impl<'a> Level<'a> {
    pub fn new(path: String, value: Value, left: &'a RefCell<Vec<String>>) -> Result<Self, DeploymentError> {
        match value {
            Value::Object(members) => Ok(Level { path, members, left }),
            Value::Null => Ok(Level { path, members: Map::new(), left }),
            other => Err(DeploymentError::at(path, format!("expected a mapping, found {other}"))),
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// What stands there, which stays.
    pub fn peek(&self, name: &str) -> Option<Value> {
        self.members.get(name).cloned()
    }

    /// A text, a number or a truth value, as text.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        self.take(name).map(|value| plain(&value))
    }

    /// A truth value, written as one or as text; `false` where nothing is said.
    pub fn is(&mut self, name: &str) -> bool {
        self.optional(name).as_deref() == Some("true")
    }

    pub fn text(&mut self, name: &str) -> Result<String, DeploymentError> {
        self.optional(name).ok_or_else(|| self.refuse(name, "it is missing"))
    }

    /// The texts of a list; none where there is no list.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, DeploymentError> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items.iter().map(plain).collect()),
            Some(_) => Err(self.refuse(name, "expected a list")),
        }
    }

    pub fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, DeploymentError> {
        let text = self.text(name)?;
        text.parse().map_err(|_| self.refuse(name, &format!("{text:?} is not a number that fits")))
    }

    pub fn optional_number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, DeploymentError> {
        if self.members.contains_key(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    /// The mapping of that name; an empty one where there is none.
    pub fn level(&mut self, name: &str) -> Result<Level<'a>, DeploymentError> {
        let value = self.take(name).unwrap_or(Value::Null);
        Level::new(format!("{}.{name}", self.path), value, self.left)
    }

    /// The mapping of that name, where there is one.
    pub fn optional_level(&mut self, name: &str) -> Result<Option<Level<'a>>, DeploymentError> {
        if self.members.contains_key(name) { self.level(name).map(Some) } else { Ok(None) }
    }

    /// The mappings of a list; none where there is no list.
    pub fn levels(&mut self, name: &str) -> Result<Vec<Level<'a>>, DeploymentError> {
        let items = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
        };
        let level = |(n, item)| Level::new(format!("{}.{name}[{n}]", self.path), item, self.left);
        items.into_iter().enumerate().map(level).collect()
    }

    /// Lists nothing of what is left.
    pub fn forget(mut self) {
        self.members.clear();
    }

    pub fn refuse(&self, name: &str, message: &str) -> DeploymentError {
        DeploymentError::at(format!("{}.{name}", self.path), message)
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        let mut left = self.left.borrow_mut();
        left.extend(self.members.keys().map(|name| format!("{}.{name}", self.path)));
    }
}
