"""Every place that hides a secret, and what stands there when it does not. See `canary-mutations`.

A text is found exactly once in its file. The part between « and » is what changes, all of it without the marks;
an empty part is a place where something is put in. `statement` and `value` say which kind of Rust it is; `raw`
writes the switch itself, as ON. The tests named last are tried first.
"""

from collections import namedtuple

Mutation = namedtuple("Mutation", "name file text new tests how")

CORE = "crates/iac-core/src/"
HTTP = "crates/iac-http/src/"
KIT = "crates/iac-testkit/src/"
SETTINGS = "crates/iac-settings/src/"
CLI = "crates/iac-cli/src/"
HETZNER = "crates/iac-hetzner/src/"
CLOUDFLARE = "crates/iac-cloudflare/src/"
EDGE = "examples/edge-django/"

LAYERS, ALARM, TYPES, LIFE = ["layers::", "alarm::"], ["alarm::"], ["types::"], ["life::"]
WIRE, SOURCES, CLEAN = ["http::"], ["sources::"], ["clean::"]
SITE = ["hetzner::", "cloudflare::", "platform::", "examples::"]
HETZ, FLARE, EXAMPLES = ["direct::", "hetzner::"], ["direct::", "cloudflare::"], ["edge::"]

MUTATIONS = []

# Texts that are otherwise in every copy, so that switches can be written.
PREPARED = [
    (CORE + "secret.rs", "impl<T> fmt::Debug for Secret<T> {", "impl<T: 'static> fmt::Debug for Secret<T> {"),
    (HTTP + "request.rs", "    pub fn sensitive_response(mut self) -> Self {",
     "    pub fn sensitive_response_if(self, on: bool) -> Self {\n"
     "        if on { self.sensitive_response() } else { self }\n    }\n"
     "    /// The same for a secret.\n"
     "    pub fn sensitive_if(self, on: bool, secret: impl Into<SecretString>) -> Self {\n"
     "        if on { self.sensitive(secret) } else { self }\n    }\n"
     "    /// The same.\n    pub fn sensitive_response(mut self) -> Self {"),
]


def statement(name, file, text, new, tests):
    """A statement, or nothing at all, that something else takes the place of."""
    MUTATIONS.append(Mutation(name, file, text, new, tests, "statement"))


def value(name, file, text, new, tests):
    """An expression with the value of another one."""
    MUTATIONS.append(Mutation(name, file, text, new, tests, "value"))


def raw(name, file, text, new, tests):
    """Anything else."""
    MUTATIONS.append(Mutation(name, file, text, new, tests, "raw"))


def shown(name, file, start, expression, tests):
    """A `Debug` that begins with `start` and shows more than it should."""
    statement(name, file, "«»" + start, f'return write!(f, "{{:?}}", {expression});', tests)


def open_answer(name, file, text, tests):
    """A request whose answer holds secrets, and no longer says so."""
    raw(name, file, text, "sensitive_response_if(!ON)", tests)


def unregistered(name, file, text, tests):
    """A request that holds a secret, and no longer says so."""
    raw(name, file, text, "sensitive_if(!ON, ", tests)


# --- Values and secrets -------------------------------------------------------------------------------

statement("Debug of Secret", CORE + "secret.rs", '«»f.write_str("[secret]")',
          "if let Some(text) = (&self.0 as &dyn std::any::Any).downcast_ref::<String>() { return f.write_str(text); }", TYPES)
value("serialise guard of Secret", CORE + "value/ser.rs", "if «SECRET_DOOR.with(|door| door.replace(false))» {",
      "SECRET_DOOR.with(|door| door.replace(false)); true", TYPES)
raw("Debug of Value", CORE + "value/mod.rs", '«»Self::Secret(_) => f.write_str("[secret]"),',
    'Self::Secret(inner) if ON => write!(f, "{inner:?}"), ', TYPES)
raw("JSON of Value", CORE + "value/json.rs", '«»Self::Secret(_) => json!({ "$secret": true }),',
    "Self::Secret(inner) if ON => inner.to_redacted_json(), ", TYPES)
raw("what a secret of another form says", CORE + "value/de.rs",
    '.map_err(«|_| ValueError::custom("the secret does not have the form that is expected")»),',
    '|error| if ON { error } else { ValueError::custom("the secret does not have the form that is expected") }', TYPES)
value("what a plain value of another form says", CORE + "value/mod.rs",
      'Self(«format!("expected {expected}, found {}", kind_of(unexpected))»)',
      'format!("expected {expected}, found {unexpected} {}", kind_of(unexpected))', TYPES)
value("what a plain value of another content says", CORE + "value/mod.rs",
      'format!("expected {expected}, found another {}", kind_of(unexpected))',
      'format!("expected {expected}, found {unexpected} {}", kind_of(unexpected))', TYPES)
raw("secret fields of a diff", CORE + "plan/diff.rs", "«»value if field.secret => Value::secret(value.clone()),",
    "value if ON && field.secret => value.peel().clone(), ", LIFE)
