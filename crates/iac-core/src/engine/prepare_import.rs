//! Evaluates the step of a resource that the program imports: its object gets its row, changed
//! first where it differs. Pure.

use std::sync::Arc;

use super::prepare::{Fresh, Prepared, StepError, Task};
use crate::plan::{Op, Step, fill_write_only, merge_observed, wanted_inputs, worth_keeping};
use crate::resource::OnChange;
use crate::state::ResourceRecord;
use crate::value::Value;

impl Fresh<'_, '_> {
    /// `found` is the row to be, as the plan saw the object.
    pub(super) fn import(
        self,
        step: &Step,
        raw: &Value,
        found: &ResourceRecord,
    ) -> Result<Prepared, StepError> {
        let mut old = found.clone();
        old.token.clone_from(&self.token);
        old.refreshed_at = self.now;
        old.modified_at = self.now;
        let inputs = wanted_inputs(self.node, &**self.driver, raw, Some(&old), old.generation).inputs;
        self.hold_to_plan(step, &inputs)?;
        fill_write_only(&**self.driver, &mut old, &inputs);
        let (effect, changed) = self.compare(&old, &inputs);
        let diverged = |actual: String| {
            let planned =
                if step.op == Op::Import { "an import" } else { "an import and an update in place" };
            Err(StepError::Diverged { planned: planned.to_owned(), actual })
        };
        match effect {
            Some(OnChange::Replace) => {
                let fields: Vec<String> = changed.iter().map(|path| format!("`{path}`")).collect();
                diverged(format!("a replacement, because {} changed", fields.join(", ")))
            }
            None => {
                let spec = self.driver.spec();
                let seen = merge_observed(spec, &inputs, &found.inputs);
                let mut row = self.kept_row(inputs, &old);
                row.observed = worth_keeping(spec, &row.inputs, &seen).then_some(seen);
                let weaker = (step.op == Op::Update).then(|| "nothing differs after all".to_owned());
                Ok(Prepared { task: Task::Import { row: Box::new(row) }, weaker })
            }
            Some(_) if step.op == Op::Import => diverged("an update in place".to_owned()),
            Some(_) => Ok(self.update(inputs, &Arc::new(old), changed).into()),
        }
    }
}
