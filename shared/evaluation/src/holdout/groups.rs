//! A column of names: the different ones, and which of them each record has.

use std::io::{self, ErrorKind, Read, Write};

/// Bytes of a name: it stands in reports and errors.
pub(super) const MAX_NAME: usize = 64;
/// More names than this is a wrong column.
pub(crate) const MAX_NAMES: usize = 64;

/// Records in groups by the value that a column has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    names: Vec<String>,
    of: Vec<u16>,
}

/// Why a name is not taken.
pub(super) enum Unnameable {
    TooLong,
    TooMany,
}

impl Groups {
    /// The different names; sorted, once the whole file is read.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Every record's name, as an index into [`Groups::names`].
    pub fn of_records(&self) -> &[u16] {
        &self.of
    }

    /// Adds a record.
    pub(super) fn push(&mut self, name: &str) -> Result<(), Unnameable> {
        if name.len() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Unnameable::TooLong);
        }
        let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        if self.names.len() > MAX_NAMES {
            return Err(Unnameable::TooMany);
        }
        self.of.push(index as u16);
        Ok(())
    }

    /// Sorts the names, so that nothing depends on the order of the records.
    pub(super) fn sort(&mut self) {
        let names = std::mem::take(&mut self.names);
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let place = |name: &String| sorted.binary_search(name).unwrap_or_default() as u16;
        let places: Vec<u16> = names.iter().map(place).collect();
        for group in &mut self.of {
            *group = places.get(usize::from(*group)).copied().unwrap_or_default();
        }
        self.names = sorted;
    }

    /// Writes the groups for [`Groups::read`].
    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&[self.names.len() as u8])?;
        for name in &self.names {
            output.write_all(&[name.len() as u8])?;
            output.write_all(name.as_bytes())?;
        }
        self.of.iter().try_for_each(|group| output.write_all(&group.to_le_bytes()))
    }

    /// What was [written](Groups::write) of so many records.
    pub(super) fn read(input: &mut impl Read, records: usize) -> io::Result<Groups> {
        let [count] = super::table::take(input)?;
        let mut names = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let [length] = super::table::take(input)?;
            let mut name = vec![0; usize::from(length)];
            input.read_exact(&mut name)?;
            names.push(String::from_utf8(name).map_err(|_| ErrorKind::InvalidData)?);
        }
        let of = super::table::each(input, records, u16::from_le_bytes)?;
        Ok(Groups { names, of })
    }
}

/// The records that have no value in a column of slices.
const MISSING: &str = "(missing)";

/// A column whose values become slices; [`None`] once its values are too many or too long for that.
#[derive(Clone, Debug)]
pub(super) struct Slicing(pub(super) Option<Groups>);

impl Slicing {
    pub(super) fn push(&mut self, value: Option<&str>) {
        let value = value.map(str::trim).filter(|value| !value.is_empty()).unwrap_or(MISSING);
        if self.0.as_mut().is_some_and(|groups| groups.push(value).is_err()) {
            self.0 = None;
        }
    }

    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&[u8::from(self.0.is_some())])?;
        self.0.as_ref().map_or(Ok(()), |groups| groups.write(output))
    }

    pub(super) fn read(input: &mut impl Read, records: usize) -> io::Result<Slicing> {
        let [is_some] = super::table::take(input)?;
        Ok(Slicing(if is_some == 1 { Some(Groups::read(input, records)?) } else { None }))
    }
}
