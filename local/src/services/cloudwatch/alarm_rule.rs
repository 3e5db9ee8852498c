//! The rule of a composite alarm (API reference of `PutCompositeAlarm`, "AlarmRule"): states of other alarms, `TRUE`, `FALSE`,
//! `NOT`, `AND`, `OR` and brackets. `NOT` binds first, `OR` last. Pure. `AT_LEAST` is not known here.

use crate::services::cloudwatch::metrics::invalid;
use crate::services::cloudwatch::types::AlarmState;
use crate::world::error::ApiError;

/// How long a rule is at most (API reference).
const LONGEST: usize = 10_240;
/// How deep brackets stand in each other, so that no rule can exhaust the stack.
const DEEPEST: usize = 64;

/// A rule, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AlarmRule {
    /// An alarm, by its name or ARN, is in a state.
    Is(AlarmState, String),
    Constant(bool),
    Not(Box<AlarmRule>),
    All(Vec<AlarmRule>),
    Any(Vec<AlarmRule>),
}

impl AlarmRule {
    /// Any of the alarms is in `ALARM`.
    pub fn any_alarm(names: &[String]) -> Self {
        AlarmRule::Any(names.iter().map(|name| AlarmRule::Is(AlarmState::Alarm, name.clone())).collect())
    }

    /// Understands a rule, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(invalid(format!("AlarmRule must have 1 to {LONGEST} characters.")));
        }
        let tokens = tokens(text);
        let mut reader = Reader { tokens: &tokens, depth: 0 };
        let rule = reader.any()?;
        match reader.tokens.first() {
            None => Ok(rule),
            Some(_) => Err(reader.refuse()),
        }
    }

    /// Every alarm that it names, in its order.
    pub fn named(&self) -> Vec<&str> {
        match self {
            AlarmRule::Is(_, name) => vec![name],
            AlarmRule::Constant(_) => Vec::new(),
            AlarmRule::Not(inner) => inner.named(),
            AlarmRule::All(parts) | AlarmRule::Any(parts) => parts.iter().flat_map(AlarmRule::named).collect(),
        }
    }

    /// What it comes to. An alarm that is gone is in no state.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            AlarmRule::Is(wanted, name) => state(name) == Some(*wanted),
            AlarmRule::Constant(value) => *value,
            AlarmRule::Not(inner) => !inner.holds(state),
            AlarmRule::All(parts) => parts.iter().all(|part| part.holds(state)),
            AlarmRule::Any(parts) => parts.iter().any(|part| part.holds(state)),
        }
    }

    /// The alarms whose own part of the rule is for it to come to `value`.
    pub fn speaking_for(&self, value: bool, state: &impl Fn(&str) -> Option<AlarmState>) -> Vec<&str> {
        match self {
            AlarmRule::Is(_, name) if self.holds(state) == value => vec![name],
            AlarmRule::Is(..) | AlarmRule::Constant(_) => Vec::new(),
            AlarmRule::Not(inner) => inner.speaking_for(!value, state),
            AlarmRule::All(parts) | AlarmRule::Any(parts) => {
                parts.iter().flat_map(|part| part.speaking_for(value, state)).collect()
            }
        }
    }
}

/// Brackets, quoted names, and words. A quoted name keeps its first quotation mark.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        let mut token = String::from(first);
        match first {
            _ if first.is_whitespace() => continue,
            '(' | ')' => {}
            '"' => {
                while let Some(next) = rest.next().filter(|next| *next != '"') {
                    // A quotation mark within the name stands behind a stroke.
                    token.push(if next == '\\' { rest.next().unwrap_or(next) } else { next });
                }
            }
            _ => {
                let goes_on = |next: &char| !next.is_whitespace() && !matches!(next, '(' | ')' | '"');
                while let Some(next) = rest.next_if(goes_on) {
                    token.push(next);
                }
            }
        }
        tokens.push(token);
    }
    tokens
}

