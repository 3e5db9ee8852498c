//! The forecast as a person reads it.

use crate::kind::Item;
use crate::model::{Amount, Missing};
use crate::prices::Price;
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

/// How a line of the page is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An amount, or running text.
    Plain,
    /// The head of a table.
    Head,
    /// The sum of a table.
    Total,
    /// That amounts are not what they seem.
    Warning,
}

/// One line of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLine {
    /// How it is meant.
    pub mark: Mark,
    /// Its text, without a line's end.
    pub text: String,
}

impl CostReport {
    /// The page, with running text of at most `width` columns.
    pub fn page(&self, width: usize) -> Vec<PageLine> {
        let mut page = Page { width, lines: Vec::new() };
        let Self { fleet, date, hours, .. } = self;
        page.plain(format!("The {fleet} fleet: a month of {hours} hours in US dollars, by the price table of {date}"));
        page.line(Mark::Warning, "~ an estimated price is in it: see below");
        if self.reach.together.partial {
            page.line(Mark::Warning, "? a price is missing, and what it is for is left out: see below");
        }
        page.blank();
        page.table(self);
        page.comparison(self);
        page.savings(self);
        page.ways(&self.reach);
        page.beside(self);
        page.estimates(self);
        page.undated(self);
        page.missing(&self.missing);
        page.lines
    }
}

/// Running text is as wide as the format asks, such as `{report:80}`.
impl fmt::Display for CostReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = f.width().unwrap_or(WIDTH);
        self.page(width).iter().try_for_each(|line| writeln!(f, "{}", line.text))
    }
}

/// A row of a table: its name, its numbers, and how it is meant.
struct Row {
    mark: Mark,
    cells: Vec<String>,
}

impl Row {
    fn meant(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }
}

fn row(first: &str, cells: impl IntoIterator<Item = String>) -> Row {
    Row { mark: Mark::Plain, cells: std::iter::once(first.to_owned()).chain(cells).collect() }
}

/// Tables under each other whose columns agree: each table's lines.
fn aligned<const N: usize>(tables: [Vec<Row>; N]) -> [Vec<PageLine>; N] {
    let counts = tables.each_ref().map(Vec::len);
    let (marks, cells): (Vec<Mark>, Vec<Vec<String>>) =
        tables.into_iter().flatten().map(|row| (row.mark, row.cells)).unzip();
    let lines = columns(cells, Cells::Numbers).into_iter().zip(marks);
    let mut lines = lines.map(|(text, mark)| PageLine { mark, text });
    counts.map(|count| lines.by_ref().take(count).collect())
}

/// The page, as far as it is written.
struct Page {
    width: usize,
    lines: Vec<PageLine>,
}

impl Page {
    fn line(&mut self, mark: Mark, text: impl Into<String>) {
        self.lines.push(PageLine { mark, text: text.into() });
    }

    fn plain(&mut self, text: impl Into<String>) {
        self.line(Mark::Plain, text);
    }

    fn blank(&mut self) {
        self.plain("");
    }

    /// Running text behind `lead`, its further lines `indent` columns in.
    fn paragraph(&mut self, lead: &str, text: &str, indent: usize) {
        let text = format!("{lead}{}", paragraph(text, self.width, indent));
        text.lines().for_each(|line| self.plain(line));
    }

    fn table(&mut self, report: &CostReport) {
        let [items, reach, instances] = aligned([items(report), reach(report), instances(report)]);
        self.lines.extend(items);
        let Reach { front, routing, .. } = &report.reach;
        self.blank();
        self.plain(format!("and how customers reach it: front {front}, routing {routing}"));
        self.lines.extend(reach);
        self.blank();
        self.lines.extend(instances);
    }

    fn comparison(&mut self, report: &CostReport) {
        let one = &report.one_region;
        self.blank();
        let Some(ratio) = report.ratio else {
            return self.plain(format!("Not compared with what {} alone would cost: prices are missing", one.title));
        };
        self.plain(format!(
            "{ratio:.2} times what {} alone would cost for the same customers, front and routing aside",
            one.title
        ));
        self.blank();
        let head = row("", ["instances", "in one", "times", "at prices"].map(str::to_owned)).meant(Mark::Head);
        let steps = report.derivation.iter().map(|Step { what, instances, before, count_ratio, price_ratio }| {
            let number = |number: &Option<f64>| number.map(|number| format!("{number:.2}")).unwrap_or_default();
            row(what, [number(instances), number(before), number(count_ratio), format!("{price_ratio:.2}")])
        });
        let [lines] = aligned([std::iter::once(head).chain(steps).collect()]);
        self.lines.extend(lines);
    }