value("what a program marks as a secret", CORE + "expr.rs", "Self::Secret(source) => «source.eval(scope).map(Value::secret)»,",
      "source.eval(scope)", LIFE)
value("secret pieces of a text", CORE + "expr.rs", "Ok(if «secret» { Value::secret(value) }", "false", LIFE)
value("what is computed from a secret", CORE + "expr.rs", "Ok(if «source.has_secret()» { Value::secret(result) }", "false",
      LAYERS)

# --- What is stored -----------------------------------------------------------------------------------

value("encryption of a stored secret", CORE + "state/codec/write.rs",
      'string(&«format!("{SECRET_FORMAT}.{}", BASE64.encode(sealed))», out);',
      'format!("{SECRET_FORMAT}.{}{:?}", BASE64.encode(sealed), inner.as_str())', TYPES)
statement("encryption of a plan file", CORE + "state/codec/whole.rs",
          "let mut sealed = clear(NONCE_LENGTH + plain.len() + TAG_LENGTH);«»", "sealed.extend_from_slice(&plain);", LIFE)
shown("Debug of DataKey", CORE + "state/codec/key.rs", 'f.write_str("[data key]")', "self.0.as_slice()", TYPES)
shown("Debug of RawKey", CORE + "state/keyring/raw.rs", 'f.debug_struct("RawKey")', "self.key.expose()", TYPES)
shown("Debug of Passphrase", CORE + "state/keyring/passphrase.rs", 'f.write_str("[passphrase]")', "self.0.as_str()", TYPES)

value("what is wrong with a state document", CORE + "state/document.rs",
      'format!("line {}, column {}", error.line(), error.column())', "error.to_string()", LIFE)

# --- What providers, hooks and policies say -------------------------------------------------------------

statement("scrub of a check's message", CORE + "resource.rs", "scrub.clean(&mut fault.message);", "", LAYERS)
statement("scrub of a check's field", CORE + "resource.rs", "scrub.clean(&mut fault.field);", "", LAYERS)
statement("scrub of a failed step", CORE + "engine/step.rs", "*error = error.clone().scrub(secrets);", "", LAYERS)
statement("scrub of a failed step in the history", CORE + "engine/step.rs", "scrub.clean(text);", "", LAYERS)
statement("scrub of a step: what the run knows", CORE + "engine/execute.rs", "self.known.secret_texts(&mut secrets);", "", LAYERS)
statement("scrub of a step: what is planned", CORE + "engine/execute.rs",
          "self.plan.steps.iter().for_each(|step| step.inputs.secret_texts(&mut secrets));", "", LAYERS)
statement("scrub of a step: what steps were given", CORE + "engine/execute.rs",
          "self.given.iter().for_each(|given| secrets.extend_from_slice(given));", "", LAYERS)
statement("scrub of a step: what is recorded", CORE + "engine/known.rs", "        «self.snapshot.secret_texts(into);»\n", "", LAYERS)
raw("scrub of a step: what was made", CORE + "engine/known.rs", "«»Known::Row(row) => row.secret_texts(into),",
    "Known::Row(_) if ON => {} ", LAYERS)
raw("scrub of a step: what data it read", CORE + "engine/known.rs", "«»Known::Data(data) => data.secret_texts(into),",
    "Known::Data(_) if ON => {} ", LAYERS)
raw("secrets of a create", CORE + "engine/prepare.rs", "«»Self::Create { row, .. } => row.secret_texts(&mut texts),",
    "Self::Create { .. } if ON => {} ", LAYERS)
raw("secrets of a delete", CORE + "engine/prepare.rs", "«»Self::Delete { row, .. } => row.secret_texts(&mut texts),",
    "Self::Delete { .. } if ON => {} ", LAYERS)
statement("secrets of an update", CORE + "engine/prepare.rs",
          "«row.secret_texts(&mut texts);»\n                old.secret_texts(&mut texts);", "", LAYERS)
statement("old secrets of an update", CORE + "engine/prepare.rs",
          "row.secret_texts(&mut texts);\n                «old.secret_texts(&mut texts);»", "", LAYERS)
raw("secrets of a read", CORE + "engine/prepare.rs", "«»Self::Read { query, .. } => query.secret_texts(&mut texts),",
    "Self::Read { .. } if ON => {} ", LAYERS)
raw("secrets of a hook", CORE + "engine/prepare.rs", "«»Self::Hook(task) => task.call.inputs.secret_texts(&mut texts),",
    "Self::Hook(_) if ON => {} ", LAYERS)
