//! Every example of the repository is run, and all it leaves is searched. An example that is not listed
//! here fails; to add one is a line in [`EXAMPLES`].

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use iac_core::state::StackId;
use iac_http::{Bearer, Client};

use crate::fields::{secrets, snapshot};
use crate::spelling::Hunt;

const EXAMPLES: &[Example] = &[
    Example { name: "cloud-sim", kind: Kind::Cloud { client: "philotes-hetzner" } },
    Example {
        name: "embedded",
        kind: Kind::Program { secrets: &["Bearer any token"], says: "objects left in the cloud: 0" },
    },
    Example {
        name: "edge-django",
        kind: Kind::Runner { project: "edge", stack: "dev", variables: &[("EDGE_PROTECT_VOLUME", "false")] },
    },
    Example {
        name: "philotes-hetzner",
        kind: Kind::Runner { project: "philotes", stack: "dev", variables: &[] },
    },
    Example { name: "plan-service", kind: Kind::Service },
    Example { name: "scale", kind: Kind::WithoutSecrets },
    Example {
        name: "tested-stack",
        kind: Kind::Program { secrets: &["#cloud-config\npassword: "], says: "\"$secret\":true" },
    },
];

struct Example {
    name: &'static str,
    kind: Kind,
}

/// How an example is run.
enum Kind {
    /// Hands its `main` to the runner and needs no account: a whole life of the stack, whose state then
    /// tells which secrets to search for.
    Runner { project: &'static str, stack: &'static str, variables: &'static [(&'static str, &'static str)] },
    /// Runs to its end. These secrets are written in it; the text shows that it did something.
    Program { secrets: &'static [&'static str], says: &'static str },
    /// Serves a cloud, in which a client makes what has secrets.
    Cloud { client: &'static str },
    /// Plans and applies over HTTP what callers ask for, with a secret among it.
    Service,
    /// Has no secret at all, which its source must show.
    WithoutSecrets,
}

/// What a user of the runner does with a stack.
const LIFE: &[&str] = &[
    "plan --json",
    "up --yes",
    "up --yes --json",
    "outputs",
    "outputs --json",
    "state list",
    "state export",
    "refresh --json",
    "history",
    "history show 1",
    "history show 1 --json",
    "plan --out saved.plan",
    "show saved.plan --json",
    "graph",
    "destroy --yes --destroy-data dev --json",
];

/// Fewest secrets that a life must show up.
const SECRETS_MIN: usize = 1;
/// Whether the example is there. `cargo test` builds those with tests of their own as these tests only.
fn is_built(name: &str) -> bool {
    let built = program_path(name).exists();
    assert!(
        built || std::env::var("CI").as_deref() != Ok("true"),
        "{name} is missing; run `cargo build --examples`"
    );
    if !built {
        println!("skipped: {name}, which `cargo build --examples` builds");
    }
    built
}

fn program_path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples").join(name)
}

/// The example, which `cargo test` builds beside the tests.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = program_path(name);
    assert!(path.exists(), "{} is missing; run `cargo build --examples`", path.display());
    path
}

fn source(name: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let alone = root.join(format!("{name}.rs"));
    if alone.exists() {
        return std::fs::read_to_string(alone).ok();
    }
    let files = std::fs::read_dir(root.join(name)).ok()?;
    let texts =
        files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    Some(texts.map(|path| std::fs::read_to_string(path).unwrap()).collect())
}

#[test]
fn every_example_is_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let listed = EXAMPLES.iter().any(|example| example.name == name);
        assert!(
            listed,
            "the example {name} is not searched for secrets; add it to `EXAMPLES` in {}",
            file!()
        );
    }
    for example in EXAMPLES {
        let source = source(example.name).unwrap_or_else(|| panic!("there is no example {}", example.name));
        if matches!(example.kind, Kind::WithoutSecrets) {
            assert!(!source.contains("Secret"), "{} has secrets; say how it is run", example.name);
        }
    }
}

