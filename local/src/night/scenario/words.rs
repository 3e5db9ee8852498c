//! The names that a type takes, as its own deserialisation says: the fields of a struct, the words of an enum.

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

/// The fields of a struct or the words of an enum, aliases included; none of any other type.
pub(super) fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It asks for its names, and is then told that there is nothing to read.
    let _nothing = T::deserialize(Asked(&mut names));
    names
}

/// The words of an enum.
pub(super) fn words_of<T: DeserializeOwned>() -> Vec<String> {
    names_of::<T>().iter().map(|name| (*name).to_owned()).collect()
}

struct Asked<'a>(&'a mut &'static [&'static str]);

impl Asked<'_> {
    fn for_names<T>(self, names: &'static [&'static str]) -> Result<T, Error> {
        *self.0 = names;
        Err(Error::custom("only the names were asked for"))
    }
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.for_names(fields)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.for_names(words)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        self.for_names(&[])
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}
