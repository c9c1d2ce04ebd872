//! [`PriceList`]: what a vendor asks, with source and date. Knows nothing of what its keys mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money, MoneyError};
use super::price::{Cost, Price, Vat};

/// Prices by keys that the provider chooses, all from one source and day, in one currency.
///
/// ```
/// use iac_core::cost::{Cost, Currency, PriceList, Vat};
///
/// let list = PriceList::new(Currency::EUR, Vat::Net, "https://example.org/prices", "2026-01-31")
///     .price("machine/small", "4.90")?
///     .note("machine/small", "20 TB of traffic included");
/// let small = list.get("machine/small").expect("it was just added");
/// assert_eq!(small.clone().times(3).amount.to_string(), "14.70 EUR");
/// assert_eq!(list.get("machine/huge"), None);
/// # let _ = Cost::monthly(small);
/// # Ok::<(), iac_core::cost::MoneyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    currency: Currency,
    vat: Vat,
    source: Arc<str>,
    date: Arc<str>,
    amounts: BTreeMap<String, Money>,
    notes: BTreeMap<String, Arc<str>>,
}

impl PriceList {
    /// A list without prices yet. `source` is an address or a name, `date` the day it said so, as
    /// `2025-08-19`.
    pub fn new(currency: Currency, vat: Vat, source: impl Into<Arc<str>>, date: impl Into<Arc<str>>) -> Self {
        let (source, date) = (source.into(), date.into());
        Self { currency, vat, source, date, amounts: BTreeMap::new(), notes: BTreeMap::new() }
    }

    /// The list of a provider that has none.
    pub(crate) fn none() -> Self {
        Self::new(Currency::EUR, Vat::Net, "", "")
    }

    /// Adds a price; an earlier one of the same key is replaced.
    ///
    /// # Errors
    /// A text that is no amount.
    pub fn price(mut self, key: impl Into<String>, amount: &str) -> Result<Self, MoneyError> {
        self.insert(key, amount)?;
        Ok(self)
    }

    /// As [`price`](Self::price), for lists that are read in a loop.
    ///
    /// # Errors
    /// A text that is no amount.
    pub fn insert(&mut self, key: impl Into<String>, amount: &str) -> Result<(), MoneyError> {
        self.amounts.insert(key.into(), Money::parse(amount, self.currency)?);
        Ok(())
    }

    /// Says what is included in the price of `key`, or comes on top by use.
    #[must_use]
    pub fn note(mut self, key: impl Into<String>, note: impl Into<Arc<str>>) -> Self {
        self.notes.insert(key.into(), note.into());
        self
    }

    /// The price of `key`.
    pub fn get(&self, key: &str) -> Option<Price> {
        Some(Price {
            amount: *self.amounts.get(key)?,
            vat: self.vat,
            source: Arc::clone(&self.source),
            date: Arc::clone(&self.date),
            note: self.notes.get(key).cloned(),
        })
    }

    /// The price of `key` as a cost, or that the list has none for `what`.
    pub fn cost(&self, key: &str, what: &str) -> Cost {
        self.get(key).map_or_else(|| self.unpriced(what), Cost::monthly)
    }

    /// That there is no price for `what` here.
    pub fn unpriced(&self, what: &str) -> Cost {
        if self.is_empty() {
            return Cost::unpriced(format!("there is no price list that {what} could be in"));
        }
        Cost::unpriced(format!("{what} is not in the price list of {}", self.date))
    }

    /// Who says so.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The day the source said so.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The currency of all prices.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether value added tax is in the prices.
    pub fn vat(&self) -> Vat {
        self.vat
    }

    /// How many prices it has.
    pub fn len(&self) -> usize {
        self.amounts.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.amounts.is_empty()
    }
}

/// Price lists by provider instance that take the place of the providers' own, for example those that
/// [`Engine::live_prices`](crate::Engine::live_prices) was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<String, PriceList>);

impl Prices {
    /// None: every provider's own list counts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the list of one provider instance.
    #[must_use]
    pub fn with(mut self, instance: impl Into<String>, list: PriceList) -> Self {
        self.0.insert(instance.into(), list);
        self
    }

    /// The list of a provider instance.
    pub fn get(&self, instance: &str) -> Option<&PriceList> {
        self.0.get(instance)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
