//! Pages, through each region's SNS topic.

use crate::AwsPorts;
use crate::errors::{Call, Failed, cut};
use meridian_domain::RegionName;
use meridian_handlers::ports::{Answer, Page, Pager};

/// Longest subject.
const LONGEST_SUBJECT: usize = 100;

impl Pager for AwsPorts {
    async fn page(&self, region: &RegionName, page: &Page) -> Answer<()> {
        self.clients
            .sns(region)
            .await
            .publish()
            .topic_arn(self.fleet.topic_arn(region))
            .subject(subject(&page.subject))
            .message(&page.message)
            .send()
            .await
            .map_err(|error| Call::new(region, "Publish").failed(error))?;
        Ok(())
    }
}

/// SNS refuses a subject with anything but printable ASCII, and a page that is refused wakes nobody.
fn subject(text: &str) -> String {
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    cut(text, LONGEST_SUBJECT).chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_subject_is_what_sns_takes() {
        let subject = super::subject(&format!("São Paulo\nwent back {}", "x".repeat(200)));
        assert!(subject.starts_with("S?o Paulo?went back xx"));
        assert_eq!(subject.len(), 100);
    }
}
