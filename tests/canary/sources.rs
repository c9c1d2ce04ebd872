//! Settings whose secrets come from every source, with services that refuse and quote what they got.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use iac_core::Secret;
use iac_settings::{Change, LoadOptions, Settings, Validate, Variables, check_text, parse};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::log::log;
use crate::spelling::{Hunt, canary, quoted};

const TOKEN: &str = "dp.st.CANARYtokenOfDopplerAndVault7f3a91d2";
/// What a pod logs in with.
const ACCOUNT_TOKEN: &str = "eyCANARYtokenOfTheServiceAccount60b7e1";
/// Made by a service: nobody can register it.
const GENERATED: &str = "genCANARYofAService3d92ab";
/// Requests that a service answers before it goes away.
const REQUESTS_MAX: usize = 40;

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "its fields are shown, by `Debug`")]
struct Shop {
    workers: u32,
    token: Secret<String>,
    pin: Option<Secret<Pin>>,
    login: Option<Login>,
    list: Option<Vec<u32>>,
}

/// A type whose messages quote what it cannot read.
#[derive(Debug, JsonSchema)]
struct Pin(#[expect(dead_code, reason = "it is never read")] String);

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.len() {
            4 => Ok(Self(text)),
            _ => Err(serde::de::Error::custom(format!("{} is no PIN", quoted(&text)))),
        }
    }
}

/// Either, told apart by nothing but its form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "its fields are shown, by `Debug`")]
enum Login {
    Hidden {
        password: Secret<String>,
    },
    Numbered {
        password: u32,
        number: u32,
    },
    Short {
        #[schemars(length(max = 4))]
        password: String,
        short: u32,
    },
}

impl Validate for Shop {}

/// A service that gives every request this answer.
fn serving(answer: impl Fn(&str) -> (&'static str, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().take(REQUESTS_MAX) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            let (status, body) = answer(&String::from_utf8_lossy(&request[..length]));
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    url
}

/// A service that refuses every request and repeats all of it.
fn refusing() -> String {
    serving(|sent| {
        let carried = [TOKEN, ACCOUNT_TOKEN].into_iter().filter(|token| sent.contains(token));
        let text = format!("refused {sent} {}", carried.map(quoted).collect::<String>());
        let body = serde_json::json!({"errors": [text], "messages": [text], "success": false});
        ("403 Forbidden", body.to_string())
    })
}

/// A service whose answers hold a secret in a form that nobody knows.
fn strange(status: &'static str) -> String {
    serving(move |_| (status, serde_json::json!(GENERATED).to_string()))
}

fn open(secret: &str) -> String {
    serde_json::to_string(secret).unwrap()
}

fn with_token(more: &str) -> String {
    format!("token = {{ env = \"SHOP_TOKEN\" }}\n{more}")
}

async fn told(text: &str, variables: &[(&str, &str)], hunt: &mut Hunt) -> bool {
    let settings = Settings::<Shop>::new().without_directory().compiled_in("base.toml", text);
    let variables = Variables::of(variables.iter().copied());
    hunt.search("the variables", format!("{variables:?}"));
    let options = LoadOptions::new("shop", "dev").variables(variables);
    // A secret on the command line is refused, and not shown.
    let on_line = options.clone().assign(format!("token={}", canary("SETTINGS")));
    let refused = settings.load(&on_line).await;
    // One that nobody understands may be a secret as a whole.
    let strange = settings.load(&options.clone().assign(TOKEN)).await;
    hunt.search("an assignment", format!("{:?}", strange.map(|_| ()).map_err(|faults| faults.to_string())));
    hunt.search(
        "options with a secret",
        format!("{on_line:?} {:?}", refused.map(|_| ()).map_err(|faults| faults.to_string())),
    );
    let change = Change::secret("token", Secret::new(canary("SETTINGS")));
    hunt.search("a change", format!("{change:?} {:?}", Change::value("token", canary("SETTINGS"))));
    hunt.search("the options", format!("{options:?} {options:#?}"));
    let inspection = settings.inspect(&options);
    hunt.search("an inspection", format!("{inspection:?} {inspection:#?}"));
    for entry in &inspection.entries {
        hunt.search("an entry", entry.value.to_string());
    }
    let (document, faults) = parse("base.toml", text);
    hunt.search("a document", format!("{document:?} {faults:?}"));
    let loaded = settings.load(&options).await;
    let good = loaded.is_ok();
    match loaded {
        Ok(loaded) => hunt.search("loaded settings", format!("{loaded:?} {loaded:#?}")),
        Err(faults) => hunt.search("faults", format!("{faults} {faults:?} {faults:#?}")),
    }
    hunt.search("the log", log().bytes());
    good
}

#[tokio::test]
async fn no_source_of_settings_shows_a_secret() {
    log();
    let mut hunt = Hunt::default();
    let secret = canary("SETTINGS");
    hunt.plant("the secret", &secret);
    hunt.plant("the services' token", TOKEN);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, &secret).unwrap();
    let file = file.display();
    let url = refusing();
    let variables = [
        ("SHOP_TOKEN", secret.as_str()),
        ("DOPPLER_TOKEN", TOKEN),
        ("DOPPLER_API_HOST", url.as_str()),
        ("VAULT_TOKEN", TOKEN),
        ("VAULT_ADDR", url.as_str()),
    ];
    let base = "workers = 1\n";
    for (text, good) in [
        ("token = { env = \"SHOP_TOKEN\" }".to_owned(), true),
        (format!("token = {{ file = \"{file}\" }}"), true),
        (format!("token = {{ command = [\"cat\", \"{file}\"] }}"), true),
        (format!("token = {{ command = [\"sh\", \"-c\", \"cat {file} >&2; cat {file}; exit 3\"] }}"), false),
        (format!("token = {{ command = [\"sh\", \"-c\", \"exit 3\", {}] }}", open(&secret)), false),
        ("token = { doppler = { project = \"p\", config = \"c\", name = \"TOKEN\" } }".to_owned(), false),
        ("token = { vault = { mount = \"kv\", path = \"p\", key = \"token\" } }".to_owned(), false),
        // In the open, of a wrong type, in a wrong place.
        (format!("token = {}", serde_json::to_string(&secret).unwrap()), false),
        (format!("token = [{}]", serde_json::to_string(&secret).unwrap()), false),
        (
            format!(
                "token = {{ env = \"SHOP_TOKEN\", other = {} }}",
                serde_json::to_string(&secret).unwrap()
            ),
            false,
        ),
        (format!("token = {}\nnot TOML", serde_json::to_string(&secret).unwrap()), false),
        (format!("token = {} not TOML", serde_json::to_string(&secret).unwrap()), false),
        ("token = { env = \"SHOP_TOKEN\" }\npin = { env = \"SHOP_TOKEN\" }".to_owned(), false),
        (with_token(&format!("login = {{ password = {} }}", open(&secret))), false),
        (with_token(&format!("login = {{ password = {}, number = 1 }}", open(&secret))), false),
        (with_token(&format!("login = {{ password = {}, short = 1 }}", open(&secret))), false),
        (with_token(&format!("login = {}", open(&secret))), false),
        (with_token(&format!("list = {}", open(&secret))), false),
        (with_token(&format!("tokn = {}", open(&secret))), false),
    ] {
        let text = format!("{base}{text}\n");
        assert_eq!(told(&text, &variables, &mut hunt).await, good, "{}", text.len());
        let faults = check_text::<Shop>("check.toml", &text);
        hunt.search("the faults of a check", format!("{faults} {faults:?}"));
    }
}

