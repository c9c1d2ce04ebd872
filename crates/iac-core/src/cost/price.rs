//! [`Cost`] and [`Price`]: what one resource costs and who says so. Knows nothing of stacks.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::money::Money;

/// Whether value added tax is in a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Vat {
    /// Without it.
    Net,
    /// With it.
    Gross,
}

impl fmt::Display for Vat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Net => "net",
            Self::Gross => "gross",
        })
    }
}

/// An amount with everything that makes it a price. Made by [`PriceList::get`](super::PriceList::get).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Price {
    /// How much: for a month, or for each unit of [`Cost::PerUse`].
    pub amount: Money,
    /// Whether value added tax is in it.
    pub vat: Vat,
    /// Who says so: an address or a name.
    pub source: Arc<str>,
    /// The day the source said so, as `2025-08-19`.
    pub date: Arc<str>,
    /// What is included, or comes on top by use; a lowercase fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

impl Price {
    /// So many of it. The note stays.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { amount: self.amount.times(count), ..self }
    }

    /// Both in one price; the source, date and first note stay. None if they differ in currency or tax.
    #[must_use]
    pub fn plus(self, other: &Self) -> Option<Self> {
        let amount = self.amount.plus(other.amount).filter(|_| self.vat == other.vat)?;
        let note = self.note.or_else(|| other.note.clone());
        Some(Self { amount, note, ..self })
    }
}

/// What a resource costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Cost {
    /// Nothing.
    Free,
    /// So much a month, for as long as it exists.
    Monthly(Price),
    /// So much for each unit used; how many there will be nobody knows.
    PerUse {
        /// The unit, for example `GB of traffic`.
        unit: String,
        /// The price of one.
        price: Price,
    },
    /// Nobody can say.
    Unpriced {
        /// Why, a lowercase fragment that names the field or the type.
        why: Cow<'static, str>,
    },
}

impl Cost {
    /// Nobody can say, because …
    pub fn unpriced(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Unpriced { why: why.into() }
    }

    /// Nobody can say, because input `field` is only known during the apply.
    pub fn undecided(field: &str) -> Self {
        Self::unpriced(format!("`{field}` is only known during the apply"))
    }

    /// A monthly price; one of nothing is free.
    pub fn monthly(price: Price) -> Self {
        if price.amount.is_zero() { Self::Free } else { Self::Monthly(price) }
    }

    /// Why there is no monthly amount, if there is none: it is unpriced, or goes by use.
    pub fn open(&self) -> Option<String> {
        match self {
            Self::Free | Self::Monthly(_) => None,
            Self::PerUse { unit, price } => Some(format!("it costs {} for each {unit}", price.amount)),
            Self::Unpriced { why } => Some(why.to_string()),
        }
    }

    /// The price of a month, if there is one.
    pub fn price(&self) -> Option<&Price> {
        match self {
            Self::Monthly(price) => Some(price),
            _ => None,
        }
    }
}
