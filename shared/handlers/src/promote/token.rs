//! What one call of an action tells the next: CodePipeline hands a continuation token back as it was given.

use jiff::Timestamp;
use meridian_domain::RegionName;
use meridian_domain::plan::Silence;
use std::fmt;

/// A continuation token: `since=2026-11-20T03:02:00Z`, or `since=2026-11-20T03:02:00Z,silent=sa-east-1@2026-11-20T03:47:10Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// When the action was first called: patience has a beginning.
    pub since: Timestamp,
    /// The region that was waited for last: an illness that comes and goes has one end.
    pub silence: Option<Silence>,
}

impl Token {
    /// That of an action's first call.
    pub fn first(now: Timestamp) -> Self {
        Self { since: now, silence: None }
    }

    /// What a token says; none where it is not one of these.
    pub fn read(text: &str) -> Option<Self> {
        let (since, silence) = match text.split_once(',') {
            Some((since, silence)) => (since, Some(read_silence(silence)?)),
            None => (text, None),
        };
        Some(Self { since: since.strip_prefix("since=")?.parse().ok()?, silence })
    }
}

fn read_silence(text: &str) -> Option<Silence> {
    let (region, seen) = text.strip_prefix("silent=")?.split_once('@')?;
    Some(Silence { region: region.parse::<RegionName>().ok()?, seen: seen.parse().ok()? })
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "since={}", self.since)?;
        match &self.silence {
            Some(Silence { region, seen }) => write!(f, ",silent={region}@{seen}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_to_the_next_call_what_this_one_knew() {
        let since = "2026-11-20T03:02:00Z".parse().unwrap();
        let silence = Silence { region: "sa-east-1".parse().unwrap(), seen: "2026-11-20T03:47:10.5Z".parse().unwrap() };
        for token in [Token::first(since), Token { since, silence: Some(silence) }] {
            assert_eq!(Token::read(&token.to_string()), Some(token));
        }
    }

    #[test]
    fn what_is_no_token_begins_anew() {
        let time = "2026-11-20T03:02:00Z";
        let texts = [
            String::new(),
            time.to_owned(),
            "since=yesterday".to_owned(),
            format!("since={time},"),
            format!("since={time},silent=sa-east-1"),
            format!("since={time},silent=SA@{time}"),
            format!("since={time},silent=sa-east-1@soon"),
        ];
        for text in texts {
            assert_eq!(Token::read(&text), None, "{text}");
        }
    }
}
