//! The forecast as a person reads it.

use crate::kind::Item;
use crate::model::{Amount, Missing};
use crate::reach::Reach;
use crate::report::{CostReport, ItemCost, Step};
use meridian_messages::layout::{Cells, WIDTH, columns, grouped, paragraph};
use std::fmt;

impl CostReport {
    /// What the fleet costs in a month, in one line.
    pub fn sum(&self) -> String {
        let without = match self.missing.len() {
            0 => String::new(),
            missing => format!(", without {missing} missing prices"),
        };
        format!("The {} fleet: {} US dollars a month{without}", self.fleet, money(self.total))
    }
}

/// Running text is as wide as the format asks, such as `{report:80}`.
impl fmt::Display for CostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fleet, date, hours, .. } = self;
        writeln!(f, "The {fleet} fleet: a month of {hours} hours in US dollars, by the price table of {date}")?;
        writeln!(f, "~ an estimated price is in it: see below")?;
        if self.reach.together.partial {
            writeln!(f, "? a price is missing, and what it is for is left out: see below")?;
        }
        writeln!(f)?;
        table(f, self)?;
        comparison(f, self)?;
        savings(f, self)?;
        ways(f, &self.reach)?;
        beside(f, self)?;
        estimates(f, self)?;
        missing(f, &self.missing)
    }
}

fn width(f: &fmt::Formatter<'_>) -> usize {
    f.width().unwrap_or(WIDTH)
}

/// A row's first cell and its numbers.
type Row = Vec<String>;

/// Tables under each other whose columns agree: each table's lines.
fn aligned<const N: usize>(tables: [Vec<Row>; N]) -> [Vec<String>; N] {
    let counts = tables.each_ref().map(Vec::len);
    let mut lines = columns(tables.into_iter().flatten(), Cells::Numbers).into_iter();
    counts.map(|count| lines.by_ref().take(count).collect())
}

fn write_all(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(f, "{line}"))
}

fn row(first: &str, cells: impl IntoIterator<Item = String>) -> Row {
    std::iter::once(first.to_owned()).chain(cells).collect()
}

fn table(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let [items, reach, instances] = aligned([items(report), reach(report), instances(report)]);
    write_all(f, &items)?;
    let Reach { front, routing, .. } = &report.reach;
    writeln!(f, "\nand how customers reach it: front {front}, routing {routing}")?;
    write_all(f, &reach)?;
    writeln!(f)?;
    write_all(f, &instances)
}

fn items(report: &CostReport) -> Vec<Row> {
    let one = &report.one_region;
    let titles = report.regions.iter().map(|region| region.title.clone());
    let head = row("", titles.chain(["fleet".to_owned(), format!("{} alone", one.title)]));
    let of = |items: &[ItemCost], item: Item| {
        let found = items.iter().find(|cost| cost.item == item);
        found.map(|cost| cost.amount).unwrap_or_default()
    };
    let each = Item::ALL.iter().map(|&item| {
        let regions = report.regions.iter().map(|region| of(&region.items, item));
        row(item.title(), regions.chain([of(&report.items, item), of(&one.items, item)]).map(money))
    });
    let totals = report.regions.iter().map(|region| region.total);
    let total = row("total", totals.chain([report.total, one.total]).map(money));
    std::iter::once(head).chain(each).chain([total]).collect()
}

/// What front and routing are paid for, under the fleet's total.
fn reach(report: &CostReport) -> Vec<Row> {
    let Reach { lines, together, .. } = &report.reach;
    let each = lines
        .iter()
        .map(|line| row(line.line.title(), line.regions.iter().map(|own| own.amount).chain([line.amount]).map(money)));
    let own = |(place, region): (usize, &crate::RegionCost)| {
        region.total + lines.iter().filter_map(|line| Some(line.regions.get(place)?.amount)).sum()
    };
    let together = row("together", report.regions.iter().enumerate().map(own).chain([*together]).map(money));
    each.chain([together]).collect()
}

fn instances(report: &CostReport) -> Vec<Row> {
    let one = &report.one_region;
    let each = |of: fn(&crate::RegionCost) -> String| report.regions.iter().map(of);
    let floors: u32 = report.regions.iter().map(|region| region.floor).sum();
    let floor = each(|region| region.floor.to_string()).chain([floors.to_string(), one.floor.to_string()]);
    let mut rows = vec![row("floor", floor)];
    if report.regions.iter().any(|region| region.night_floor.is_some()) {
        // Nights of different zones are at different hours: they have no sum.
        let fleet = each(|region| region.night_floor.unwrap_or(region.floor).to_string());
        rows.push(row(
            "floor by night",
            fleet.chain([String::new(), one.night_floor.unwrap_or(one.floor).to_string()]),
        ));
    }
    let mean: f64 = report.regions.iter().map(|region| region.instances).sum();
    let means = each(|region| format!("{:.2}", region.instances));
    rows.push(row("instances, mean", means.chain([format!("{mean:.2}"), format!("{:.2}", one.instances)])));
    rows.push(row("requests/s at the peak", each(|region| format!("{:.0}", region.peak_rps))));
    rows.push(row("minutes doubled a night", each(|region| format!("{:.0}", region.double_minutes))));
    rows
}

