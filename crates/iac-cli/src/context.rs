//! [`RunContext`]: what a program's closure gets to know of the run. Knows nothing of the engine.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::arguments::NoArgs;
use crate::layout::{PLAIN, Page};
use crate::screen::Screen;

/// The run that a program's resources are declared for.
///
/// `A` are the program's own arguments; see [`Runner::args`](crate::Runner::args). `S` are its
/// settings; see [`Runner::settings`](crate::Runner::settings).
pub struct RunContext<A = NoArgs, S = ()> {
    pub(crate) project: String,
    pub(crate) stack: String,
    pub(crate) args: A,
    pub(crate) settings: S,
    pub(crate) screen: Arc<Screen>,
    pub(crate) kept: Mutex<Vec<Box<dyn Any + Send>>>,
    pub(crate) approved: AtomicBool,
}

impl<A, S> RunContext<A, S> {
    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The name of the stack that was chosen.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// The program's own arguments.
    pub fn args(&self) -> &A {
        &self.args
    }

    /// The stack's settings: checked, and with their secrets.
    pub fn settings(&self) -> &S {
        &self.settings
    }

    /// Keeps `value` until the run is over: a simulator's handle, a temporary directory.
    pub fn keep(&self, value: impl Any + Send) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(value));
    }

    /// Approves whatever is planned, as `--yes` does: for a program that has chosen a simulated
    /// cloud, where nothing can be lost.
    pub fn approve(&self) {
        self.approved.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_approved(&self) -> bool {
        self.approved.load(Ordering::Relaxed)
    }

    /// Says something to the person, for example that a simulator stands in for a cloud: on standard
    /// output, or on standard error where standard output is for programs (`--json`). Never a secret.
    pub fn say(&self, text: &str) {
        let mut page = Page::new(self.screen.width);
        text.lines().for_each(|line| page.line(0, PLAIN, line));
        if self.screen.json { self.screen.err(&page.finish()) } else { self.screen.out(&page.finish()) }
    }
}
