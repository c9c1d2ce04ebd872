//! The life of resources, one file for each behaviour, through the real engine on the fake cloud.
//! Only the cloud is simulated; nothing sleeps and nothing is random.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod world;

mod accept;
mod adopt;
mod alias;
mod ambiguous;
mod auto_name;
mod basics;
mod cancel;
mod clock;
mod components;
mod cost;
mod crash;
mod deferred_provider;
mod depends_on;
mod drift;
mod durations;
mod equality;
mod events;
mod exports;
mod handover;
mod held_up;
mod history;
mod hooks;
mod ignore_changes;
mod import;
mod incomplete;
mod key_rotation;
mod lease;
mod parallelism;
mod partial_failure;
mod pinned_name;
mod policy;
mod protect;
mod providers;
#[cfg(feature = "random-keys")]
mod random_values;
mod reads;
mod refresh_writes;
mod rename;
mod replace_crash;
mod replace_create_first;
mod replace_delete_first;
mod replace_options;
mod replay;
mod retain;
mod rollback;
mod sealed_plan;
mod sealed_plan_bytes;
mod sealed_plan_file;
mod sealed_plan_refused;
mod secrets;
mod select;
mod stack_reference;
mod stale_plan;
mod state_commands;
mod state_queries;
mod timeout;
mod told_once;
mod transformations;
mod uncertain;
mod unknown;
mod update_failure;
mod weaker;
