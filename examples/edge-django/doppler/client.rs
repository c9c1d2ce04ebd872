//! The provider: its endpoint and its token. Knows no type of resource.

use async_trait::async_trait;
use iac_core::{Cx, ErrorKind, Provider, Result, Secret, Types};
use iac_http::{Answer, Bearer, Client, ClientBuilder, ErrorParts, Request};
use serde::Deserialize;

use super::{DopplerSecret, DopplerValue};

/// The public endpoint, <https://docs.doppler.com/reference>.
pub(crate) const ENDPOINT: &str = "https://api.doppler.com/v3";

/// A workplace at Doppler, with a token for it.
pub(crate) struct Doppler {
    http: Client,
}

impl Doppler {
    /// The provider; sends nothing. `configure` changes how requests are sent.
    pub(crate) fn new(
        endpoint: &str,
        token: &Secret<String>,
        configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self> {
        let http = Client::builder(endpoint).auth(Bearer::new(token.expose().clone())).decoder(decode);
        Ok(Self { http: configure(http).build()? })
    }

    /// The HTTP client, whose requests end at the call's deadline.
    pub(super) fn http(&self, cx: &Cx<'_, Self>) -> Client {
        self.http.for_call(cx)
    }
}

#[async_trait]
impl Provider for Doppler {
    const NAME: &'static str = "doppler";

    fn types() -> Types {
        Types::new().resource::<DopplerSecret>().data::<DopplerValue>()
    }

    async fn account(&self) -> Result<String> {
        #[derive(Deserialize)]
        struct Me {
            workplace: Workplace,
        }
        #[derive(Deserialize)]
        struct Workplace {
            slug: String,
        }
        let me: Me = self.http.get("/me").send().await?.into_body();
        Ok(me.workplace.slug)
    }
}

/// Errors are `{"messages": ["…"], "success": false}`.
fn decode(answer: &Answer<'_>) -> Option<ErrorParts> {
    #[derive(Deserialize)]
    struct Body {
        messages: Vec<String>,
    }
    let body: Body = serde_json::from_slice(answer.body).ok()?;
    let parts = ErrorParts::new().message(body.messages.join("; "));
    Some(match answer.status {
        401 => {
            parts.kind(ErrorKind::Unauthenticated).hint("set DOPPLER_TOKEN to a token that is not revoked")
        }
        _ => parts,
    })
}

/// A secret as the API shows it; a restricted one without its value.
#[derive(Deserialize)]
pub(super) struct Shown {
    pub(super) value: ShownValue,
}

#[derive(Deserialize)]
pub(super) struct ShownValue {
    pub(super) computed: Option<String>,
}

/// The request with the place of a secret in its query.
pub(super) fn at(request: Request, project: &str, config: &str, name: &str) -> Request {
    request.query(&[("project", project), ("config", config), ("name", name)])
}
