//! Which account a token is for, and whether it is good. Knows no resource.

use iac_core::{Error, ErrorKind, Result};
use iac_http::Client;
use serde::Deserialize;

use crate::envelope;

/// Digits of an id.
const ID_LENGTH: usize = 32;
/// Accounts that are named in an error at most.
const ACCOUNTS_SHOWN_MAX: usize = 10;
/// Accounts asked for: enough to see that there is more than one.
const PER_PAGE: u32 = 50;

/// An account, as `GET /accounts` lists it.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A token, as the API says of the one that asks.
#[derive(Deserialize)]
pub(crate) struct Verified {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) expires_on: Option<String>,
}

/// Whether a text is the id of an account, a zone or another object that is numbered in this way.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The id of the only account that the token can see.
pub(crate) async fn only_one(http: &Client) -> Result<String> {
    let request = http.get("/accounts").query(&[("per_page", PER_PAGE)]);
    let mut accounts: Vec<Account> = envelope::send(request).await.map_err(explained)?;
    match (accounts.pop(), accounts.len()) {
        (Some(account), 0) => Ok(account.id),
        (None, _) => Err(Error::new(ErrorKind::InvalidInput, "the token can list no account")
            .field("account")
            .hint("give the account's id to `Cloudflare::builder().account(…)`; the dashboard shows it")),
        (Some(last), _) => {
            let shown = accounts.iter().chain([&last]).take(ACCOUNTS_SHOWN_MAX);
            let names: Vec<String> = shown.map(|one| format!("{} ({})", one.id, one.name)).collect();
            let message = format!("the token can see several accounts: {}", names.join(", "));
            Err(Error::new(ErrorKind::InvalidInput, message)
                .field("account")
                .hint("say which with `Cloudflare::builder().account(…)`"))
        }
    }
}

/// What the API says of the token: one of a user, or else one of the account.
pub(crate) async fn look_up(http: &Client, account: &str) -> Result<Verified> {
    let user = envelope::send::<Verified>(http.get("/user/tokens/verify")).await;
    let verified = match user {
        // A token of the account is none of any user.
        Err(error) if error.kind() == ErrorKind::Unauthenticated => {
            let request = http.get("/accounts/{account}/tokens/verify").segment("account", account);
            envelope::send::<Verified>(request).await
        }
        other => other,
    };
    verified.map_err(explained)
}

/// Checks a token.
pub(crate) async fn verify(http: &Client, account: &str) -> Result<()> {
    let status = look_up(http, account).await?.status;
    if status == "active" {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unauthenticated, format!("the API token is {status}"))
        .hint("make a new token in the dashboard (My Profile, API Tokens)"))
}

fn explained(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unauthenticated => error.hint(
            "make an API token in the dashboard (My Profile, API Tokens) and check that it is complete, \
             not expired and no global API key",
        ),
        _ => error,
    }
}