    fn savings(&mut self, report: &CostReport) {
        let nights = report.night_floors.iter().map(|saving| {
            let (starts, ends) = (saving.starts.strftime("%H:%M"), saving.ends.strftime("%H:%M"));
            let from =
                format!("  {}  {}, and {} from {starts} to {ends}", saving.title, saving.floor, saving.night_floor);
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
            self.blank();
            self.plain("A floor by night saves a month, against the day's at every hour");
            self.lines.extend(nights);
        }
        self.blank();
        self.plain("One instance less in a floor saves a month");
        for (line, saving) in floors.iter().zip(&report.floors) {
            let refused = saving.refused.as_ref().map(|why| format!("   refused: {why}")).unwrap_or_default();
            self.plain(format!("{}{refused}", line.text));
        }
        if !retirements.is_empty() {
            self.blank();
            self.plain("Retiring a region saves a month, its customers served from far away");
            self.lines.extend(retirements);
        }
    }

    fn ways(&mut self, reach: &Reach) {
        self.blank();
        self.plain("Each front and routing costs a month, the fleet with it, and saves");
        let rows = reach.ways.iter().map(|way| {
            let routings = way.routings.iter().map(|routing| routing.as_str()).collect::<Vec<_>>().join(", ");
            let saves = if way.deployed { "this one".to_owned() } else { money(way.saves) };
            row(&format!("  {:<6}{routings}", way.front.as_str()), [money(way.together), saves])
        });
        let [lines] = aligned([rows.collect()]);
        self.lines.extend(lines);
        if reach.unpriced.is_empty() {
            return;
        }
        let name = |own: &crate::Unpriced| {
            format!("{} in {}, {} {} a month", own.kind, own.region, grouped(&format!("{:.0}", own.units)), own.unit)
        };
        let names = reach.unpriced.iter().map(name).collect::<Vec<_>>().join("; ");
        self.paragraph("  ", &format!("? without what the table has no price for: {names}"), 4);
    }

    fn beside(&mut self, report: &CostReport) {
        self.blank();
        let aside = format!(
            "Front and routing are for {} million scoring requests a month, all at the first tier's prices. Not counted: the way \
             to customers, DNS queries, logs, requests to S3, the container's image, training, taxes, discounts, free tiers.",
            grouped(&format!("{:.0}", report.beside.million_requests)),
        );
        self.paragraph("", &aside, 0);
        let usage = &report.usage;
        let reckoned = format!(
            "Reckoned with: {:.0} requests/s on an instance, a wave every night at {} UTC, releases of {:.0} MB, each region's \
             usual day. prices.toml has the rest.",
            usage.requests_per_instance,
            usage.wave_starts.strftime("%H:%M"),
            1000.0 * usage.model_gb
        );
        self.paragraph("", &reckoned, 0);
    }

    fn estimates(&mut self, report: &CostReport) {
        let estimated: Vec<_> =
            report.prices.iter().filter_map(|price| Some((price, price.estimate.as_ref()?))).collect();
        if estimated.is_empty() {
            return;
        }
        self.blank();
        self.plain(format!("Estimates: {} of the {} prices of these regions", estimated.len(), report.prices.len()));
        for (price, how) in estimated {
            let estimate =
                format!("{} in {}, ${} per {}: {how}", price.kind, place(price, report), price.usd, price.unit);
            self.paragraph("  ", &estimate, 4);
        }
    }

    /// Prices whose age is unknown.
    fn undated(&mut self, report: &CostReport) {
        if report.undated == 0 {
            return;
        }
        let undated = report.prices.iter().filter(|price| price.is_undated());
        let names: Vec<String> = undated.map(|price| format!("{} in {}", price.kind, place(price, report))).collect();
        let (count, all, names) = (report.undated, report.prices.len(), names.join("; "));
        self.blank();
        self.paragraph("", &format!("Undated: {count} of the {all} prices of these regions: {names}"), 2);
    }

    /// What the table lacks, and the row to add for it.
    fn missing(&mut self, missing: &[Missing]) {
        let Some(Missing { kind, region, instance_type }) = missing.first() else { return };
        self.blank();
        self.plain("Prices that are missing; amounts with ? are without them");
        for Missing { kind, region, instance_type } in missing {
            let of = instance_type.as_ref().map(|of| format!(" for {of}")).unwrap_or_default();
            self.plain(format!("  price.{kind}: none in {region}{of}"));
        }
        self.blank();
        let advice = "Write what each of them costs and where you read it into a file, and give it with --prices FILE:";
        self.paragraph("", advice, 0);
        self.blank();
        self.plain("[[price]]");
        self.plain(format!("kind = \"{kind}\""));
        self.plain(format!("region = \"{region}\""));
        if let Some(of) = instance_type {
            self.plain(format!("instance_type = \"{of}\""));
        }
        self.plain(format!("unit = \"{}\"", kind.unit()));
        ["usd = 0.0", "source = \"\"", "as_of = \"\""].into_iter().for_each(|line| self.plain(line));
    }
}

/// Where a price holds.
fn place<'a>(price: &'a Price, report: &CostReport) -> &'a str {
    let alone = report.prices.iter().filter(|other| other.kind == price.kind).count() == 1;
    match price.region.as_str() {
        "*" if alone => "every region",
        "*" => "every other region",
        region => region,
    }
}

fn items(report: &CostReport) -> Vec<Row> {
    let one = &report.one_region;
    let titles = report.regions.iter().map(|region| region.title.clone());
    let head = row("", titles.chain(["fleet".to_owned(), format!("{} alone", one.title)])).meant(Mark::Head);
    let of = |items: &[ItemCost], item: Item| {
        let found = items.iter().find(|cost| cost.item == item);
        found.map(|cost| cost.amount).unwrap_or_default()
    };
    let each = Item::ALL.iter().map(|&item| {
        let regions = report.regions.iter().map(|region| of(&region.items, item));
        row(item.title(), regions.chain([of(&report.items, item), of(&one.items, item)]).map(money))
    });
    let totals = report.regions.iter().map(|region| region.total);
    let total = row("total", totals.chain([report.total, one.total]).map(money)).meant(Mark::Total);
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
    each.chain([together.meant(Mark::Total)]).collect()
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
