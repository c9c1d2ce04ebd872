//! A program with settings: `config`, `--set`, and that nothing runs while settings are wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use iac_cli::{Console, NoArgs, ProgramError, RunContext, Runner};
use iac_core::random::RandomToken;
use iac_core::state::RawKey;
use iac_core::{Secret, Stack};
use iac_settings::{Fault, Settings, Validate};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::desk::{Desk, Tape};

const CANARY: &str = "hunter2-canary";

const BASE: &str = "# What all stacks share.\nregion = \"nbg1\"\n\n[database]\npool_size = 10 # enough\n";
const PRODUCTION: &str = "region = \"fsn1\"\ntokens = 3\n";

#[derive(Debug, Deserialize, JsonSchema)]
struct Shop {
    /// Where the servers are.
    region: String,
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 5))]
    tokens: u32,
    #[serde(default)]
    database: Database,
    api_token: Option<Secret<String>>,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
struct Database {
    pool_size: u16,
    password: Option<Secret<String>>,
}

impl Default for Database {
    fn default() -> Self {
        Self { pool_size: 5, password: None }
    }
}

impl Validate for Shop {
    fn check(&self) -> Vec<Fault> {
        let is_small = u32::from(self.database.pool_size) < self.tokens;
        let fault = Fault::new("database.pool_size", "must be at least `tokens`");
        is_small.then_some(fault).into_iter().collect()
    }
}

struct Site {
    directory: tempfile::TempDir,
    desk: Desk,
    typed: Option<&'static str>,
    given: &'static str,
    variables: Vec<(&'static str, &'static str)>,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            directory: tempfile::tempdir().unwrap(),
            desk: Desk::default(),
            typed: None,
            given: "",
            variables: Vec::new(),
        };
        site.write("base.toml", BASE);
        site.write("production.toml", PRODUCTION);
        site
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path().join("settings")).unwrap();
        std::fs::write(self.path().join("settings").join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join("settings").join(name)).unwrap()
    }

    fn run(&mut self, line: &str) -> (u8, String) {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let mut console =
            Console::new(Cursor::new(self.typed.unwrap_or(self.given)), stdout.clone(), stderr.clone())
                // No line breaks that depend on where the directory is.
                .width(1000)
                .interactive(self.typed.is_some());
        for (name, value) in &self.variables {
            console = console.variable(name, value);
        }
        let settings = Settings::<Shop>::new().directory(self.path().join("settings"));
        let runner: Runner<NoArgs, Shop> = self
            .desk
            .runner()
            .keyring(RawKey::from_hex("the test's key", &"5f".repeat(32)).unwrap())
            .settings(settings);
        let parts: Vec<&str> = std::iter::once("shop").chain(line.split_whitespace()).collect();
        let code = runner.run_with(
            parts,
            console,
            async |cx: &RunContext<NoArgs, Shop>, stack: &Stack| -> Result<(), ProgramError> {
                for number in 0..cx.settings().tokens {
                    stack.add(format!("token-{number}"), RandomToken::args().bytes(8u32))?;
                }
                stack.export("region", &cx.settings().region)?;
                Ok(())
            },
        );
        let shown = |text: String| text.replace(&format!("{}/", self.path().display()), "");
        let (stdout, stderr) = (shown(stdout.text()), shown(stderr.text()));
        let errors = if stderr.is_empty() { String::new() } else { format!("--- standard error\n{stderr}") };
        let text = format!("$ shop {line}\n{stdout}{errors}--- exit code {code}\n\n");
        assert!(!text.contains(CANARY), "{text}");
        self.desk.transcript.push_str(&text);
        (code, text)
    }
}

