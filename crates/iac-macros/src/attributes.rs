//! Reads the derives' attributes. Knows nothing of what is generated from them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Data, DeriveInput, Expr, ExprLit, Field, Fields, Ident, Lit, LitInt, Meta, Path, Result, Type,
};

/// What `#[inputs(…)]`, `#[outputs(…)]` or `#[field_type(…)]` says.
pub(crate) struct Container {
    pub(crate) krate: TokenStream,
    pub(crate) resource: Option<Path>,
}

impl Container {
    pub(crate) fn read(input: &DeriveInput, name: &str) -> Result<Self> {
        let mut container = Self { krate: quote!(::iac_core), resource: None };
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident(name)) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("resource") {
                    container.resource = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("crate") {
                    let path: Path = meta.value()?.call(Path::parse_mod_style)?;
                    container.krate = quote!(#path);
                } else {
                    let given = meta.path.get_ident().map_or_else(String::new, |name| format!(" `{name}`"));
                    let message =
                        format!("unknown attribute{given}; expected `resource = Type` or `crate = path`");
                    return Err(meta.error(message));
                }
                Ok(())
            })?;
        }
        Ok(container)
    }
}

/// What `#[field(…)]`, `#[serde(default)]` and the doc comment say of one field.
pub(crate) struct FieldAttributes {
    pub(crate) doc: String,
    pub(crate) flags: Vec<Ident>,
    pub(crate) equality: Option<Ident>,
    pub(crate) auto_name: Option<LitInt>,
    /// The stable outputs that a change of this input does change.
    pub(crate) unsettles: Vec<Ident>,
    /// The expression of the default, if `#[serde(default)]` gives one.
    pub(crate) serde_default: Option<TokenStream>,
}

/// Flags that the field table of inputs has.
pub(crate) const INPUT_FLAGS: &[&str] = &["replace", "write_only", "default_from_api", "set", "unique"];
/// Flags that the field table of outputs has.
pub(crate) const OUTPUT_FLAGS: &[&str] = &["stable", "write_only"];

impl FieldAttributes {
    pub(crate) fn read(field: &Field, allowed: &[&str]) -> Result<Self> {
        let mut read = Self {
            doc: doc(&field.attrs),
            flags: Vec::new(),
            equality: None,
            auto_name: None,
            unsettles: Vec::new(),
            serde_default: serde_default(&field.attrs)?,
        };
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
            attribute.parse_nested_meta(|meta| {
                let Some(name) = meta.path.get_ident().cloned() else {
                    return Err(meta.error("expected a field attribute"));
                };
                let inputs = allowed == INPUT_FLAGS;
                if allowed.iter().any(|flag| name == flag) {
                    read.flags.push(name);
                } else if inputs && name == "eq" {
                    let value: Ident = meta.value()?.parse()?;
                    let variant = match value.to_string().as_str() {
                        "cidr" => "Cidr",
                        "dns_name" => "DnsName",
                        "case_insensitive" => "CaseInsensitive",
                        "trimmed" => "Trimmed",
                        _ => {
                            return Err(syn::Error::new(
                                value.span(),
                                format!(
                                    "unknown equality `{value}`; expected `cidr`, `dns_name`, `case_insensitive` or `trimmed`"
                                ),
                            ));
                        }
                    };
                    read.equality = Some(Ident::new(variant, value.span()));
                } else if inputs && name == "auto_name" {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    read.auto_name = Some(content.parse()?);
                } else if inputs && name == "unsettles" {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    let names = content.parse_terminated(Ident::parse_any, syn::Token![,])?;
                    read.unsettles.extend(names);
                } else {
                    let known = allowed.join("`, `");
                    let more = if inputs { "`, `eq = …`, `auto_name(…)`, `unsettles(…)" } else { "" };
                    return Err(meta.error(format!(
                        "unknown field attribute `{name}`; expected one of `{known}{more}`"
                    )));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }

    /// The statements that fill a `FieldSpec` named `spec`.
    pub(crate) fn spec(&self, krate: &TokenStream, name: &str, ty: &Type, required: bool) -> TokenStream {
        let Self { doc, flags, .. } = self;
        let equality = self.equality.iter();
        let auto_name = self.auto_name.iter();
        let default = self.serde_default.iter();
        let unsettles = self.unsettles.iter().map(Ident::to_string);
        quote!({
            let mut spec = #krate::FieldSpec::new(#name);
            spec.doc = #doc;
            spec.required = #required;
            spec.unsettles = &[#(#unsettles),*];
            spec.secret = <#ty as #krate::FieldType>::SECRET;
            spec.fields = <#ty as #krate::FieldType>::FIELDS;
            spec.rust = <#ty as #krate::FieldType>::RUST;
            #(spec.#flags = true;)*
            #(spec.equality = #krate::Equality::#equality;)*
            #(spec.auto_name_length_max = ::core::option::Option::Some(#auto_name);)*
            #(spec.default = ::core::option::Option::Some(|| {
                let value: #ty = #default;
                #krate::to_value(&value).unwrap_or_default()
            });)*
            spec
        })
    }
}

/// The doc comment of an item, lines joined.
pub(crate) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn serde_default(attributes: &[Attribute]) -> Result<Option<TokenStream>> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| {
            let is_default = meta.path.is_ident("default");
            if meta.input.peek(syn::Token![=]) {
                let value: syn::LitStr = meta.value()?.parse()?;
                if is_default {
                    let path: Path = value.parse()?;
                    found = Some(quote!(#path()));
                }
            } else if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                let _: TokenStream = content.parse()?;
            } else if is_default {
                found = Some(quote!(::core::default::Default::default()));
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// The named fields of a struct.
pub(crate) fn named_fields<'a>(input: &'a DeriveInput, derive: &str) -> Result<Vec<&'a Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().collect()),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(_) => Err(syn::Error::new_spanned(
                &input.ident,
                format!("`{}` has fields without names, and `{derive}` needs their names", input.ident),
            )),
        },
        _ => {
            let message =
                format!("`{}` is not a struct, and `{derive}` can only be derived for one", input.ident);
            Err(syn::Error::new_spanned(&input.ident, message))
        }
    }
}

/// `T` of `Option<T>`.
pub(crate) fn option_content(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Option" {
        return None;
    }
    match &last.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

/// `VolumeInputs` -> `VolumeArgs`; a name without the ending just gets the new one.
pub(crate) fn renamed(ident: &Ident, ending: &str, new_ending: &str) -> Ident {
    let name = ident.to_string();
    let base = name.strip_suffix(ending).filter(|base| !base.is_empty()).unwrap_or(&name);
    Ident::new(&format!("{base}{new_ending}"), ident.span())
}

/// The field's name as serde writes it, without a raw prefix.
pub(crate) fn field_name(field: &Field) -> Result<(Ident, String)> {
    let ident = field.ident.clone().ok_or_else(|| syn::Error::new_spanned(field, "the field has no name"))?;
    let name = ident.to_string().trim_start_matches("r#").to_owned();
    Ok((ident, name))
}
