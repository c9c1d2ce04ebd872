//! Owns the checks of what a create leaves behind and how it is found. Knows no other operation.
use super::tape::{Cut, Entry};
use super::work::{OTHER_TOKEN, TOKEN, Work, told};
use iac_core::{ErrorKind, Recovery};

type Checked = Result<(), String>;

pub(super) async fn create(work: &Work<'_>) -> Checked {
    let created = work.create().await?;
    let entries = work.tape.entries();
    let first_write = entries.iter().position(|entry| matches!(entry, Entry::Write(_)));
    let first_write = first_write.ok_or("the create sent no request that creates something")?;
    let checkpoint = entries.iter().position(|entry| matches!(entry, Entry::Checkpoint(_)));
    match checkpoint {
        None => return Err("the create made no checkpoint".into()),
        Some(at) if at > first_write + 1 => {
            return Err(format!("the checkpoint came after {:?}", entries.get(first_write + 1..at)));
        }
        Some(_) => {}
    }
    let last = work.tape.checkpoint();
    if last.as_deref() != Some(created.id.as_str()) {
        return Err(format!("the checkpoint has the id {last:?}, the create answers {:?}", created.id));
    }
    let read = work.read(&created.id).await?;
    let (answered, seen) = (work.lasting(&created.outputs), work.lasting(&read.outputs));
    if answered != seen {
        return Err(format!("the create answers {answered:?}, a read sees {seen:?}"));
    }
    Ok(())
}

pub(super) async fn list(work: &Work<'_>) -> Checked {
    let created = work.create().await?;
    let Some(listed) = work.list().await? else { return Ok(()) };
    let same: Vec<_> = listed.iter().filter(|item| item.id == created.id).collect();
    let [item] = same.as_slice() else {
        let ids: Vec<&str> = listed.iter().map(|item| item.id.as_str()).collect();
        return Err(format!("{} is listed {} times among {ids:?}", created.id, same.len()));
    };
    let read = work.read(&created.id).await?;
    if item.inputs != read.inputs {
        return Err(format!("the listing has the inputs {:?}, a read {:?}", item.inputs, read.inputs));
    }
    let (in_list, seen) = (work.lasting(&item.outputs), work.lasting(&read.outputs));
    if in_list != seen {
        return Err(format!("the listing has the outputs {in_list:?}, a read {seen:?}"));
    }
    Ok(())
}

pub(super) async fn find(work: &Work<'_>) -> Checked {
    if work.driver.spec().recovery == Recovery::Uncertain {
        return Ok(());
    }
    // A setting is always there.
    let setting = work.driver.spec().setting;
    if !setting {
        expect_found(work, &[], "before the create").await?;
    }
    let created = work.create().await?;
    expect_found(work, &[&created.id], "after the create").await?;
    if matches!(work.driver.spec().recovery, Recovery::Label | Recovery::RequestToken) {
        let found = work.find(OTHER_TOKEN).await?;
        if !found.is_empty() {
            return Err(format!("another object's marker finds {found:?}"));
        }
    }
    work.remove(&created.id).await?;
    let left: &[&String] = if setting { &[&created.id] } else { &[] };
    expect_found(work, left, "after the delete").await
}

async fn expect_found(work: &Work<'_>, expected: &[&String], when: &str) -> Checked {
    let found = work.find(TOKEN).await?;
    let same = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a == *b);
    if same { Ok(()) } else { Err(format!("{when}, find answers {found:?}, expected {expected:?}")) }
}

/// The creating request has its effect, and nobody hears of it.
pub(super) async fn lost_answer(work: &Work<'_>) -> Checked {
    work.tape.cut(Cut::NextWrite);
    let error = match work.create_with(TOKEN, &work.inputs).await {
        Ok(created) => {
            // A provider that looks by itself before it answers is right, too.
            return if work.tape.mend() { Ok(()) } else { Err(format!("{} needed no request", created.id)) };
        }
        Err(error) => error,
    };
    if error.kind() != ErrorKind::Ambiguous {
        return Err(format!("a lost answer MUST be ambiguous, it is {}", told(&error)));
    }
    if let Some(id) = work.tape.checkpoint() {
        return Err(format!("{id} was made durable although no answer came"));
    }
    if work.driver.spec().recovery == Recovery::Uncertain {
        return Ok(());
    }
    let found = work.find(TOKEN).await?;
    let [id] = found.as_slice() else {
        return Err(format!("the declared {:?} finds {found:?}", work.driver.spec().recovery));
    };
    work.read(id).await?;
    gone_without_trace(work, id).await
}

/// The create dies while it waits: nothing gets through after the creating request.
pub(super) async fn interrupted(work: &Work<'_>) -> Checked {
    work.tape.cut(Cut::AfterNextWrite);
    let created = work.create_with(TOKEN, &work.inputs).await;
    work.tape.mend();
    let id = match (created, work.tape.checkpoint()) {
        (Ok(created), _) => created.id,
        (Err(_), Some(id)) => id,
        (Err(error), None) => return Err(format!("there is no checkpoint: {}", told(&error))),
    };
    work.read(&id).await?;
    gone_without_trace(work, &id).await
}

async fn gone_without_trace(work: &Work<'_>, id: &str) -> Checked {
    work.remove(id).await?;
    let after = work.inventory();
    if after == work.before {
        Ok(())
    } else {
        Err(format!("{after:?} is left, before it was {:?}", work.before))
    }
}