#[test]
fn settings_are_shown_checked_and_changed() {
    let mut site = Site::new();
    site.variables = vec![("SHOP_DATABASE__POOL_SIZE", "20"), ("IAC_KEY", "not the program's")];
    assert_eq!(site.run("config show").0, 0);
    assert_eq!(site.run("config show database --stack production --set tokens=4").0, 0);
    assert_eq!(site.run("config check").0, 0);
    assert_eq!(site.run("config check --all --offline").0, 0);
    assert_eq!(site.run("config set tokens 2").0, 0);
    site.given = "hunter2-canary\n";
    assert_eq!(site.run("config set --secret api_token").0, 0);
    site.given = "";
    assert_eq!(site.run("config set database.pool_size 12 --base").0, 0);
    assert_eq!(site.run("config show --json").0, 0);
    assert_eq!(site.run("up --yes --parallelism 1 --set tokens=2").0, 0);
    assert_eq!(site.run("outputs region").0, 0);
    // The sealed text and its key differ from run to run.
    let sealed = site.read("dev.toml");
    assert!(sealed.starts_with("tokens = 2\napi_token = { sealed = \"v1:"), "{sealed}");
    assert!(!sealed.contains("canary"), "{sealed}");
    assert_eq!(site.read("base.toml"), BASE.replace("10 #", "12 #"));
    site.desk.matches("settings");
}

#[test]
fn nothing_runs_while_settings_are_wrong() {
    let mut site = Site::new();
    site.write("dev.toml", "tokens = \"two\"\nregoin = \"nbg1\"\napi_token = \"hunter2-canary\"\n");
    assert_eq!(site.run("plan").0, 1);
    assert_eq!(site.run("up --yes --json").0, 1);
    // What does not run the program does not need its settings.
    assert_eq!(site.run("state list").0, 0);
    assert_eq!(site.run("config show").0, 1);
    assert_eq!(site.run("config check --all").0, 1);
    site.write("dev.toml", "api_token = { env = \"API_TOKEN\" }\ntokens = 4\n[database]\npool_size = 3\n");
    assert_eq!(site.run("plan").0, 1);
    site.variables = vec![("API_TOKEN", CANARY)];
    assert_eq!(site.run("plan --set database.pool_size=4").0, 0);
    assert_eq!(site.run("config check --set database.pool_size=4").0, 0);
    site.desk.matches("settings_wrong");
}

#[test]
fn what_cannot_be_set_is_refused() {
    let mut site = Site::new();
    assert_eq!(site.run("config set token 3").0, 1);
    assert_eq!(site.run("config set tokens many").0, 1);
    assert_eq!(site.run("config set tokens").0, 1);
    assert_eq!(site.run("config set api_token plainly").0, 1);
    assert_eq!(site.run("config set --secret tokens").0, 1);
    assert_eq!(site.run("config set --secret api_token").0, 1);
    assert_eq!(site.run("config show nothing").0, 1);
    assert!(!site.path().join("settings/dev.toml").exists());
    site.desk.matches("settings_refused");
}

