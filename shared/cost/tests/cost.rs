//! What a forecast promises, on the reference fleet and the repository's table.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_cost::{BUILT_IN, CostReport, Item, ItemCost, Price, PriceKind, PriceTable, Way, report};
use meridian_domain::{Fleet, Region};
use proptest::prelude::*;

const POLICY: &str = include_str!("../../../local/fleets/reference/fleet.toml");
const PAGE: &str = include_str!("../../../docs/cost.md");

fn table() -> PriceTable {
    PriceTable::parse(BUILT_IN).unwrap()
}

fn of(policy: &str) -> CostReport {
    report(&Fleet::parse(policy).unwrap(), &table(), Way::default())
}

fn usual() -> CostReport {
    of(POLICY)
}

/// The policy with one region's floor changed.
fn floor(region: &str, from: u32, to: u32) -> String {
    let at = POLICY.find(&format!("name = \"{region}\"")).unwrap();
    let (before, after) = POLICY.split_at(at);
    let changed = after.replacen(&format!("instances = {from}"), &format!("instances = {to}"), 1);
    assert_ne!(after, changed);
    format!("{before}{changed}")
}

fn usd(items: &[ItemCost], item: Item) -> f64 {
    items.iter().find(|cost| cost.item == item).unwrap().amount.usd
}