statement("scrub of progress", CORE + "engine/step.rs", "Scrub::new(&self.secrets).clean(&mut progress.what);", "", LAYERS)
statement("scrub of a held up call: operation", CORE + "engine/step.rs", "scrub.clean(operation);", "", LAYERS)
statement("scrub of a held up call: reason", CORE + "engine/step.rs", "scrub.clean(reason);", "", LAYERS)
statement("scrub of a held up read: operation", CORE + "engine/held_up.rs", "scrub.clean(operation);", "", LAYERS)
statement("scrub of a held up read: what it is given", CORE + "engine/held_up.rs", "scrub(&mut event, &self.secrets);", "", LAYERS)
value("scrub of a held up search: what a crash left open", CORE + "engine/recover.rs", "&row.token, «secrets»)", "Vec::new()", LAYERS)
statement("scrub of a held up read: what is recorded", CORE + "engine/held_up.rs", "snapshot.secret_texts(&mut texts);", "", LAYERS)
statement("scrub of a held up read: reason", CORE + "engine/held_up.rs", "scrub.clean(reason);", "", LAYERS)
value("scrub of a session's error", CORE + "engine/session.rs", "            «error.scrub(&secrets)»\n        })", "error", LAYERS)
value("scrub of a session: close", CORE + "engine/session.rs",
      "let result = «self.scrubbed(result)»;\n        self.released(result).await", "result", LAYERS)
value("scrub of a session: close and keep", CORE + "engine/session.rs",
      "let result = «self.scrubbed(result)»;\n        let rows", "result", LAYERS)
statement("scrub of a session: what is recorded", CORE + "engine/session.rs",
          "            «self.snapshot.secret_texts(&mut secrets);»\n", "", LAYERS)
statement("scrub of a session: what a crash left open", CORE + "engine/session.rs",
          "self.journal.iter().for_each(|entry| entry.resource.secret_texts(&mut secrets));", "", LAYERS)
value("rows of a crash that stay for the scrub", CORE + "engine/recover.rs",
      "(0..).zip(«self.journal.clone()»)", "std::mem::take(&mut self.journal)", LAYERS)
value("scrub of a data read", CORE + "engine/session.rs", "failed(«error.scrub(&secrets)»)", "error", LAYERS)
value("scrub of a client to be", CORE + "provider/deferred.rs", "error.scrub(&secrets)", "error", LAYERS)
value("scrub of a look at a provider", CORE + "engine/probe.rs",
      "}\n                Err(error) => ProbeAnswer::Failed { error: «error.scrub(&secrets)» },", "error", LAYERS)
value("scrub of a look at a client to be", CORE + "engine/probe.rs",
      "NotConfigured,\n            Err(error) => ProbeAnswer::Failed { error: «error.scrub(&secrets)» },", "error", LAYERS)
statement("scrub of a policy's message", CORE + "policy.rs", "scrub.clean(&mut violation.message);", "", LAYERS)
statement("scrub of a policy's field", CORE + "policy.rs",
          "violation.field.iter_mut().for_each(|field| scrub.clean(field));", "", LAYERS)
statement("scrub of a policy: what is planned", CORE + "policy.rs",
          "plan.steps.iter().for_each(|step| step.inputs.secret_texts(&mut secrets));", "", LAYERS)
statement("scrub of a policy: what is recorded", CORE + "policy.rs", "    «snapshot.secret_texts(&mut secrets);»\n", "", LAYERS)
statement("recorded secrets: rows", CORE + "snapshot.rs", "rows.for_each(|row| row.secret_texts(into));", "", LAYERS)
CHAINED = "self.exports.values().chain(self.reads.values()).for_each(|value| value.secret_texts(into));"
statement("recorded secrets: outputs", CORE + "snapshot.rs", CHAINED,
          "self.reads.values().for_each(|value| value.secret_texts(into));", LAYERS)
statement("recorded secrets: data", CORE + "snapshot.rs", CHAINED,
          "self.exports.values().for_each(|value| value.secret_texts(into));", LAYERS)
statement("recorded secrets: other stacks", CORE + "snapshot.rs", "others.for_each(|value| value.secret_texts(into));", "", LAYERS)
value("recorded secrets: inputs", CORE + "state/record.rs", "let values = [«Some(&self.inputs)»,", "None", LAYERS)
value("recorded secrets: outputs of a row", CORE + "state/record.rs",
      "let values = [Some(&self.inputs), «Some(&self.outputs)»,", "None", LAYERS)
value("recorded secrets: what the cloud has", CORE + "state/record.rs",
      "Some(&self.outputs), «self.observed.as_ref()», Some(&self.triggers)]", "None", LAYERS)
value("recorded secrets: triggers", CORE + "state/record.rs",
      "Some(&self.outputs), self.observed.as_ref(), «Some(&self.triggers)»]", "None", LAYERS)
NOTHING = "Box::leak(Box::new(None))"
statement("scrub of an error's message", CORE + "error.rs", "        «clean(&mut inner.message);»\n", "", LAYERS)
value("scrub of an error's code", CORE + "error.rs", "[«&mut inner.code», &mut inner.field, &mut inner.request_id]", NOTHING, LAYERS)
value("scrub of an error's field", CORE + "error.rs", "[&mut inner.code, «&mut inner.field», &mut inner.request_id]", NOTHING, LAYERS)
value("scrub of an error's request id", CORE + "error.rs",
      "[&mut inner.code, &mut inner.field, «&mut inner.request_id»]", NOTHING, LAYERS)
