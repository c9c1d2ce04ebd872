//! What the source `vault` answers, and what it says when it cannot.

use std::path::PathBuf;

use iac_settings::{Vault, VaultLogin};
use iac_testkit::sim::{Fault, FaultMatch, FaultScript, SimServer};
use serde_json::{Value, json};

use crate::vault_sim::{JWT, SECRET, TOKEN, VaultSim, start};
use crate::{TIMEOUT, fetch, retry, told};

fn source(server: &SimServer) -> Vault {
    Vault::new().address(server.url()).timeout(TIMEOUT).retry(retry())
}

fn reference(path: &str, key: &str) -> Value {
    json!({ "mount": "kv", "path": path, "key": key })
}

const GOOD: &[(&str, &str)] = &[("VAULT_TOKEN", TOKEN)];

fn change(server: &SimServer, change: impl FnOnce(&mut VaultSim)) {
    server.with_cloud::<VaultSim, _>(change).unwrap().unwrap();
}

fn account(directory: &tempfile::TempDir, token: &str) -> PathBuf {
    let path = directory.path().join("token");
    std::fs::write(&path, token).unwrap();
    path
}

fn kubernetes(role: &str, token_file: PathBuf) -> VaultLogin {
    VaultLogin::Kubernetes { role: role.into(), mount: "kubernetes".into(), token_file }
}

#[tokio::test]
async fn the_newest_version_or_the_one_that_is_asked_for() {
    let server = start().await;
    let vault = source(&server);
    let secret = fetch(&vault, reference("shop/production", "token"), GOOD).await.unwrap();
    assert_eq!(secret.expose(), SECRET);
    let old = json!({ "mount": "kv", "path": "/shop/production/", "key": "token", "version": 1 });
    assert_eq!(fetch(&vault, old, GOOD).await.unwrap().expose(), "canary-of-old");
    // A path's odd characters keep their meaning.
    assert_eq!(fetch(&vault, reference("a b/c", "token"), GOOD).await.unwrap().expose(), SECRET);
    let paths: Vec<String> = server.exchanges().into_iter().map(|exchange| exchange.path).collect();
    assert_eq!(paths, ["/v1/kv/data/shop/production", "/v1/kv/data/shop/production", "/v1/kv/data/a%20b/c"]);
}

#[tokio::test]
async fn address_token_and_namespace_come_from_the_environment() {
    let server = start().await;
    change(&server, |sim| sim.namespace = Some("team/shop"));
    let directory = tempfile::tempdir().unwrap();
    let url = server.url();
    let home = directory.path().to_str().unwrap().to_owned();
    std::fs::write(directory.path().join(".vault-token"), format!("{TOKEN}\n")).unwrap();
    let wanted = reference("shop/production", "token");
    let base = [("VAULT_ADDR", url.as_str()), ("VAULT_NAMESPACE", "team/shop")];
    for login in [("VAULT_TOKEN", TOKEN), ("HOME", home.as_str())] {
        let variables = [base[0], base[1], login];
        assert_eq!(
            fetch(&Vault::new(), wanted.clone(), &variables).await.unwrap().expose(),
            SECRET,
            "{}",
            login.0
        );
    }
    let file = account(&directory, JWT);
    let role =
        [base[0], base[1], ("VAULT_K8S_ROLE", "deployer"), ("VAULT_K8S_TOKEN_FILE", file.to_str().unwrap())];
    assert_eq!(fetch(&Vault::new(), wanted.clone(), &role).await.unwrap().expose(), SECRET);
    let text = told(fetch(&Vault::new(), wanted.clone(), &base).await, &["canary"]);
    assert!(text.contains("there is no token for Vault") && text.contains("run `vault login`"), "{text}");
    let text = told(fetch(&Vault::new(), wanted, &[]).await, &["canary"]);
    assert!(text.contains("Vault's address is not known"), "{text}");
}

#[tokio::test]
async fn what_is_refused_says_what_to_do() {
    let server = start().await;
    for (path, key, variables, expected) in [
        (
            "shop/production",
            "token",
            &[("VAULT_TOKEN", "hvs.canary-wrong")][..],
            ["PermissionDenied", "invalid token", "use a token that is valid"],
        ),
        (
            "nowhere",
            "token",
            GOOD,
            ["NotFound", "there is no such secret", "check mount, path and namespace"],
        ),
        (
            "shop/production",
            "tokn",
            GOOD,
            ["NotFound", "kv/shop/production in Vault has no key \"tokn\"", "its keys are port, token, user"],
        ),
        (
            "shop/production",
            "port",
            GOOD,
            ["InvalidInput", "port of kv/shop/production in Vault is not text", "store it as text"],
        ),
        ("gone", "token", GOOD, ["NotFound", "that version of the secret was deleted", "undelete this one"]),
        (
            "destroyed",
            "token",
            GOOD,
            ["NotFound", "that version of the secret was destroyed", "name another one"],
        ),
        ("empty", "token", GOOD, ["NotFound", "token of kv/empty in Vault is empty", "write a version"]),
        ("long", "token", GOOD, ["InvalidInput", "is longer than the 65536 bytes", ""]),
        (
            "huge",
            "token",
            GOOD,
            ["Unavailable", "larger than the bound of 1048576 bytes", "address is that of a Vault server"],
        ),
    ] {
        let text = told(fetch(&source(&server), reference(path, key), variables).await, &["canary"]);
        assert!(expected.iter().all(|part| text.contains(part)), "{path} {key}: {text}");
    }
}

