//! The forecast as a person reads it.

use crate::kind::Item;
use crate::model::Amount;
use crate::reach::Reach;
use crate::report::{CostReport, ItemCost, Step};
use std::fmt;

/// Columns of running text.
const WIDTH: usize = 100;
/// Of a row's first cell.
const FIRST: usize = 24;
/// Of every further one.
const CELL: usize = 11;

impl fmt::Display for CostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fleet, date, hours, .. } = self;
        writeln!(f, "The {fleet} fleet: a month of {hours} hours in US dollars, by the price table of {date}")?;
        writeln!(f, "~ an estimated price is in it: see below")?;
        if self.reach.total.partial {
            writeln!(f, "? a price is missing, and what it is for is left out: see below")?;
        }
        writeln!(f)?;
        table(f, self)?;
        comparison(f, self)?;
        savings(f, self)?;
        ways(f, &self.reach)?;
        beside(f, self)?;
        estimates(f, self)
    }
}

fn table(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let one = &report.one_region;
    let alone = format!("{} alone", one.title);
    let titles = report.regions.iter().map(|region| region.title.clone());
    row(f, "", titles.chain(["fleet".to_owned(), alone]))?;
    let of = |items: &[ItemCost], item: Item| {
        let found = items.iter().find(|cost| cost.item == item);
        found.map(|cost| cost.amount).unwrap_or_default()
    };
    for item in Item::ALL {
        let regions = report.regions.iter().map(|region| of(&region.items, item));
        row(f, item.title(), regions.chain([of(&report.items, item), of(&one.items, item)]).map(money))?;
    }
    let totals = report.regions.iter().map(|region| region.total);
    row(f, "total", totals.chain([report.total, one.total]).map(money))?;
    reach(f, report)?;
    writeln!(f)?;
    let each = |of: fn(&crate::RegionCost) -> String| report.regions.iter().map(of).collect::<Vec<_>>();
    let floors: u32 = report.regions.iter().map(|region| region.floor).sum();
    row(
        f,
        "floor",
        each(|region| region.floor.to_string()).into_iter().chain([floors.to_string(), one.floor.to_string()]),
    )?;
    if report.regions.iter().any(|region| region.night_floor.is_some()) {
        // Nights of different zones are at different hours: they have no sum.
        let fleet = each(|region| region.night_floor.unwrap_or(region.floor).to_string());
        let one = one.night_floor.unwrap_or(one.floor).to_string();
        row(f, "floor by night", fleet.into_iter().chain([String::new(), one]))?;
    }
    let mean: f64 = report.regions.iter().map(|region| region.instances).sum();
    row(
        f,
        "instances, mean",
        each(|region| format!("{:.2}", region.instances))
            .into_iter()
            .chain([format!("{mean:.2}"), format!("{:.2}", one.instances)]),
    )?;
    row(f, "requests/s at the peak", each(|region| format!("{:.0}", region.peak_rps)))?;
    row(f, "minutes doubled a night", each(|region| format!("{:.0}", region.double_minutes)))
}

/// What front and routing are paid for, under the fleet's total.
fn reach(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let Reach { front, routing, lines, together, .. } = &report.reach;
    writeln!(f, "\nand how customers reach it: front {front}, routing {routing}")?;
    for line in lines {
        row(f, line.line.title(), line.regions.iter().map(|own| own.amount).chain([line.amount]).map(money))?;
    }
    let own = |(place, region): (usize, &crate::RegionCost)| {
        region.total + lines.iter().filter_map(|line| Some(line.regions.get(place)?.amount)).sum()
    };
    row(f, "together", report.regions.iter().enumerate().map(own).chain([*together]).map(money))
}

fn comparison(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let one = &report.one_region;
    writeln!(
        f,
        "\n{:.2} times what {} alone would cost for the same customers, front and routing aside\n",
        report.ratio, one.title
    )?;
    writeln!(f, "{:<50}{:>12}{:>12}{:>12}{:>12}", "", "instances", "in one", "times", "at prices")?;
    for Step { what, instances, before, count_ratio, price_ratio } in &report.derivation {
        let number = |number: &Option<f64>| number.map(|number| format!("{number:.2}")).unwrap_or_default();
        let cells = [number(instances), number(before), number(count_ratio), format!("{price_ratio:.2}")];
        let [instances, before, times, priced] = &cells;
        writeln!(f, "{what:<50}{instances:>12}{before:>12}{times:>12}{priced:>12}")?;
    }
    Ok(())
}

