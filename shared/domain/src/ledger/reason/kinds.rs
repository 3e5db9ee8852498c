//! The kinds of a reason, as JSON names them.

use super::Reason;
use serde::de::value::Error;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

impl Reason {
    /// Every kind: the name of a reason's one member in JSON. Read off the type itself, so none can be forgotten.
    pub fn kinds() -> &'static [&'static str] {
        let mut kinds: &[&str] = &[];
        // It reads no reason: it only notes what it is asked for.
        let _ = Reason::deserialize(Kinds(&mut kinds));
        kinds
    }
}

struct Kinds<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Kinds<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        kinds: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = kinds;
        Err(Error::custom("nothing to read"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("nothing to read"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_those_that_json_has() {
        let said = Reason::Said { words: "slow".to_owned(), by: None };
        for reason in [said.clone(), Reason::Several(vec![said])] {
            let json = serde_json::to_value(reason).unwrap();
            let kind = json.as_object().and_then(|own| own.keys().next()).unwrap();
            assert!(Reason::kinds().contains(&kind.as_str()), "{kind}");
        }
    }
}
