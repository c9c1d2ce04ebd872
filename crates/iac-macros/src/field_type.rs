//! `#[derive(FieldType)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::attributes::Container;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Container { krate, .. } = Container::read(input, "field_type")?;
    let ident = &input.ident;
    Ok(quote! {
        #[automatically_derived]
        impl #krate::FieldType for #ident {}
        #[automatically_derived]
        impl #krate::Plain for #ident {}
        #[automatically_derived]
        impl #krate::Scalar for #ident {}
    })
}
