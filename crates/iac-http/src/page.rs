//! Reads a listing to its end, page by page.
//! Knows nothing of how a vendor numbers pages: a page says which one is next.

use std::collections::HashSet;
use std::hash::Hash;

use iac_core::{Error, Result};

/// Default bound on the pages of one listing.
pub const PAGES_MAX: usize = 10_000;
/// Bound on the items of one listing.
pub const ITEMS_MAX: usize = 2_000_000;

/// One page, and the key of the one after it: a page number, an offset or a cursor.
#[derive(Debug, Clone)]
pub struct Page<T, K> {
    /// What the page holds.
    pub items: Vec<T>,
    /// The next page; `None` at the end.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// A page.
    pub fn new(items: Vec<T>, next: Option<K>) -> Self {
        Self { items, next }
    }
}

/// Collects all pages from the page `first` on.
///
/// ```
/// use iac_http::{PAGES_MAX, Page, collect_pages};
///
/// # async fn example() -> iac_core::Result<()> {
/// let numbers = collect_pages(PAGES_MAX, 1_u32, async |page| {
///     Ok(Page::new(vec![page * 10], (page < 3).then_some(page + 1)))
/// })
/// .await?;
/// assert_eq!(numbers, [10, 20, 30]);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
///
/// # Errors
/// The first error of `fetch`; [`ErrorKind::Internal`](iac_core::ErrorKind::Internal) if a page
/// names itself or an earlier one as the next, or if there are more than `pages_max` pages or
/// [`ITEMS_MAX`] items. A listing that was not read to its end is never returned, because what is
/// missing from it would look deleted.
pub async fn collect_pages<T, K, F, Fut>(pages_max: usize, first: K, mut fetch: F) -> Result<Vec<T>>
where
    K: Clone + Eq + Hash,
    F: FnMut(K) -> Fut,
    Fut: Future<Output = Result<Page<T, K>>>,
{
    let mut seen = HashSet::from([first.clone()]);
    let mut items = Vec::new();
    let mut key = first;
    for number in 1..=pages_max {
        let page = fetch(key).await?;
        items.extend(page.items);
        let Some(next) = page.next else { return Ok(items) };
        if !seen.insert(next.clone()) {
            return Err(Error::internal(format!(
                "the listing does not advance: page {number} names a page that was already read"
            ))
            .hint("report this as a defect of the provider crate or of the vendor's API"));
        }
        if items.len() > ITEMS_MAX {
            return Err(Error::internal(format!("the listing has more than the bound of {ITEMS_MAX} items")));
        }
        key = next;
    }
    Err(Error::internal(format!("the listing has more than the bound of {pages_max} pages")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use iac_core::ErrorKind;

    #[tokio::test]
    async fn collects_in_order() {
        let items = collect_pages(PAGES_MAX, "a".to_owned(), async |cursor: String| {
            let next = if cursor.len() < 3 { Some(format!("{cursor}a")) } else { None };
            Ok(Page::new(vec![cursor.len()], next))
        });
        assert_eq!(items.await.unwrap(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_loop_is_an_error() {
        for back in [1_u32, 2] {
            let result = collect_pages(PAGES_MAX, 1_u32, async |page| {
                Ok(Page::new(vec![()], Some(if page == 2 { back } else { page + 1 })))
            });
            let error = result.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.message().contains("does not advance: page 2"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_bound_holds_and_errors_pass() {
        let mut fetched = 0;
        let error = collect_pages(3, 1_u32, |page| {
            fetched += 1;
            std::future::ready(Ok(Page::new(vec![()], Some(page + 1))))
        })
        .await
        .unwrap_err();
        assert_eq!((fetched, error.kind()), (3, ErrorKind::Internal));
        let error = collect_pages(3, 1_u32, async |_| {
            Err::<Page<(), u32>, _>(Error::new(ErrorKind::NotFound, "gone"))
        });
        assert_eq!(error.await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
