//! Accounts. Knows nothing of what is in them.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, ErrorKind, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use crate::account::Account as Body;
use crate::client::Cloudflare;
use crate::envelope;

/// Accounts asked for: of one name there is rarely more than one.
const PER_PAGE: u32 = 50;

/// An account that the token can see: the provider's own, or one by its name.
///
/// ```
/// use iac_cloudflare::Account;
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let account = stack.read("account", Account::args())?;
/// stack.export("account", &account.name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Account;

/// What selects an [`Account`].
#[derive(Debug, Clone, Default, Serialize, Deserialize, Inputs)]
#[inputs(resource = Account)]
pub struct AccountQuery {
    /// Its name. By default the provider's own account.
    pub name: Option<String>,
}

/// What is known of an [`Account`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct AccountData {
    /// Its id.
    pub account_id: String,
    /// Its name.
    pub name: String,
}

#[async_trait]
impl DataSource for Account {
    const TYPE: &'static str = "cloudflare:account";
    type Provider = Cloudflare;
    type Query = AccountQuery;
    type Data = AccountData;

    async fn read(cx: &Cx<'_, Cloudflare>, query: AccountQuery) -> Result<AccountData> {
        let http = cx.client().http(cx);
        let found = match &query.name {
            None => {
                let id = cx.client().account_id(cx).await?;
                envelope::get::<Body>(http.get("/accounts/{account}").segment("account", id)).await?
            }
            Some(name) => {
                let request = http.get("/accounts").query(&[("name", name)]).query(&[("per_page", PER_PAGE)]);
                let (accounts, _) = envelope::list::<Body>(request).await?;
                accounts.into_iter().find(|account| account.name == *name)
            }
        };
        match found {
            Some(account) => Ok(AccountData { account_id: account.id, name: account.name }),
            None => Err(Error::new(ErrorKind::NotFound, "there is no such account")
                .field("name")
                .hint("the token only sees the accounts that it was made for")),
        }
    }
}
