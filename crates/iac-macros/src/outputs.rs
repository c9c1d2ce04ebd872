//! `#[derive(Outputs)]`: the field table and the struct of attributes.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Result};

use crate::attributes::{Container, FieldAttributes, OUTPUT_FLAGS, field_name, named_fields, renamed};

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Container { krate, .. } = Container::read(input, "outputs")?;
    let ident = &input.ident;
    let vis = &input.vis;
    let attributes = renamed(ident, "Outputs", "Attributes");
    let attributes_doc = format!("The fields of [`{ident}`], as outputs.");
    let (mut specs, mut members, mut inits, mut secrets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for field in named_fields(input, "Outputs")? {
        let (name_ident, name) = field_name(field)?;
        let ty = &field.ty;
        let read = FieldAttributes::read(field, OUTPUT_FLAGS)?;
        let doc = if read.doc.is_empty() { format!("The output `{name}`.") } else { read.doc.clone() };
        specs.push(read.spec(&krate, &name, ty, false));
        members.push(quote!(#[doc = #doc] pub #name_ident: #krate::Output<#ty>));
        inits.push(quote!(#name_ident: #krate::Output::attribute(node, #name)));
        secrets.push(quote!(<#ty as #krate::FieldType>::SECRET));
    }
    Ok(quote! {
        #[doc = #attributes_doc]
        #[derive(Clone, Debug)]
        #vis struct #attributes { #(#members),* }

        #[automatically_derived]
        impl #krate::FieldType for #ident {
            const SECRET: bool = false #(|| #secrets)*;
            const FIELDS: &'static [#krate::FieldSpec] = &[#(#specs),*];
        }
        #[automatically_derived]
        impl #krate::Outputs for #ident {
            type Attributes = #attributes;
            fn attributes(node: &#krate::__private::NodeRef) -> #attributes {
                let _ = node;
                #attributes { #(#inits),* }
            }
        }
    })
}
