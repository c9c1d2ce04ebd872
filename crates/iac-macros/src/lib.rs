//! Derives for the `iac` engine: field tables and typed builders from plain serde structs.
//! Knows the names of the engine's items and nothing of any provider.
//!
//! Use them through `iac_core` (or the `iac` facade), which documents what they implement. How a program
//! uses the builders is in the [guide](../iac/guide/index.html).

mod attributes;
mod field_type;
mod inputs;
mod outputs;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct the inputs of a resource or data source, or a nested struct of such inputs.
///
/// It generates the field table, a builder named after the struct (`VolumeInputs` gives
/// `VolumeArgs`), and `args()` on the resource, or on the struct itself if it is nested. A field
/// that is not an `Option` and has no `#[serde(default)]` is required: a builder without it is
/// not accepted.
///
/// Container attributes, in `#[inputs(…)]`:
/// - `resource = Volume`: the resource these are the inputs of.
/// - `crate = path`: where the engine's items are; `::iac_core` by default.
///
/// Field attributes, in `#[field(…)]`: `replace`, `write_only`, `default_from_api`, `set`,
/// `unique`, `auto_name(63)` (derive a name of at most so many characters), and
/// `eq = cidr | dns_name | case_insensitive | trimmed`, and `unsettles(a, b)`: a change in place of this
/// input changes the outputs `a` and `b` although they are stable otherwise.
#[proc_macro_derive(Inputs, attributes(inputs, field))]
pub fn derive_inputs(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    inputs::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a struct the outputs of a resource or the data of a data source.
///
/// It generates the field table and a struct of the same fields as `Output`s (`VolumeOutputs`
/// gives `VolumeAttributes`).
///
/// Container attribute: `#[outputs(crate = path)]`. Field attribute: `#[field(stable)]` for a
/// value that no update in place changes, `#[field(write_only)]` for one that the cloud tells once, in the
/// answer that creates it.
#[proc_macro_derive(Outputs, attributes(outputs, field))]
pub fn derive_outputs(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    outputs::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Makes a serde struct or enum usable as the type of an input or output field, given as one
/// plain value.
///
/// Container attribute: `#[field_type(crate = path)]`.
#[proc_macro_derive(FieldType, attributes(field_type))]
pub fn derive_field_type(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    field_type::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