/// Reads tokens from the front.
struct Reader<'a> {
    tokens: &'a [String],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.first().map(String::as_str)
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn refuse(&self) -> ApiError {
        let shown: String = self.peek().unwrap_or("<EOF>").chars().take(100).collect();
        invalid(format!("Error in AlarmRule [Unsupported token '{shown}']"))
    }

    fn take(&mut self, expected: &str) -> Result<(), ApiError> {
        match self.peek() {
            Some(token) if token == expected => {
                self.next();
                Ok(())
            }
            _ => Err(self.refuse()),
        }
    }

    fn any(&mut self) -> Result<AlarmRule, ApiError> {
        self.joined("OR", Reader::all).map(|parts| one_or(parts, AlarmRule::Any))
    }

    fn all(&mut self) -> Result<AlarmRule, ApiError> {
        self.joined("AND", Reader::part).map(|parts| one_or(parts, AlarmRule::All))
    }

    fn joined(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Result<AlarmRule, ApiError>,
    ) -> Result<Vec<AlarmRule>, ApiError> {
        let mut parts = vec![part(self)?];
        while self.peek() == Some(word) {
            self.next();
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn part(&mut self) -> Result<AlarmRule, ApiError> {
        let state = match self.peek() {
            Some("TRUE") => return self.constant(true),
            Some("FALSE") => return self.constant(false),
            Some("NOT") => return self.deeper(|reader| reader.part().map(|inner| AlarmRule::Not(Box::new(inner)))),
            Some("(") => {
                return self.deeper(|reader| {
                    let inner = reader.any()?;
                    reader.take(")").map(|()| inner)
                });
            }
            Some("ALARM") => AlarmState::Alarm,
            Some("OK") => AlarmState::Ok,
            Some("INSUFFICIENT_DATA") => AlarmState::InsufficientData,
            _ => return Err(self.refuse()),
        };
        self.next();
        self.take("(")?;
        let name = match self.peek() {
            None | Some("(" | ")" | "\"") => return Err(self.refuse()),
            Some(name) => name.strip_prefix('"').unwrap_or(name).to_owned(),
        };
        self.next();
        self.take(")")?;
        Ok(AlarmRule::Is(state, name))
    }

    fn constant(&mut self, value: bool) -> Result<AlarmRule, ApiError> {
        self.next();
        Ok(AlarmRule::Constant(value))
    }

    /// What follows the next token, one level further in.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<AlarmRule, ApiError>) -> Result<AlarmRule, ApiError> {
        if self.depth == DEEPEST {
            return Err(self.refuse());
        }
        self.next();
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }
}

fn one_or(mut parts: Vec<AlarmRule>, several: impl FnOnce(Vec<AlarmRule>) -> AlarmRule) -> AlarmRule {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => several(parts.into_iter().chain(last).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` is in ALARM, `b` in OK, `c` in neither, and there is no other.
    fn state(name: &str) -> Option<AlarmState> {
        match name {
            "a" => Some(AlarmState::Alarm),
            "b" => Some(AlarmState::Ok),
            "c" => Some(AlarmState::InsufficientData),
            _ => None,
        }
    }

    fn rule(text: &str) -> AlarmRule {
        AlarmRule::parse(text).unwrap()
    }

    #[test]
    fn not_binds_before_and_and_and_before_or() {
        for (text, holds) in [
            ("ALARM(a)", true),
            ("ALARM(\"b\")", false),
            ("OK(b) AND INSUFFICIENT_DATA(c)", true),
            ("ALARM(a) OR ALARM(b) AND ALARM(c)", true),
            ("(ALARM(a) OR ALARM(b)) AND ALARM(c)", false),
            ("NOT ALARM(b) AND ALARM(a)", true),
            ("NOT (ALARM(b) OR ALARM(a))", false),
            ("NOT NOT ALARM(a)", true),
            ("TRUE AND NOT FALSE", true),
            ("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", false),
        ] {
            assert_eq!(rule(text).holds(&state), holds, "{text}");
        }
    }

    #[test]
    fn names_may_be_quoted_and_hold_anything_then() {
        let quoted = rule("ALARM(\"a (b) OR \\\"c\\\"\")");
        assert_eq!(quoted.named(), ["a (b) OR \"c\""]);
        assert_eq!(
            rule("ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:x)").named(),
            ["arn:aws:cloudwatch:eu-west-1:1:alarm:x"]
        );
    }

    #[test]
    fn only_alarms_whose_part_is_true_speak_for_the_whole() {
        let own = rule("ALARM(a) OR ALARM(b) OR NOT ALARM(c)");
        assert_eq!(own.speaking_for(true, &state), ["a", "c"]);
        assert_eq!(own.speaking_for(false, &state), ["b"]);
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_word_that_is_wrong() {
        for (text, word) in [
            ("", "1 to 10240"),
            ("ALARM(a) XOR ALARM(b)", "'XOR'"),
            ("ALARM(a) OR", "'<EOF>'"),
            ("ALARM()", "')'"),
            ("ALARM(a", "'<EOF>'"),
            ("ALARM(\"\")", "'\"'"),
            ("(ALARM(a)", "'<EOF>'"),
            ("ALARM(a))", "')'"),
            ("BAD(a)", "'BAD'"),
            ("AT_LEAST(1, ALARM, (a, b))", "'AT_LEAST'"),
        ] {
            let error = AlarmRule::parse(text).unwrap_err();
            assert!(error.code == "ValidationError" && error.message.contains(word), "{text}: {error}");
        }
        assert!(AlarmRule::parse(&"NOT ".repeat(2_000)).unwrap_err().message.contains("'NOT'"), "too deep");
    }
}