#[tokio::test]
async fn a_sealed_vault_is_told_at_once() {
    let server = start().await;
    change(&server, |sim| sim.sealed = true);
    let text = told(fetch(&source(&server), reference("shop/production", "token"), GOOD).await, &["canary"]);
    assert!(text.contains("Vault is sealed") && text.contains("unseal the server"), "{text}");
    assert_eq!(server.exchanges().len(), 1, "asking again does not unseal it");
}

#[tokio::test]
async fn a_service_account_logs_in_once_and_again_when_its_login_ends() {
    let server = start().await;
    let directory = tempfile::tempdir().unwrap();
    let vault = source(&server).login(kubernetes("deployer", account(&directory, &format!("{JWT}\n"))));
    let wanted = || reference("shop/production", "token");
    assert_eq!(fetch(&vault, wanted(), &[]).await.unwrap().expose(), SECRET);
    assert_eq!(fetch(&vault, wanted(), &[]).await.unwrap().expose(), SECRET);
    assert_eq!(server.exchanges().len(), 3, "one login and two reads");
    // Revoked, as an operator would.
    change(&server, |sim| sim.tokens.clear());
    assert_eq!(fetch(&vault, wanted(), &[]).await.unwrap().expose(), SECRET);
    change(&server, |sim| assert_eq!(sim.logins, 2));
    // A lease that is over when it begins is never used twice.
    change(&server, |sim| {
        sim.tokens.clear();
        sim.lease_s = 1;
    });
    for _ in 0..2 {
        assert_eq!(fetch(&vault, wanted(), &[]).await.unwrap().expose(), SECRET);
    }
    change(&server, |sim| assert_eq!(sim.logins, 4));
    assert!(!format!("{vault:?}").contains("canary"), "{vault:?}");

    // The login itself has ended: the account's token is not taken any more.
    account(&directory, "eyJ.canary-expired.sig");
    change(&server, |sim| sim.tokens.clear());
    let text = told(fetch(&vault, wanted(), &[]).await, &["canary"]);
    assert!(
        text.contains("PermissionDenied") && text.contains("role \"deployer\" at auth/kubernetes"),
        "{text}"
    );
}

#[tokio::test]
async fn a_login_that_cannot_be_says_why() {
    let server = start().await;
    let directory = tempfile::tempdir().unwrap();
    let wanted = || reference("shop/production", "token");
    let vault = source(&server).login(kubernetes("nobody", account(&directory, JWT)));
    let text = told(fetch(&vault, wanted(), &[]).await, &["canary"]);
    assert!(
        text.contains("invalid role name \"nobody\"") && text.contains("check that Vault's role"),
        "{text}"
    );
    let vault = source(&server).login(kubernetes("deployer", directory.path().join("nowhere")));
    let text = told(fetch(&vault, wanted(), &[]).await, &["canary"]);
    assert!(text.contains("nowhere cannot be read: entity not found"), "{text}");
    assert!(text.contains("VAULT_K8S_TOKEN_FILE names another"), "{text}");
    let vault = source(&server).login(VaultLogin::TokenFile(directory.path().join("nowhere")));
    let text = told(fetch(&vault, wanted(), &[]).await, &["canary"]);
    assert!(text.contains("run `vault login`, name another file"), "{text}");
    let page = Fault::Status { code: 200, body: json!("<html>canary</html>") };
    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), page));
    let vault = source(&server).login(kubernetes("deployer", account(&directory, JWT)));
    let text = told(fetch(&vault, wanted(), &[]).await, &["canary"]);
    assert!(text.contains("the answer is not what Vault promises"), "{text}");
}