/// `1,234`, of less than a million.
fn grouped(number: f64) -> String {
    let whole = format!("{number:.0}");
    let (thousands, rest) = whole.split_at(whole.len().saturating_sub(3));
    if thousands.is_empty() { whole } else { format!("{thousands},{rest}") }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn the_page() {
    insta::assert_snapshot!("page", usual().to_string());
}

#[test]
fn the_total_is_the_sum_of_its_items_and_of_its_regions() {
    let report = usual();
    let items: f64 = report.items.iter().map(|cost| cost.amount.usd).sum();
    let regions: f64 = report.regions.iter().map(|region| region.total.usd).sum();
    assert!(near(report.total.usd, items) && near(report.total.usd, regions), "{} {items} {regions}", report.total.usd);
    for region in &report.regions {
        let items: f64 = region.items.iter().map(|cost| cost.amount.usd).sum();
        assert!(near(region.total.usd, items), "{}: {} {items}", region.title, region.total.usd);
    }
    let one = &report.one_region;
    assert!(near(one.total.usd, one.items.iter().map(|cost| cost.amount.usd).sum()));
}

/// Its files and its watch are paid for, and nothing that runs.
#[test]
fn a_pilot_light_costs_no_instance_while_no_region_is_lost() {
    let dark = of(&POLICY.replacen("name = \"sa-east-1\"", "name = \"sa-east-1\"\nkind = \"pilot-light\"", 1));
    let brazil = &dark.regions[3];
    for item in [Item::Floors, Item::Peaks, Item::DoubleRunning, Item::Payload] {
        assert_eq!(usd(&brazil.items, item), 0.0, "{item:?}");
    }
    assert_eq!((brazil.floor, brazil.instances), (0, 0.0));
    assert!(usd(&brazil.items, Item::Storage) > 0.0);
}

#[test]
fn a_floors_saving_is_the_difference_of_two_forecasts() {
    // fleet.toml refuses a floor of 1, so the larger one is the fleet that saves.
    for (region, from, place) in [("eu-west-1", 3, 0), ("ap-southeast-2", 2, 1), ("sa-east-1", 2, 3)] {
        let larger = of(&floor(region, from, from + 1));
        let saves = larger.floors[place].saves.usd;
        assert!(near(saves, larger.total.usd - usual().total.usd), "{region}: {saves}");
        assert!(saves > 0.0);
        assert_eq!((larger.floors[place].from, larger.floors[place].to), (from + 1, from));
    }
}

#[test]
fn a_floor_that_policy_refuses_says_so() {
    let refused: Vec<bool> = usual().floors.iter().map(|saving| saving.refused.is_some()).collect();
    assert_eq!(refused, [false, true, true, true]);
    assert!(Fleet::parse(&floor("sa-east-1", 2, 1)).is_err());
}

#[test]
fn a_retirements_saving_is_the_difference_of_two_forecasts() {
    let report = usual();
    // Brazil's customers are served by home, whose peak is another's hour: one more customer of home's zone is not the same.
    let at = POLICY.find("[[region]]\nname = \"sa-east-1\"").unwrap();
    let end = POLICY.find("# When nothing starts").unwrap();
    let without = format!("{}{}", &POLICY[..at], &POLICY[end..]);
    let freeze = without.find("[[freeze]]\nname = \"brazil-year-end\"").unwrap();
    let fewer = of(&without[..freeze]);
    let saving = report.retirements[3].saves.usd;
    assert_eq!(report.retirements[3].served_by.as_str(), "eu-west-1");
    // Gone at all they would save more: home pays for the requests that it takes over, and for instances where it needs them.
    let gone = report.total.usd - fewer.total.usd;
    assert!(saving < gone, "{saving} {gone}");
    assert!(gone - saving < usd(&report.regions[3].items, Item::Payload) + 40.0, "{saving} {gone}");
}

#[test]
fn whoever_is_left_is_home_when_home_retires() {
    let report = usual();
    assert_eq!(report.retirements[0].served_by.as_str(), "ap-southeast-2");
    assert_eq!(report.retirements.len(), 4);
}

#[test]
fn double_running_grows_with_bake_soak_and_provisioning() {
    let (usual, longer) = (usual(), of(&POLICY.replace("soak = \"10m\"", "soak = \"40m\"")));
    for (before, after) in usual.regions.iter().zip(&longer.regions) {
        assert!(near(after.double_minutes, before.double_minutes + 30.0));
        let each = |region: &meridian_cost::RegionCost| usd(&region.items, Item::DoubleRunning) / region.double_minutes;
        assert!(near(each(before), each(after)), "{}: {} {}", before.title, each(before), each(after));
    }
    // Provisioning 3, the bake, shift 1, soak 10; and instances x hours x nights x price. Dublin has two at that hour.
    let (eu, bake) = (&usual.regions[0], Fleet::parse(POLICY).unwrap().regions[0].bake.as_secs_f64() / 60.0);
    assert!(near(eu.double_minutes, 3.0 + bake + 1.0 + 10.0));
    assert!(near(usd(&eu.items, Item::DoubleRunning), 2.0 * eu.double_minutes / 60.0 * 730.0 / 24.0 * 0.257));
}

#[test]
fn each_style_pays_for_its_own_kind_of_second_fleet() {
    let (others, own) = POLICY.split_once("name = \"sa-east-1\"").unwrap();
    let bake = own.lines().find(|line| line.starts_with("bake = ")).unwrap();
    let br = |text: &str| of(&format!("{others}name = \"sa-east-1\"{}", own.replace(bake, text))).regions[3].clone();
    let canary = br("bake = \"10m\"");
    assert!(near(canary.double_minutes, 3.0 + 10.0 + 1.0 + 10.0));
    // Four steps of a quarter are three waits.
    let linear = br("style = \"linear\"\nstep = 25\nbake = \"10m\"");
    assert!(near(linear.double_minutes, 3.0 + 30.0 + 1.0 + 10.0));
    let at_once = br("kind = \"warm-standby\"\nbake = \"10m\"");
    assert!(near(at_once.double_minutes, canary.double_minutes));
    // A batch of half the fleet beside it, and nothing soaks.
    let rolling = br("kind = \"warm-standby\"\nstyle = \"rolling\"\nbatch = 50\nbake = \"10m\"");
    assert!(near(rolling.double_minutes, 3.0 + 10.0 + 1.0));
    assert!(near(usd(&rolling.items, Item::DoubleRunning), 14.0 / 60.0 * 730.0 / 24.0 * 0.366));
}

#[test]
fn instances_that_carry_more_leave_only_the_floors() {
    // 1,200 requests a second on three instances: then even one region never leaves its floor.
    let carries_more = POLICY.replace("requests_per_instance = 250", "requests_per_instance = 400");
    let report = of(&carries_more);
    let nights = 5.0 / 24.0;
    assert!(near(report.one_region.instances, 3.0 - nights), "{}", report.one_region.instances);
    assert!(near(report.derivation[3].count_ratio.unwrap(), (9.0 - nights) / (3.0 - nights)));
}

#[test]
fn the_ratio_against_one_region_comes_of_the_same_prices() {
    let report = usual();
    assert!(near(report.ratio.unwrap(), report.total.usd / report.one_region.total.usd));
    assert!(near(report.derivation.last().unwrap().price_ratio, report.ratio.unwrap()));
    // Twice every price is twice the total, and the same ratio.
    let mut table = table();
    table.prices.iter_mut().for_each(|price| price.usd *= 2.0);
    let dearer = meridian_cost::report(&Fleet::parse(POLICY).unwrap(), &table, Way::default());
    assert!(near(dearer.ratio.unwrap(), report.ratio.unwrap()), "{:?} {:?}", dearer.ratio, report.ratio);
    assert!(near(dearer.total.usd, 2.0 * report.total.usd));
}

#[test]
fn the_rule_of_thumb_is_eight_instances_against_three() {
    let report = usual();
    let [thumb, floors, ..] = &report.derivation[..] else { panic!("{:?}", report.derivation) };
    assert_eq!((thumb.instances, thumb.before), (Some(8.0), Some(3.0)));
    assert!(near(thumb.count_ratio.unwrap(), 8.0 / 3.0));
    assert!(near(thumb.price_ratio, 2.0 * (0.257 + 0.288 + 0.298 + 0.366) / (3.0 * 0.257)));
    assert_eq!((floors.instances, floors.before), (Some(9.0), Some(3.0)));
}

#[test]
fn the_floor_is_paid_at_every_hour_and_the_peak_only_in_its_own() {
    let report = usual();
    for region in &report.regions {
        let less = f64::from(region.floor - region.night_floor.unwrap_or(region.floor)) * 5.0 / 24.0;
        let floor = f64::from(region.floor) - less;
        let hour = usd(&region.items, Item::Floors) / floor / 730.0;
        assert!(near(usd(&region.items, Item::Peaks), (region.instances - floor) * 730.0 * hour));
    }
    let busier = of(&POLICY.replace("peak_rps = 600", "peak_rps = 1600"));
    assert!(near(usd(&busier.items, Item::Floors), usd(&report.items, Item::Floors)));
    assert!(usd(&busier.items, Item::Peaks) > usd(&report.items, Item::Peaks) + 100.0);
}

#[test]
fn only_other_regions_pay_for_transfer_and_replication_time() {
    let report = usual();
    for region in &report.regions {
        let away = region.region != report.one_region.region;
        for item in [Item::Transfer, Item::ReplicationTime] {
            assert_eq!(usd(&region.items, item) > 0.0, away, "{} {item:?}", region.title);
        }
        assert!(!away || near(usd(&region.items, Item::Transfer), 0.28 * 730.0 / 24.0 * 0.02));
    }
    assert_eq!(usd(&report.one_region.items, Item::Transfer), 0.0);
}

#[test]
fn what_has_no_price_is_left_out_and_named_with_what_to_add() {
    let fleet = Fleet::parse(&POLICY.replace("sa-east-1", "eu-south-1")).unwrap();
    let told = report(&fleet, &table(), Way::default());
    let [.., japan, north] = &told.regions[..] else { panic!("{told:?}") };
    assert!(!japan.total.partial && north.total.partial && told.total.partial, "{told:?}");
    assert!(japan.total.usd > 100.0 && north.total.usd < 50.0 && told.total.usd > 3.0 * japan.total.usd, "{told:?}");
    assert_eq!((told.ratio, told.derivation.len()), (None, 0), "half a fleet is not compared");
    let page = told.to_string();
    assert!(page.contains("  price.hosting: none in eu-south-1 for ml.m6i.xlarge\n"), "{page}");
    assert!(
        page.contains("price.storage: none in eu-south-1") && !page.contains("price.transfer"),
        "home pays: {page}"
    );
    assert!(!page.contains("price.metric") && !page.contains("none in eu-west-1"), "{page}");
    let row = page.split_once("[[price]]").map(|(_, row)| format!("[[price]]{row}")).unwrap();
    assert!(row.contains("kind = \"hosting\"\nregion = \"eu-south-1\"\ninstance_type = \"ml.m6i.xlarge\"\n"), "{row}");
    // The row as it is printed, filled in.
    let filled = row.replace("usd = 0.0", "usd = 0.245").replace("= \"\"", "= \"a bill\"");
    let own = report(&fleet, &table().with(&filled).unwrap(), Way::default());
    assert!(own.missing.len() + 1 == told.missing.len() && own.regions[3].total.usd > 100.0, "{own:?}");
}

#[test]
fn an_instance_type_without_prices_is_named_with_its_row() {
    let fleet = Fleet::parse(&POLICY.replace("ml.m6i.xlarge", "ml.c6i.2xlarge")).unwrap();
    let page = report(&fleet, &table(), Way::default()).to_string();
    for region in &fleet.regions {
        let lacks = format!("  price.hosting: none in {} for ml.c6i.2xlarge\n", region.name);
        assert!(page.contains(&lacks), "{lacks}{page}");
    }
    assert!(page.contains("and give it with --prices FILE:\n\n[[price]]\nkind = \"hosting\"\n"), "{page}");
    // The row as it is printed, filled in for each region.
    let (_, row) = page.split_once("[[price]]").unwrap();
    let row = row.replace("usd = 0.0", "usd = 0.5").replace("= \"\"", "= \"a bill\"");
    let of = |region: &Region| format!("[[price]]{}\n", row.replace("eu-west-1", region.name.as_str()));
    let rows: String = fleet.regions.iter().map(of).collect();
    let own = report(&fleet, &table().with(&rows).unwrap(), Way::default());
    assert!(own.missing.is_empty() && own.ratio.is_some(), "{:?}", own.missing);
}

/// The regions of `meridian init` that the page lists as having no prices.
fn unpriced() -> Vec<&'static str> {
    let listed = PAGE.split_once("<!-- unpriced:start -->").unwrap().1.split_once("<!-- unpriced:end -->").unwrap().0;
    listed.split('`').skip(1).step_by(2).collect()
}