fn comparison(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let one = &report.one_region;
    let Some(ratio) = report.ratio else {
        return writeln!(f, "\nNot compared with what {} alone would cost: prices are missing", one.title);
    };
    writeln!(
        f,
        "\n{ratio:.2} times what {} alone would cost for the same customers, front and routing aside\n",
        one.title
    )?;
    let head = row("", ["instances", "in one", "times", "at prices"].map(str::to_owned));
    let steps = report.derivation.iter().map(|Step { what, instances, before, count_ratio, price_ratio }| {
        let number = |number: &Option<f64>| number.map(|number| format!("{number:.2}")).unwrap_or_default();
        row(what, [number(instances), number(before), number(count_ratio), format!("{price_ratio:.2}")])
    });
    write_all(f, &columns(std::iter::once(head).chain(steps), Cells::Numbers))
}

fn savings(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    let nights = report.night_floors.iter().map(|saving| {
        let (starts, ends) = (saving.starts.strftime("%H:%M"), saving.ends.strftime("%H:%M"));
        let from = format!("  {}  {}, and {} from {starts} to {ends}", saving.title, saving.floor, saving.night_floor);
        row(&from, [saved(saving.saves)])
    });
    let floors = report
        .floors
        .iter()
        .map(|saving| row(&format!("  {}  {} to {}", saving.title, saving.from, saving.to), [saved(saving.saves)]));
    let retirements = report
        .retirements
        .iter()
        .map(|saving| row(&format!("  {}  served by {}", saving.title, saving.served_by), [saved(saving.saves)]));
    let [nights, floors, retirements] = aligned([nights.collect(), floors.collect(), retirements.collect()]);
    if !nights.is_empty() {
        writeln!(f, "\nA floor by night saves a month, against the day's at every hour")?;
        write_all(f, &nights)?;
    }
    writeln!(f, "\nOne instance less in a floor saves a month")?;
    for (line, saving) in floors.iter().zip(&report.floors) {
        let refused = saving.refused.as_ref().map(|why| format!("   refused: {why}")).unwrap_or_default();
        writeln!(f, "{line}{refused}")?;
    }
    if !retirements.is_empty() {
        writeln!(f, "\nRetiring a region saves a month, its customers served from far away")?;
        write_all(f, &retirements)?;
    }
    Ok(())
}

fn ways(f: &mut fmt::Formatter<'_>, reach: &Reach) -> fmt::Result {
    writeln!(f, "\nEach front and routing costs a month, the fleet with it, and saves")?;
    let rows = reach.ways.iter().map(|way| {
        let routings = way.routings.iter().map(|routing| routing.as_str()).collect::<Vec<_>>().join(", ");
        let saves = if way.deployed { "this one".to_owned() } else { money(way.saves) };
        row(&format!("  {:<6}{routings}", way.front.as_str()), [money(way.together), saves])
    });
    write_all(f, &columns(rows, Cells::Numbers))?;
    if reach.unpriced.is_empty() {
        return Ok(());
    }
    let name = |own: &crate::Unpriced| {
        format!("{} in {}, {} {} a month", own.kind, own.region, grouped(&format!("{:.0}", own.units)), own.unit)
    };
    let names = reach.unpriced.iter().map(name).collect::<Vec<_>>().join("; ");
    writeln!(f, "  {}", paragraph(&format!("? without what the table has no price for: {names}"), width(f), 4))
}

fn beside(f: &mut fmt::Formatter<'_>, report: &CostReport) -> fmt::Result {
    writeln!(f)?;
    let aside = format!(
        "Front and routing are for {} million scoring requests a month, all at the first tier's prices. Not counted: the way \
             to customers, DNS queries, logs, requests to S3, the container's image, training, taxes, discounts, free tiers.",
        grouped(&format!("{:.0}", report.beside.million_requests)),
    );
    writeln!(f, "{}", paragraph(&aside, width(f), 0))?;
    let usage = &report.usage;
    let reckoned = format!(
        "Reckoned with: {:.0} requests/s on an instance, a wave every night at {} UTC, releases of {:.0} MB, each region's \
             usual day. prices.toml has the rest.",
        usage.requests_per_instance,
        usage.wave_starts.strftime("%H:%M"),
        1000.0 * usage.model_gb
    );
    writeln!(f, "{}", paragraph(&reckoned, width(f), 0))
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
        let estimate = format!("{} in {region}, ${} per {}: {how}", price.kind, price.usd, price.unit);
        writeln!(f, "  {}", paragraph(&estimate, width(f), 4))?;
    }
    Ok(())
}

/// What the table lacks, and the row to add for it.
fn missing(f: &mut fmt::Formatter<'_>, missing: &[Missing]) -> fmt::Result {
    let Some(Missing { kind, region, instance_type }) = missing.first() else { return Ok(()) };
    writeln!(f, "\nPrices that are missing; amounts with ? are without them")?;
    for Missing { kind, region, instance_type } in missing {
        let of = instance_type.as_ref().map(|of| format!(" for {of}")).unwrap_or_default();
        writeln!(f, "  price.{kind}: none in {region}{of}")?;
    }
    let advice = "Write what each of them costs and where you read it into a file, and give it with --prices:";
    writeln!(f, "\n{}\n", paragraph(advice, width(f), 0))?;
    writeln!(f, "[[price]]\nkind = \"{kind}\"\nregion = \"{region}\"")?;
    if let Some(of) = instance_type {
        writeln!(f, "instance_type = \"{of}\"")?;
    }
    writeln!(f, "unit = \"{}\"\nusd = 0.0\nsource = \"\"\nas_of = \"\"", kind.unit())
}

/// The difference of two forecasts: no number where a price is missing in them.
fn saved(amount: Amount) -> String {
    if amount.partial { "?".to_owned() } else { money(amount) }
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
