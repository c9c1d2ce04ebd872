//! Pictures and reports of real plans and runs on the fake cloud.

mod browser;
mod html;
mod picture;
mod world;
