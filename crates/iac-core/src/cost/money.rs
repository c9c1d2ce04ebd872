//! [`Money`]: an exact decimal amount in one currency. Knows nothing of taxes or prices.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Digits after the point in text for people.
const CENT_DIGITS: u32 = 2;
/// Largest amount that is read, so that sums of many have room.
const AMOUNT_MAX: i64 = 1_000_000_000_000;
/// Most digits after the point that are read. Vendors give up to ten.
const FRACTION_DIGITS_MAX: u32 = 12;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// The code: three capital letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters get in")
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError(format!("{text:?} is not a currency: expected a code like EUR"))),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MoneyError(pub(super) String);

/// An amount of money.
///
/// Sums and products are exact decimals and are never rounded. Text for people has two digits after
/// the point, rounded half away from zero; JSON has the exact amount as text.
///
/// ```
/// use iac_core::cost::{Currency, Money};
///
/// let price: Money = "0.0440 EUR".parse()?;
/// assert_eq!(price.times(50), "2.20 EUR".parse()?);
/// assert_eq!(price.to_string(), "0.04 EUR");
/// assert_eq!(price.exact(), "0.044");
/// assert!("ten EUR".parse::<Money>().is_err());
/// assert_eq!(price.currency(), Currency::EUR);
/// # Ok::<(), iac_core::cost::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Money {
    currency: Currency,
    amount: Decimal,
}

/// How an amount is stored: never as a floating point number.
#[derive(Serialize, Deserialize)]
struct Written {
    amount: String,
    currency: Currency,
}

impl From<Money> for Written {
    fn from(money: Money) -> Self {
        Self { amount: money.exact(), currency: money.currency }
    }
}

impl TryFrom<Written> for Money {
    type Error = MoneyError;
    fn try_from(written: Written) -> Result<Self, MoneyError> {
        let amount = Decimal::from_str_exact(&written.amount)
            .map_err(|error| MoneyError(format!("{:?} is not an amount: {error}", written.amount)))?;
        Ok(Self { currency: written.currency, amount })
    }
}

impl Money {
    /// Nothing.
    pub fn zero(currency: Currency) -> Self {
        Self { currency, amount: Decimal::ZERO }
    }

    /// An amount as vendors write it: digits with an optional point.
    ///
    /// # Errors
    /// Anything else, a negative amount, one beyond 10^12, and more than 12 digits after the point.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let wrong = |why: &str| MoneyError(format!("{amount:?} is not an amount of money: {why}"));
        let plain = amount.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if !plain {
            return Err(wrong("expected digits with an optional point"));
        }
        let parsed = Decimal::from_str_exact(amount).map_err(|_| wrong("expected a number like 4.90"))?;
        if parsed > Decimal::from(AMOUNT_MAX) || parsed.normalize().scale() > FRACTION_DIGITS_MAX {
            return Err(wrong("it is too large or too exact"));
        }
        Ok(Self { currency, amount: parsed })
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// The exact amount, without the currency, with at least two digits after the point.
    pub fn exact(&self) -> String {
        let mut amount = self.amount.normalize();
        if amount.scale() < CENT_DIGITS {
            amount.rescale(CENT_DIGITS);
        }
        amount.to_string()
    }

    /// The amount rounded to cents, half away from zero, without the currency.
    pub fn rounded(&self) -> String {
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        let mut amount = self.amount.round_dp_with_strategy(CENT_DIGITS, strategy);
        amount.rescale(CENT_DIGITS);
        if amount.is_zero() { Decimal::new(0, CENT_DIGITS).to_string() } else { amount.to_string() }
    }

    /// [`rounded`](Self::rounded) with its sign, for differences: `+3.50`, `-0.40`, `+0.00`.
    pub fn signed(&self) -> String {
        let text = self.rounded();
        if text.starts_with('-') { text } else { format!("+{text}") }
    }

    /// So many of it.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { amount: self.amount.saturating_mul(Decimal::from(count)), ..self }
    }

    /// So many per cent of it; `per_cent` is written as amounts are.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn per_cent(self, per_cent: &str) -> Result<Self, MoneyError> {
        let per_cent = Self::parse(per_cent, self.currency)?.amount.normalize();
        Ok(Self { amount: self.amount.saturating_mul(per_cent / Decimal::ONE_HUNDRED), ..self })
    }

    /// Both together; none if they are in different currencies.
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| Self { amount: self.amount.saturating_add(other.amount), ..self })
    }

    /// What is left of it; none if they are in different currencies.
    pub fn minus(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| Self { amount: self.amount.saturating_sub(other.amount), ..self })
    }
}

impl FromStr for Money {
    type Err = MoneyError;
    /// `10.50 EUR` or `10.50EUR`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let at = text.find(|letter: char| letter.is_ascii_uppercase());
        let Some((amount, currency)) = at.and_then(|at| text.split_at_checked(at)) else {
            return Err(MoneyError(format!("{text:?} has no currency: expected an amount like 10.50EUR")));
        };
        Self::parse(amount.trim_end(), currency.parse()?)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.rounded(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.exact(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(amount: &str) -> Money {
        Money::parse(amount, Currency::EUR).unwrap()
    }

    #[test]
    fn sums_are_exact_and_text_rounds_half_away_from_zero() {
        let tenths = (0..10).fold(Money::zero(Currency::EUR), |sum, _| sum.plus(eur("0.1")).unwrap());
        assert_eq!(tenths, eur("1"));
        let rounded = |amount: &str| eur(amount).rounded();
        assert_eq!(
            ["0.005", "0.0049", "2.675", "0.5720000000"].map(rounded),
            ["0.01", "0.00", "2.68", "0.57"]
        );
        let less = eur("1").minus(eur("1.005")).unwrap();
        assert_eq!((less.signed(), less.exact()), ("-0.01".to_owned(), "-0.005".to_owned()));
        assert_eq!(eur("1").minus(eur("1.001")).unwrap().signed(), "+0.00");
        assert_eq!(eur("3.29").per_cent("20.0000000000").unwrap().exact(), "0.658");
    }

    #[test]
    fn currencies_do_not_mix() {
        let dollar: Money = "1 USD".parse().unwrap();
        assert_eq!((eur("1").plus(dollar), eur("1").minus(dollar)), (None, None));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "-1", "1e3", "1,50", "NaN", "99999999999999", "0.1234567890123"] {
            assert!(Money::parse(text, Currency::EUR).is_err(), "{text}");
        }
        for text in ["10", "10 eur", "10 EURO", "EUR", "10 EUR 5"] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        assert_eq!("10.50EUR".parse::<Money>().unwrap(), eur("10.5"));
    }

    #[test]
    fn json_has_the_exact_amount_as_text() {
        let json = serde_json::to_value(eur("0.0440000000")).unwrap();
        assert_eq!(json, serde_json::json!({ "amount": "0.044", "currency": "EUR" }));
        assert_eq!(serde_json::from_value::<Money>(json).unwrap(), eur("0.044"));
    }
}
