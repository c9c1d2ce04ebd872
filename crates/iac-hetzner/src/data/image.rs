//! Images: what a server can boot. Knows nothing of servers.

use async_trait::async_trait;
use iac_core::{Cx, DataSource, Error, ErrorKind, FieldType, Inputs, Outputs, Result};
use serde::{Deserialize, Serialize};

use super::lookup::items;
use crate::client::Hetzner;

/// The architecture of processors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Architecture {
    /// 64-bit x86.
    #[default]
    X86,
    /// 64-bit ARM.
    Arm,
}

impl Architecture {
    fn as_str(self) -> &'static str {
        match self {
            Self::X86 => "x86",
            Self::Arm => "arm",
        }
    }
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ImageType {
    /// An operating system that the vendor maintains.
    System,
    /// An operating system with an application, maintained by the vendor.
    App,
    /// A copy of a server's disk, made on demand.
    Snapshot,
    /// A copy of a server's disk, made regularly.
    Backup,
}

impl ImageType {
    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::App => "app",
            Self::Snapshot => "snapshot",
            Self::Backup => "backup",
        }
    }
}

/// An image, by name or by labels. Only images that are ready to be used are found.
///
/// ```
/// use iac_core::Stack;
/// use iac_hetzner::{Architecture, Image, ImageType};
///
/// let stack = Stack::new("philotes", "dev")?;
/// # stack.provider(iac_hetzner::Hetzner::builder().token("t").build()?)?;
/// let ubuntu = stack.read("os", Image::args().name("ubuntu-24.04").architecture(Architecture::Arm))?;
/// let golden = stack.read(
///     "golden",
///     Image::args().label_selector("role=worker").image_type(ImageType::Snapshot).most_recent(true),
/// )?;
/// stack.export("os_image", &ubuntu.id)?;
/// stack.export("golden_image", &golden.id)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Image;

/// What selects an [`Image`]. Give `name` or `label_selector`.
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Image)]
pub struct ImageQuery {
    /// The name, for example `ubuntu-24.04`. Only the vendor's images have one.
    pub name: Option<String>,
    /// Labels, for example `role=worker`.
    pub label_selector: Option<String>,
    /// The architecture. Default `x86`.
    #[serde(default)]
    pub architecture: Architecture,
    /// Where the image comes from. By default anywhere.
    pub image_type: Option<ImageType>,
    /// Whether the newest is meant if several match. Default false: then that is an error.
    #[serde(default)]
    pub most_recent: bool,
    /// Whether an image may be meant that the vendor will remove. Default false.
    #[serde(default)]
    pub include_deprecated: bool,
}

/// What is known of an [`Image`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct ImageData {
    /// The id, which a server takes for its image.
    pub id: String,
    /// The name, if it has one.
    pub name: Option<String>,
    /// A description for people.
    pub description: String,
    /// Where it comes from.
    pub image_type: ImageType,
    /// The architecture.
    pub architecture: Architecture,
    /// The operating system, for example `ubuntu`.
    pub os_flavor: String,
    /// The version of the operating system.
    pub os_version: Option<String>,
    /// The least size of a server's disk, in GB.
    pub disk_size: f64,
    /// When it was made, in RFC 3339.
    pub created: String,
    /// Since when it is deprecated, in RFC 3339, if it is.
    pub deprecated: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Body {
    id: u64,
    name: Option<String>,
    description: String,
    #[serde(rename = "type")]
    image_type: ImageType,
    architecture: Architecture,
    os_flavor: String,
    os_version: Option<String>,
    disk_size: f64,
    created: String,
    // The older key and the newer one.
    deprecated: Option<String>,
    deprecation: Option<Deprecation>,
}

#[derive(Debug, Deserialize)]
struct Deprecation {
    announced: Option<String>,
}

#[async_trait]
impl DataSource for Image {
    const TYPE: &'static str = "hetzner:image";
    type Provider = Hetzner;
    type Query = ImageQuery;
    type Data = ImageData;

    async fn read(cx: &Cx<'_, Hetzner>, query: ImageQuery) -> Result<ImageData> {
        if query.name.is_none() && query.label_selector.is_none() {
            return Err(Error::invalid("name", "an image is selected by `name` or by `label_selector`"));
        }
        // Newest first: one page is enough to take the first and to see whether there is a second.
        let request = cx
            .client()
            .http(cx)
            .get("/images")
            .query_opt("name", query.name.as_deref())
            .query_opt("label_selector", query.label_selector.as_deref())
            .query_opt("type", query.image_type.map(ImageType::as_str))
            .query_opt("include_deprecated", query.include_deprecated.then_some(true))
            .query(&[
                ("architecture", query.architecture.as_str()),
                ("status", "available"),
                ("sort", "created:desc"),
            ]);
        let mut body = request.send::<serde_json::Map<String, serde_json::Value>>().await?.into_body();
        select(&query, items(body.remove("images").unwrap_or_default(), "images")?).map(data)
    }
}

/// The image that is meant, of those that match, newest first.
fn select(query: &ImageQuery, images: Vec<Body>) -> Result<Body> {
    let (field, wanted) = match (&query.name, &query.label_selector) {
        (Some(name), _) => ("name", name.as_str()),
        (None, selector) => ("label_selector", selector.as_deref().unwrap_or_default()),
    };
    let count = images.len();
    if count > 1 && !query.most_recent {
        let message = format!("{count} images or more match `{wanted}`");
        return Err(Error::invalid(field, message)
            .hint("narrow the selection, or set `most_recent` to take the newest"));
    }
    images.into_iter().next().ok_or_else(|| {
        let architecture = query.architecture.as_str();
        Error::new(ErrorKind::NotFound, format!("there is no {architecture} image that matches `{wanted}`"))
            .field(field)
            .hint(
                "the vendor's images are named like `ubuntu-24.04`; one that is deprecated is found only with \
                 `include_deprecated`",
            )
    })
}

fn data(image: Body) -> ImageData {
    ImageData {
        id: image.id.to_string(),
        name: image.name,
        description: image.description,
        image_type: image.image_type,
        architecture: image.architecture,
        os_flavor: image.os_flavor,
        os_version: image.os_version,
        disk_size: image.disk_size,
        created: image.created,
        deprecated: image.deprecated.or(image.deprecation.and_then(|deprecation| deprecation.announced)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: u64) -> Body {
        serde_json::from_value(serde_json::json!({
            "id": id, "type": "system", "status": "available", "name": "ubuntu-24.04", "description": "Ubuntu",
            "image_size": 2.3, "disk_size": 10, "created": "2026-01-01T00:00:00Z", "created_from": null,
            "bound_to": null, "os_flavor": "ubuntu", "os_version": "24.04", "protection": {"delete": false},
            "deprecated": null, "deleted": null, "labels": {}, "architecture": "arm",
        }))
        .unwrap()
    }

    fn query(most_recent: bool) -> ImageQuery {
        ImageQuery {
            name: Some("ubuntu-24.04".into()),
            label_selector: None,
            architecture: Architecture::Arm,
            image_type: None,
            most_recent,
            include_deprecated: false,
        }
    }

    #[test]
    fn one_image_is_meant() {
        assert_eq!(data(select(&query(false), vec![image(7)]).unwrap()).id, "7");
        assert_eq!(data(select(&query(true), vec![image(9), image(7)]).unwrap()).id, "9");
        let error = select(&query(false), vec![image(9), image(7)]).unwrap_err();
        assert_eq!((error.kind(), error.input_field()), (ErrorKind::InvalidInput, Some("name")));
        let error = select(&query(true), vec![]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("no arm image that matches `ubuntu-24.04`"), "{error}");
    }
}
