//! The token that the provider works with. Never its value.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use crate::account::{self, Verified};
use crate::client::Cloudflare;

/// The API token that the provider works with: whether it is good, and until when.
///
/// ```
/// use iac_cloudflare::CurrentToken;
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let token = stack.read("token", CurrentToken::args())?;
/// stack.export("token_expires_on", &token.expires_on)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CurrentToken;

/// What selects the [`CurrentToken`]: nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Inputs)]
#[inputs(resource = CurrentToken)]
pub struct CurrentTokenQuery {}

/// What is known of the [`CurrentToken`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct CurrentTokenData {
    /// Its id, which is no secret.
    pub token_id: String,
    /// `active`, `disabled` or `expired`.
    pub status: String,
    /// When it stops to work, in RFC 3339; empty if never.
    pub expires_on: String,
}

#[async_trait]
impl DataSource for CurrentToken {
    const TYPE: &'static str = "cloudflare:current_token";
    type Provider = Cloudflare;
    type Query = CurrentTokenQuery;
    type Data = CurrentTokenData;

    async fn read(cx: &Cx<'_, Cloudflare>, _: CurrentTokenQuery) -> Result<CurrentTokenData> {
        let http = cx.client().http(cx);
        let account = cx.client().account_id(cx).await?;
        let Verified { id, status, expires_on } = account::look_up(&http, account).await?;
        Ok(CurrentTokenData { token_id: id, status, expires_on: expires_on.unwrap_or_default() })
    }
}