#[tokio::test]
async fn silence_and_broken_answers_end() {
    let server = start().await;
    let wanted = || reference("shop/production", "token");
    for (fault, expected) in [
        (Fault::HalfOpen, "no answer from http://127.0.0.1"),
        (Fault::DropAfter, "broke before the answer"),
        (Fault::Truncate, "broke inside the answer"),
        (Fault::Status { code: 200, body: json!("canary") }, "not what Vault's KV version 2 promises"),
        (
            Fault::Status { code: 200, body: json!({ "data": { "data": null, "metadata": {} } }) },
            "was deleted | write a new version",
        ),
        // A store of version 1, where `data` is a part of the path.
        (
            Fault::Status { code: 200, body: json!({ "data": { "token": "canary" } }) },
            "InvalidInput | kv/shop/production in Vault is not in a KV version 2 store | name the mount",
        ),
        (
            Fault::Status { code: 501, body: json!({ "errors": ["Vault is not initialized"] }) },
            "Vault is not initialized (501) | initialize the server",
        ),
        (
            Fault::Status { code: 307, body: json!(null) },
            "the server sends the request to another address, and credentials are not taken there | give the address of a Vault server itself",
        ),
        (
            Fault::Status { code: 500, body: json!({ "errors": ["internal error"] }) },
            "internal error (after 3 attempts)",
        ),
    ] {
        server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), fault));
        let text = told(fetch(&source(&server), wanted(), GOOD).await, &["canary"]);
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let address = server.url();
    server.shutdown().await.unwrap();
    let vault = Vault::new().address(address).timeout(TIMEOUT).retry(retry());
    let text = told(fetch(&vault, wanted(), GOOD).await, &["canary"]);
    assert!(text.contains("cannot reach http://127.0.0.1"), "{text}");
}

#[tokio::test]
async fn an_address_that_is_none_and_a_namespace_without_the_secret_are_told() {
    let server = start().await;
    change(&server, |sim| sim.namespace = Some("team/shop"));
    let wanted = || reference("shop/production", "token");
    let other = source(&server).namespace("team/other");
    let text = told(fetch(&other, wanted(), GOOD).await, &["canary"]);
    assert!(text.contains("no handler for route") && text.contains("mount, path and namespace"), "{text}");
    change(&server, |sim| sim.namespace = None);
    for written in
        [format!("{}/", server.url()), format!("{}/v1", server.url()), format!("{}/v1/", server.url())]
    {
        let vault = Vault::new().address(&written).timeout(TIMEOUT).retry(retry());
        assert_eq!(fetch(&vault, wanted(), GOOD).await.unwrap().expose(), SECRET, "{written}");
    }
    let open = Vault::new().address("http://vault.example.org:8200").timeout(TIMEOUT).retry(retry());
    let text = told(fetch(&open, wanted(), GOOD).await, &["canary"]);
    assert!(
        text.contains("would send credentials in clear text") && text.contains("allow clear text"),
        "{text}"
    );
    // `.invalid` is nobody's: it gets as far as looking for the machine.
    let open = Vault::new().address("http://vault.invalid:8200").timeout(TIMEOUT).retry(retry());
    let text = told(fetch(&open.allow_cleartext(), wanted(), GOOD).await, &["canary"]);
    assert!(text.contains("http://vault.invalid:8200") && !text.contains("clear text"), "{text}");
    let roots = [GOOD[0], ("VAULT_CACERT", "/nonexistent/ca.pem")];
    let text = told(fetch(&source(&server), wanted(), &roots).await, &["canary"]);
    assert!(text.contains("/nonexistent/ca.pem cannot be read") && text.contains("in PEM"), "{text}");
    for address in ["vault.example.org", "vault.example.org:8200", "ftp://vault.example.org"] {
        let text = told(fetch(&Vault::new().address(address), wanted(), GOOD).await, &["canary"]);
        assert!(text.contains("is no URL") && text.contains("https://vault.example.org:8200"), "{text}");
    }
}

/// Speaks no TLS, as a server does that is asked at the wrong port.
#[tokio::test]
async fn a_connection_that_cannot_be_secured_names_the_variable_for_an_authority_of_its_own() {
    let server = start().await;
    let address = server.url().replace("http://", "https://");
    let vault = Vault::new().address(&address).timeout(TIMEOUT).retry(retry());
    let text = told(fetch(&vault, reference("shop/production", "token"), GOOD).await, &["canary"]);
    assert!(text.contains(&address) && text.contains("VAULT_CACERT names the certificate"), "{text}");
    assert!(server.exchanges().is_empty());
}

#[tokio::test]
async fn a_server_that_limits_is_asked_again_after_the_time_it_names() {
    let server = start().await;
    let limited = Fault::RateLimited { retry_after_s: 0 };
    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any().first(2), limited));
    let wanted = reference("shop/production", "token");
    assert_eq!(fetch(&source(&server), wanted, GOOD).await.unwrap().expose(), SECRET);
}
