//! The tables of fields hold the types, and the types hold them.

use super::super::fields::{Absent, Field, Table, Takes};
use super::super::tables::{BOUNDS, EXPECT, SCENARIO};
use super::super::{Scenario, ScenarioError};
use super::typed;
use jiff::SignedDuration;

/// Required fields with their examples, and `changed` with its value: an empty value leaves it out.
fn lines(table: &Table, changed: Option<(&str, &str)>) -> Vec<String> {
    let value = |field: &Field| match changed {
        Some((name, value)) if name == field.name => (!value.is_empty()).then(|| value.to_owned()),
        _ => matches!(field.absent, Absent::Refused).then(|| field.example.to_owned()),
    };
    table.fields.iter().filter_map(|field| Some(format!("{} = {}", field.name, value(field)?))).collect()
}

/// A scenario that says nothing but what it must, and what `changed` says in `table`.
fn file(table: &Table, changed: Option<(&str, &str)>) -> String {
    let of = |own: &Table| lines(own, changed.filter(|_| own.heading == table.heading));
    let head: Vec<String> = of(&SCENARIO).into_iter().filter(|line| !line.starts_with("expect = ")).collect();
    let head = head.join("\n");
    let expect = format!("[expect]\n{}", of(&EXPECT).join("\n"));
    let inline = format!("{{ {} }}", of(table).join(", "));
    match table.heading {
        "a scenario" if changed.is_some_and(|(name, _)| name == "expect") => of(&SCENARIO).join("\n"),
        "a scenario" | "[expect]" => format!("{head}\n{expect}\n"),
        "bounds" => format!("{head}\n{expect}\n[timing]\nprovisioning = {inline}\n"),
        "pages" => format!("{head}\n[expect]\n{}\n", lines(&EXPECT, Some(("pages", &inline))).join("\n")),
        heading => format!("{head}\n{expect}\n{heading}\n{}\n", of(table).join("\n")),
    }
}

fn path(table: &Table, field: &Field) -> String {
    match table.heading {
        "a scenario" => field.name.to_owned(),
        "bounds" => format!("timing.provisioning.{}", field.name),
        "pages" => format!("expect.pages.{}", field.name),
        heading => format!("{}.{}", heading.trim_matches(['[', ']']), field.name),
    }
}

fn read(table: &Table, changed: Option<(&str, &str)>) -> Result<Scenario, String> {
    let text = file(table, changed);
    Scenario::parse("own", &text).map_err(|error| format!("{error}, in\n{text}"))
}

fn every_field() -> impl Iterator<Item = (&'static Table, &'static Field)> {
    let tables = typed().into_iter().map(|typed| typed.table).chain([&BOUNDS]);
    tables.flat_map(|table| table.fields.iter().map(move |field| (table, field)))
}

#[test]
fn every_field_of_the_types_is_in_the_tables_and_no_other() {
    for typed in typed() {
        let fields = typed.table.fields.iter();
        let mut known: Vec<&str> = fields.flat_map(|field| [Some(field.name), field.also]).flatten().collect();
        let mut taken = typed.takes.to_vec();
        known.sort_unstable();
        taken.sort_unstable();
        assert!(!taken.is_empty());
        assert_eq!(known, taken, "{}", typed.name);
    }
}

#[test]
fn every_example_is_taken_and_makes_a_difference() {
    for (table, field) in every_field() {
        let with = read(table, Some((field.name, field.example))).unwrap();
        let without = read(table, None).unwrap();
        let differs = format!("{with:?}") != format!("{without:?}");
        // A required field has its example in either; a list of no tables is what there is without.
        let same = matches!(field.absent, Absent::Refused) || matches!(field.takes, Takes::Tables(_));
        assert!(differs || same, "{} {}", table.heading, field.name);
    }
}

#[test]
fn every_default_is_what_leaving_the_field_out_means() {
    for (table, field) in every_field() {
        let without = read(table, Some((field.name, "")));
        match field.absent {
            Absent::Refused => {
                let error = without.unwrap_err();
                assert!(error.contains(&format!("has no {}: ", field.name)), "{error}");
            }
            Absent::Is(value) => {
                let with = read(table, Some((field.name, value))).unwrap();
                assert_eq!(format!("{with:?}"), format!("{:?}", without.unwrap()), "{} {}", table.heading, field.name);
            }
            Absent::Means(_) => drop(without.unwrap()),
        }
    }
}

/// Values that a field of this kind does not take, those right beyond its bounds among them.
fn beyond(takes: &Takes) -> Vec<String> {
    match takes {
        Takes::Count { least, most, .. } => {
            let below = i64::from(*least) - 1;
            vec![below.to_string(), (u64::from(*most) + 1).to_string(), "1.5".to_owned(), "\"3\"".to_owned()]
        }
        Takes::Number { least, most, .. } => {
            let numbers = [format!("{:?}", least - 1e-4), format!("{:?}", most * 1.001)];
            numbers.into_iter().chain(["nan", "inf", "-inf", "\"0.5\""].map(str::to_owned)).collect()
        }
        Takes::Scale { most } => {
            vec!["0".to_owned(), "0.0".to_owned(), "nan".to_owned(), format!("{:?}", -most * 1.001)]
        }
        Takes::Duration { least, most } => {
            let (tick, far) = (SignedDuration::from_nanos(1), SignedDuration::from_secs(1));
            vec![
                format!("\"{:#}\"", *least - tick),
                format!("\"{:#}\"", *most + far),
                "\"soon\"".to_owned(),
                "3".to_owned(),
            ]
        }
        Takes::Text { .. } | Takes::Flag => vec!["3".to_owned(), "\"\"".to_owned()],
        Takes::Word(_) | Takes::Known { .. } => vec!["\"no such word\"".to_owned(), "3".to_owned()],
        Takes::Or(usual, _) => beyond(usual),
        Takes::List(_) | Takes::Serves { .. } | Takes::Table(_) | Takes::Tables(_) | Takes::Policy | Takes::Request => {
            vec!["3".to_owned()]
        }
    }
}

#[test]
fn a_wrong_value_is_named_with_what_its_field_takes() {
    for (table, field) in every_field() {
        // Any text is a name, an empty one the file's.
        let taken = |value: &String| field.name == "name" && value == "\"\"";
        for value in beyond(&field.takes).into_iter().filter(|value| !taken(value)) {
            let text = file(table, Some((field.name, &value)));
            let error = Scenario::parse("own", &text).map(drop).unwrap_err();
            let said = error.to_string();
            let expected = format!("{} = {value}: {}", path(table, field), field.takes.expected());
            assert!(said.contains(&expected), "{said}\n{expected}\n{text}");
            let line = matches!(error, ScenarioError::Malformed { line: Some(_), .. });
            assert!(line, "{said}");
        }
    }
}

#[test]
fn the_bounds_themselves_are_taken() {
    for (table, field) in every_field() {
        let bounds = match field.takes {
            Takes::Count { least, most, .. } => [least.to_string(), most.to_string()],
            Takes::Number { least, most, .. } => [format!("{least:?}"), format!("{most:?}")],
            _ => continue,
        };
        bounds.iter().for_each(|bound| drop(read(table, Some((field.name, bound))).unwrap()));
    }
}
