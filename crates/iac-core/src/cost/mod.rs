//! What resources cost: exact amounts, dated price lists, and what a plan changes about the bill.
//!
//! A type prices itself from its inputs and a [`PriceList`] ([`Resource::cost`](crate::Resource::cost)).
//! What nobody knows is [`Cost::Unpriced`] with the reason, never a guess. Nothing here asks a cloud:
//! lists are given, with their source and date.

mod list;
mod money;
mod plan_cost;
mod price;

pub use list::{PriceList, Prices};
pub use money::{Currency, Money, MoneyError};
pub use plan_cost::{ListUsed, PlanCost, ResourceCost, Total};
pub use price::{Cost, Price, Vat};

pub(crate) use plan_cost::Detail;