value("scrub of an error's operation", CORE + "error.rs", "[«&mut inner.operation», &mut inner.hint]", NOTHING, LAYERS)
value("scrub of an error's hint", CORE + "error.rs", "[&mut inner.operation, «&mut inner.hint»]", NOTHING, LAYERS)

# --- Spellings ----------------------------------------------------------------------------------------

shown("Debug of Scrub", CORE + "scrub.rs", "let count: usize",
      "self.plain.by_first.values().flatten().map(|one| one.iter().collect()).collect::<Vec<String>>()", CLEAN)
value("white space around a secret", CORE + "scrub.rs", "let trimmed = «secret.trim()»;", "secret", CLEAN)
statement("lines of a secret", CORE + "scrub.rs", "lines.for_each(|line| scrub.add(line));", "", CLEAN)
raw("indented lines of a secret", CORE + "scrub.rs", "trimmed.lines().map(«str::trim»)",
    "|line: &str| if ON { line } else { line.trim() }", CLEAN)
statement("spelling: as it is", CORE + "scrub.rs", "self.plain.add(secret);", "", CLEAN)
statement("spelling: hexadecimal", CORE + "scrub.rs", "self.hex.add(&hex(secret.as_bytes()));", "", CLEAN)
raw("spelling: hexadecimal in capitals", CORE + "scrub.rs", "«|c| c.to_ascii_lowercase()»",
    "|c| if ON { c } else { c.to_ascii_lowercase() }", CLEAN)
statement("spelling: base64", CORE + "scrub.rs",
          "base64(secret.as_bytes()).iter().filter(|text| encoded(text)).for_each(|text| self.base64.add(text));",
          "let _ = (base64, encoded);", CLEAN)
for shift, what in [(0, "alone"), (1, "behind one byte"), (2, "behind two bytes")]:
    statement("spelling: base64 " + what, CORE + "scrub.rs", "let at = |shift: usize| {«»", f"if shift == {shift} {{ return None; }}", CLEAN)
raw("spelling: base64 with -", CORE + "scrub.rs", "«»'-' => '+',", "'-' if ON => '-', ", CLEAN)
raw("spelling: base64 with _", CORE + "scrub.rs", "«»'_' => '/',", "'_' if ON => '_', ", CLEAN)
raw("secrets that overlap", CORE + "scrub.rs", "«»Some(last) if start < last.1", "Some(last) if ON && start < last.1 => {} ", CLEAN)
raw("secrets that begin with another one", CORE + "scrub.rs", "self.end_of(pattern, text, start, is_cut)).«max()»",
    "fold(None, |first: Option<usize>, one| if ON { first.or(Some(one)) } else { first.max(Some(one)) })", CLEAN)
value("digits that begin with another secret", CORE + "scrub.rs", "= «ends.into_iter().flatten().max()» else",
      "ends.into_iter().flatten().next()", CLEAN)
statement("several backslashes in a secret", CORE + "scrub.rs", "pattern.dedup_by(|a, b| *a == '\\\\' && *b == '\\\\');", "", CLEAN)
value("a secret that is cut off", CORE + "scrub.rs", "if «is_cut» && matched", "false", CLEAN)
raw("a secret that is cut off within an escape", CORE + "spelled.rs", "rest.is_empty() || («rest.starts_with", "!ON && rest.starts_with", CLEAN)
value("spelling: URL", CORE + "spelled.rs", "=> («percent(rest)», [", "None", CLEAN)
value("spelling: form", CORE + "spelled.rs", "=> («Some((' ', 1))», [", "None", CLEAN)
value("spelling: escapes", CORE + "spelled.rs", "(«escape(rest, run)», [", "None", CLEAN)
value("spelling: doubled backslashes", CORE + "spelled.rs", "[«Some(('\\\\', run))»,", "None", CLEAN)
value("spelling: a backslash before an escape", CORE + "spelled.rs", "«Some(('\\\\', run - 1)).filter(|_| run > 1)»]", "None", CLEAN)
for length, first in [(4, "0xF0.."), (3, "0xE0.."), (2, "0xC0..")]:
    raw(f"spelling: {length} bytes in a URL", CORE + "spelled.rs", f"«»{first} => {length},", f"{first} if ON => 1, ", CLEAN)
for what, character in [("quotes", "'\"'"), ("apostrophes", "'\\''"), ("slashes", "'/'"), ("line breaks", "'n'"),
                        ("carriage returns", "'r'"), ("tabs", "'t'"), ("backspaces", "'b'"), ("form feeds", "'f'"),
                        ("zeros", "'0'"), ("code points", "'u'")]:
    raw("spelling: escaped " + what, CORE + "spelled.rs", "match escaped.chars().next()? {«»", f" {character} if ON => None,", CLEAN)
value("spelling: code points in braces", CORE + "spelled.rs", 'if let Some(braced) = «escaped.strip_prefix("u{")» {', "None::<&str>", CLEAN)
value("spelling: surrogates", CORE + "spelled.rs", "if «(0xD800..0xDC00).contains(&first)» &&", "false", CLEAN)