#[test]
fn a_settings_file_gets_a_new_key() {
    const OTHER_KEY: &str = "7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b7b";
    let mut site = Site::new();
    assert_eq!(site.run("config rekey").0, 1);
    site.write("dev.toml", "tokens = 2 # enough\n");
    assert_eq!(site.run("config rekey").0, 1);
    site.given = "hunter2-canary\n";
    assert_eq!(site.run("config set --secret api_token").0, 0);
    assert_eq!(site.run("config set --secret database.password").0, 0);
    site.given = "";
    let before = site.read("dev.toml");
    assert_eq!(site.run("config rekey").0, 0);
    let after = site.read("dev.toml");
    let sealed = |text: &str| -> Vec<String> {
        text.split('"')
            .filter(|part| part.len() > 30 && !part.contains(char::is_whitespace))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!((sealed(&before).len(), sealed(&after).len()), (3, 3), "{before}\n{after}");
    assert!(sealed(&before).iter().all(|old| !after.contains(old)), "{before}\n{after}");
    assert!(after.starts_with("tokens = 2 # enough\n"), "{after}");
    assert_eq!(site.run("config check").0, 0);
    // What is damaged stops it, and nothing is written.
    let damaged = after.replacen("v1:", "v1:AAAA", 1);
    site.write("dev.toml", &damaged);
    assert_eq!(site.run("config rekey").0, 1);
    assert_eq!(site.read("dev.toml"), damaged);
    site.write("dev.toml", &after);
    // Locked by another key, which the program does not have.
    site.variables = vec![("OTHER_KEY", OTHER_KEY)];
    assert_eq!(site.run("config rekey --json --to key:OTHER_KEY").0, 0);
    let moved = site.read("dev.toml");
    assert_eq!(site.run("config check").0, 1);
    assert_eq!(site.run("config rekey").0, 1);
    assert_eq!(site.read("dev.toml"), moved);
    assert!(!moved.contains("canary") && moved != after, "{moved}");
    site.desk.matches("settings_rekey");
}

#[test]
fn a_secret_can_be_typed() {
    let mut site = Site::new();
    site.typed = Some("hunter2-canary\nnot read\n");
    let (code, text) = site.run("config set --secret database.password");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Secret for database.password: \n"), "{text}");
    site.typed = None;
    assert_eq!(site.run("config check").0, 0);
    assert!(site.run("config show database").1.contains("[secret]  settings/dev.toml:"));
}

#[test]
fn all_stacks_are_checked_without_choosing_one_and_a_file_of_none_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("settings");
    std::fs::create_dir(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let run = |stacks: &[&str], line: &str| {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let console = Console::new(Cursor::new(""), stdout.clone(), stderr.clone()).width(1000);
        let parts = std::iter::once("shop").chain(line.split_whitespace());
        let program = async |_: &RunContext<NoArgs, Shop>, _: &Stack| -> Result<(), ProgramError> { Ok(()) };
        let settings = Settings::<Shop>::new().directory(&folder);
        let runner = Runner::new("shop").stacks(stacks.iter().copied()).settings(settings);
        (runner.run_with(parts, console, program), stdout.text(), stderr.text())
    };
    write("base.toml", BASE);
    write("prodction.toml", PRODUCTION);
    let (code, stdout, stderr) = run(&["dev", "production"], "config check --all");
    assert_eq!(code, 1);
    assert!(
        stdout.contains("shop/dev are right") && stdout.contains("shop/production are right"),
        "{stdout}"
    );
    assert_eq!(
        stderr,
        "error: the settings file prodction.toml belongs to no stack of shop\nhint: rename or remove it; the stacks are dev, production\n"
    );
    // A program that names no stacks has those with files.
    let (code, stdout, stderr) = run(&[], "config check --all");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.starts_with("The settings of shop/prodction are right"), "{stdout}");
    std::fs::remove_file(folder.join("prodction.toml")).unwrap();
    assert_eq!(run(&["dev", "production"], "config check --all").0, 0);
    assert_eq!(run(&["dev", "production"], "config schema").0, 0);
    let (code, _, stderr) = run(&[], "config check --all");
    assert!(code == 1 && stderr.contains("pass `--stack NAME`"), "{stderr}");
    assert_eq!(run(&[], "config check --all --stack dev").0, 0);
    // What is about one stack asks for it still.
    assert!(run(&["dev", "production"], "config check").2.contains("failed to choose a stack"));
}