fn savings(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    if !report.night_floors.is_empty() {
        writeln!(f, "\nA floor by night saves a month, against the day's at every hour")?;
    }
    for saving in &report.night_floors {
        let (starts, ends) = (saving.starts.strftime("%H:%M"), saving.ends.strftime("%H:%M"));
        let from = format!("{}  {}, and {} from {starts} to {ends}", saving.title, saving.floor, saving.night_floor);
        writeln!(f, "  {from:<32}{:>CELL$}", money(saving.saves))?;
    }
    writeln!(f, "\nOne instance less in a floor saves a month")?;
    for saving in &report.floors {
        let refused = saving.refused.as_ref().map(|why| format!("   refused: {why}")).unwrap_or_default();
        let from = format!("{}  {} to {}", saving.title, saving.from, saving.to);
        writeln!(f, "  {from:<32}{:>CELL$}{refused}", money(saving.saves))?;
    }
    if report.retirements.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nRetiring a region saves a month, its customers served from far away")?;
    for saving in &report.retirements {
        let from = format!("{}  served by {}", saving.title, saving.served_by);
        writeln!(f, "  {from:<32}{:>CELL$}", money(saving.saves))?;
    }
    Ok(())
}

fn ways(f: &mut fmt::Formatter<'_>, reach: &Reach) -> fmt::Result {
    writeln!(f, "\nEach front and routing costs a month, the fleet with it, and saves")?;
    for way in &reach.ways {
        let routings = way.routings.iter().map(|routing| routing.as_str()).collect::<Vec<_>>().join(", ");
        let (cost, saves) = (money(way.together), money(way.saves));
        let saves = if way.deployed { "this one" } else { saves.as_str() };
        writeln!(f, "  {:<6}{routings:<43}{cost:>12}{saves:>13}", way.front.as_str())?;
    }
    if reach.unpriced.is_empty() {
        return Ok(());
    }
    let name = |own: &crate::Unpriced| {
        format!("{} in {}, {} {} a month", own.kind, own.region, grouped(&format!("{:.0}", own.units)), own.unit)
    };
    let names = reach.unpriced.iter().map(name).collect::<Vec<_>>().join("; ");
    paragraph(f, &format!("  ? without what the table has no price for: {names}"))
}

fn beside(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    writeln!(f)?;
    paragraph(
        f,
        &format!(
            "Front and routing are for {} million scoring requests a month, all at the first tier's prices. Not counted: the way \
             to customers, DNS queries, logs, requests to S3, the container's image, training, taxes, discounts, free tiers.",
            grouped(&format!("{:.0}", report.beside.million_requests)),
        ),
    )?;
    let usage = &report.usage;
    paragraph(
        f,
        &format!(
            "Reckoned with: {:.0} requests/s on an instance, a wave every night at {} UTC, releases of {:.0} MB, each region's \
             usual day. prices.toml has the rest.",
            usage.requests_per_instance,
            usage.wave_starts.strftime("%H:%M"),
            1000.0 * usage.model_gb
        ),
    )
}

fn estimates(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let estimated: Vec<_> = report.prices.iter().filter_map(|price| Some((price, price.estimate.as_ref()?))).collect();
    if estimated.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nEstimates: {} of the {} prices of these regions", estimated.len(), report.prices.len())?;
    for (price, how) in estimated {
        let alone = report.prices.iter().filter(|other| other.kind == price.kind).count() == 1;
        let region = match price.region.as_str() {
            "*" if alone => "every region",
            "*" => "every other region",
            region => region,
        };
        paragraph(f, &format!("  {} in {region}, ${} per {}: {how}", price.kind, price.usd, price.unit))?;
    }
    Ok(())
}

fn row(f: &mut fmt::Formatter<'_>, first: &str, cells: impl IntoIterator<Item = String>) -> fmt::Result {
    let mut line = format!("{first:<FIRST$}");
    for cell in cells {
        line.push_str(&format!("{cell:>CELL$}"));
    }
    writeln!(f, "{}", line.trim_end())
}

/// `~1,234.56`; `-` for nothing, `?` for what has no price.
fn money(amount: Amount) -> String {
    let part = if amount.partial { "?" } else { "" };
    if amount.usd == 0.0 {
        return if amount.partial { "?" } else { "-" }.to_owned();
    }
    let cents = format!("{:.2}", amount.usd.abs());
    let (whole, fraction) = cents.split_once('.').unwrap_or((&cents, ""));
    let sign = if amount.usd < 0.0 { "-" } else { "" };
    format!("{part}{}{sign}{}.{fraction}", if amount.estimate { "~" } else { "" }, grouped(whole))
}

/// `1,234`.
fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Lines of at most [`WIDTH`] columns; further ones stand under the first, two columns in.
fn paragraph(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let indent = text.len() - text.trim_start().len();
    let mut line = " ".repeat(indent);
    for word in text.split_whitespace() {
        let empty = line.trim().is_empty();
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(f, "{line}")?;
            line = " ".repeat(if indent == 0 { 0 } else { indent + 2 });
            line.push_str(word);
            continue;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(f, "{line}")
}
