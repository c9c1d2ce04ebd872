//! The guide's table of what recovery rests on, compared with what the types declare. Knows no
//! type by name. `UPDATE_SNAPSHOTS=1` writes the table anew.

use std::path::PathBuf;

use iac::hetzner::Hetzner;
use iac::provider::TypeSpec;
use iac::random::Random;
use iac::{Provider, Recovery};

const BEGIN: &str = "<!-- recovery: begin -->\n";
const END: &str = "<!-- recovery: end -->";

fn specs() -> Vec<TypeSpec> {
    let types = [Hetzner::types(), Random::types()];
    types.iter().flat_map(|types| types.drivers().map(|driver| driver.spec().clone())).collect()
}

/// How a lost create of this type is found again.
fn found_by(spec: &TypeSpec) -> &'static str {
    if spec.local {
        return "nothing to find: it lives in the state alone and is made again";
    }
    if spec.setting {
        return "its natural key: it is always there";
    }
    match spec.recovery {
        Recovery::Label => "marker labels in the creating request",
        Recovery::UniqueName => "its unique name",
        Recovery::NaturalKey => "its natural key",
        Recovery::RequestToken => "a request token that the cloud remembers",
        Recovery::Uncertain => "nothing: the run stops and names the candidates",
        other => panic!("say in the table what {other:?} rests on"),
    }
}

/// The fields that no two objects may have alike.
fn unique_fields(spec: &TypeSpec) -> String {
    let unique = spec.inputs.iter().filter(|field| field.unique);
    let names: Vec<String> = unique.map(|field| format!("`{}`", field.name)).collect();
    names.join(", ")
}

fn table() -> String {
    let rows: Vec<String> = specs()
        .iter()
        .map(|spec| {
            let declared = if spec.local { "local".to_owned() } else { format!("{:?}", spec.recovery) };
            format!(
                "| `{}` | `{declared}` | {} | {} |\n",
                spec.type_token,
                found_by(spec),
                unique_fields(spec)
            )
        })
        .collect();
    format!("| type | declares | found again by | unique |\n|---|---|---|---|\n{}", rows.concat())
}

#[test]
fn the_guide_says_what_the_types_declare() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/guide/crash-safety.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let declared = table();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{declared}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(written, declared, "run this test with UPDATE_SNAPSHOTS=1, and read what it wrote");
}

#[test]
fn no_type_of_the_page_is_uncertain() {
    // The page says so in words.
    let uncertain = specs().into_iter().filter(|spec| spec.recovery == Recovery::Uncertain);
    assert_eq!(uncertain.map(|spec| spec.type_token).collect::<Vec<_>>(), Vec::<&str>::new());
}
