//! The guide: one page for each behaviour of the engine, with code that runs and what the runner
//! shows.
//!
//! | page | what it is about |
//! |---|---|
//! | **Getting started** | |
//! | [`getting_started`] | a new project, its first plan, its first test |
//! | [`terraform`] | for those who know Terraform: the same change in both |
//! | **Writing a stack** | |
//! | [`components`] | parts that are used several times: functions in scopes |
//! | [`options`] | how one resource is treated: protected, left behind, ordered, bounded |
//! | [`transformations`] | rules for many resources, whoever declared them |
//! | [`data`] | values from the cloud and from other stacks |
//! | [`providers`] | several accounts, and providers that the stack itself configures |
//! | [`hooks`] | code that runs before or after a step |
//! | [`policies`] | rules over every plan, and limits for every apply |
//! | `settings` | what differs between dev and production, checked before anything runs |
//! | `random_values` | passwords, tokens, key pairs and certificates that live in the state |
//! | **Changing a stack** | |
//! | [`replacement`] | which half comes first, and what moves over |
//! | [`renames`] | another name or scope, the same object |
//! | [`refresh`] | what changed outside, how old a fact is, and accepting it |
//! | [`targets`] | a part of the stack, with what must go along |
//! | [`import`] | objects that exist already |
//! | [`adopt`] | moving over from Terraform, OpenTofu or Pulumi |
//! | **Running it** | |
//! | [`watching`] | what the screen and a log show while a run goes on, and at its end |
//! | [`approval`] | what is asked before an apply, and that data goes by name only |
//! | [`durations`] | how long a plan will take, what goes first, and waiting for a vendor's quota |
//! | [`sealed_plans`] | a plan in a file, applied as it was reviewed |
//! | [`failure`] | failed steps, Ctrl-C, leases, stale plans, exit codes |
//! | [`crash_safety`] | what holds when a process is killed, and what that rests on |
//! | [`history`] | what earlier runs did, and the way back |
//! | [`state`] | the state's tables, its commands, and useful queries |
//! | [`json`] | JSON lines, their schema, what stays, replaying a run |
//! | [`pictures`] | the graph as a picture, a run as a report |
//! | [`cost`] | what a stack costs in a month |
//! | **Secrets and keys** | |
//! | [`secrets`] | what never shows, and what does not compile |
//! | `secret_sources` | secrets from Doppler, Vault, a program, a file or a variable |
//! | [`keys`] | who can open the state's secrets, and rotating the data key |
//! | **Testing** | |
//! | [`testing`] | unit tests with mocks and with the fake cloud |
//! | [`testing_crashes`] | every crash of your own stack, explored |
//! | **Clouds** | |
//! | `cloudflare` | Cloudflare's resources, and how each is found again after a crash |
//! | [`write_a_provider`] | a provider of your own, step by step |
//! | **Other programs** | |
//! | [`embedding`] | each of the runner's commands as a library call |
//! | [`doctor`] | what to look at when nothing works |

#[doc = include_str!("getting-started.md")]
pub mod getting_started {}
#[doc = include_str!("terraform.md")]
pub mod terraform {}

#[doc = include_str!("components.md")]
pub mod components {}
#[doc = include_str!("options.md")]
pub mod options {}
#[doc = include_str!("transformations.md")]
pub mod transformations {}
#[doc = include_str!("data.md")]
pub mod data {}
#[doc = include_str!("providers.md")]
pub mod providers {}
#[doc = include_str!("hooks.md")]
pub mod hooks {}
#[doc = include_str!("policies.md")]
pub mod policies {}
#[doc = include_str!("settings.md")]
#[cfg(feature = "settings")]
pub mod settings {}
#[doc = include_str!("random-values.md")]
#[cfg(feature = "random-keys")]
pub mod random_values {}

#[doc = include_str!("replacement.md")]
pub mod replacement {}
#[doc = include_str!("renames.md")]
pub mod renames {}
#[doc = include_str!("refresh.md")]
pub mod refresh {}
#[doc = include_str!("targets.md")]
pub mod targets {}
#[doc = include_str!("import.md")]
pub mod import {}
#[doc = include_str!("adopt.md")]
pub mod adopt {}

#[doc = include_str!("watching.md")]
pub mod watching {}
#[doc = include_str!("approval.md")]
pub mod approval {}
#[doc = include_str!("durations.md")]
pub mod durations {}
#[doc = include_str!("sealed-plans.md")]
pub mod sealed_plans {}
#[doc = include_str!("failure.md")]
pub mod failure {}
#[doc = include_str!("crash-safety.md")]
pub mod crash_safety {}
#[doc = include_str!("history.md")]
pub mod history {}
#[doc = include_str!("state.md")]
pub mod state {}
#[doc = include_str!("json.md")]
pub mod json {}
#[doc = include_str!("pictures.md")]
pub mod pictures {}
#[doc = include_str!("cost.md")]
pub mod cost {}

#[doc = include_str!("secrets.md")]
pub mod secrets {}
#[doc = include_str!("secret-sources.md")]
#[cfg(feature = "settings")]
pub mod secret_sources {}
#[doc = include_str!("keys.md")]
pub mod keys {}

#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("testing-crashes.md")]
pub mod testing_crashes {}

#[doc = include_str!("cloudflare.md")]
#[cfg(feature = "cloudflare")]
pub mod cloudflare {}
#[doc = include_str!("write-a-provider.md")]
pub mod write_a_provider {}

#[doc = include_str!("embedding.md")]
pub mod embedding {}
#[doc = include_str!("doctor.md")]
pub mod doctor {}