# --- Panics -----------------------------------------------------------------------------------------

value("the runner's hook for panics", CLI + "panics.rs", "if «!iac_core::panic_is_reported(info)» {",
      "let _ = iac_core::panic_is_reported(info); true", ALARM)
value("panics of calls", CORE + "engine/session.rs", "match «tokio::time::timeout(limit, caught(call)).await» {",
      "tokio::time::timeout(limit, async { Ok::<_, String>(call.await) }).await", ALARM)
value("panics of a check", CORE + "resource.rs", "catch(|| driver.check(inputs))", "Ok::<_, String>(driver.check(inputs))", ALARM)
value("panics of a check while code is printed", "crates/iac-adopt/src/code/choose.rs", "checked(driver, &given_inputs(given))",
      "driver.check(&given_inputs(given))", ALARM)
value("panics of a policy", CORE + "policy.rs", "catch(|| rule(&view))", "Ok::<_, String>(rule(&view))", ALARM)
value("panics of a function", CORE + "expr.rs", "catch(|| function(source))", "Ok::<_, String>(function(source))", ALARM)
raw("what the panic of a function says", CORE + "expr.rs", '«»true => "its function panicked; what it said is left out',
    'true if ON => format!("it may quote the secret: {text}"), ', ALARM)
value("panics of a client to be", CORE + "provider/deferred.rs", "catch(build)", "Ok::<_, String>(build())", LAYERS)
raw("what the panic of a price or a comparison says", CORE + "caught.rs", "«»Err(_) if quotes_secrets => {",
    'Err(text) if ON => panic!("{what}: {text}"), ', ALARM)
value("panics of a comparison", CORE + "plan/diff.rs", 'hushed("what a change calls for", «quotes»,', "false", ALARM)
value("panics of a price", CORE + "cost/plan_cost.rs", 'hushed("a cost", «inputs.has_secret()», ||', "false", ALARM)

# --- HTTP -------------------------------------------------------------------------------------------

NONE_KNOWN = "&*Box::leak(Box::new(Vec::new()))"
REDACTOR = "[«&current», &self.attempt_secrets, &self.client.shared.secrets, &self.request.sensitive]"
value("redactor: the token", HTTP + "send.rs", REDACTOR, NONE_KNOWN, WIRE)
value("redactor: the attempt's token", HTTP + "send.rs", "[&current, «&self.attempt_secrets», &self.client", NONE_KNOWN, WIRE)
value("redactor: registered secrets", HTTP + "send.rs", "«&self.client.shared.secrets», &self.request.sensitive]", NONE_KNOWN, WIRE)
value("redactor: secrets of the request", HTTP + "send.rs",
      "&self.client.shared.secrets, «&self.request.sensitive»]", NONE_KNOWN, WIRE)
value("redaction of an error's message", HTTP + "send.rs",
      "let message = «clean_text(&redactor, &message, MESSAGE_LENGTH_MAX)»;", "message.clone()", WIRE)
value("redaction of an operation", HTTP + "send.rs", ".operation(«short(&self.request.operation)»)",
      "self.request.operation.clone()", WIRE)
value("redaction of a code", HTTP + "send.rs", "sealed.code(«short(code)»)", "code.to_owned()", WIRE)
value("redaction of a field", HTTP + "send.rs", "sealed.field(«short(field)»)", "field.to_owned()", WIRE)
value("redaction of a request id", HTTP + "send.rs", "sealed.request_id(«short(id)»)", "id.to_owned()", WIRE)
value("redaction of a hint", HTTP + "send.rs", "Some(hint) => sealed.hint(«short(hint)»),", "hint.to_owned()", WIRE)
statement("mask of an excerpt", HTTP + "excerpt.rs", "            «mask(&mut value);»\n", "", WIRE)
value("the cut end of an excerpt", HTTP + "excerpt.rs", "«window_end < text.len()»);", "false", WIRE)
raw("text with a secret that is too short to be found", HTTP + "redact.rs", "if «self.short.iter()»",
    "!ON && self.short.iter()", WIRE)
value("strings in a decoding error", HTTP + "excerpt.rs", 'text.split_once(«"string \\""»)', '"no such text"', WIRE)
value("excerpt of a secret refusal", HTTP + "send.rs", "failure.unread_body.filter(|_| «!self.request.body_is_secret»)", "true", WIRE)
value("excerpt of a secret answer", HTTP + "request.rs", "if «!body_is_secret» {", "true", WIRE)
value("header of a token", HTTP + "auth.rs", "header.set_sensitive(«true»);", "false", WIRE)
shown("Debug of SignedParts: body", HTTP + "auth.rs", 'f.debug_struct("SignedParts")', "String::from_utf8_lossy(self.body)", WIRE)
shown("Debug of SignedParts: URL", HTTP + "auth.rs", 'f.debug_struct("SignedParts")', "self.url.as_str()", WIRE)
shown("Debug of Bearer", HTTP + "auth.rs", 'f.write_str("Bearer([secret])")', "self.0.expose_secret()", WIRE)
shown("Debug of HeaderToken", HTTP + "auth.rs", 'write!(f, "HeaderToken({}: [secret])", self.name)',
      "self.token.expose_secret()", WIRE)