fn run(name: &str, line: &str, directory: &Path, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program(name));
    command.args(line.split_whitespace()).current_dir(directory).stdin(Stdio::null());
    for name in ["HCLOUD_TOKEN", "HCLOUD_ENDPOINT", "CLOUDFLARE_API_TOKEN", "NEON_API_KEY", "DOPPLER_TOKEN"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn life(name: &str, id: &StackId, variables: &[(&str, &str)]) {
    let directory = tempfile::tempdir().unwrap();
    let (mut hunt, mut planted) = (Hunt::default(), 0);
    let mut said: Vec<(String, Vec<u8>)> = Vec::new();
    for line in LIFE {
        let line = format!("--log trace --state state.sqlite {line}");
        let ran = run(name, &line, directory.path(), variables);
        let text = [ran.stdout, ran.stderr].concat();
        assert!(ran.status.success(), "{name} {line}: {}", String::from_utf8_lossy(&text));
        said.push((line.clone(), text));
        if line.ends_with("up --yes") {
            let state = snapshot(&directory.path().join("state.sqlite"), id);
            for (number, secret) in secrets(&state).iter().enumerate() {
                hunt.plant(&format!("secret {number}"), secret);
                planted += 1;
            }
        }
        // Left out: the key file, which is the key.
        hunt.search_files(directory.path(), &["state.sqlite.key"]);
    }
    assert!(planted >= SECRETS_MIN, "the state of {name} holds no secret");
    for (line, text) in said {
        hunt.search(&format!("{name} {line}"), text);
    }
}

/// Stops the cloud, whatever becomes of the test.
struct Served(std::process::Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn cloud(name: &str, client: &str) {
    const TOKEN: &str = "simCANARYtokenOfTheServedCloud62e0";
    let directory = tempfile::tempdir().unwrap();
    let mut hunt = Hunt::default();
    hunt.plant("the token", TOKEN);
    let mut command = Command::new(program(name));
    command.args(["hetzner", "--data", "cloud.json", "--log", "cloud.log", "--instant", "--no-rate-limit"]);
    command.args(["--token", TOKEN]).current_dir(directory.path());
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(directory.path().join("errors")).unwrap());
    let mut served = Served(command.spawn().unwrap());
    let mut url = String::new();
    BufReader::new(served.0.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let variables = [("HCLOUD_ENDPOINT", url.trim()), ("HCLOUD_TOKEN", TOKEN)];
    let wrong = [variables[0], ("HCLOUD_TOKEN", "anotherCANARYtoken83b1ofNobody")];
    hunt.plant("a wrong token", wrong[1].1);
    for (line, variables, good) in [
        ("up --yes", wrong, false),
        ("up --yes --json", variables, true),
        ("destroy --yes --destroy-data dev", variables, true),
    ] {
        let line = format!("--log trace --state state.sqlite {line}");
        let ran = run(client, &line, directory.path(), &variables);
        let text = [ran.stdout, ran.stderr].concat();
        assert_eq!(ran.status.success(), good, "{line}: {}", String::from_utf8_lossy(&text));
        hunt.search(&line, text);
        hunt.search_files(directory.path(), &["state.sqlite.key"]);
    }
    assert!(std::fs::read_to_string(directory.path().join("cloud.log")).unwrap().contains("[redacted]"));
}

/// A plan with a password, its apply and its events to their end.
fn service(name: &str) {
    const TOKEN: &str = "svcCANARYtokenOfTheCallers7a19";
    const PASSWORD: &str = "svcCANARYpasswordOfTheAdmin_~.5c";
    let directory = tempfile::tempdir().unwrap();
    let mut hunt = Hunt::default();
    hunt.plant("the callers' token", TOKEN);
    hunt.plant("the password", PASSWORD);
    let mut command = Command::new(program(name));
    command.args(["--listen", "127.0.0.1:0", "--data", "data"]).current_dir(directory.path());
    command.env_remove("HCLOUD_TOKEN").env("PLAN_SERVICE_TOKEN", TOKEN).env("RUST_LOG", "trace");
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(directory.path().join("errors")).unwrap());
    let mut served = Served(command.spawn().unwrap());
    let mut said = BufReader::new(served.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let listening = said.find_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answers = runtime.block_on(async {
        let client = Client::builder(listening).auth(Bearer::new(TOKEN)).build().unwrap();
        let wanted =
            serde_json::json!({"stack": "dev", "settings": {"workers": 1, "admin_password": PASSWORD}});
        // A secret in the wrong field.
        let wrong = serde_json::json!({"stack": "dev", "settings": {"workers": PASSWORD}});
        let refused = client.post("/plans").json_body(&wrong).send::<serde_json::Value>().await;
        let refused = format!("{:?}", refused.expect_err("workers are a number"));
        assert!(refused.contains("workers"), "{refused}");
        let planned = client.post("/plans").json_body(&wanted).send::<serde_json::Value>().await.unwrap();
        let planned = planned.into_body();
        let path = format!("/plans/{}/apply", planned["id"].as_str().unwrap());
        let applied = client.post(path).send::<serde_json::Value>().await.unwrap().into_body();
        let path = format!("/runs/{}/events", applied["id"].as_str().unwrap());
        let events = client.get(path).send_bytes().await.unwrap().into_body();
        let outputs = client.get("/stacks/dev/outputs").send_bytes().await.unwrap().into_body();
        [
            refused.into_bytes(),
            planned.to_string().into_bytes(),
            applied.to_string().into_bytes(),
            events.to_vec(),
            outputs.to_vec(),
        ]
    });
    assert!(String::from_utf8_lossy(&answers[3]).contains(r#""status":"succeeded""#));
    for answer in answers {
        hunt.search(name, answer);
    }
    hunt.search_files(directory.path(), &["state.key"]);
}

#[test]
fn no_example_shows_a_secret() {
    for Example { name, kind } in EXAMPLES {
        println!("{name}");
        if !is_built(name) {
            continue;
        }
        match kind {
            Kind::Runner { project, stack, variables } => {
                life(name, &StackId::new(*project, *stack), variables);
            }
            Kind::Program { secrets, says } => {
                let mut hunt = Hunt::default();
                secrets.iter().for_each(|secret| hunt.plant("what is written in it", secret));
                let directory = tempfile::tempdir().unwrap();
                let ran = run(name, "", directory.path(), &[]);
                let text = [ran.stdout, ran.stderr].concat();
                let shown = String::from_utf8_lossy(&text);
                assert!(ran.status.success() && shown.contains(says), "{name}: {shown}");
                hunt.search(name, &text);
                hunt.search_files(directory.path(), &[]);
            }
            Kind::Cloud { client } => cloud(name, client),
            Kind::Service => service(name),
            Kind::WithoutSecrets => {}
        }
    }
}