#[test]
fn a_region_without_prices_is_named_with_all_that_it_lacks() {
    use PriceKind::{Hosting, Storage, Transfer};
    assert!(!unpriced().is_empty());
    for region in unpriced() {
        for (place, kinds) in [("sa-east-1", &[Hosting, Storage][..]), ("eu-west-1", &[Hosting, Transfer, Storage])] {
            let fleet = Fleet::parse(&POLICY.replace(place, region)).unwrap();
            let told = report(&fleet, &table(), Way::default());
            assert!(told.missing.iter().all(|missing| missing.region.as_str() == region), "{:?}", told.missing);
            assert_eq!(told.missing.iter().map(|missing| missing.kind).collect::<Vec<_>>(), kinds, "{region}");
            let page = told.to_string();
            let says = |words: &str| assert!(page.contains(words), "{region}: {words}\n{page}");
            says("\n? a price is missing");
            kinds.iter().for_each(|kind| says(&format!("\n  price.{kind}: none in {region}")));
            says("into a file, and give it with --prices FILE:\n");
            says(&format!("\n[[price]]\nkind = \"hosting\"\nregion = \"{region}\"\n"));
        }
    }
}

#[test]
fn undated_prices_are_counted_and_named() {
    let usual = usual();
    let undated = usual.prices.iter().filter(|price| price.as_of == "undated").count();
    assert_eq!(usual.undated, undated);
    let said = format!("\nUndated: {undated} of the {} prices of these regions: ", usual.prices.len());
    assert!(undated > 0 && usual.to_string().contains(&said), "{said}\n{usual}");
    // Rows of one's own that say when, or that they do not know.
    let of = |as_of: &str| {
        let dated = |price: &Price| Price { as_of: as_of.to_owned(), ..price.clone() };
        let table = PriceTable { prices: usual.prices.iter().map(dated).collect(), ..table() };
        report(&Fleet::parse(POLICY).unwrap(), &table, Way::default())
    };
    let (dated, unknown) = (of("2026-11"), of("undated"));
    assert!(dated.undated == 0 && !dated.to_string().contains("Undated"), "{dated}");
    assert_eq!(unknown.undated, unknown.prices.len());
    let page = format!("{unknown:9999}");
    let said = "prices of these regions: hosting in eu-west-1; hosting in ap-southeast-2;";
    assert!(page.contains(said) && page.contains("; key in every region;"), "{page}");
}

