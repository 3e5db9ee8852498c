//! Who may ask for a score: callers' names, and the digests of their tokens.
//!
//! A token is 256 random bits, so its SHA-256 is no secret: nobody finds the one from the other, by no list of likely tokens
//! either, for there are none. That is why digests may stand in a stack's parameters and in a function's environment, and why
//! they need no salt and no slow hash, as passwords would.

use meridian_domain::Sha256;
use std::hint::black_box;

/// Two tokens are valid for one name at once, so that a caller can change to a new one at leisure.
const TOKENS_OF_A_CALLER: usize = 2;
/// The longest token that is looked at: hashing what a stranger sends must cost nothing.
const LONGEST_TOKEN: usize = 256;

/// The callers of a region. Empty lets nobody in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers(Vec<(String, Sha256)>);

/// What is wrong with a list of callers. Values are not repeated: somebody may have put a token where its digest belongs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallersError {
    /// Not of the form.
    #[error(
        "caller {0}: expected <name>=<SHA-256 of the token, 64 hexadecimal digits>, the name of at most 32 of a-z, 0-9 \
         and -; print the digest with: printf %s \"$token\" | sha256sum"
    )]
    Form(usize),
    /// The same token twice.
    #[error("caller {0}: another caller has the same token; give each its own")]
    Shared(usize),
    /// A token too many.
    #[error("caller {name} has more than two tokens: remove the oldest; two allow a rotation")]
    TooMany {
        /// The name before the digest.
        name: String,
    },
}

impl Callers {
    /// Reads `<name>=<digest>,<name>=<digest>`, the form of the parameter `Callers`.
    ///
    /// # Errors
    /// An entry that is not of that form, a digest that stands twice, a third token of one name.
    pub fn parse(text: &str) -> Result<Self, CallersError> {
        let mut callers: Vec<(String, Sha256)> = Vec::new();
        for (entry, number) in text.split(',').filter(|entry| !entry.is_empty()).zip(1..) {
            let (name, digest) = entry.split_once('=').ok_or(CallersError::Form(number))?;
            let digest: Sha256 = digest.parse().map_err(|_| CallersError::Form(number))?;
            let named = (1..=32).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !named {
                return Err(CallersError::Form(number));
            }
            if callers.iter().any(|(_, other)| *other == digest) {
                return Err(CallersError::Shared(number));
            }
            callers.push((name.to_owned(), digest));
            if callers.iter().filter(|(other, _)| other == name).count() > TOKENS_OF_A_CALLER {
                return Err(CallersError::TooMany { name: name.to_owned() });
            }
        }
        Ok(Self(callers))
    }

    /// Whether anybody is let in at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The caller whose token this is.
    ///
    /// Every digest is compared, whole: how long it takes says nothing of which one matched, nor how much of one. (It could
    /// only tell about the digest of a guess, which says nothing about the next guess.)
    pub fn of_token(&self, token: &str) -> Option<&str> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let presented = Sha256::of(token.as_bytes());
        let mut found = None;
        for (name, digest) in &self.0 {
            if same(&presented, digest) {
                found = Some(name.as_str());
            }
        }
        found
    }
}

/// Equality that looks at all 32 bytes.
fn same(one: &Sha256, other: &Sha256) -> bool {
    let differing = one.as_bytes().iter().zip(other.as_bytes()).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(token: &str) -> String {
        Sha256::of(token.as_bytes()).to_string()
    }

    #[test]
    fn a_caller_is_known_by_either_of_two_tokens_only() {
        let list = format!("checkout={},checkout={},batch={}", digest("old"), digest("new"), digest("other"));
        let callers = Callers::parse(&list).unwrap();
        let who = |token: &str| callers.of_token(token).map(str::to_owned);
        assert_eq!([who("old"), who("new"), who("other")].map(Option::unwrap), ["checkout", "checkout", "batch"]);
        // Not by a digest, a beginning, another case, or nothing.
        for token in [digest("old").as_str(), "ol", "OLD", "old ", "", &"x".repeat(LONGEST_TOKEN + 1)] {
            assert_eq!(who(token), None, "{token}");
        }
        assert_eq!(Callers::default().of_token(""), None);
    }

    #[test]
    fn a_list_that_is_wrong_is_refused_and_not_repeated() {
        let (one, two, three) = (digest("one"), digest("two"), digest("three"));
        let refused = |list: String| {
            let error = Callers::parse(&list).unwrap_err();
            assert!(!error.to_string().contains(&one), "{error}");
            error
        };
        for entry in [&one, "a=b", &format!("={one}"), &format!("A={one}"), &format!("{}={one}", "a".repeat(33))] {
            assert_eq!(refused(format!("ok={two},{entry}")), CallersError::Form(2), "{entry}");
        }
        assert_eq!(refused(format!("a={one},b={one}")), CallersError::Shared(2));
        let name = "a".to_owned();
        assert_eq!(refused(format!("a={one},a={two},a={three}")), CallersError::TooMany { name });
        assert!(Callers::parse("").unwrap().is_empty());
    }

    /// A difference in any one byte is one.
    #[test]
    fn digests_are_compared_to_their_last_byte() {
        let one = Sha256::of(b"token");
        for at in 0..32 {
            let mut bytes = *one.as_bytes();
            bytes[at] ^= 1;
            assert!(!same(&one, &Sha256::from_bytes(bytes)), "byte {at}");
        }
        assert!(same(&one, &one.clone()));
    }
}