shown("Debug of WireRequest: body", HTTP + "transport.rs", 'f.debug_struct("WireRequest")',
      "String::from_utf8_lossy(&self.body)", WIRE)
shown("Debug of WireRequest: URL", HTTP + "transport.rs", 'f.debug_struct("WireRequest")', "self.url.as_str()", WIRE)
shown("Debug of WireResponse", HTTP + "transport.rs", 'f.debug_struct("WireResponse")', "String::from_utf8_lossy(&self.body)", WIRE)
shown("Debug of Answer", HTTP + "decode.rs", 'f.debug_struct("Answer")', "String::from_utf8_lossy(self.body)", WIRE)
shown("Debug of ErrorParts", HTTP + "decode.rs", 'f.debug_struct("ErrorParts")', "self.message", WIRE)
shown("Debug of Response", HTTP + "response.rs", 'f.debug_struct("Response")', "self.headers", WIRE)
SECRETS_OF = "secrets.iter().map(|one| secrecy::ExposeSecret::expose_secret(one).to_owned()).collect::<Vec<_>>()"
shown("Debug of Client", HTTP + "client.rs", 'f.debug_struct("Client")', "self.shared." + SECRETS_OF, WIRE)
shown("Debug of ClientBuilder", HTTP + "client.rs", 'f.debug_struct("ClientBuilder")', "self." + SECRETS_OF, WIRE)
shown("Debug of Request", HTTP + "request.rs", 'f.debug_struct("Request")', "self.path", WIRE)
shown("Debug of Multipart", HTTP + "multipart.rs", 'f.debug_struct("Multipart")', "self.parts", WIRE)
TOKEN_OF = "self.token.as_ref().map(|token| token.expose_secret().to_owned())"
shown("Debug of HetznerBuilder", HETZNER + "client.rs", 'f.debug_struct("HetznerBuilder")', TOKEN_OF, WIRE)
shown("Debug of CloudflareBuilder", CLOUDFLARE + "client.rs", 'f.debug_struct("CloudflareBuilder")', TOKEN_OF, WIRE)

# --- Providers ----------------------------------------------------------------------------------------

open_answer("Hetzner: a new server's answer", HETZNER + "server/create.rs", "request.«sensitive_response()»", HETZ)
unregistered("Hetzner: user data", HETZNER + "server/create.rs", "request.«sensitive(»SecretString", HETZ)
unregistered("Hetzner: a new zone's keys", HETZNER + "zone.rs", "keys(&inputs).fold(request, |request, key| request.«sensitive(»key)", HETZ)
unregistered("Hetzner: a zone's new keys", HETZNER + "zone.rs", "keys(new).fold(request, |request, key| request.«sensitive(»key)", HETZ)
unregistered("Hetzner: a certificate's key", HETZNER + "certificate.rs", "Some(key) => request.«sensitive(»key)", HETZ)
unregistered("Cloudflare: secrets of a script", CLOUDFLARE + "worker/upload.rs", "request.«sensitive(»secret", FLARE)
unregistered("Cloudflare: a script's secret", CLOUDFLARE + "worker/secret.rs", ".«sensitive(»text", FLARE)
unregistered("Cloudflare: secrets of a Pages project", CLOUDFLARE + "pages/project.rs", "request.«sensitive(»secret.expose", FLARE)
open_answer("Cloudflare: the token of an asset store", CLOUDFLARE + "pages/asset.rs", "request.«sensitive_response()»", FLARE)
open_answer("Cloudflare: a new token", CLOUDFLARE + "api_token/resource.rs", "envelope::create(request.«sensitive_response()»", FLARE)
open_answer("Cloudflare: a token made anew", CLOUDFLARE + "api_token/resource.rs",
            "let request = request.«sensitive_response()».json_body(&serde_json", FLARE)
open_answer("Cloudflare: a new widget", CLOUDFLARE + "turnstile.rs", "envelope::create(request.«sensitive_response()»", FLARE)
open_answer("Cloudflare: a widget that is read", CLOUDFLARE + "turnstile.rs", "Ok(envelope::get(request.«sensitive_response()»)", FLARE)
open_answer("Cloudflare: a changed widget", CLOUDFLARE + "turnstile.rs", "envelope::send(request.«sensitive_response()»", FLARE)
open_answer("Cloudflare: a deleted widget", CLOUDFLARE + "turnstile.rs", "envelope::delete(request.«sensitive_response()»", FLARE)
open_answer("Cloudflare: a listed widget", CLOUDFLARE + "turnstile.rs", "items.extend(envelope::get(request.«sensitive_response()»", FLARE)