#[test]
fn prices_of_ones_own_stand_before_those_built_in() {
    let row = |region: &str, usd: f64| {
        format!(
            "[[price]]\nkind = \"health-check\"\nregion = \"{region}\"\nunit = \"{}\"\nusd = {usd}\nsource = \"a bill\"\n\
             as_of = \"2026-11\"\n",
            PriceKind::HealthCheck.unit()
        )
    };
    let usd = |table: &PriceTable, region: &str| table.price(PriceKind::HealthCheck, region, "").unwrap().usd;
    let usual = table();
    let one = usual.with(&row("eu-west-1", 7.0)).unwrap();
    assert_eq!((usd(&one, "eu-west-1"), usd(&one, "sa-east-1")), (7.0, usd(&usual, "sa-east-1")));
    let all = one.with(&row("*", 8.0)).unwrap();
    assert_eq!((usd(&all, "eu-west-1"), usd(&all, "sa-east-1")), (8.0, 8.0));
    assert_eq!((all.date, &all.usage), (usual.date, &usual.usage));
    assert_eq!(usual.with("").unwrap(), usual);
    assert!(PriceTable::parse("").unwrap_err().problem.to_string().contains("date is missing"));
}

#[test]
fn an_unpriced_instance_type_is_named_in_every_region() {
    let fleet = Fleet::parse(&POLICY.replace("ml.m6i.xlarge", "ml.c7g.xlarge")).unwrap();
    let told = report(&fleet, &table(), Way::default());
    assert_eq!(told.missing.len(), 4);
    assert!(told.missing.iter().all(|missing| missing.kind == PriceKind::Hosting));
    assert!(told.to_string().contains("none in sa-east-1 for ml.c7g.xlarge"), "{told}");
}

