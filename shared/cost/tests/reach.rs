//! What front and routing cost, on the reference fleet, and the repository's table and template.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers are tests too")]

use meridian_cost::{
    BUILT_IN, CostReport, FrontKind, Item, ItemCost, Line, LineCost, PriceKind, PriceTable, Routing, Way, report,
};
use meridian_domain::Fleet;

const POLICY: &str = include_str!("../../../local/fleets/reference/fleet.toml");
const SAMCONFIG: &str = include_str!("../../../local/fleets/reference/samconfig.toml");
const TEMPLATE: &str = include_str!("../../../template.yaml");
/// Seconds of the month.
const MONTH: f64 = 730.0 * 3600.0;

fn table() -> PriceTable {
    PriceTable::parse(BUILT_IN).unwrap()
}

fn reached(front: FrontKind, routing: Routing) -> CostReport {
    report(&Fleet::parse(POLICY).unwrap(), &table(), Way::new(front, routing).unwrap())
}

fn accelerated() -> CostReport {
    reached(FrontKind::Proxy, Routing::GlobalAccelerator)
}

fn line(report: &CostReport, line: Line) -> &LineCost {
    report.reach.lines.iter().find(|cost| cost.line == line).unwrap()
}

/// What a line costs in each region.
fn each(report: &CostReport, of: Line) -> Vec<f64> {
    line(report, of).regions.iter().map(|own| own.amount.usd).collect()
}

fn has(report: &CostReport) -> Vec<Line> {
    report.reach.lines.iter().map(|cost| cost.line).collect()
}

fn usd(items: &[ItemCost], item: Item) -> f64 {
    items.iter().find(|cost| cost.item == item).unwrap().amount.usd
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

fn all_near(found: &[f64], expected: impl IntoIterator<Item = f64>) {
    let expected: Vec<f64> = expected.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(&expected).all(|(a, b)| near(*a, *b)), "{found:?} {expected:?}");
}

/// GB a month of each region's customers, requests and answers of 4 kB.
fn gb(report: &CostReport) -> Vec<f64> {
    report.regions.iter().map(|region| region.mean_rps * MONTH * 4.0 / 1e6).collect()
}

/// Every front and routing that the template takes together.
fn every_way() -> impl Iterator<Item = Way> {
    FrontKind::ALL
        .into_iter()
        .flat_map(|front| Routing::ALL.into_iter().filter_map(move |own| Way::new(front, own).ok()))
}

/// A block of the template: from its name to the next one as far in.
fn block(name: &str) -> &'static str {
    let start = TEMPLATE.find(&format!("\n  {name}:\n")).unwrap() + 1;
    let rest = &TEMPLATE[start..];
    let next = rest.match_indices("\n  ").find(|(at, _)| !rest[at + 3..].starts_with(' ')).unwrap().0;
    &rest[..next]
}

#[test]
fn the_words_and_their_defaults_are_the_templates() {
    let words = |name: &str, all: &[&str]| {
        let block = block(name);
        let listed = block.split_once("AllowedValues: [").unwrap().1.split_once(']').unwrap().0;
        assert_eq!(listed.split(", ").collect::<Vec<_>>(), all);
        block.split_once("Default: ").unwrap().1.lines().next().unwrap().to_owned()
    };
    assert_eq!(words("FrontKind", &FrontKind::ALL.map(FrontKind::as_str)), Way::default().front().as_str());
    assert_eq!(words("Routing", &Routing::ALL.map(Routing::as_str)), Way::default().routing().as_str());
    for front in FrontKind::ALL {
        assert_eq!(front.as_str().parse(), Ok(front));
    }
    for routing in Routing::ALL {
        assert_eq!(routing.as_str().parse(), Ok(routing));
    }
}

#[test]
fn an_unknown_value_is_refused_with_the_templates_values() {
    let said = "route53".parse::<Routing>().unwrap_err().to_string();
    assert!(
        said.starts_with("\"route53\" is no routing") && said.contains("none, latency, geolocation, failover"),
        "{said}"
    );
    let said = "Proxy".parse::<FrontKind>().unwrap_err().to_string();
    assert!(said.starts_with("\"Proxy\" is no front") && said.ends_with("is api, proxy"), "{said}");
}

#[test]
fn what_the_template_refuses_together_is_refused() {
    assert!(TEMPLATE.contains("Routing=global-accelerator needs FrontKind=proxy"));
    let said = Way::new(FrontKind::Api, Routing::GlobalAccelerator).unwrap_err().to_string();
    assert!(said.contains("needs front proxy, and front is api"), "{said}");
    assert_eq!(every_way().count(), 2 * 7 - 1);
}

