//! Percent-encoded text, in paths, query strings and forms.

/// Reads `a=1&b=2`; a name without `=` has an empty value. `+` is a space, as forms have it.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// Replaces `%2F` and the like. What is no such sequence stays as it is; bytes that are no UTF-8 become `U+FFFD`.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match after.split_at_checked(2).and_then(|(digits, after)| Some((hex(digits)?, after))) {
            Some((byte, after)) if *first == b'%' => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let read = pairs("Action=Publish&Message=50%25+of+M%C3%BCnchen&&uploads");
        let expected = [("Action", "Publish"), ("Message", "50% of München"), ("uploads", "")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(decode("a%2"), "a%2");
        assert_eq!(decode("%zz%+1%41"), "%zz%+1A");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