#[test]
fn every_price_has_unit_source_and_date_and_estimates_say_how() {
    let table = table();
    assert!(table.date >= "2026-11-20".parse().unwrap());
    for price in &table.prices {
        assert_eq!(price.unit, price.kind.unit());
        assert!(!price.source.is_empty() && (price.is_undated() || price.as_of.starts_with("20")), "{price:?}");
        assert!(price.estimate.as_ref().is_none_or(|how| how.len() > 10), "{price:?}");
    }
    for kind in PriceKind::ALL {
        assert!(table.prices.iter().any(|price| price.kind == kind), "no {kind}");
    }
}

#[test]
fn a_table_that_is_wrong_is_refused_with_line_and_field() {
    let line = |text: &str| BUILT_IN.lines().position(|line| line == text).unwrap() + 1;
    let said = |from: &str, to: &str| {
        assert!(BUILT_IN.contains(from), "{from}");
        PriceTable::parse(&BUILT_IN.replacen(from, to, 1)).unwrap_err()
    };
    let row = |text: &str| Some(line(text));
    let error = said("unit = \"instance-hour\"", "unit = \"month\"");
    assert!(error.problem.to_string().starts_with("price.unit of hosting in us-east-1 is \"month\""), "{error}");
    assert_eq!(error.line, row("[[price]]"));
    assert!(said("usd = 0.23\n", "usd = -0.23\n").problem.to_string().starts_with("price.usd of hosting in us-east-1"));
    assert!(
        said("as_of = \"2026-09-27\"", "as_of = \" \"")
            .problem
            .to_string()
            .contains("price.as_of of hosting in us-east-1")
    );
    assert!(
        said("instance_type = \"ml.m6i.xlarge\"\n", "").problem.to_string().contains("price.instance_type of hosting")
    );
    assert!(
        said("region = \"ap-southeast-2\"", "region = \"us-east-1\"")
            .problem
            .to_string()
            .contains("has a hosting on line")
    );
    assert!(
        said("requests_per_instance = 250.0", "requests_per_instance = 0.0")
            .problem
            .to_string()
            .contains("at least 1 a second")
    );
    assert!(said("model_gb = 0.28", "model_gb = -1.0").problem.to_string().contains("usage.model_gb must be a number"));
    // Larger or smaller ones would make sums and ratios that are no numbers.
    for number in ["1e10", "1e308", "1e-13", "5e-324", "inf", "nan"] {
        let error = said("usd = 0.23\n", &format!("usd = {number}\n"));
        assert!(
            error.problem.to_string().contains("must be a number, 0 or from 1e-12 to 1e9, and is"),
            "{number}: {error}"
        );
    }
    let error = said("date = \"2026-11-20\"", "date = \"lately\"");
    assert!(error.to_string().starts_with(&format!("line {}: date: ", line("date = \"2026-11-20\""))), "{error}");
    assert!(said("kind = \"hosting\"", "kind = \"parking\"").problem.to_string().contains("parking"));
}

#[test]
fn an_estimated_price_marks_only_the_amounts_it_is_in() {
    let report = usual();
    let eu = &report.regions[0].items;
    let marked = |item| eu.iter().find(|cost| cost.item == item).unwrap().amount.estimate;
    assert!(marked(Item::Floors) && marked(Item::DoubleRunning) && marked(Item::Monitoring));
    assert!(!marked(Item::Payload) && !marked(Item::Storage) && !marked(Item::Lambda) && !marked(Item::Transfer));
    assert!(report.total.estimate);
}

