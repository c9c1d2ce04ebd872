//! `import`: records an object that exists already.

use serde_json::json;

use super::work::Work;
use crate::exit::EXIT_DONE;
use crate::failure::Failure;
use crate::layout::{PLAIN, Page};

/// Records the object `id` as the program's resource `wanted`.
pub(crate) async fn import(work: &Work<'_>, wanted: &str, id: &str) -> Result<u8, Failure> {
    let action = format!("import {id:?} as {wanted:?}");
    let found: Vec<_> =
        work.graph.urns().filter(|urn| urn.as_str() == wanted || urn.path() == wanted).collect();
    let urn = match found.as_slice() {
        [urn] => *urn,
        [] => {
            let failure = Failure::new(&action, "the program declares no such resource");
            return Err(failure.hint("declare it in the program first; `plan` shows the paths"));
        }
        several => {
            let urns: Vec<&str> = several.iter().map(|urn| urn.as_str()).collect();
            let failure = Failure::new(&action, "several resources have this path");
            return Err(failure.hint(format!("pass one of {}", urns.join(", "))));
        }
    };
    work.or_stop(&action, work.engine.import(work.graph, urn, id)).await?;
    work.screen.json_line("imported", json!({ "urn": urn, "id": id }));
    let mut page = Page::new(work.screen.width);
    page.line(0, PLAIN, &format!("Recorded {id} as {urn}. `plan` shows what differs from the program."));
    work.screen.out(&page.finish());
    Ok(EXIT_DONE)
}
