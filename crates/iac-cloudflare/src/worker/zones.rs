//! The account's zones, one at a time, for listings of what is in them. Knows nothing of that.

use iac_core::{Cx, PageToken, Result};
use serde::Deserialize;

use crate::client::Cloudflare;
use crate::envelope;

/// Zones asked for at once: the most that the API gives.
const PER_PAGE: u32 = 50;

#[derive(Deserialize)]
struct Zone {
    id: String,
}

/// The zone that a page token stands for, and the token of the next one. A token is the page in the
/// list of zones and the place on it.
pub(super) async fn at(
    cx: &Cx<'_, Cloudflare>,
    token: &PageToken,
) -> Result<(Option<String>, Option<PageToken>)> {
    let (page, place) = token.0.as_deref().and_then(|text| text.split_once('/')).unwrap_or(("1", "0"));
    let place: usize = place.parse().unwrap_or_default();
    let request = cx.client().http(cx).get("/zones").query_opt("account.id", cx.client().given_account());
    let page_token = PageToken(Some(page.to_owned()));
    let (mut zones, next_page) = envelope::page::<Zone>(request, &page_token, PER_PAGE).await?;
    let next = match next_page {
        _ if place + 1 < zones.len() => Some(format!("{page}/{}", place + 1)),
        Some(PageToken(Some(next))) => Some(format!("{next}/0")),
        _ => None,
    };
    let zone = (place < zones.len()).then(|| zones.swap_remove(place).id);
    Ok((zone, next.map(|next| PageToken(Some(next)))))
}
