//! `#[derive(FieldType)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Result};

use crate::attributes::Container;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Container { krate, .. } = Container::read(input, "field_type")?;
    let ident = &input.ident;
    let rust = rust_type(input, &krate);
    Ok(quote! {
        #[automatically_derived]
        impl #krate::FieldType for #ident {
            #rust
        }
        #[automatically_derived]
        impl #krate::Plain for #ident {}
        #[automatically_derived]
        impl #krate::Scalar for #ident {}
    })
}

/// How values are written in Rust; nothing for what is not an enum without data. A variant's value is
/// made by serialising it, so that every serde attribute counts.
fn rust_type(input: &DeriveInput, krate: &TokenStream) -> Option<TokenStream> {
    let Data::Enum(data) = &input.data else { return None };
    if !input.generics.params.is_empty() || data.variants.iter().any(|one| one.fields != Fields::Unit) {
        return None;
    }
    let ident = &input.ident;
    let name = ident.to_string();
    let variants = data.variants.iter().map(|variant| {
        let variant = &variant.ident;
        let name = variant.to_string();
        quote!(#krate::RustVariant::new(#name, || #krate::to_value(&#ident::#variant).unwrap_or_default()))
    });
    Some(quote! {
        const RUST: #krate::RustType = #krate::RustType::Enum(#name, &[#(#variants),*]);
    })
}
