//! Texts of a `fleet.toml` that are not what stands there. The parser passes on only what their types say of them: here they are
//! found again, by the types themselves.

use crate::fleet::image::ImageVersion;
use crate::fleet::name_error::{NameError, NameKind};
use crate::fleet::names::{
    BucketName, FleetName, KeyId, RegionName, RepositoryName, ResourceName, SecurityGroupId, Sha256, SubnetId,
};
use crate::fleet::signing::{PublicKey, PublicKeyError};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use meridian_judge::{MetricName, MetricNameError};
use serde::Serialize;
use std::ops::Range;
use std::str::FromStr;
use toml::de::{DeTable, DeValue};

/// Why a type does not take a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TextProblem {
    /// Not the name, the digest or the time that stands there.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Not a metric's name.
    #[error(transparent)]
    Metric(#[from] MetricNameError),
    /// Not a public key. The text is not repeated: it may be a private one.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
}

/// A time zone by its IANA name.
pub(super) fn time_zone(name: &str) -> Result<TimeZone, NameError> {
    TimeZone::get(name).map_err(|_| NameError::new(name, NameKind::TimeZone))
}

/// A time of day, to the minute.
pub(super) fn minute(text: &str) -> Result<Time, NameError> {
    Time::strptime("%H:%M", text).map_err(|_| NameError::new(text, NameKind::TimeOfDay))
}

/// What is wrong with the first text within these bytes of a document that its type does not take; none where all are taken.
pub(super) fn refused(document: &str, within: &Range<usize>) -> Option<TextProblem> {
    let table = DeTable::parse(document).ok()?;
    in_table(table.get_ref(), &mut Vec::new(), within)
}

fn in_table<'a>(table: &'a DeTable<'_>, path: &mut Vec<&'a str>, within: &Range<usize>) -> Option<TextProblem> {
    table.iter().find_map(|(key, value)| {
        path.push(key.get_ref());
        let own = holds(within, key.span()).then(|| of_key(path)).flatten();
        let found = own.or_else(|| in_value(value.get_ref(), value.span(), path, within));
        path.pop();
        found
    })
}

fn in_value<'a>(
    value: &'a DeValue<'_>,
    at: Range<usize>,
    path: &mut Vec<&'a str>,
    within: &Range<usize>,
) -> Option<TextProblem> {
    match value {
        DeValue::Table(table) => in_table(table, path, within),
        DeValue::Array(values) => values.iter().find_map(|value| in_value(value.get_ref(), value.span(), path, within)),
        DeValue::String(text) if holds(within, at) => of_value(path, text),
        _ => None,
    }
}

fn holds(within: &Range<usize>, at: Range<usize>) -> bool {
    within.start <= at.start && at.end <= within.end
}

/// What the type of a key says of it, where keys of that table have one.
fn of_key(path: &[&str]) -> Option<TextProblem> {
    match path {
        ["judge", "metrics", name] => no::<MetricName>(name),
        _ => None,
    }
}

/// What the type of a field says of a text, where the field has one.
fn of_value(path: &[&str], text: &str) -> Option<TextProblem> {
    match path {
        ["fleet", "name"] => no::<FleetName>(text),
        ["fleet", "home"] | ["region", "name"] | ["freeze", "regions"] => no::<RegionName>(text),
        ["fleet", "endpoint" | "variant" | "pipeline"] => no::<ResourceName>(text),
        ["region", "bucket"] => no::<BucketName>(text),
        ["region", "time_zone"] => time_zone(text).err().map(TextProblem::from),
        ["region", "vpc", "subnets"] => no::<SubnetId>(text),
        ["region", "vpc", "security_groups"] => no::<SecurityGroupId>(text),
        ["image", "repository"] => no::<RepositoryName>(text),
        ["image", "digest"] => no::<Sha256>(text),
        ["image", "version"] => no::<ImageVersion>(text),
        ["scaling", "night", "from" | "until"] => minute(text).err().map(TextProblem::from),
        ["signing", "keys", "id"] => no::<KeyId>(text),
        ["signing", "keys", "public_key"] => PublicKey::try_from(text.to_owned()).err().map(TextProblem::from),
        _ => None,
    }
}

fn no<T: FromStr<Err: Into<TextProblem>>>(text: &str) -> Option<TextProblem> {
    text.parse::<T>().err().map(Into::into)
}
