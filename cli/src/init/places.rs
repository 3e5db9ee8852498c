//! What is known of AWS's regions: what their customers' clocks show.

use meridian_domain::RegionName;

/// The IANA time zone of the city that AWS names a region after (docs.aws.amazon.com, "AWS Regions"): traffic follows the clocks of
/// customers, who mostly live near.
const TIME_ZONES: [(&str, &str); 33] = [
    ("af-south-1", "Africa/Johannesburg"),
    ("ap-east-1", "Asia/Hong_Kong"),
    ("ap-east-2", "Asia/Taipei"),
    ("ap-northeast-1", "Asia/Tokyo"),
    ("ap-northeast-2", "Asia/Seoul"),
    ("ap-northeast-3", "Asia/Tokyo"),
    ("ap-south-1", "Asia/Kolkata"),
    ("ap-south-2", "Asia/Kolkata"),
    ("ap-southeast-1", "Asia/Singapore"),
    ("ap-southeast-2", "Australia/Sydney"),
    ("ap-southeast-3", "Asia/Jakarta"),
    ("ap-southeast-4", "Australia/Melbourne"),
    ("ap-southeast-5", "Asia/Kuala_Lumpur"),
    ("ap-southeast-7", "Asia/Bangkok"),
    ("ca-central-1", "America/Toronto"),
    ("ca-west-1", "America/Edmonton"),
    ("eu-central-1", "Europe/Berlin"),
    ("eu-central-2", "Europe/Zurich"),
    ("eu-north-1", "Europe/Stockholm"),
    ("eu-south-1", "Europe/Rome"),
    ("eu-south-2", "Europe/Madrid"),
    ("eu-west-1", "Europe/Dublin"),
    ("eu-west-2", "Europe/London"),
    ("eu-west-3", "Europe/Paris"),
    ("il-central-1", "Asia/Jerusalem"),
    ("me-central-1", "Asia/Dubai"),
    ("me-south-1", "Asia/Bahrain"),
    ("mx-central-1", "America/Mexico_City"),
    ("sa-east-1", "America/Sao_Paulo"),
    ("us-east-1", "America/New_York"),
    ("us-east-2", "America/New_York"),
    ("us-west-1", "America/Los_Angeles"),
    ("us-west-2", "America/Los_Angeles"),
];

/// The time zone of a region that is known.
pub fn time_zone(region: &RegionName) -> Option<&'static str> {
    TIME_ZONES.iter().find(|(name, _)| *name == region.as_str()).map(|(_, zone)| *zone)
}

/// What people may call a region that is given no title: `eu-central-1` is EUC1, `ap-southeast-2` APSE2.
pub fn title(region: &RegionName) -> String {
    let initials = |part: &str| match part {
        "northeast" => "NE".to_owned(),
        "southeast" => "SE".to_owned(),
        "northwest" => "NW".to_owned(),
        "southwest" => "SW".to_owned(),
        part if part.len() <= 2 => part.to_owned(),
        part => part.chars().take(1).collect(),
    };
    region.as_str().split('-').map(initials).collect::<String>().to_uppercase()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use meridian_cost::{PriceKind, PriceTable};
    use std::collections::BTreeSet;

    #[test]
    fn every_region_has_a_title_and_clocks_of_its_own() {
        let titles: BTreeSet<String> = TIME_ZONES.iter().map(|(name, _)| title(&name.parse().unwrap())).collect();
        assert_eq!(titles.len(), TIME_ZONES.len());
        assert!(titles.contains("APSE2") && titles.contains("USE1"), "{titles:?}");
        for (region, zone) in TIME_ZONES {
            assert!(TimeZone::get(zone).is_ok(), "{region}: {zone}");
        }
    }

    #[test]
    fn docs_cost_lists_the_regions_that_have_no_prices() {
        let page = include_str!("../../../docs/cost.md");
        let listed = page.split_once("<!-- unpriced:start -->").unwrap().1;
        let listed = listed.split_once("<!-- unpriced:end -->").unwrap().0;
        let table = PriceTable::built_in().unwrap();
        let lacks = |region: &str| {
            let mut needed = PriceKind::ALL.into_iter().filter(|kind| kind.is_needed() && !kind.is_homes());
            needed.any(|kind| table.price(kind, region, "ml.m6i.xlarge").is_none())
        };
        let unpriced: Vec<&str> = TIME_ZONES.iter().map(|(name, _)| *name).filter(|name| lacks(name)).collect();
        assert_eq!(listed.split('`').skip(1).step_by(2).collect::<Vec<_>>(), unpriced);
    }
}
