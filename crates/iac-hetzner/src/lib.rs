//! hetzner