#[test]
fn what_is_counted_is_what_the_template_makes() {
    let usage = table().usage;
    assert!(block("Proxy").contains("MemorySize: 256\n") && near(usage.calls.front.gb * 1024.0, 256.0));
    let alarms = |condition: &str| {
        TEMPLATE.matches(&format!("Type: AWS::CloudWatch::Alarm\n    Condition: {condition}\n")).count() as f64
    };
    assert!(
        near(usage.front_alarms, alarms("HasProxy") - alarms("HasApi")),
        "{} {}",
        alarms("HasProxy"),
        alarms("HasApi")
    );
    for group in ["ScoreTargets", "HealthTargets"] {
        assert!(block(group).contains("HealthCheckIntervalSeconds: !If [ByAccelerator, 10, "), "{group}");
    }
    // Two zones, each every 10 s; an address in each of the subnets that there must be.
    assert!(near(usage.balancer_checks_per_minute, 2.0 * 60.0 / 10.0));
    assert!(block("Balancer").contains("Subnets: [!Ref Subnet1, !Ref Subnet2, !If [HasSubnet3,"));
    assert!(near(usage.balancer_addresses, 2.0));
    assert!(block("Accelerator").contains("Condition: HasAccelerator\n") && block("Accelerator").contains("IPV4\n"));
    assert!(block("HealthCheck").contains("Condition: HasHealthCheck\n"));
    assert!(TEMPLATE.contains("HasHealthCheck: !And [!Condition HasName, !Not [!Condition ByAccelerator]]"));
}

#[test]
fn the_total_leaves_out_routing_and_together_includes_it() {
    for way in every_way() {
        let report = report(&Fleet::parse(POLICY).unwrap(), &table(), way);
        let reach = &report.reach;
        let lines: f64 = reach.lines.iter().map(|cost| cost.amount.usd).sum();
        let regions: f64 = reach.lines.iter().flat_map(|cost| &cost.regions).map(|own| own.amount.usd).sum();
        assert!(near(reach.total.usd, lines) && near(lines, regions), "{way:?}");
        assert!(near(reach.together.usd, report.total.usd + lines), "{way:?}");
        let items: f64 = report.items.iter().map(|cost| cost.amount.usd).sum();
        assert!(near(report.total.usd, items), "{way:?}");
    }
}

#[test]
fn an_api_is_paid_for_each_request_alone() {
    let report = reached(FrontKind::Api, Routing::Latency);
    assert_eq!(has(&report), [Line::ApiRequests]);
    assert!(near(report.reach.total.usd, report.beside.million_requests * 3.5));
    assert!(near(report.reach.total.usd, report.beside.front.usd));
}

#[test]
fn a_proxy_is_paid_by_the_hour_by_the_byte_and_by_the_call() {
    let report = reached(FrontKind::Proxy, Routing::Latency);
    use Line::{Addresses, Balancers, Capacity, FrontCalls, FrontTime};
    assert_eq!(has(&report), [Balancers, Addresses, Capacity, FrontCalls, FrontTime]);
    all_near(&each(&report, Balancers), [0.0252, 0.0252, 0.0243, 0.034].map(|hour| 730.0 * hour));
    all_near(&each(&report, Addresses), [2.0 * 730.0 * 0.005; 4]);
    let units = gb(&report).into_iter().zip([0.008, 0.008, 0.008, 0.011]);
    all_near(&each(&report, Capacity), units.map(|(gb, price)| gb / 0.4 * price));
    let calls: Vec<f64> = report.regions.iter().map(|region| region.mean_rps * MONTH).collect();
    all_near(&each(&report, FrontCalls), calls.iter().map(|calls| calls * 0.2 / 1e6));
    all_near(&each(&report, FrontTime), calls.iter().map(|calls| calls * 0.02 * 0.25 * 0.000_016_666_7));
}

#[test]
fn a_proxys_checks_go_through_no_api_and_it_has_two_alarms_more() {
    let (api, proxy) = (reached(FrontKind::Api, Routing::Latency), reached(FrontKind::Proxy, Routing::Latency));
    for (api, proxy) in api.regions.iter().zip(&proxy.regions) {
        let less = usd(&api.items, Item::HealthChecks) - usd(&proxy.items, Item::HealthChecks);
        assert!(near(less, 30.0 * 60.0 * 730.0 / 1e6 * 3.5), "{less}");
        assert!(near(usd(&proxy.items, Item::HealthChecks), 0.5 + 1.0));
        let more = usd(&proxy.items, Item::Monitoring) - usd(&api.items, Item::Monitoring);
        assert!(near(more, 2.0 * 0.1), "{more}");
        assert!(near(usd(&proxy.items, Item::Lambda), usd(&api.items, Item::Lambda)));
    }
}

