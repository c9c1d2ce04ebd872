//! Which tool a file is from, and what all have in common. Knows nothing of any cloud.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value as Json;

use super::{pulumi, terraform};
use crate::error::AdoptError;

/// Largest state file that is read: 64 MiB, ten times what a stack of ten thousand servers takes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most resources of one state.
pub(super) const RESOURCES_MAX: usize = 200_000;

/// A tool whose state can be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Tool {
    /// Terraform, and OpenTofu, which writes the same files.
    Terraform,
    /// Pulumi.
    Pulumi,
}

/// One object in the state of another tool.
///
/// Its attributes hold secrets in the clear, so `Debug` leaves them out and nothing prints them.
#[derive(Clone)]
#[non_exhaustive]
pub struct ForeignResource {
    /// What the tool calls it: `module.edge.hcloud_server.web[0]`, or a Pulumi URN.
    pub address: String,
    /// The tool's type: `hcloud_server` or `hcloud:index/server:Server`.
    pub kind: String,
    /// Its id there; empty if the tool knows none.
    pub id: String,
    /// What is unusual about it, if anything: it is left alone then.
    pub unusual: Option<&'static str>,
    /// The modules or components it is in, outermost first.
    pub(crate) scope: Vec<String>,
    /// Its name without scope and index.
    pub(crate) name: String,
    /// Its key among several of one name.
    pub(crate) index: Option<String>,
    /// Under Terraform's names.
    pub(crate) attributes: Json,
}

impl fmt::Debug for ForeignResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignResource")
            .field("address", &self.address)
            .field("kind", &self.kind)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The managed objects of one state of another tool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ForeignState {
    /// Which tool wrote it.
    pub tool: Tool,
    /// The objects, in the order of the file. Data sources and components are left out.
    pub resources: Vec<ForeignResource>,
}

impl ForeignState {
    /// Reads a file: `terraform.tfstate`, or what `pulumi stack export` wrote.
    ///
    /// # Errors
    /// See [`AdoptError`].
    pub fn read(path: &Path) -> Result<Self, AdoptError> {
        let failed = |error| AdoptError::Read { path: path.display().to_string(), error };
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        Self::parse(&bytes)
    }

    /// Reads the bytes of such a file.
    ///
    /// ```
    /// use iac_adopt::{ForeignState, Tool};
    ///
    /// let text = br#"{"version": 3, "deployment": {"manifest": {}, "resources": []}}"#;
    /// assert_eq!(ForeignState::parse(text)?.tool, Tool::Pulumi);
    /// # Ok::<(), iac_adopt::AdoptError>(())
    /// ```
    ///
    /// # Errors
    /// See [`AdoptError`]; no error repeats what the bytes hold.
    pub fn parse(bytes: &[u8]) -> Result<Self, AdoptError> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
            return Err(AdoptError::TooLarge { max: FILE_BYTES_MAX });
        }
        let json: Json = serde_json::from_slice(bytes).map_err(|error| AdoptError::NotJson {
            why: match error.classify() {
                serde_json::error::Category::Eof => "it ends too early",
                _ => "a syntax error",
            },
            line: error.line(),
            column: error.column(),
        })?;
        let not_state = |text: &str| AdoptError::NotState(text.to_owned());
        let Some(top) = json.as_object() else { return Err(not_state("it is not a JSON object")) };
        if top.contains_key("encrypted_data") {
            return Err(AdoptError::Encrypted("tofu state pull"));
        }
        if top.contains_key("format_version") {
            return Err(not_state(
                "it is what `show -json` writes; give the state itself, from `terraform state pull`",
            ));
        }
        let (tool, resources) = if top.contains_key("deployment") || top.contains_key("checkpoint") {
            (Tool::Pulumi, pulumi::resources(&json)?)
        } else if top.contains_key("terraform_version") || top.contains_key("lineage") {
            (Tool::Terraform, terraform::resources(&json)?)
        } else {
            return Err(not_state("it has neither `terraform_version` nor `deployment`"));
        };
        if resources.len() > RESOURCES_MAX {
            return Err(AdoptError::TooMany { max: RESOURCES_MAX });
        }
        Ok(Self { tool, resources })
    }
}

/// The text of a field, or nothing.
pub(super) fn text<'a>(object: &'a Json, field: &str) -> &'a str {
    object.get(field).and_then(Json::as_str).unwrap_or_default()
}

/// A version as it stands in the file, without anything else.
pub(super) fn version(json: &Json) -> String {
    match json.get("version").and_then(Json::as_u64) {
        Some(number) => number.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        ForeignState::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn every_wrong_file_is_told_apart() {
        let cases = [
            ("[1]", "it is not a JSON object"),
            ("{\"a\": 1}", "neither `terraform_version` nor `deployment`"),
            ("{\"version\": 4, \"lineage\": \"x\", \"resour", "it ends too early at line 1"),
            ("{\"version\": nope}", "a syntax error at line 1"),
            (
                "{\"version\": 3, \"terraform_version\": \"0.11.14\", \"modules\": []}",
                "format 3, and only format 4",
            ),
            (
                "{\"version\": 5, \"terraform_version\": \"9.0.0\", \"resources\": []}",
                "format 5, and only format 4",
            ),
            ("{\"serial\": 1, \"lineage\": \"x\", \"encrypted_data\": \"c2VjcmV0\"}", "it is encrypted"),
            ("{\"format_version\": \"1.0\", \"terraform_version\": \"1.9\"}", "`terraform state pull`"),
            ("{\"version\": 4, \"terraform_version\": \"1.9\"}", "it has no list `resources`"),
            ("{\"version\": 1, \"deployment\": {}}", "Pulumi state of format 1"),
            ("{\"version\": 3, \"deployment\": {}}", "it has no list `resources`"),
        ];
        for (text, wanted) in cases {
            let told = refusal(text);
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }

    #[test]
    fn a_file_without_end_is_refused_by_its_size() {
        let path = std::env::temp_dir().join(format!("iac-adopt-{}.tfstate", std::process::id()));
        let file = std::fs::File::create(&path).expect("the directory is writable");
        file.set_len(FILE_BYTES_MAX + 1).expect("a sparse file");
        let told = ForeignState::read(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).expect("it was made above");
        assert!(told.contains("more than 67108864 bytes"), "{told}");
        let missing = ForeignState::read(Path::new("/nowhere/terraform.tfstate")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read /nowhere/terraform.tfstate"), "{missing}");
    }

    #[test]
    fn neither_errors_nor_debug_repeat_a_secret() {
        let text = r#"{"version": 4, "terraform_version": "1.9", "resources": [{"mode": "managed",
            "type": "hcloud_server", "name": "web", "instances": [{"attributes":
            {"id": "42", "user_data": "canary"}}]}]}"#;
        let state = ForeignState::parse(text.as_bytes()).unwrap();
        assert!(!format!("{state:?}").contains("canary"));
        assert!(!refusal(&text.replace("}]}]}", "}]} canary")).contains("canary"));
    }
}
