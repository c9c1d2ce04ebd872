//! Listing what is in zones: one zone after the other. Knows nothing of what is in them.

use iac_core::{Cx, Error, ErrorKind, Observed, Page, PageToken, Resource, Result};

use super::resource::all;
use super::wire::Body;
use crate::client::Cloudflare;
use crate::envelope;

/// Zones asked for at once: the most that the API gives. One of them is worked on.
const PER_PAGE: u64 = 50;

/// Where a listing of what is in zones stands. Its page token is the zone's place in the list of zones
/// and the token inside the zone.
pub(crate) struct Stop {
    /// The zone whose turn it is.
    pub(crate) zone: String,
    /// Where the listing inside of it goes on.
    pub(crate) inside: PageToken,
    place: u64,
    is_last: bool,
}

impl Stop {
    /// The page of this stop: what a listing of the zone answered, items and where it goes on.
    pub(crate) fn page<R: Resource>(
        &self,
        listed: Result<(Vec<Observed<R>>, Option<PageToken>)>,
    ) -> Result<Page<R>> {
        let (items, next) = match listed {
            // The zone was deleted between the two requests.
            Err(error) if error.kind() == ErrorKind::NotFound => (Vec::new(), None),
            other => other?,
        };
        let next = match next.and_then(|next| next.0) {
            Some(inside) => Some(format!("{}/{inside}", self.place)),
            None => (!self.is_last).then(|| format!("{}/", self.place + 1)),
        };
        Ok(Page::new(items, next.map(|next| PageToken(Some(next)))))
    }
}

/// The zone whose turn it is; `None` after the last one.
pub(crate) async fn stop(cx: &Cx<'_, Cloudflare>, token: &PageToken) -> Result<Option<Stop>> {
    let (place, inside) = place(token)?;
    let request = all(cx).query(&[("page", place / PER_PAGE + 1), ("per_page", PER_PAGE)]);
    let (zones, info) = envelope::list::<Body>(request.query(&[("order", "name")])).await?;
    let has_more = info.next_page(zones.len()).is_some();
    let mut rest = zones.into_iter().skip(usize::try_from(place % PER_PAGE).unwrap_or(usize::MAX));
    let Some(zone) = rest.next() else { return Ok(None) };
    Ok(Some(Stop { zone: zone.id, inside, place, is_last: rest.next().is_none() && !has_more }))
}

/// The zone's place, from 0, and where its own listing goes on.
fn place(token: &PageToken) -> Result<(u64, PageToken)> {
    let Some(text) = token.0.as_deref() else { return Ok((0, PageToken(None))) };
    let parts = text.split_once('/').and_then(|(place, inside)| Some((place.parse().ok()?, inside)));
    let (place, inside) =
        parts.ok_or_else(|| Error::internal(format!("`{text}` is no page token of what is in zones")))?;
    Ok((place, PageToken(Some(inside.to_owned()).filter(|inside| !inside.is_empty()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_tokens() {
        assert_eq!(place(&PageToken(None)).unwrap(), (0, PageToken(None)));
        assert_eq!(place(&PageToken(Some("3/".into()))).unwrap(), (3, PageToken(None)));
        assert_eq!(place(&PageToken(Some("3/2".into()))).unwrap(), (3, PageToken(Some("2".into()))));
        assert!(place(&PageToken(Some("3".into()))).is_err());
    }
}
