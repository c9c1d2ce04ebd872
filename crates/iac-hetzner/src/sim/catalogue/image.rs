//! Owns the system images. Knows no project's own.
use crate::sim::image::{Image, ImageType};
use crate::sim::label::Labels;
use crate::sim::resource::Meta;
use iac_testkit::sim::SimTime;
use std::sync::LazyLock;

/// 2025-09-01T00:00:00Z: one date for all, since nothing depends on it.
const CREATED: SimTime = SimTime::from_unix_seconds(1_756_684_800);
/// 2026-05-15T00:00:00Z: when the deprecated one was announced to end.
const DEPRECATED: SimTime = SimTime::from_unix_seconds(1_778_803_200);
const DISK_GB: u64 = 5;

/// Name, description, flavour, version, deprecated, id for x86, id for arm.
type Row = (&'static str, &'static str, &'static str, &'static str, bool, u64, u64);

const SYSTEM_IMAGES: [Row; 17] = [
    ("ubuntu-22.04", "Ubuntu 22.04", "ubuntu", "22.04", false, 67_794_396, 103_908_130),
    ("ubuntu-24.04", "Ubuntu 24.04", "ubuntu", "24.04", false, 161_547_269, 161_547_270),
    ("debian-11", "Debian 11", "debian", "11", true, 45_557_056, 103_907_373),
    ("debian-12", "Debian 12", "debian", "12", false, 114_690_387, 114_690_389),
    ("debian-13", "Debian 13", "debian", "13", false, 310_557_660, 310_557_661),
    ("fedora-41", "Fedora 41", "fedora", "41", false, 187_603_420, 187_603_421),
    ("fedora-42", "Fedora 42", "fedora", "42", false, 232_895_600, 232_895_601),
    ("fedora-43", "Fedora 43", "fedora", "43", false, 334_555_100, 334_555_101),
    ("rocky-8", "Rocky Linux 8", "rocky", "8", false, 45_780_391, 103_908_175),
    ("rocky-9", "Rocky Linux 9", "rocky", "9", false, 76_766_499, 103_908_180),
    ("rocky-10", "Rocky Linux 10", "rocky", "10", false, 256_350_300, 256_350_301),
    ("alma-8", "AlmaLinux 8", "alma", "8", false, 45_778_092, 103_908_185),
    ("alma-9", "AlmaLinux 9", "alma", "9", false, 76_757_700, 103_908_190),
    ("alma-10", "AlmaLinux 10", "alma", "10", false, 250_750_400, 250_750_401),
    ("centos-stream-9", "CentOS Stream 9", "centos", "stream9", false, 57_537_291, 103_908_195),
    ("centos-stream-10", "CentOS Stream 10", "centos", "stream10", false, 220_222_000, 220_222_001),
    ("opensuse-15", "openSUSE Leap 15", "opensuse", "15", false, 45_559_000, 103_908_200),
];

static IMAGES: LazyLock<Vec<Image>> = LazyLock::new(|| {
    SYSTEM_IMAGES
        .iter()
        .flat_map(|row| [system_image(row, row.5, "x86"), system_image(row, row.6, "arm")])
        .collect()
});

fn system_image(row: &Row, id: u64, architecture: &str) -> Image {
    let (name, description, os_flavor, os_version, deprecated, ..) = *row;
    Image {
        meta: Meta { id, name: name.to_owned(), labels: Labels::new(), created: CREATED },
        image_type: ImageType::System,
        available: true,
        description: description.to_owned(),
        image_size_gb: None,
        disk_size_gb: DISK_GB,
        created_from: None,
        bound_to: None,
        os_flavor: os_flavor.to_owned(),
        os_version: Some(os_version.to_owned()),
        rapid_deploy: true,
        delete_protected: false,
        deprecated: deprecated.then_some(DEPRECATED),
        architecture: architecture.to_owned(),
    }
}

/// All system images.
pub(crate) fn images() -> &'static [Image] {
    &IMAGES
}

/// The system image of this id.
pub(crate) fn image(id: u64) -> Option<&'static Image> {
    IMAGES.iter().find(|image| image.meta.id == id)
}
