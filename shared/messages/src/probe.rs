//! What `meridian doctor --probe` sent to every region, and what came there.

use jiff::SignedDuration;
use serde::Serialize;

/// What came to a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// AWS's name for the region.
    pub region: String,
    /// From its writing in home until the probe was there; none of home itself, and where it did not come.
    pub replicated: Option<SignedDuration>,
    /// Whether the probe is there.
    pub is_there: bool,
    /// Whether the alarm rang already: then it tells nobody once more.
    pub rang_before: bool,
    /// Whether a person says that the page came; none where nobody was asked.
    pub paged: Option<bool>,
    /// What a service said where it did not do what it was asked.
    pub trouble: Option<String>,
}

impl Probed {
    /// Whether a wave may rely on it. Nobody may have been asked about the page.
    pub fn is_well(&self) -> bool {
        self.is_there && !self.rang_before && self.paged != Some(false) && self.trouble.is_none()
    }

    /// One line, the region under its title.
    pub fn words(&self, title: &str) -> String {
        let copy = match (self.replicated, self.is_there) {
            (Some(after), _) => format!("the probe came after {after:#}"),
            (None, true) => "the probe is written".to_owned(),
            (None, false) => "the probe did not come: see home's bucket's replication".to_owned(),
        };
        let page = match self.paged {
            _ if self.rang_before => "its alarm rings already: see what lies in its queue of dead letters",
            Some(true) => "its page came",
            Some(false) => "its page did not come: subscribe to its topic, and follow the link of the mail",
            None => "nobody was asked whether its page came",
        };
        let trouble = self.trouble.as_ref().map(|said| format!("; {said}")).unwrap_or_default();
        format!("{title}: {copy}; {page}{trouble}")
    }
}

/// What will be done, before anybody is asked.
pub fn will_probe(home: &str, regions: usize, key: &str) -> String {
    let where_to = if regions == 1 { "its one region".to_owned() } else { format!("each of {regions} regions") };
    format!(
        "{key} is written into {home}'s bucket, is copied to every region and goes by itself within days, if its bucket locks nothing; \
         and in {where_to} an alarm is made to ring for a minute, which pages whoever is on call there"
    )
}

/// Why the alarm rings, for whoever is paged.
pub const REASON: &str = "A test: somebody ran meridian doctor --probe. There is nothing to do.";

/// What a person is asked, once the alarms were set.
pub fn did_it_come(title: &str, alarm: &str) -> String {
    format!("{title}: did the page \"{alarm}\" come?")
}