#[test]
fn an_accelerator_is_paid_once_and_its_bytes_in_each_region() {
    let report = accelerated();
    all_near(&each(&report, Line::Accelerator), [730.0 * (0.025 + 2.0 * 0.005), 0.0, 0.0, 0.0]);
    let rates = gb(&report).into_iter().zip([0.015, 0.007, 0.01, 0.0]);
    all_near(&each(&report, Line::AcceleratorData), rates.map(|(gb, price)| gb * price));
}

#[test]
fn behind_an_accelerator_load_balancers_do_the_checks() {
    let (usual, behind) = (reached(FrontKind::Proxy, Routing::Latency), accelerated());
    let checks = 12.0 * 60.0 * 730.0;
    for (usual, behind) in usual.regions.iter().zip(&behind.regions) {
        assert_eq!(usd(&behind.items, Item::HealthChecks), 0.0);
        let fewer = 30.0 * 60.0 * 730.0 - checks;
        let less = usd(&usual.items, Item::Lambda) - usd(&behind.items, Item::Lambda);
        assert!(near(less, fewer * (0.2 / 1e6 + 0.1 * 0.125 * 0.000_016_666_7)), "{less}");
    }
    let more = line(&behind, Line::FrontCalls).amount.usd - line(&usual, Line::FrontCalls).amount.usd;
    assert!(near(more, 4.0 * checks * 0.2 / 1e6), "{more}");
}

#[test]
fn cloudfront_is_paid_by_request_and_byte_besides_the_checks() {
    for front in FrontKind::ALL {
        let (usual, report) = (reached(front, Routing::Latency), reached(front, Routing::Cloudfront));
        let millions: Vec<f64> = report.regions.iter().map(|region| region.mean_rps * MONTH / 1e6).collect();
        let requests = millions.iter().zip([1.2, 1.25, 1.2, 2.2]);
        all_near(&each(&report, Line::EdgeRequests), requests.map(|(millions, price)| millions * price));
        let bytes = gb(&report).into_iter().zip([0.02, 0.08, 0.06, 0.125]);
        all_near(&each(&report, Line::EdgeData), bytes.map(|(gb, price)| gb * price));
        assert!(near(report.total.usd, usual.total.usd));
    }
}

#[test]
fn the_ways_of_route_53_cost_the_same_and_none_has_no_checks() {
    let latency = reached(FrontKind::Api, Routing::Latency);
    for routing in [Routing::Geolocation, Routing::Failover, Routing::Weighted] {
        let report = reached(FrontKind::Api, routing);
        assert_eq!((report.total, &report.reach.lines), (latency.total, &latency.reach.lines));
        assert_eq!(report.reach.ways, latency.reach.ways);
    }
    let none = reached(FrontKind::Api, Routing::None);
    let checks = 4.0 * 30.0 * 60.0 * 730.0;
    let answers = checks * (0.2 / 1e6 + 0.1 * 0.125 * 0.000_016_666_7);
    assert!(near(latency.total.usd - none.total.usd, 4.0 * 1.5 + checks * 3.5 / 1e6 + answers));
}

#[test]
fn what_another_way_would_cost_is_what_its_own_forecast_says() {
    let usual = reached(FrontKind::Api, Routing::Latency);
    assert_eq!(usual.reach.ways.iter().map(|way| way.routings.len()).sum::<usize>(), every_way().count());
    for way in &usual.reach.ways {
        for routing in &way.routings {
            let own = reached(way.front, *routing);
            assert_eq!(own.reach.together, way.together, "{} {routing}", way.front);
            assert!(near(way.saves.usd, usual.reach.together.usd - own.reach.together.usd));
            let deployed: Vec<_> = own.reach.ways.iter().filter(|other| other.deployed).collect();
            assert!(matches!(deployed[..], [other] if other.routings == way.routings && other.saves.usd == 0.0));
        }
    }
}

#[test]
fn what_has_no_price_is_left_out_and_named_and_only_there() {
    let report = accelerated();
    let marked: Vec<bool> = line(&report, Line::AcceleratorData).regions.iter().map(|own| own.amount.partial).collect();
    assert_eq!(marked, [false, false, false, true]);
    assert!(report.reach.total.partial && report.reach.together.partial && !report.total.partial);
    let [unpriced] = &report.reach.unpriced[..] else { panic!("{:?}", report.reach.unpriced) };
    assert_eq!((unpriced.kind, unpriced.region.as_str()), (PriceKind::AcceleratorData, "sa-east-1"));
    assert!(near(unpriced.units, gb(&report)[3]));
    let page = report.to_string();
    assert!(
        page.contains("\n? a price is missing") && page.contains("for: accelerator-data in sa-east-1, 635 GB a month")
    );
    let usual = reached(FrontKind::Api, Routing::Latency);
    assert!(!usual.to_string().contains("\n? a price is missing"));
    let marked = usual.reach.ways.iter().filter(|way| way.together.partial).map(|way| way.routings[0]);
    assert_eq!(marked.collect::<Vec<_>>(), [Routing::GlobalAccelerator]);
}

