//! Owns lists: filters by name and label, sorting, pages. Knows no resource.
use super::error::{Answer, invalid_input};
use super::label::{Labels, Selector};
use iac_testkit::sim::{SimRequest, SimResponse, SimTime};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

const PER_PAGE_DEFAULT: u64 = 25;
const PER_PAGE_MAX: u64 = 50;

/// Something that is listed.
pub(crate) trait Entry {
    /// How many a page may have.
    const PER_PAGE_MAX: u64 = PER_PAGE_MAX;

    fn id(&self) -> u64;

    fn name(&self) -> &str;

    /// None for what has no labels at all.
    fn labels(&self) -> Option<&Labels> {
        None
    }

    fn created(&self) -> SimTime {
        SimTime::default()
    }

    /// What the list is ordered by when a client sorts by `field`.
    fn sort_key(&self, field: &str) -> SortKey {
        match field {
            "name" => SortKey::Text(self.name().to_owned()),
            "created" => SortKey::Number(self.created().unix_ms()),
            _ => SortKey::Number(i64::try_from(self.id()).unwrap_or(i64::MAX)),
        }
    }
}

/// A comparable value of one field.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortKey {
    Number(i64),
    Text(String),
}

/// Answers a list: keeps the entries that fit `name` and `label_selector`, sorts them by the
/// fields in `sortable` and shows one page.
pub(crate) fn answer<T: Entry>(
    request: &SimRequest,
    collection: &str,
    sortable: &[&str],
    entries: impl Iterator<Item = T>,
    view: impl FnMut(&T) -> Value,
) -> Answer {
    answer_with(request, collection, sortable, entries, view, Map::new())
}

/// As [`answer`], with further fields beside the list.
pub(crate) fn answer_with<T: Entry>(
    request: &SimRequest,
    collection: &str,
    sortable: &[&str],
    entries: impl Iterator<Item = T>,
    view: impl FnMut(&T) -> Value,
    beside: Map<String, Value>,
) -> Answer {
    let selector = request.query("label_selector").map(Selector::parse).transpose();
    let selector = selector.map_err(|reason| invalid_input("label_selector", reason))?;
    let name = request.query("name");
    let mut kept: Vec<T> = entries
        .filter(|entry| name.is_none_or(|name| entry.name() == name))
        .filter(|entry| match (&selector, entry.labels()) {
            (Some(selector), Some(labels)) => selector.matches(labels),
            _ => true,
        })
        .collect();
    sort(request, sortable, &mut kept)?;
    page(request, collection, &kept, view, beside)
}

fn sort<T: Entry>(request: &SimRequest, sortable: &[&str], entries: &mut [T]) -> Result<(), SimResponse> {
    let mut orders = Vec::new();
    for wanted in request.query_all("sort") {
        let (field, descending) = match wanted.split_once(':') {
            None | Some((_, "asc")) => (wanted.trim_end_matches(":asc"), false),
            Some((field, "desc")) => (field, true),
            Some(_) => return Err(invalid_input("sort", format!("'{wanted}' is not a sort order"))),
        };
        if !sortable.contains(&field) {
            return Err(invalid_input("sort", format!("cannot sort by '{field}'")));
        }
        orders.push((field, descending));
    }
    entries.sort_by(|one, other| {
        orders.iter().fold(Ordering::Equal, |so_far, (field, descending)| {
            so_far.then_with(|| {
                let order = one.sort_key(field).cmp(&other.sort_key(field));
                if *descending { order.reverse() } else { order }
            })
        })
    });
    Ok(())
}

fn page<T: Entry>(
    request: &SimRequest,
    collection: &str,
    entries: &[T],
    view: impl FnMut(&T) -> Value,
    beside: Map<String, Value>,
) -> Answer {
    let page = number(request, "page", 1)?;
    // The real API lowers a larger page to its maximum and says so in `meta`.
    let per_page = number(request, "per_page", PER_PAGE_DEFAULT)?.min(T::PER_PAGE_MAX);
    let total = entries.len() as u64;
    let last_page = total.div_ceil(per_page).max(1);
    let skip = usize::try_from((page - 1).saturating_mul(per_page)).unwrap_or(usize::MAX);
    let take = usize::try_from(per_page).unwrap_or(usize::MAX);
    let shown: Vec<Value> = entries.iter().skip(skip).take(take).map(view).collect();
    let previous_page = (page > 1).then(|| page - 1);
    let next_page = (page < last_page).then(|| page + 1);
    let mut body = beside;
    body.insert(collection.to_owned(), Value::Array(shown));
    let pagination = json!({
        "page": page,
        "per_page": per_page,
        "previous_page": previous_page,
        "next_page": next_page,
        "last_page": last_page,
        "total_entries": total,
    });
    body.insert("meta".to_owned(), json!({ "pagination": pagination }));
    let relations = [("prev", previous_page), ("next", next_page), ("last", Some(last_page))];
    let links: Vec<String> = relations
        .into_iter()
        .filter_map(|(relation, page)| {
            let path = &request.path;
            Some(format!("<{path}?page={}&per_page={per_page}>; rel=\"{relation}\"", page?))
        })
        .collect();
    Ok(SimResponse::json(200, Value::Object(body)).with_header("link", links.join(", ")))
}

fn number(request: &SimRequest, name: &str, default: u64) -> Result<u64, SimResponse> {
    match request.query(name) {
        None => Ok(default),
        Some(text) => match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(invalid_input(name, "Must be greater than or equal to 1.")),
        },
    }
}

/// Whether an entry fits a query parameter that may be given several times; it fits when the
/// parameter is not given.
pub(crate) fn one_of(request: &SimRequest, parameter: &str, value: &str) -> bool {
    let wanted = request.query_all(parameter);
    wanted.is_empty() || wanted.contains(&value)
}