#[test]
fn one_region_serves_the_same_requests_with_fewer_instances() {
    let report = usual();
    let requests: f64 = report.regions.iter().map(|region| region.mean_rps).sum();
    assert!(near(report.beside.million_requests, requests * 3600.0 * 730.0 / 1e6));
    assert!(near(usd(&report.one_region.items, Item::Payload), report.beside.million_requests * 4.0 * 0.016));
    assert!(report.one_region.instances < report.regions.iter().map(|region| region.instances).sum());
}

fn fields(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                found.push(name.clone());
                fields(value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_field_of_the_document_is_described() {
    let document = serde_json::to_value(usual()).unwrap();
    assert_eq!(document["schema"], 2);
    let mut found = Vec::new();
    fields(&document, &mut found);
    found.sort();
    found.dedup();
    found.retain(|word| !PAGE.contains(&format!("`{word}`")));
    assert!(found.is_empty(), "docs/cost.md does not describe {}", found.join(", "));
}

#[test]
fn the_numbers_of_the_page_are_the_forecasts() {
    let report = usual();
    let page = report.to_string();
    // What docs/cost.md quotes between its fences stands in the page, word for word.
    let quoted = PAGE.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap());
    let mut lines = 0;
    for line in quoted.flat_map(str::lines).filter(|line| !line.is_empty() && *line != "...") {
        assert!(
            page.lines().any(|said| said == line),
            "docs/cost.md quotes what the page does not say:\n{line}\n{page}"
        );
        lines += 1;
    }
    assert!(lines > 10, "{lines}");
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&format!("why it is {:.1} times what one region would cost", report.ratio.unwrap())));
    let routing = include_str!("../../../docs/routing.md");
    assert!(routing.contains(&format!("its total of about {} dollars", grouped(report.total.usd))));
    let times = report.beside.front.usd / report.total.usd;
    assert!(routing.contains(&format!("{times:.1} times all the rest")), "{times}");
    assert!(PAGE.contains(&format!("would cost {:.0} dollars more", report.night_floors[0].saves.usd)));
    let own = report.total.usd - usd(&report.items, Item::Floors) - usd(&report.items, Item::Payload);
    assert!(PAGE.contains(&format!("is {own:.0} dollars of it")), "{own}");
    let estimates = report.prices.iter().filter(|price| price.estimate.is_some()).count();
    let said = format!("{estimates} of this fleet's {} prices are estimates", report.prices.len());
    assert!(PAGE.contains(&said), "docs/cost.md does not say: {said}");
    let said = format!("{} is undated", report.undated);
    assert!(PAGE.contains(&said), "docs/cost.md does not say: {said}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn more_traffic_a_larger_floor_or_longer_soak_never_costs_less(
        peak in 1u32..4000, more in 0u32..2000, least in 2u32..12, soak in 1u32..60,
    ) {
        let policy = |peak: u32, least: u32, soak: u32| {
            let text = POLICY.replace("peak_rps = 200", &format!("peak_rps = {peak}"));
            let text = text.replace("most_instances = 8", "most_instances = 40");
            let text = text.replace("soak = \"10m\"", &format!("soak = \"{soak}m\""));
            of(&text.replace("instances = 3", &format!("instances = {least}"))).total.usd
        };
        let usual = policy(peak, least, soak);
        prop_assert!(policy(peak + more, least, soak) >= usual - 1e-9);
        prop_assert!(policy(peak, least + 1, soak) >= usual - 1e-9);
        prop_assert!(policy(peak, least, soak + 1) > usual);
    }

    #[test]
    fn every_amount_is_finite_and_grows_with_its_price(which in 0usize..1024, times in 1.0f64..10.0) {
        let mut table = table();
        let fleet = Fleet::parse(POLICY).unwrap();
        let before = report(&fleet, &table, Way::default());
        // One in four is of another fleet.
        let own = (which % 4 != 0).then(|| &before.prices[which % before.prices.len()]);
        let place = own.and_then(|own| table.prices.iter().position(|price| price == own));
        let place = place.unwrap_or(which % table.prices.len());
        let counts = before.prices.contains(&table.prices[place]);
        table.prices[place].usd *= times;
        let after = report(&fleet, &table, Way::default());
        prop_assert!(after.total.usd.is_finite() && after.ratio.is_some_and(f64::is_finite));
        prop_assert!(after.total.usd >= before.total.usd - 1e-9);
        for (after, before) in after.reach.ways.iter().zip(&before.reach.ways) {
            prop_assert!(after.together.usd.is_finite() && after.together.usd >= before.together.usd - 1e-9);
        }
        // A price that does not count here changes nothing.
        prop_assert!(counts || near(after.total.usd, before.total.usd));
    }
}
