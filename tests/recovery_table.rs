//! The guide's tables of what recovery rests on, compared with what the types declare. Knows no
//! type by name. `UPDATE_SNAPSHOTS=1` writes the table anew.

use std::path::PathBuf;

use iac::cloudflare::Cloudflare;
use iac::hetzner::Hetzner;
use iac::provider::{TypeSpec, Types};
use iac::random::Random;
use iac::{Provider, Recovery};

const BEGIN: &str = "<!-- recovery: begin -->\n";
const END: &str = "<!-- recovery: end -->";

/// A page of the guide with a table, and the types in it.
struct Page {
    path: &'static str,
    types: fn() -> Vec<Types>,
    /// What a marker is carried as.
    marker: &'static str,
}

const PAGES: [Page; 2] = [
    Page {
        path: "src/guide/crash-safety.md",
        types: || vec![Hetzner::types(), Random::types()],
        marker: "marker labels in the creating request",
    },
    Page {
        path: "src/guide/cloudflare.md",
        types: || vec![Cloudflare::types()],
        marker: "a marker in the creating request",
    },
];

impl Page {
    fn specs(&self) -> Vec<TypeSpec> {
        let types = (self.types)();
        types.iter().flat_map(|types| types.drivers().map(|driver| driver.spec().clone())).collect()
    }
}

/// How a lost create of this type is found again.
fn found_by(spec: &TypeSpec, marker: &'static str) -> &'static str {
    if spec.local {
        return "nothing to find: it lives in the state alone and is made again";
    }
    if spec.setting {
        return "its natural key: it is always there";
    }
    match spec.recovery {
        Recovery::Label => marker,
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

fn table(page: &Page) -> String {
    let rows: Vec<String> = page
        .specs()
        .iter()
        .map(|spec| {
            let declared = if spec.local { "local".to_owned() } else { format!("{:?}", spec.recovery) };
            format!(
                "| `{}` | `{declared}` | {} | {} |\n",
                spec.type_token,
                found_by(spec, page.marker),
                unique_fields(spec)
            )
        })
        .collect();
    format!("| type | declares | found again by | unique |\n|---|---|---|---|\n{}", rows.concat())
}

#[test]
fn the_guide_says_what_the_types_declare() {
    for page in &PAGES {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page.path);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap();
        let (written, after) = rest.split_once(END).unwrap();
        let declared = table(page);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, format!("{before}{BEGIN}{declared}{END}{after}")).unwrap();
            continue;
        }
        assert_eq!(
            written, declared,
            "{}: run this test with UPDATE_SNAPSHOTS=1, and read what it wrote",
            page.path
        );
    }
}

#[test]
fn no_type_of_the_page_is_uncertain() {
    // The page on crash safety says so in words.
    let specs = PAGES.iter().find(|page| page.path.ends_with("crash-safety.md")).map(Page::specs);
    let uncertain = specs.unwrap().into_iter().filter(|spec| spec.recovery == Recovery::Uncertain);
    assert_eq!(uncertain.map(|spec| spec.type_token).collect::<Vec<_>>(), Vec::<&str>::new());
}
