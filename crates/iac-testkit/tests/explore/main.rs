//! The crash explorer itself: that it finds what is built wrongly, that what it finds can be run
//! again, and that it repeats.

mod boxes;
mod repetition;
mod sabotage;
mod troubles;

use boxes::{BoxResource, BoxWorld, Sabotage};
use iac_core::{Stack, StackError};
use iac_testkit::explore::Explore;

/// Three boxes, two of them side by side.
fn program(size: u32, name: &'static str) -> impl Fn(&Stack) -> Result<(), StackError> + Send + Sync {
    move |stack| {
        let first = stack.add("first", BoxResource::args().name("first").size(size))?;
        let note = first.number.map(|number| format!("after {number}"));
        stack.add("second", BoxResource::args().name(name).size(1u32).note(note))?;
        stack.add("third", BoxResource::args().name("third").size(size))?;
        Ok(())
    }
}

fn options(sabotage: Sabotage) -> Explore {
    Explore::new().cloud(BoxWorld(sabotage)).named("boxes")
}