#[test]
fn a_price_found_after_all_is_counted_and_nothing_is_named() {
    let own = "[[price]]\nkind = \"accelerator-data\"\nregion = \"sa-east-1\"\nunit = \"GB\"\nusd = 0.1\nsource = \"s\"\nas_of = \"d\"\n";
    let table = PriceTable::parse(&format!("{BUILT_IN}\n{own}")).unwrap();
    let way = Way::new(FrontKind::Proxy, Routing::GlobalAccelerator).unwrap();
    let whole = report(&Fleet::parse(POLICY).unwrap(), &table, way);
    let more = whole.reach.together.usd - accelerated().reach.together.usd;
    assert!(near(more, gb(&whole)[3] * 0.1), "{more}");
    assert!(whole.reach.unpriced.is_empty() && !whole.to_string().contains('?'));
}

#[test]
fn a_table_without_the_prices_of_other_ways_still_forecasts() {
    let mut table = table();
    table.prices.retain(|price| price.kind.is_needed());
    let of = |way| report(&Fleet::parse(POLICY).unwrap(), &table, way);
    let usual = of(Way::default());
    assert!(near(usual.reach.together.usd, reached(FrontKind::Api, Routing::Latency).reach.together.usd));
    assert!(!usual.reach.together.partial);
    let edge = of(Way::new(FrontKind::Api, Routing::Cloudfront).unwrap());
    assert!(
        line(&edge, Line::EdgeRequests).amount.partial && edge.to_string().contains("edge-request in eu-west-1, 953 ")
    );
}

#[test]
fn a_capacity_unit_that_carries_nothing_is_refused() {
    let wrong = BUILT_IN.replace("capacity_unit_gb = 0.4", "capacity_unit_gb = 0.0");
    let error = PriceTable::parse(&wrong).unwrap_err();
    assert_eq!(error.problem.to_string(), "usage.capacity_unit_gb must be more than 0");
}

/// What a page quotes of the forecast of one way: the lines between the fences after its marker.
fn quoted(page: &'static str, way: Way) -> Vec<&'static str> {
    let marker = format!("<!-- cost of {}, {} -->\n```text\n", way.front(), way.routing());
    assert!(page.contains(&marker), "no {marker}");
    let block = page.split_once(&marker).unwrap().1.split("```").next().unwrap();
    block.lines().filter(|line| !line.is_empty() && *line != "...").collect()
}

#[test]
fn the_numbers_of_the_pages_are_the_forecasts() {
    let routing = include_str!("../../../docs/routing.md");
    let proxy = reached(FrontKind::Proxy, Routing::Latency);
    let edge = reached(FrontKind::Proxy, Routing::Cloudfront);
    let accelerated = accelerated();
    for report in [&proxy, &accelerated, &edge] {
        let (page, reach) = (report.to_string(), &report.reach);
        for line in quoted(routing, Way::new(reach.front, reach.routing).unwrap()) {
            assert!(
                page.lines().any(|said| said == line),
                "a page quotes what the forecast does not say:\n{line}\n{page}"
            );
        }
    }
    let total = proxy.reach.total.usd;
    assert!(routing.contains(&format!("| ~5,835 | ~{total:.0} | 0 |")), "{total}");
    let less = (reached(FrontKind::Api, Routing::Latency).reach.total.usd - total) / 100.0;
    assert!(near(less.round(), 51.0) && SAMCONFIG.contains("some 5,100 dollars a month less"), "{less}");
    assert!(routing.contains(&format!(
        "| **~{total:.0} dollars** | {:.2} dollars a million |",
        total / proxy.beside.million_requests
    )));
    let door = |report: &CostReport, lines: &[Line]| lines.iter().map(|of| line(report, *of).amount.usd).sum::<f64>();
    let edge = door(&edge, &[Line::EdgeRequests, Line::EdgeData]);
    assert!(near((edge / 10.0).round(), 249.0) && routing.contains("**~2,490 dollars**"), "{edge}");
    assert!(routing.contains(&format!("and {:.1} times the [proxy]", edge / total)), "{}", edge / total);
    let accelerator = door(&accelerated, &[Line::Accelerator, Line::AcceleratorData]);
    assert!(routing.contains(&format!("**~{accelerator:.0} dollars** | without BR's bytes")), "{accelerator}");
}

#[test]
fn the_page_behind_an_accelerator() {
    insta::assert_snapshot!("accelerated", accelerated().to_string());
}
