//! Secrets: the forms that may stand for one. Never puts a value into a fault.

use iac_core::{Path, Secret};

use super::{Check, nearest};
use crate::document::parse_value;
use crate::fault::Fault;
use crate::node::{Content, Node, SecretContent};
use crate::origin::Origin;
use crate::seal::is_sealed_text;
use crate::source::Reference;

/// The key of an encrypted value.
pub(crate) const SEALED: &str = "sealed";

impl Check<'_> {
    /// Reads what stands for a secret.
    pub(super) fn secret(&mut self, node: &mut Node, path: &Path) {
        if let Content::Text(text) = &node.content
            && text.trim_start().starts_with('{')
            && let Some(read) = parse_value(text.trim(), &node.origin)
        {
            node.content = read.content;
        }
        let read = match &node.content {
            Content::Text(text) if matches!(node.origin, Origin::Variable(_)) => {
                Ok(SecretContent::Plain(Secret::new(text.clone())))
            }
            Content::Text(_) => Err(vec![
                Fault::new(path.as_str(), "is a secret, and the command line is no place for one: others on this machine can read it")
                    .way_out(format!("use `config set --secret {path}`, a variable, or a reference such as {{ env = \"NAME\" }}")),
            ]),
            Content::String(_) => Err(vec![
                Fault::new(path.as_str(), "is a secret and stands here in plain text").way_out(format!(
                    "encrypt it with `config set --secret {path}` or name a secret source, and make a new secret: \
                     this one may have been seen"
                )),
            ]),
            Content::Table(entries) => self.form(entries, path),
            Content::Secret(_) => return,
            _ => Err(vec![self.no_form(path, node.kind())]),
        };
        match read {
            Ok(content) => node.content = Content::Secret(content),
            Err(faults) => faults.into_iter().for_each(|fault| match fault.origin {
                Some(_) => self.faults.push(fault),
                None => self.fault(fault, node),
            }),
        }
    }

    /// A table with one entry that says where the secret is.
    fn form(
        &self,
        entries: &std::collections::BTreeMap<String, Node>,
        path: &Path,
    ) -> Result<SecretContent, Vec<Fault>> {
        let mut pairs = entries.iter();
        let (Some((name, entry)), None) = (pairs.next(), pairs.next()) else {
            return Err(vec![self.no_form(path, "a table with several keys or none")]);
        };
        let at = path.key(name);
        if name == SEALED {
            let text = match &entry.content {
                Content::String(text) if is_sealed_text(text) => text.clone(),
                _ => {
                    return Err(vec![
                        Fault::new(at.as_str(), "is not what `config set --secret` writes")
                            .way_out(format!("write it again with `config set --secret {path}`")),
                    ]);
                }
            };
            if !matches!(entry.origin, Origin::File(_)) {
                return Err(vec![Fault::new(
                    at.as_str(),
                    "can only stand in a settings file, beside its key",
                )]);
            }
            return Ok(SecretContent::Sealed(text));
        }
        let sources = self.sources.into_iter().flatten();
        let Some((_, schema)) = sources.clone().find(|(known, _)| *known == name) else {
            let known = sources.map(|(name, _)| name.as_str()).chain([SEALED]);
            let fault = Fault::new(at.as_str(), "is not a known source of secrets");
            return Err(vec![
                match nearest(name, known.clone()) {
                    Some(near) => fault.way_out(format!("did you mean `{near}`?")),
                    None => fault.way_out(format!("known are {}", known.collect::<Vec<_>>().join(", "))),
                }
                .at(&entry.origin),
            ]);
        };
        let mut copy = entry.clone();
        let faults = Check::new(schema, None).root(&mut copy, &at);
        if !faults.is_empty() {
            return Err(faults);
        }
        let reference = Reference::new(copy.to_json(&at, &|_| String::new()), &copy.origin);
        Ok(SecretContent::Elsewhere { source: name.clone(), reference })
    }

    fn no_form(&self, path: &Path, found: &str) -> Fault {
        let sources = self.sources.into_iter().flatten().map(|(name, _)| format!("{{ {name} = … }}"));
        let forms: Vec<String> = std::iter::once(format!("{{ {SEALED} = … }}")).chain(sources).collect();
        Fault::mismatch(path.as_str(), format!("one of {}", forms.join(", ")), found)
    }
}
