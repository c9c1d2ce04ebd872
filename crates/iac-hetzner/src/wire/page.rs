//! Where a listing goes on.

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Meta {
    #[serde(default)]
    pub(crate) pagination: Pagination,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Pagination {
    #[serde(default)]
    pub(crate) next_page: Option<u64>,
}