#[tokio::test]
async fn no_service_that_is_not_understood_shows_a_secret() {
    log();
    let mut hunt = Hunt::default();
    let secrets = [("a token", TOKEN), ("a pod's token", ACCOUNT_TOKEN), ("an answer", GENERATED)];
    secrets.iter().for_each(|(name, secret)| hunt.plant(name, secret));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pod");
    std::fs::write(&file, ACCOUNT_TOKEN).unwrap();
    let file = file.display().to_string();
    let doppler = "token = { doppler = { project = \"p\", config = \"c\", name = \"TOKEN\" } }";
    let vault = "token = { vault = { mount = \"kv\", path = \"p\", key = \"token\" } }";
    for url in [strange("422 Unprocessable Content"), strange("200 OK"), refusing()] {
        let url = url.as_str();
        let text = |source: &str| format!("workers = 1\n{source}\n");
        let variables = [("DOPPLER_TOKEN", TOKEN), ("DOPPLER_API_HOST", url)];
        assert!(!told(&text(doppler), &variables, &mut hunt).await, "Doppler");
        let variables = [("VAULT_TOKEN", TOKEN), ("VAULT_ADDR", url)];
        assert!(!told(&text(vault), &variables, &mut hunt).await, "Vault");
        let variables = [("VAULT_K8S_ROLE", "shop"), ("VAULT_K8S_TOKEN_FILE", &file), ("VAULT_ADDR", url)];
        assert!(!told(&text(vault), &variables, &mut hunt).await, "Vault's login");
    }
}

/// The same once more in a process of its own: what the programs that it runs print is not its own.
#[test]
fn nothing_prints_a_secret_while_settings_are_read() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let ran = command
        .args(["--exact", "sources::no_source_of_settings_shows_a_secret", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
    let mut hunt = Hunt::default();
    hunt.plant("the secret", &canary("SETTINGS"));
    hunt.plant("the services' token", TOKEN);
    hunt.search("standard output", &ran.stdout);
    hunt.search("standard error", &ran.stderr);
}