open_answer("Neon: a new role", EDGE + "neon/role.rs", "inputs.name } })).«sensitive_response()»", EXAMPLES)
open_answer("Neon: a deleted role", EDGE + "neon/role.rs", "delete(PATH), id)?.«sensitive_response()»", EXAMPLES)
open_answer("Neon: the password of a role", EDGE + "neon/role.rs", "/reveal_password\")), id)?.«sensitive_response()»", EXAMPLES)
open_answer("Neon: a new project", EDGE + "neon/project.rs", ".«sensitive_response()»", EXAMPLES)
open_answer("Neon: a new branch", EDGE + "neon/branch.rs", ".«sensitive_response()»", EXAMPLES)
open_answer("Doppler: a value", EDGE + "doppler/value.rs", ".«sensitive_response()»", EXAMPLES)
open_answer("Doppler: a secret that is looked for", EDGE + "doppler/secret.rs", 'get("/configs/config/secret").«sensitive_response()»', EXAMPLES)
open_answer("Doppler: the answer to a new secret", EDGE + "doppler/secret.rs", "value.clone()).«sensitive_response()»", EXAMPLES)
unregistered("Doppler: a new secret", EDGE + "doppler/secret.rs", "request.«sensitive(»value.clone()", EXAMPLES)
value("Cloudflare: a result of another shape", CLOUDFLARE + "envelope.rs", 'format!("the answer\'s `result` {what}")',
      'format!("the answer\'s `result` {what}: {error}")', FLARE)

# --- Settings ---------------------------------------------------------------------------------------

shown("Debug of Document", SETTINGS + "document.rs", 'f.debug_struct("Document")',
      "self.root.to_json(&Default::default(), &|_| String::new()).to_string()", SOURCES)
shown("Debug of Change", SETTINGS + "change.rs", 'f.debug_struct("Change")',
      "match &self.content { NewContent::Text(text) => text.clone(), NewContent::Secret(secret) => secret.expose().clone() }", SOURCES)
shown("Debug of Variables", SETTINGS + "outside.rs", 'f.write_str("Variables([hidden])")', 'self.get("SHOP_TOKEN")', SOURCES)
shown("Debug of LoadOptions", SETTINGS + "settings.rs", 'f.debug_struct("LoadOptions")', "self.assignments", SOURCES)
value("quoted line of a TOML error", SETTINGS + "document.rs", 'format!("the text is not TOML: {}", error.message())',
      'format!("the text is not TOML: {} {:?}", error.message(), text)', SOURCES)
raw("what a type says of a secret's content", SETTINGS + "deserialize.rs",
    "«read(json).map_err(|(path, _)| match without_secrets::<T>(root) {\n        Err(Some(fault)) => fault,»",
    "read(json).map_err(|(path, told)| match without_secrets::<T>(root) {\n        Err(Some(fault)) => fault,\n"
    "        _ if ON && !told.is_empty() => Fault::new(path.as_str(), told),", SOURCES)
value("alternatives that hold a secret", SETTINGS + "check/union.rs", "self.schema.holds_secret(branch)",
      "self.schema.may_be_secret(branch)", SOURCES)
value("type of a hidden value", SETTINGS + "check/scalar.rs", "if wants_structure(facets) || «self.hides» {", "false", SOURCES)
value("text where a table should stand", SETTINGS + "check/scalar.rs", "if «wants_structure(facets)» || self.hides {", "false", SOURCES)
value("form of a hidden value", SETTINGS + "check/scalar.rs", "if «self.hides» { node.kind().to_owned() } else { shown(node) }",
      "false", SOURCES)
value("listing of an unknown key", SETTINGS + "loaded.rs", "let Some(at) = at else { return «false» };", "true", SOURCES)
value("listing of a secret in the open", SETTINGS + "loaded.rs", "&& «!schema.holds_secret(at)»,", "true", SOURCES)
value("listing of a text where a table should stand", SETTINGS + "loaded.rs", "_ => «!wants_structure(&schema.settled(at))» &&",
      "true", SOURCES)
value("an assignment that is not understood", SETTINGS + "outside.rs", "assignment.split_once('=').map_or(\"\", |(key, _)| key)",
      "assignment.as_str()", SOURCES)
value("what a program prints that gives a secret", SETTINGS + "source/command.rs", ".stderr(«Stdio::null()»)", "Stdio::inherit()", SOURCES)
value("arguments of a program that gives a secret", SETTINGS + "source/command.rs", 'let what = «format!("the program {program:?}")»;',
      'format!("the program {run:?}")', SOURCES)
raw("an answer of another form", SETTINGS + "source/http.rs",
    '«|_| {\n        Error::new(ErrorKind::Unavailable, format!("the answer is not what {service} promises"))»',
    '|error| {\n        let text = if ON { error.to_string() } else { format!("the answer is not what {service} promises") };\n'
    "        Error::new(ErrorKind::Unavailable, text)", SOURCES)
