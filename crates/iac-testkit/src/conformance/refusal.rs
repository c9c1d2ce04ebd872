//! Owns the checks of what a cloud refuses and how that is told. Knows no success.
use super::work::{OTHER_TOKEN, Work, told};
use iac_core::{Error, ErrorKind, Recovery};

type Checked = Result<(), String>;

fn expect(error: &Error, kind: ErrorKind, of: &str) -> Checked {
    if error.kind() == kind { Ok(()) } else { Err(format!("{of} MUST be {kind}, it is {}", told(error))) }
}

pub(super) async fn credentials(work: &Work<'_>) -> Checked {
    let created = work.create().await?;
    let cx = work.stranger_cx();
    let kind = ErrorKind::Unauthenticated;
    match work.heard(work.driver.create(&cx, &work.inputs).await) {
        Ok(created) => return Err(format!("wrong credentials create {}", created.id)),
        Err(error) => expect(&error, kind, "a create with wrong credentials")?,
    }
    match work.heard(work.driver.read(&cx, &created.id).await) {
        Ok(read) => return Err(format!("wrong credentials read {read:?}")),
        Err(error) => expect(&error, kind, "a read with wrong credentials")?,
    }
    match work.heard(work.driver.delete(&cx, &created.id).await) {
        Ok(()) => Err("a delete with wrong credentials succeeds".into()),
        Err(error) => expect(&error, kind, "a delete with wrong credentials"),
    }
}

pub(super) async fn quota(work: &Work<'_>) -> Checked {
    match work.create_with(OTHER_TOKEN, &work.inputs).await {
        Ok(created) => Err(format!("{} was created beyond the limit", created.id)),
        Err(error) => expect(&error, ErrorKind::QuotaExceeded, "an exceeded limit"),
    }
}

pub(super) async fn duplicate(work: &Work<'_>) -> Checked {
    if work.case.duplicates.is_some() {
        return Ok(());
    }
    let first = work.create().await?;
    let objects = work.inventory();
    let recovery = work.driver.spec().recovery;
    match work.create_with(OTHER_TOKEN, &work.inputs).await {
        Ok(second) if recovery == Recovery::NaturalKey && second.id == first.id => {}
        Ok(second) => return Err(format!("{} was created beside {}", second.id, first.id)),
        Err(error) => expect(&error, ErrorKind::AlreadyExists, "a second create with the same inputs")?,
    }
    if work.inventory() != objects {
        return Err(format!("the second create left {:?} behind", work.inventory()));
    }
    if let Some(listed) = work.list().await? {
        let count = listed.iter().filter(|item| item.id == first.id).count();
        if count != 1 {
            return Err(format!("{} is listed {count} times after the second create", first.id));
        }
    }
    if matches!(recovery, Recovery::Label | Recovery::RequestToken) {
        let found = work.find(OTHER_TOKEN).await?;
        if !found.is_empty() {
            return Err(format!("the refused create's marker finds {found:?}"));
        }
    }
    Ok(())
}

pub(super) async fn invalid(work: &Work<'_>) -> Checked {
    for (field, inputs) in work.invalid() {
        let faults = work.driver.check(&inputs);
        work.hear(&faults);
        let named = |name: &str| {
            let rest = name.strip_prefix(field);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if !faults.is_empty() {
            if !faults.iter().any(|fault| named(&fault.field)) {
                return Err(format!("`{field}`: the check names other fields: {faults:?}"));
            }
            continue;
        }
        match work.create_with(OTHER_TOKEN, &inputs).await {
            Ok(created) => return Err(format!("`{field}`: {} was created with a wrong value", created.id)),
            Err(error) => {
                expect(&error, ErrorKind::InvalidInput, &format!("a wrong `{field}`"))?;
                if !error.input_field().is_some_and(named) {
                    return Err(format!("`{field}` is not named: {}", told(&error)));
                }
            }
        }
        if work.inventory() != work.before {
            return Err(format!("`{field}`: the refused create left {:?} behind", work.inventory()));
        }
    }
    Ok(())
}
