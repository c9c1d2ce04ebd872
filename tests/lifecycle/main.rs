//! The life of resources, one file for each behaviour, through the real engine on the fake cloud.
//! Only the cloud is simulated; nothing sleeps and nothing is random.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod world;

mod adopt;
mod alias;
mod ambiguous;
mod auto_name;
mod basics;
mod cancel;
mod crash;
mod depends_on;
mod drift;
mod equality;
mod events;
mod exports;
mod ignore_changes;
mod import;
mod incomplete;
mod lease;
mod parallelism;
mod partial_failure;
mod pinned_name;
mod protect;
mod providers;
mod reads;
mod rename;
mod replace_create_first;
mod replace_delete_first;
mod replace_options;
mod retain;
mod secrets;
mod select;
mod stack_reference;
mod stale_plan;
mod timeout;
mod uncertain;
mod unknown;
mod update_failure;
mod weaker;
