//! Owns the locations and, for clients of the time before 2026-10-01, the datacenters in them.
//! Knows no product.
use super::server_type::SERVER_TYPES;
use crate::sim::paging::Entry;
use serde_json::{Map, Value, json};

/// A place with its one datacenter.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    description: &'static str,
    country: &'static str,
    city: &'static str,
    latitude: f64,
    longitude: f64,
    pub(crate) network_zone: &'static str,
    datacenter_id: u64,
    datacenter: &'static str,
}

/// All locations.
pub(crate) static LOCATIONS: [Location; 6] = [
    Location {
        id: 1,
        name: "fsn1",
        description: "Falkenstein DC Park 1",
        country: "DE",
        city: "Falkenstein",
        latitude: 50.47612,
        longitude: 12.370071,
        network_zone: "eu-central",
        datacenter_id: 4,
        datacenter: "fsn1-dc14",
    },
    Location {
        id: 2,
        name: "nbg1",
        description: "Nuremberg DC Park 1",
        country: "DE",
        city: "Nuremberg",
        latitude: 49.452102,
        longitude: 11.076665,
        network_zone: "eu-central",
        datacenter_id: 2,
        datacenter: "nbg1-dc3",
    },
    Location {
        id: 3,
        name: "hel1",
        description: "Helsinki DC Park 1",
        country: "FI",
        city: "Helsinki",
        latitude: 60.169855,
        longitude: 24.938379,
        network_zone: "eu-central",
        datacenter_id: 3,
        datacenter: "hel1-dc2",
    },
    Location {
        id: 4,
        name: "ash",
        description: "Ashburn, VA",
        country: "US",
        city: "Ashburn, VA",
        latitude: 39.045821,
        longitude: -77.487073,
        network_zone: "us-east",
        datacenter_id: 5,
        datacenter: "ash-dc1",
    },
    Location {
        id: 5,
        name: "hil",
        description: "Hillsboro, OR",
        country: "US",
        city: "Hillsboro, OR",
        latitude: 45.54222,
        longitude: -122.951924,
        network_zone: "us-west",
        datacenter_id: 6,
        datacenter: "hil-dc1",
    },
    Location {
        id: 6,
        name: "sin",
        description: "Singapore",
        country: "SG",
        city: "Singapore",
        latitude: 1.283333,
        longitude: 103.833333,
        network_zone: "ap-southeast",
        datacenter_id: 7,
        datacenter: "sin-dc1",
    },
];

/// The location of this name.
pub(crate) fn location(name: &str) -> Option<&'static Location> {
    LOCATIONS.iter().find(|location| location.name == name)
}

/// The location of this id or name.
pub(crate) fn location_by_id_or_name(wanted: &str) -> Option<&'static Location> {
    LOCATIONS.iter().find(|location| location.name == wanted || location.id.to_string() == wanted)
}

/// The location of the datacenter of this id or name.
pub(crate) fn location_of_datacenter(wanted: &str) -> Option<&'static Location> {
    let fits =
        |location: &&Location| location.datacenter == wanted || location.datacenter_id.to_string() == wanted;
    LOCATIONS.iter().find(fits)
}

/// Writes `location` and, when the project still has them, `datacenter` into an object's view.
pub(crate) fn insert_place(view: &mut Map<String, Value>, name: &str, with_datacenter: bool) {
    let location = location(name);
    view.insert("location".to_owned(), location.map_or(Value::Null, Location::view));
    if with_datacenter {
        view.insert("datacenter".to_owned(), location.map_or(Value::Null, Location::datacenter_view));
    }
}

impl Location {
    /// The location as the API shows it.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "country": self.country,
            "city": self.city,
            "latitude": self.latitude,
            "longitude": self.longitude,
            "network_zone": self.network_zone,
        })
    }

    fn datacenter_key(&self) -> (u64, &'static str) {
        (self.datacenter_id, self.datacenter)
    }

    /// Its datacenter as the API showed it.
    pub(crate) fn datacenter_view(&self) -> Value {
        let sold = |type_: &&super::ServerType| type_.is_sold_in(self.name);
        let types: Vec<u64> = SERVER_TYPES.iter().filter(sold).map(|type_| type_.id).collect();
        json!({
            "id": self.datacenter_id,
            "name": self.datacenter,
            "description": format!("{} {}", self.city, self.datacenter),
            "location": self.view(),
            "server_types": { "supported": types, "available": types, "available_for_migration": types },
        })
    }
}

impl Entry for &'static Location {
    fn id(&self) -> u64 {
        self.id
    }

    fn name(&self) -> &str {
        self.name
    }
}

/// A location listed as its datacenter.
#[derive(Debug)]
pub(crate) struct Datacenter(pub(crate) &'static Location);

impl Entry for Datacenter {
    fn id(&self) -> u64 {
        self.0.datacenter_key().0
    }

    fn name(&self) -> &str {
        self.0.datacenter_key().1
    }
}
