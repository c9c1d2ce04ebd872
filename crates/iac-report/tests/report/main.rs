//! Pictures and reports of real plans and runs on the fake cloud.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod browser;
mod html;
mod picture;
mod world;
