//! Derives for resource inputs and outputs.
