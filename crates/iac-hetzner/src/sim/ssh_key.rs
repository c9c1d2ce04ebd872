//! Owns SSH keys: their format and fingerprints. Knows nothing of servers.
use super::cloud::HetznerSim;
use super::error::{Answer, invalid_input, uniqueness};
use super::input::Input;
use super::paging::{self, one_of};
use super::resource::{self, Meta, Resource, SORTABLE, kept_in};
use super::routes::Routes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The key types that the API takes.
const ALGORITHMS: [&str; 7] = [
    "ssh-rsa",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// A public key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SshKey {
    meta: Meta,
    fingerprint: String,
    public_key: String,
}

impl Resource for SshKey {
    kept_in!(SshKey, ssh_keys);

    fn view(&self, _: &HetznerSim) -> Value {
        self.meta.view_with(json!({ "fingerprint": self.fingerprint, "public_key": self.public_key }))
    }
}

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .route("GET /ssh_keys", list)
        .route("POST /ssh_keys", create)
        .route("GET /ssh_keys/{id}", resource::get::<SshKey>)
        .route("PUT /ssh_keys/{id}", resource::update::<SshKey>)
        .route("DELETE /ssh_keys/{id}", delete)
}

fn list(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let keys = sim.visible::<SshKey>().filter(|key| one_of(request, "fingerprint", &key.fingerprint));
    paging::answer(request, "ssh_keys", &SORTABLE, keys, |key| key.view(sim))
}

fn create(sim: &mut HetznerSim, request: &SimRequest, _: &Params) -> Answer {
    let input = Input::read(request)?;
    let public_key = input.required_text("public_key")?.trim().to_owned();
    let fingerprint = fingerprint(&public_key)
        .ok_or_else(|| invalid_input("public_key", "public_key is not a valid SSH public key"))?;
    if sim.visible::<SshKey>().any(|key| key.fingerprint == fingerprint) {
        return Err(uniqueness("SSH key with the same fingerprint already exists", "public_key"));
    }
    let meta = sim.new_meta::<SshKey>(&input)?;
    let id = meta.id;
    sim.state.ssh_keys.insert(id, SshKey { meta, fingerprint, public_key });
    sim.show::<SshKey>(201, id)
}

fn delete(sim: &mut HetznerSim, _: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<SshKey>(params)?;
    sim.state.ssh_keys.remove(&id);
    Ok(SimResponse::empty(204))
}

/// MD5 over the key's bytes, in hexadecimal pairs; none for what is not an OpenSSH public key.
fn fingerprint(public_key: &str) -> Option<String> {
    let mut words = public_key.split_ascii_whitespace();
    let algorithm = words.next().filter(|algorithm| ALGORITHMS.contains(algorithm))?;
    let bytes = STANDARD.decode(words.next()?).ok()?;
    // The bytes begin with the algorithm's name, its length before it.
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let named = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    if named != algorithm.as_bytes() || rest.len() == named.len() {
        return None;
    }
    let digest = Md5::digest(&bytes);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(pairs.join(":"))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@host";
        assert_eq!(fingerprint(key).map(|text| text.len()), Some(47));
        for bad in
            ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAAB", "rot13 AAAA"]
        {
            assert_eq!(fingerprint(bad), None, "{bad}");
        }
    }
}
