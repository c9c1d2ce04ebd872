//! Owns the checks of update and delete, by calls of the driver. Knows no engine.
use super::work::{OTHER_TOKEN, Work, told};

type Checked = Result<(), String>;

/// A number that no simulator gives.
const NEVER: &str = "987654321";

pub(super) async fn update(work: &Work<'_>) -> Checked {
    let id = work.create().await?.id;
    for (name, inputs) in work.updates() {
        one_update(work, &id, &work.typed(&inputs)).await.map_err(|error| format!("{name:?}: {error}"))?;
    }
    Ok(())
}

async fn one_update(work: &Work<'_>, id: &str, wanted: &iac_core::Value) -> Checked {
    let before = work.read(id).await?;
    let objects = work.inventory().len();
    let change = work.change(&before, wanted);
    let outputs = work.update(id, &change).await?;
    let after = work.read(id).await?;
    let (answered, seen) = (work.lasting(&outputs), work.lasting(&after.outputs));
    if answered != seen {
        return Err(format!("the update answers {answered:?}, a read sees {seen:?}"));
    }
    let spec = work.driver.spec();
    let changed = || change.changed.iter().filter_map(|path| spec.input(path.root()));
    let unsettled = |name: &str| changed().any(|field| field.unsettles.contains(&name));
    let stable = spec.outputs.iter().filter(|field| field.stable && !unsettled(field.name));
    for field in stable {
        let (old, new) = (before.outputs.get(field.name), after.outputs.get(field.name));
        if old != new {
            return Err(format!("the stable output `{}` changed from {old:?} to {new:?}", field.name));
        }
    }
    // After a crash the same call comes again.
    let again = work.update(id, &change).await.map_err(|error| format!("again: {error}"))?;
    if work.lasting(&again) != answered {
        return Err(format!("a second time the update answers {again:?} instead of {answered:?}"));
    }
    let later = work.read(id).await?;
    if later.inputs != after.inputs {
        return Err(format!("a second time it changed {:?} to {:?}", after.inputs, later.inputs));
    }
    if work.inventory().len() != objects {
        return Err(format!("the update made or removed objects: {:?}", work.inventory()));
    }
    Ok(())
}

pub(super) async fn delete(work: &Work<'_>) -> Checked {
    let first = work.create().await?;
    work.remove(&first.id).await?;
    let left = work.inventory();
    if left != work.before {
        return Err(format!("{left:?} is left, before the create it was {:?}", work.before));
    }
    // A setting stays when nobody manages it any more.
    let setting = work.driver.spec().setting;
    if let Some(seen) = work.try_read(&first.id).await?.filter(|_| !setting) {
        return Err(format!("a read still sees {seen:?}"));
    }
    work.delete(&first.id).await.map_err(|error| format!("again: {error}"))?;
    let second = work.create_with(OTHER_TOKEN, &work.inputs).await;
    let second = second.map_err(|error| format!("the same inputs right after: {}", told(&error)))?;
    work.read(&second.id).await?;
    work.remove(&second.id).await
}

/// An id of the same form that nothing has. The first part of an id is the object's or that of what it
/// is a part of.
fn never_like(id: &str) -> String {
    let first = id.split('/').next().unwrap_or(id);
    let is_long = first.is_ascii() && first.len() > NEVER.len();
    let rest = if is_long { &id[NEVER.len()..] } else { id.trim_start_matches(|c: char| c.is_ascii_digit()) };
    format!("{NEVER}{rest}")
}

pub(super) async fn missing(work: &Work<'_>) -> Checked {
    let created = work.create().await?;
    let never = never_like(&created.id);
    if let Some(seen) = work.try_read(&never).await? {
        return Err(format!("a read of {never} sees {seen:?}"));
    }
    work.delete(&never).await
}