#[test]
fn settings_fit_a_narrow_terminal() {
    let stdout = Tape::default();
    let console = Console::new(Cursor::new(""), stdout.clone(), Tape::default()).width(40);
    let program = async |_: &RunContext<NoArgs, Shop>, _: &Stack| -> Result<(), ProgramError> { Ok(()) };
    let settings = Settings::<Shop>::new()
        .without_directory()
        .compiled_in("settings/base.toml", BASE)
        .compiled_in("settings/dev.toml", "region = \"a name that is longer than the terminal is wide\"\n");
    let runner = Runner::new("shop").default_stack("dev").settings(settings);
    assert_eq!(runner.run_with(["shop", "config", "show"], console, program), 0);
    let shown = stdout.text();
    assert!(shown.lines().all(|line| line.chars().count() <= 40), "{shown}");
    let words: Vec<&str> = shown.split_whitespace().collect();
    let all = words.join(" ");
    for part in [
        "\"a name that is longer than the terminal is wide\"",
        "settings/dev.toml:1",
        "database.pool_size 10",
    ] {
        assert!(all.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_secret_that_is_piped_is_taken_whole() {
    for (given, told) in [
        ("-----BEGIN\nhunter2-canary\nEND-----\n", Ok("-----BEGIN\nhunter2-canary\nEND-----")),
        ("\u{feff}hunter2-canary\r\n", Ok("hunter2-canary")),
        ("\n", Err("`api_token` would be empty")),
    ] {
        let mut site = Site::new();
        site.given = given;
        let (code, text) = site.run("config set --secret api_token");
        match told {
            Ok(secret) => {
                assert_eq!(code, 0, "{text}");
                let settings = Settings::<Shop>::new().directory(site.path().join("settings"));
                let key = RawKey::from_hex("the test's key", &"5f".repeat(32)).unwrap();
                let options = iac_settings::LoadOptions::new("shop", "dev")
                    .variables(iac_settings::Variables::none())
                    .keyring(Arc::new(key));
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let loaded = runtime.block_on(settings.load(&options)).unwrap();
                assert_eq!(loaded.api_token.as_ref().unwrap().expose(), secret);
            }
            Err(told) => assert!(code == 1 && text.contains(told), "{text}"),
        }
    }
}

#[test]
fn the_schema_is_json_for_editors() {
    let mut site = Site::new();
    let (code, text) = site.run("config schema");
    assert_eq!(code, 0);
    let json = text.split_once('\n').and_then(|(_, rest)| rest.split_once("--- exit")).unwrap().0;
    let schema: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(schema["properties"]["region"]["description"], "Where the servers are.");
    assert_eq!(schema["properties"]["tokens"]["maximum"], 5);
}

#[test]
fn a_program_without_settings_says_so() {
    let desk = Desk::default();
    for (line, told) in [
        ("shop plan --set a=1", "failed to understand `--set`: this program has no settings"),
        ("shop config show", "failed to find settings: this program has none"),
    ] {
        let stderr = Tape::default();
        let console = Console::new(Cursor::new(""), Tape::default(), stderr.clone());
        let program = async |_: &RunContext, _: &Stack| -> Result<(), ProgramError> { Ok(()) };
        assert_eq!(desk.runner().run_with(line.split_whitespace(), console, program), 1);
        assert!(stderr.text().contains(told), "{}", stderr.text());
    }
    let help = Tape::default();
    let console = Console::new(Cursor::new(""), help.clone(), Tape::default());
    let program = async |_: &RunContext, _: &Stack| -> Result<(), ProgramError> { Ok(()) };
    desk.runner().run_with(["shop", "--help"], console, program);
    assert!(!help.text().contains("--set") && !help.text().contains("config"), "{}", help.text());
}

#[test]
fn the_key_of_the_state_seals_settings_too() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("deep/state.sqlite");
    let run = |line: &str, given: &'static str| {
        let (stdout, stderr) = (Tape::default(), Tape::default());
        let console = Console::new(Cursor::new(given), stdout.clone(), stderr.clone()).width(1000);
        let mut parts: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parts.insert(0, "shop".into());
        parts.extend(["--state".into(), state.display().to_string()]);
        let settings = Settings::<Shop>::new()
            .directory(directory.path().join("settings"))
            .compiled_in("settings/base.toml", BASE);
        let found = Arc::new(std::sync::Mutex::new(None));
        let seen = Arc::clone(&found);
        let program = async |cx: &RunContext<NoArgs, Shop>, _: &Stack| -> Result<(), ProgramError> {
            *seen.lock().unwrap() = cx.settings().api_token.clone();
            Ok(())
        };
        let code =
            Runner::new("shop").default_stack("dev").settings(settings).run_with(parts, console, program);
        let secret = found.lock().unwrap().take();
        (code, stdout.text(), stderr.text(), secret)
    };
    let (code, _, stderr, _) = run("config set --secret api_token", "hunter2-canary\n");
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("state.sqlite.key (mode 0600)") && !state.exists(), "{stderr}");
    let (code, _, stderr, secret) = run("plan", "");
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(secret.unwrap().expose(), CANARY);
    std::fs::remove_file(directory.path().join("deep/state.sqlite.key")).unwrap();
    let (code, _, stderr, _) = run("plan", "");
    assert_eq!(code, 1);
    assert!(stderr.contains("`api_token` is sealed, and its key cannot be opened"), "{stderr}");
}
