//! `#[derive(Inputs)]`: the field table and the builder that only compiles complete.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Ident, Result, Type};

use crate::attributes::{
    Container, FieldAttributes, INPUT_FLAGS, field_name, named_fields, option_content, renamed,
};

struct BuilderField {
    ident: Ident,
    name: String,
    doc: String,
    /// What the setter takes an input of: the field's type without `Option`.
    content: Type,
    /// The type parameter that says whether a required field is set.
    required: Option<Ident>,
    optional: bool,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Container { krate, resource } = Container::read(input, "inputs")?;
    let (mut specs, mut fields, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for (index, field) in named_fields(input, "Inputs")?.into_iter().enumerate() {
        let (ident, name) = field_name(field)?;
        let ty = &field.ty;
        let read = FieldAttributes::read(field, INPUT_FLAGS)?;
        let optional = option_content(ty);
        let required = optional.is_none() && read.serde_default.is_none();
        specs.push(read.spec(&krate, &name, ty, required));
        secrets.push(quote!(<#ty as #krate::FieldType>::SECRET));
        fields.push(BuilderField {
            ident,
            name,
            doc: read.doc,
            content: optional.unwrap_or(ty).clone(),
            required: required.then(|| format_ident!("F{index}")),
            optional: optional.is_some(),
        });
    }
    let ident = &input.ident;
    let builder = builder(input, &krate, resource.as_ref(), &fields);
    // A nested struct without secrets can be mapped like any plain value.
    let nested = resource.is_none().then(|| {
        quote! {
            #[automatically_derived]
            impl #krate::Scalar for #ident {}
        }
    });
    let rust_name = ident.to_string();
    Ok(quote! {
        #[automatically_derived]
        impl #krate::FieldType for #ident {
            const SECRET: bool = false #(|| #secrets)*;
            const FIELDS: &'static [#krate::FieldSpec] = &[#(#specs),*];
            const RUST: #krate::RustType = #krate::RustType::Struct(#rust_name);
        }
        #[automatically_derived]
        impl #krate::Inputs for #ident {}
        #nested
        #builder
    })
}

fn builder(
    input: &DeriveInput,
    krate: &TokenStream,
    resource: Option<&syn::Path>,
    fields: &[BuilderField],
) -> TokenStream {
    let ident = &input.ident;
    let vis = &input.vis;
    let args = renamed(ident, "Inputs", "Args");
    let module = format_ident!("{}", snake(&args.to_string()));
    let required: Vec<&BuilderField> = fields.iter().filter(|field| field.required.is_some()).collect();
    let params: Vec<&Ident> = required.iter().filter_map(|field| field.required.as_ref()).collect();
    let markers: Vec<&Ident> = required.iter().map(|field| &field.ident).collect();
    let missing: Vec<TokenStream> = markers.iter().map(|marker| quote!(#module::#marker)).collect();
    let setters = fields.iter().map(|field| setter(krate, &args, &params, field));
    let owner = resource.map_or_else(|| quote!(#ident), |path| quote!(#path));
    let target = owner.clone();
    let args_doc =
        format!("Arguments of [`{}`]; made by `args()`.", quote!(#owner).to_string().replace(' ', ""));
    let marker_doc = "The required fields, as they are named in a compiler's message.";
    let into_input = resource.is_none().then(|| quote! {
        #[automatically_derived]
        impl<#(#params: #krate::__private::FieldGiven),*> #krate::IntoInput<#ident> for #args<#(#params),*> {
            fn into_input(self) -> #krate::Input<#ident> {
                self.fields.into_input()
            }
        }
    });
    let into_args = resource.map(|_| {
        quote! {
            #[automatically_derived]
            impl<#(#params: #krate::__private::FieldGiven),*> #krate::Args for #args<#(#params),*> {
                type Target = #target;
                fn into_fields(self) -> #krate::__private::FieldExprs {
                    self.fields
                }
            }
        }
    });
    quote! {
        #[doc = #marker_doc]
        #[doc(hidden)]
        #[expect(non_camel_case_types, reason = "named after the fields, for the compiler's message")]
        #vis mod #module {
            /// No field of this struct; keeps the expectation above true.
            pub enum no_field {}
            #(
                /// A required field.
                pub enum #markers {}
            )*
        }

        #[doc = #args_doc]
        #[must_use = "arguments do nothing until they are added to a stack"]
        #vis struct #args<#(#params = #missing),*> {
            fields: #krate::__private::FieldExprs,
            given: ::core::marker::PhantomData<fn() -> (#(#params,)*)>,
        }

        impl<#(#params),*> ::core::clone::Clone for #args<#(#params),*> {
            fn clone(&self) -> Self {
                Self { fields: self.fields.clone(), given: ::core::marker::PhantomData }
            }
        }

        impl #owner {
            /// Starts the arguments; set the fields with the builder's methods.
            pub fn args() -> #args {
                #args { fields: ::core::default::Default::default(), given: ::core::marker::PhantomData }
            }
        }

        impl<#(#params),*> #args<#(#params),*> {
            #(#setters)*
        }
        #into_args
        #into_input
    }
}

fn setter(krate: &TokenStream, args: &Ident, params: &[&Ident], field: &BuilderField) -> TokenStream {
    let BuilderField { ident, name, doc, content, required, optional } = field;
    let doc = if doc.is_empty() { format!("Sets `{name}`.") } else { doc.clone() };
    let after: Vec<TokenStream> = params
        .iter()
        .map(|param| {
            if Some(*param) == required.as_ref() { quote!(#krate::__private::Given) } else { quote!(#param) }
        })
        .collect();
    let maybe = optional.then(|| {
        let method = format_ident!("maybe_{}", name);
        let doc = format!("Sets `{name}` if there is a value.");
        quote! {
            #[doc = #doc]
            pub fn #method(self, value: ::core::option::Option<impl #krate::IntoInput<#content>>) -> Self {
                match value {
                    ::core::option::Option::Some(value) => self.#ident(value),
                    ::core::option::Option::None => self,
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        pub fn #ident(mut self, value: impl #krate::IntoInput<#content>) -> #args<#(#after),*> {
            self.fields.set(#name, #krate::IntoInput::<#content>::into_input(value));
            #args { fields: self.fields, given: ::core::marker::PhantomData }
        }
        #maybe
    }
}

/// `LoadBalancerArgs` -> `load_balancer_args`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
