//! The committed settings of every stack: they load, and mistakes in them are found with their place.

use iac::settings::{LoadOptions, Variables};

use crate::settings::{Overrides, Settings, stack_settings};

fn options(stack: &str) -> LoadOptions {
    LoadOptions::new("philotes", stack).variables(Variables::none())
}

#[test]
fn every_stack_has_settings_that_are_right() {
    let sizes: Vec<(String, String, u32, u32, bool)> = ["dev", "staging", "production"]
        .into_iter()
        .map(|stack| {
            let settings = Settings::new(stack, &Overrides::default(), false).unwrap();
            assert_eq!((settings.environment.as_str(), settings.location.as_str()), (stack, "nbg1"));
            let Settings { control_plane_type, worker_type, workers, storage_gb, protect_data, .. } =
                settings;
            (control_plane_type, worker_type, workers, storage_gb, protect_data)
        })
        .collect();
    let of = |control: &str, worker: &str, workers, storage, protected| {
        (control.to_owned(), worker.to_owned(), workers, storage, protected)
    };
    assert_eq!(
        sizes,
        [
            of("cx22", "cx32", 2, 50, false),
            of("cx22", "cx32", 3, 100, true),
            of("cx32", "cx42", 3, 200, true),
        ]
    );
    assert_eq!(stack_settings().without_directory().stacks_with_files(), ["dev", "production", "staging"]);
}

#[test]
fn a_real_cloud_needs_a_network() {
    let faults = Settings::new("dev", &Overrides::default(), true).unwrap_err().to_string();
    assert!(faults.contains("a real cloud needs `admin_networks`"), "{faults}");
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let settings = stack_settings().without_directory().compiled_in(
        "settings/dev.toml",
        "location = \"nbg9\"\nworkers = 0\nstorage_gb = \"50\"\nadmin_networks = [\"everybody\"]\n[server_types]\ncontrol_plan = \"cx22\"\nworker = \"cx32\"\n",
    );
    let faults = settings.load_without_secrets(&options("dev")).unwrap_err();
    let places: Vec<String> =
        faults.iter().map(|fault| format!("{} {}", fault.origin.as_ref().unwrap(), fault.key)).collect();
    assert_eq!(
        places,
        [
            "settings/dev.toml:2:1 workers",
            "settings/dev.toml:3:1 storage_gb",
            "settings/dev.toml:4:19 admin_networks[0]",
            "settings/dev.toml:5:2 server_types.control_plane",
            "settings/dev.toml:6:1 server_types.control_plan",
        ]
    );
    // What only the program knows is asked when the form is right.
    let settings = stack_settings().without_directory();
    let faults = settings.load_without_secrets(&options("dev").assign("location=nbg9")).unwrap_err();
    let told =
        "--set location: `location` is the unknown location \"nbg9\"; use nbg1, fsn1, hel1, ash, hil or sin";
    assert_eq!(faults.to_string(), told);
}

#[tokio::test]
async fn cloud_init_takes_the_user_data() {
    let world = crate::world::World::busy().await;
    world.up(&world.platform(|_| {})).await;
    let texts = crate::cloud_init::user_data(&world.cloud);
    assert_eq!(texts.len(), 2, "a control plane and workers");
    crate::cloud_init::assert_valid(&texts);
}
