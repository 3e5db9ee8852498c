//! YAML as CloudFormation writes it: its short forms (`!Ref`, `!Sub`, ...) become the long ones (`{"Ref": ...}`), so that the
//! rest of the crate meets plain JSON.

use crate::error::DeploymentError;
use saphyr::{Scalar, Yaml, YamlLoader};
use saphyr_parser::{Event, Parser, SpannedEventReceiver};
use serde_json::{Map, Number, Value, json};

/// Mappings and lists in each other, at most: several times what a template needs. What reads them calls itself for each.
const DEEPEST: usize = 64;

/// Reads a template.
pub(crate) fn read(text: &str) -> Result<Value, DeploymentError> {
    let documents = load(text)?;
    match documents.as_slice() {
        [one] => value(one),
        many => Err(DeploymentError::Yaml(format!("expected one document, found {}", many.len()))),
    }
}

/// Hands the parser's events on one by one: its own way calls itself for every level, and copies what an alias stands for.
fn load(text: &str) -> Result<Vec<Yaml<'_>>, DeploymentError> {
    let (mut loader, mut depth) = (YamlLoader::default(), 0_usize);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| DeploymentError::Yaml(error.to_string()))?;
        let refuse = |message: &str| Err(DeploymentError::Yaml(format!("line {}: {message}", span.start.line())));
        match &event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Alias(_) => return refuse("CloudFormation knows no YAML aliases"),
            _ => {}
        }
        if depth > DEEPEST {
            return refuse(&format!("mappings and lists stand in each other more than {DEEPEST} deep"));
        }
        loader.on_event(event, span);
        if let Some(error) = loader.error() {
            return Err(DeploymentError::Yaml(error.to_string()));
        }
    }
    Ok(loader.into_documents())
}

fn value(node: &Yaml<'_>) -> Result<Value, DeploymentError> {
    Ok(match node {
        Yaml::Value(scalar) => of_scalar(scalar),
        Yaml::Sequence(items) => Value::Array(items.iter().map(value).collect::<Result<_, _>>()?),
        Yaml::Mapping(members) => {
            let mut object = Map::new();
            for (key, own) in members {
                let name = match value(key)? {
                    Value::String(name) => name,
                    other => other.to_string(),
                };
                if object.insert(name.clone(), value(own)?).is_some() {
                    return Err(DeploymentError::Yaml(format!("{name:?} stands twice in one mapping")));
                }
            }
            Value::Object(object)
        }
        Yaml::Tagged(tag, own) if tag.handle == "!" => long_form(&tag.suffix, value(own)?),
        Yaml::Tagged(_, own) => value(own)?,
        Yaml::Representation(text, ..) => Value::String(text.to_string()),
        Yaml::Alias(_) | Yaml::BadValue => {
            return Err(DeploymentError::Yaml("a value that YAML does not have".to_owned()));
        }
    })
}

fn of_scalar(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(own) => Value::Bool(*own),
        Scalar::Integer(own) => json!(own),
        Scalar::FloatingPoint(own) => Number::from_f64(own.into_inner()).map_or(Value::Null, Value::Number),
        Scalar::String(own) => Value::String(own.to_string()),
    }
}

/// `!Ref X` and `!Condition X` lose their mark only; `!GetAtt A.B` names two; all others are functions.
fn long_form(name: &str, own: Value) -> Value {
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        other => format!("Fn::{other}"),
    };
    let own = match (name, own) {
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!([resource, attribute]),
            None => Value::String(path),
        },
        (_, own) => own,
    };
    Value::Object(Map::from_iter([(key, own)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_become_long_ones() {
        let text = "a: !Ref B\nb: !GetAtt C.Arn\nc: !If [D, !Sub 'x-${E}', !Ref AWS::NoValue]\nd: \"1\"\ne: 1.5\n";
        let expected = json!({
            "a": {"Ref": "B"},
            "b": {"Fn::GetAtt": ["C", "Arn"]},
            "c": {"Fn::If": ["D", {"Fn::Sub": "x-${E}"}, {"Ref": "AWS::NoValue"}]},
            "d": "1",
            "e": 1.5,
        });
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn what_is_no_template_is_refused_with_the_reason() {
        assert!(read("a: [1").unwrap_err().to_string().starts_with("the template is not YAML: "));
        assert!(read("a: 1\na: 2\n").is_err(), "a name that stands twice");
    }

    #[test]
    fn aliases_are_refused_where_they_stand() {
        let said = read("a: &a [1, 2]\nb: 1\nc: *a\n").unwrap_err().to_string();
        assert_eq!(said, "the template is not YAML: line 3: CloudFormation knows no YAML aliases");
    }

    #[test]
    fn what_stands_too_deep_is_refused_and_ends_nobody() {
        let nested = |deep: usize| format!("{}1", "- ".repeat(deep));
        assert!(read(&nested(DEEPEST)).is_ok());
        for deep in [DEEPEST + 1, 30_000] {
            let said = read(&nested(deep)).unwrap_err().to_string();
            assert_eq!(
                said,
                "the template is not YAML: line 1: mappings and lists stand in each other more than 64 deep"
            );
        }
    }
}
