//! Money as text: the line under a plan, and the table of a stack.

use std::collections::BTreeMap;

use iac_core::cost::{Cost, Currency, PlanCost, ResourceCost, Total, Vat};
use iac_core::state::StackId;

use super::words::{counted, name};
use crate::layout::{CHANGE, FAINT, PLAIN, Page, STRONG};

/// One level of scope.
const INDENT: usize = 2;
/// Columns of an amount.
const AMOUNT_COLUMNS: usize = 10;
/// Narrowest column of names.
const NAME_COLUMNS_MIN: usize = 16;
/// Where there is no amount.
const NOTHING: &str = "-";

/// "Monthly cost: 20.49 EUR net -> 31.27 EUR net (+10.78); 2 resources unpriced."; nothing where no
/// price list is in use.
pub(super) fn cost_line(cost: &PlanCost, width: usize) -> String {
    let mut page = Page::new(width);
    if cost.is_known() {
        page.line(0, STRONG, &line(cost));
    }
    page.finish()
}

/// "Monthly cost now: 31.27 EUR net, 20.49 before; 2 resources unpriced."; nothing where no price list
/// is in use. `before` is the plan's.
pub(crate) fn cost_now(now: &PlanCost, before: &PlanCost, width: usize) -> String {
    let mut page = Page::new(width);
    if !now.is_known() && !before.is_known() {
        return page.finish();
    }
    let mut kinds: Vec<(Currency, Vat)> = Vec::new();
    for total in now.now.iter().chain(&before.now) {
        let kind = (total.monthly.currency(), total.vat);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let parts: Vec<String> = kinds
        .into_iter()
        .map(|(currency, vat)| {
            let (is, was) = (sum(&now.now, currency, vat), sum(&before.now, currency, vat));
            let before = if is == was { "as before".to_owned() } else { format!("{was} before") };
            format!("{is} {currency} {vat}, {before}")
        })
        .collect();
    let what = if parts.is_empty() { "nothing with a price".to_owned() } else { parts.join("; ") };
    let unpriced = match now.unpriced {
        0 => String::new(),
        count => format!("; {} unpriced", counted(count, "resource")),
    };
    page.line(0, STRONG, &format!("Monthly cost now: {what}{unpriced}."));
    page.finish()
}

fn line(cost: &PlanCost) -> String {
    let mut parts: Vec<String> = cost.differences().iter().map(|change| change_of(cost, change)).collect();
    if parts.is_empty() {
        parts.push("nothing with a price".to_owned());
    }
    let unpriced = match cost.unpriced {
        0 => String::new(),
        count => format!("; {} unpriced", counted(count, "resource")),
    };
    format!("Monthly cost: {}{unpriced}.", parts.join(", "))
}

fn change_of(cost: &PlanCost, change: &Total) -> String {
    let (currency, vat) = (change.monthly.currency(), change.vat);
    let (now, then) = (sum(&cost.now, currency, vat), sum(&cost.then, currency, vat));
    if change.monthly.is_zero() {
        return format!("{then} {currency} {vat}, as before");
    }
    format!("{now} {currency} {vat} -> {then} {currency} {vat} ({})", change.monthly.signed())
}

fn sum(totals: &[Total], currency: Currency, vat: Vat) -> String {
    let total = totals.iter().find(|total| total.monthly.currency() == currency && total.vat == vat);
    total.map_or_else(|| "0.00".to_owned(), |total| total.monthly.rounded())
}

/// The table: every component with its resources and its own total, what is unpriced, and where the
/// prices are from.
pub(crate) fn cost_table(stack: &StackId, cost: &PlanCost, width: usize) -> String {
    let mut page = Page::new(width);
    if cost.resources.is_empty() {
        page.line(0, PLAIN, &format!("{stack} has no resources."));
        return page.finish();
    }
    page.line(0, STRONG, &format!("Monthly cost of {stack}"));
    page.gap();
    let table = Table::new(cost, width);
    table.head(&mut page);
    let mut components: BTreeMap<&str, Vec<&ResourceCost>> = BTreeMap::new();
    for resource in &cost.resources {
        let path = resource.urn.path();
        components.entry(path.rsplit_once('/').map_or("", |(scope, _)| scope)).or_default().push(resource);
    }
    for (component, resources) in &components {
        table.component(&mut page, component, resources);
    }
    let changes = cost.differences();
    if !changes.is_empty() {
        page.gap();
    }
    for change in changes {
        let (currency, vat) = (change.monthly.currency(), change.vat);
        let title = format!("Total {currency} {vat}");
        let (now, then) = (sum(&cost.now, currency, vat), sum(&cost.then, currency, vat));
        table.row(&mut page, 0, &title, [now, then, change.monthly.signed()]);
    }
    unpriced(&mut page, cost);
    notes(&mut page, cost);
    sources(&mut page, cost);
    page.gap();
    page.line(0, STRONG, &line(cost));
    page.finish()
}

struct Table {
    /// Columns of the names.
    names: usize,
    /// How many amounts there is room for.
    amounts: usize,
}

impl Table {
    fn new(cost: &PlanCost, width: usize) -> Self {
        let lengths = cost.resources.iter().map(|resource| {
            let depth = INDENT * (1 + usize::from(resource.urn.path().contains('/')));
            title(resource).chars().count() + depth
        });
        // The change can be worked out; without the rest it is no table.
        let amounts = if width < NAME_COLUMNS_MIN + 3 * AMOUNT_COLUMNS { 2 } else { 3 };
        let room = width.saturating_sub(amounts * AMOUNT_COLUMNS).max(NAME_COLUMNS_MIN);
        Self { names: lengths.max().unwrap_or(0).clamp(NAME_COLUMNS_MIN, room), amounts }
    }

    fn head(&self, page: &mut Page) {
        self.row(page, 0, "", ["now", "then", "change"].map(str::to_owned));
    }

    /// A name and its amounts; a long name has a line of its own.
    fn row(&self, page: &mut Page, indent: usize, title: &str, amounts: [String; 3]) {
        let amounts: String =
            amounts.iter().take(self.amounts).map(|amount| format!("{amount:>AMOUNT_COLUMNS$}")).collect();
        let names = self.names.saturating_sub(indent);
        if title.chars().count() > names {
            page.line(indent, PLAIN, title);
            page.line(indent, PLAIN, &format!("{:names$}{amounts}", ""));
        } else {
            page.line(indent, PLAIN, &format!("{title:names$}{amounts}"));
        }
    }

    fn component(&self, page: &mut Page, component: &str, resources: &[&ResourceCost]) {
        let indent = if component.is_empty() { 0 } else { INDENT };
        if !component.is_empty() {
            let own = PlanTotals::of(resources);
            self.row(page, 0, &format!("{component}/"), own.amounts());
        }
        for resource in resources {
            let amounts = [&resource.now, &resource.then].map(|cost| amount(cost.as_ref()));
            let change = PlanTotals::of(&[resource]).change();
            let [now, then] = amounts;
            self.row(page, indent, &title(resource), [now, then, change]);
        }
    }
}

fn title(resource: &ResourceCost) -> String {
    let forgotten = if resource.forgotten { " (forgotten)" } else { "" };
    format!("{} {}{forgotten}", resource.urn.type_token(), resource.urn.name())
}

fn amount(cost: Option<&Cost>) -> String {
    match cost {
        None => NOTHING.to_owned(),
        Some(Cost::Free) => "free".to_owned(),
        Some(Cost::Monthly(price)) => price.amount.rounded(),
        Some(Cost::PerUse { .. }) => "by use".to_owned(),
        Some(_) => "unpriced".to_owned(),
    }
}

/// The sums of some resources; none where they have no price, or several currencies.
struct PlanTotals {
    now: Option<Total>,
    then: Option<Total>,
}

impl PlanTotals {
    fn of(resources: &[&ResourceCost]) -> Self {
        let of = |pick: fn(&ResourceCost) -> &Option<Cost>| {
            Total::sum(resources.iter().filter_map(|resource| pick(resource).as_ref()))
        };
        Self { now: single(of(|resource| &resource.now)), then: single(of(|resource| &resource.then)) }
    }

    fn amounts(&self) -> [String; 3] {
        let text = |total: &Option<Total>| total.map_or(NOTHING.to_owned(), |total| total.monthly.rounded());
        [text(&self.now), text(&self.then), self.change()]
    }

    fn change(&self) -> String {
        let change = match (self.now, self.then) {
            (Some(now), Some(then)) => then.monthly.minus(now.monthly),
            (None, Some(then)) => Some(then.monthly),
            (Some(now), None) => now.monthly.minus(now.monthly).and_then(|zero| zero.minus(now.monthly)),
            (None, None) => None,
        };
        let change = change.filter(|change| !change.is_zero());
        change.map_or(String::new(), |change| change.signed())
    }
}

fn single(totals: Vec<Total>) -> Option<Total> {
    match totals.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn unpriced(page: &mut Page, cost: &PlanCost) {
    let open: Vec<_> =
        cost.resources.iter().filter_map(|resource| Some((&resource.urn, resource.open()?))).collect();
    if open.is_empty() {
        return;
    }
    page.gap();
    page.line(0, STRONG, "Unpriced, and in no total");
    for (urn, why) in open {
        page.item(INDENT, "?", CHANGE, &format!("{}: {why}", name(urn)), 2);
    }
}

/// What is in the prices, or comes on top by use, with the resources it holds for.
fn notes(page: &mut Page, cost: &PlanCost) {
    let mut notes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in &cost.resources {
        let price = resource.then.as_ref().or(resource.now.as_ref()).and_then(Cost::price);
        if let Some(note) = price.and_then(|price| price.note.as_deref()) {
            notes.entry(note).or_default().push(resource.urn.path());
        }
    }
    if !notes.is_empty() {
        page.gap();
    }
    for (note, paths) in notes {
        page.line(0, PLAIN, &format!("{}: {note}", paths.join(", ")));
    }
}

fn sources(page: &mut Page, cost: &PlanCost) {
    if cost.lists.is_empty() {
        return;
    }
    page.gap();
    for list in &cost.lists {
        let text = format!(
            "Prices of {}: {} of {}, {} {}",
            list.provider, list.source, list.date, list.currency, list.vat
        );
        page.line(0, FAINT, &text);
    }
    page.line(0, FAINT, "Sums are exact; each amount shown is rounded to cents, half away from zero.");
}
