//! Panics in code of providers and programs: the engine goes on, the call counts as failed, and what the
//! panic said is told like any other error, without secrets. Knows nothing of what is called.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::error::{Error, ErrorKind};

thread_local! {
    /// Whether a panic of this thread ends in [`catch`].
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    /// Where the last such panic was, if a hook noted it.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Whether the engine catches a panic, and tells of it as an error without secrets.
///
/// Before a panic is caught, the process's panic hook prints it, and with it any secret that its
/// message quotes. A program that drives the engine itself asks here and prints nothing then; the
/// runner does so. The place of the panic is kept for the error. Where panics abort the process
/// nothing is caught, and the answer is no.
///
/// ```
/// let before = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |info| {
///     if !iac_core::panic_is_reported(info) {
///         before(info);
///     }
/// }));
/// ```
#[must_use]
pub fn panic_is_reported(info: &PanicHookInfo<'_>) -> bool {
    let reported = cfg!(panic = "unwind") && CATCHING.get();
    if reported {
        let place = info.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
        PLACE.with_borrow_mut(|kept| *kept = place);
    }
    reported
}

/// What a call answers, or what it said when it panicked. Nobody but the engine's scrubbing may read
/// the text.
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let outer = CATCHING.replace(true);
    // What the call left half done is its own; the engine drops the call and keeps nothing of it.
    let ended = catch_unwind(AssertUnwindSafe(call));
    CATCHING.set(outer);
    ended.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "it said nothing".to_owned());
        match PLACE.take() {
            Some(place) => format!("it panicked at {place}: {text}"),
            None => format!("it panicked: {text}"),
        }
    })
}

/// The same for a future, each time it is polled.
pub(crate) async fn caught<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(text) => Poll::Ready(Err(text)),
    })
    .await
}

/// A call that has no way to fail: its panic goes on, without its text where this may quote a secret.
pub(crate) fn hushed<T>(what: &str, quotes_secrets: bool, call: impl FnOnce() -> T) -> T {
    match catch(call) {
        Ok(answer) => answer,
        Err(_) if quotes_secrets => {
            panic!("{what} panicked; what it said is left out, since it may quote a secret")
        }
        Err(text) => panic!("{what}: {text}"),
    }
}

/// The error of a call that panicked.
pub(crate) fn panicked(kind: ErrorKind, text: String) -> Error {
    Error::new(kind, text).hint(
        "this is a defect in the code that was called; the next run looks first at what became of the call",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_text_and_only_while_it_is() {
        assert_eq!(catch(|| 7), Ok(7));
        assert!(!CATCHING.get());
        let number = 3;
        let text = catch(|| -> u8 { catch(|| number).map(|_| panic!("said {number}")).unwrap() });
        assert!(text.as_ref().is_err_and(|text| text.ends_with("said 3")), "{text:?}");
        assert!(!CATCHING.get());
    }

    #[tokio::test]
    async fn a_future_is_caught_at_any_of_its_turns() {
        let text = caught(async {
            tokio::task::yield_now().await;
            assert!(CATCHING.get());
            panic!("later")
        });
        let text: Result<(), String> = text.await;
        assert!(text.is_err_and(|text| text.ends_with("later")));
        assert!(!CATCHING.get());
    }

    #[test]
    #[should_panic(expected = "a price panicked; what it said is left out")]
    fn what_cannot_fail_panics_without_its_text() {
        hushed("a price", true, || panic!("hunter2"))
    }
}
