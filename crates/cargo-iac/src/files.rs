//! The templates: each file with its place. `{{…}}` is filled in.

/// One file: where it goes, and its template.
pub(crate) type Template = (&'static str, &'static str);

macro_rules! template {
    ($place:literal, $file:literal) => {
        ($place, include_str!(concat!("../templates/", $file)))
    };
}

/// A program on Hetzner Cloud.
pub(crate) const HETZNER_PROJECT: &[Template] = &[
    template!("Cargo.toml", "project/Cargo.toml.template"),
    template!("README.md", "project/README.md"),
    template!(".gitignore", "project/gitignore"),
    template!("src/main.rs", "project/src/main.rs"),
    template!("src/settings.rs", "project/src/settings.rs"),
    template!("src/stack.rs", "project/src/stack.rs"),
    template!("src/tests.rs", "project/src/tests.rs"),
    template!("settings/base.toml", "project/settings/base.toml"),
    template!("settings/production.toml", "project/settings/production.toml"),
];

/// The providers that programs can be made for.
pub(crate) const PROJECTS: &[(&str, &[Template])] = &[("hetzner", HETZNER_PROJECT)];

/// A provider crate.
pub(crate) const PROVIDER: &[Template] = &[
    template!("Cargo.toml", "provider/Cargo.toml.template"),
    template!("README.md", "provider/README.md"),
    template!(".gitignore", "provider/gitignore"),
    template!("src/lib.rs", "provider/src/lib.rs"),
    template!("src/client.rs", "provider/src/client.rs"),
    template!("src/marker.rs", "provider/src/marker.rs"),
    template!("src/shelf.rs", "provider/src/shelf.rs"),
    template!("src/sim/mod.rs", "provider/src/sim/mod.rs"),
    template!("src/sim/cloud.rs", "provider/src/sim/cloud.rs"),
    template!("src/sim/routes.rs", "provider/src/sim/routes.rs"),
    template!("tests/conformance.rs", "provider/tests/conformance.rs"),
];