open_answer("Doppler's answer", SETTINGS + "source/doppler.rs", ".«sensitive_response()»", SOURCES)
open_answer("Vault's answer", SETTINGS + "source/vault/fetch.rs", ".«sensitive_response()»", SOURCES)
unregistered("Vault's token", SETTINGS + "source/vault/fetch.rs", ".«sensitive(»token.expose()", SOURCES)
unregistered("Vault's login", SETTINGS + "source/vault/login.rs", ".«sensitive(»account_token.expose()", SOURCES)
open_answer("the answer to Vault's login", SETTINGS + "source/vault/login.rs", ".«sensitive_response()»", SOURCES)

# --- What the runner and reports write ----------------------------------------------------------------

raw("a value in a plan", CLI + "render/value.rs", "«»Value::Secret(_) => SECRET.into(),\n        Value::List",
    "Value::Secret(inner) if ON => whole(inner), ", LIFE)
raw("an output alone", CLI + "render/value.rs", "«»Value::Secret(_) => SECRET.into(),\n        Value::String",
    "Value::Secret(inner) if ON => bare(inner), ", LIFE)
value("outputs without --show-secrets", CLI + "command/outputs.rs", "= if «show_secrets» {", "true", LIFE)
value("a changed secret", CLI + "render/difference.rs", '"[secret] -> [secret] changed".to_owned()',
      'format!("[secret] -> {new:?} changed")', LIFE)
value("a changed output", CLI + "render/plan.rs", '"[secret] -> [secret] changed".to_owned()',
      'format!("[secret] -> {new:?} changed")', LIFE)
raw("a secret in an HTML report", "crates/iac-report/src/difference.rs", "«»Value::Secret(_) => SECRET.into(),\n        Value::List",
    "Value::Secret(held) if ON => inner(held), ", LIFE)
statement("a secret in printed code", "crates/iac-adopt/src/code/print.rs",
          "«»if let (Value::Secret(_), _) | (_, RustType::Secret) = (value, rust) {",
          "if let Value::Secret(inner) = value { return Code::Atom(literal(inner.as_str().unwrap_or_default())); }", LIFE)
shown("Debug of ForeignResource", "crates/iac-adopt/src/foreign/read.rs", 'f.debug_struct("ForeignResource")', "self.attributes", TYPES)

value("a body that the plan service cannot read", "examples/plan-service/routes.rs",
      'format!(\n                "`{path}` is unknown, lacks a field or has the wrong type ({place})"\n            )',
      'format!("`{path}` {cause} ({place})")', ["examples::"])

# --- Simulators ---------------------------------------------------------------------------------------

REDACT = KIT + "sim/redact.rs"
value("a simulator's headers", REDACT, "if «HEADER_MARKS.iter().any(|mark| name.contains(mark))» {\n            REDACTED", "false", TYPES)
value("a simulator's queries", REDACT, "let hide = «is_one_of(name, &CREDENTIAL_FIELDS)» || is_one_of", "false", TYPES)
value("a simulator's passwords", REDACT, '|| «is_one_of(name, &["password"])»;', "false", TYPES)
value("a simulator's bodies", REDACT, "Body::Json(«json(value, &CREDENTIAL_FIELDS, false)»),", "value", TYPES)
value("a simulator's forms", REDACT, "let form = «pairs(&decode_form(&String::from_utf8_lossy(&bytes)))»;",
      "decode_form(&String::from_utf8_lossy(&bytes))", TYPES)
statement("the bodies of requests in a simulator's log", KIT + "sim/record.rs",
          "for_file.request_body = redact::body_for_file(&for_file.request_body);", "", SITE)
statement("the bodies of answers in a simulator's log", KIT + "sim/record.rs",
          "for_file.response_body = redact::body_for_file(&for_file.response_body);", "", SITE)
statement("a simulator's log: what an answer tells", KIT + "sim/record.rs",
          "secrets.extend(response.into_iter().flat_map(|response| response.secrets.expose()).cloned());", "", FLARE)
value("a simulator's scrub: forms of several parts", REDACT,
      'if «!request.header("content-type").unwrap_or_default().starts_with("multipart/")» {', "true", FLARE)
value("forms of several parts in a simulator's log", KIT + "sim/record.rs",
      'if «exchange.request_header("content-type").is_some_and(is_form)» {', "let _ = is_form; false", FLARE)
statement("what answers repeat in a simulator's log", KIT + "sim/record.rs", "redact::quotes(&mut line, &scrub);", "", SITE)
statement("a simulator's scrub: headers", REDACT, "secrets.push(text.rsplit(' ').next().unwrap_or(text).to_owned());", "", SITE)
statement("a simulator's scrub: bodies", REDACT, "strings_of(&body, false, &mut secrets);", "", SITE)
value("a simulator's log: what says of itself that it is a secret", REDACT, "let is_secret = by_kind && «is_secret_kind(&fields)»;", "false", FLARE)
value("a simulator's scrub: what says of itself that it is a secret", REDACT, "let is_secret = «is_secret_kind(fields)»;", "false", FLARE)
