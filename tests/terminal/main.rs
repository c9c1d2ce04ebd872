//! The runner on a real terminal: the compiled example in a pane of tmux, with keys pressed, the window
//! resized and the process interrupted. Where tmux is missing it says so and is skipped, unless `CI` is
//! set. Nothing is asserted by time: a look at the screen is repeated until it shows what it must.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod pane;
mod site;

use pane::Pane;
use site::Site;

/// What the environment says, beside what is always there.
type Variables = &'static [(&'static str, &'static str)];

/// Whether there is a terminal to try; says so where there is none.
fn is_there(test: &str) -> bool {
    let Some(missing) = pane::missing() else { return true };
    assert!(std::env::var_os("CI").is_none(), "{missing} is missing: install tmux");
    eprintln!("skipped {test}: {missing} is missing");
    false
}

/// The lines of a screen that contain `text`.
fn lines_with(screen: &str, text: &str) -> usize {
    screen.lines().filter(|line| line.contains(text)).count()
}

/// Whether a line is drawn in place: the totals of a running apply.
fn totals(screen: &str) -> usize {
    screen.lines().filter(|line| line.contains("/15, ") || line.ends_with(" elapsed")).count()
}

/// Both workers are being created, and the cloud has said so.
fn wait_for_workers(pane: &Pane) {
    pane.wait("the workers in creation", |screen| {
        screen.lines().filter(|line| line.contains(" worker-") && line.contains("create_server")).count() == 2
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_refused_explained_and_approved_by_keys() {
    if !is_there("a_plan_is_refused_explained_and_approved_by_keys") {
        return;
    }
    let site = Site::new(false).await;
    let pane = site.open((80, 24), &["up"], &[]);
    pane.wait_for("? for help):");
    pane.types("details");
    pane.press("Enter");
    // Asked again, below every step with what it waits for.
    pane.wait("the question again", |_| pane.everything().matches("? for help):").count() == 2);
    let details = pane.everything();
    assert!(details.contains("waits for nothing"), "{details}");
    assert!(details.contains("urn:philotes:dev:hetzner:server:control-plane"), "{details}");
    pane.types("no");
    pane.press("Enter");
    assert_eq!(pane.end(), 1);
    assert!(pane.words().contains("the plan was not approved; nothing was changed"));
    assert_eq!(site.objects(), 0);

    let pane = site.open((80, 24), &["up"], &[]);
    pane.wait_for("? for help):");
    pane.types("yes");
    pane.press("Enter");
    assert_eq!(pane.end(), 0);
    let all = pane.everything();
    for text in
        ["+ hetzner:server control-plane: created", "Outputs", "Done: 15 created", "Monthly cost now:"]
    {
        assert!(all.contains(text), "{text}:\n{all}");
    }
    assert_eq!(lines_with(&all, ": created"), 15, "{all}");
    // What was drawn is gone, and nothing of its codes is left.
    assert_eq!((totals(&all), lines_with(&all, "[2K")), (0, 0), "{all}");
    assert!(pane.shows_cursor());

    // The stack's name destroys, and `yes` does not.
    let pane = site.open((80, 24), &["destroy"], &[]);
    pane.wait_for("for help):");
    pane.types("yes");
    pane.press("Enter");
    pane.wait("the question again", |_| pane.everything().matches("for help):").count() == 2);
    pane.types("no");
    pane.press("Enter");
    assert_eq!(pane.end(), 1);
    assert!(site.objects() > 0);
    let pane = site.open((80, 24), &["destroy"], &[]);
    pane.wait_for("for help):");
    pane.types("dev");
    pane.press("Enter");
    assert_eq!(pane.end(), 0);
    assert_eq!(site.objects(), 0, "{}", pane.everything());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_at_the_question_changes_nothing() {
    if !is_there("ctrl_c_at_the_question_changes_nothing") {
        return;
    }
    let site = Site::new(false).await;
    let pane = site.open((80, 24), &["up"], &[]);
    pane.wait_for("? for help):");
    pane.press("C-c");
    assert_eq!(pane.end(), 130);
    assert!(pane.words().contains("stopped by a signal; nothing was changed"));
    assert_eq!(site.objects(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_is_drawn_in_place_resized_stopped_and_gone_on_with() {
    if !is_there("an_apply_is_drawn_in_place_resized_stopped_and_gone_on_with") {
        return;
    }
    let site = Site::new(true).await;
    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    // What the step waits for, its percentage, and what waits for it.
    let screen = pane.wait("the running step", |screen| {
        screen
            .lines()
            .any(|line| line.starts_with("+ hetzner:server control-plane ") && line.contains("wait for it"))
    });
    let screen = if screen.contains("create_server") { screen } else { pane.wait_for("create_server") };
    assert_eq!(totals(&screen), 1, "{screen}");
    assert!(screen.contains("+ hetzner:subnet subnet: created"), "{screen}");
    assert!(pane.shows_cursor());

    // Narrower: the lines are cut, the old ones leave nothing behind.
    pane.resize(40, 24);
    let narrow = pane.wait("the short totals", |screen| {
        screen.lines().any(|line| line.contains("/15, 1 running") && line.len() < 40)
    });
    assert_eq!((totals(&narrow), lines_with(&narrow, "control-plane  ")), (1, 0), "{narrow}");
    assert_eq!(lines_with(&narrow, "create"), lines_with(&narrow, ": created") + 1, "{narrow}");
    // Hardly any room, and wide again.
    pane.resize(24, 5);
    pane.wait("the totals alone", |screen| screen.lines().any(|line| line.starts_with("9/15")));
    pane.resize(120, 30);
    let wide = pane.wait_for("of 15 done, 1 running");
    assert_eq!(totals(&wide), 1, "{wide}");

    // The first Ctrl-C lets the server be finished.
    pane.press("C-c");
    pane.wait_for("Stopping: ");
    pane.wait_for("stop: nothing new is started");
    site.let_servers_through();
    assert_eq!(pane.end(), 130);
    let all = pane.everything();
    assert!(all.contains("+ hetzner:server control-plane: created"), "{all}");
    assert!(all.contains("run `") && all.contains("up --yes"), "{all}");
    assert!(!all.contains("Stopping: ") && pane.shows_cursor(), "{all}");

    // The next run does the rest.
    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    wait_for_workers(&pane);
    site.let_servers_through();
    assert_eq!(pane.end(), 0, "{}", pane.everything());
    let pane = site.open((80, 24), &["plan", "--detailed-exitcode"], &[]);
    assert_eq!(pane.end(), 0, "{}", pane.everything());
    assert!(pane.everything().contains("No changes. 15 unchanged."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_and_killed_runs_leave_a_usable_terminal_and_are_gone_on_with() {
    if !is_there("abandoned_and_killed_runs_leave_a_usable_terminal_and_are_gone_on_with") {
        return;
    }
    let site = Site::new(true).await;
    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    pane.wait_for("create_server");
    pane.press("C-c");
    pane.wait_for("Stopping: ");
    pane.press("C-c");
    assert_eq!(pane.end(), 130);
    let all = pane.words();
    assert!(all.contains("1 running step abandoned; the next run finds out"), "{all}");
    assert_eq!((totals(&pane.everything()), pane.shows_cursor()), (0, true), "{all}");
    site.let_servers_through();

    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    wait_for_workers(&pane);
    pane.signal("KILL");
    assert_eq!(pane.end(), 137);
    // Nobody could tidy up, and nothing is broken: the drawing stands there, with the cursor below it.
    assert!(pane.shows_cursor());
    assert_eq!(totals(&pane.screen()), 1, "{}", pane.screen());
    site.let_servers_through();

    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    assert_eq!(pane.end(), 0, "{}", pane.everything());
    let pane = site.open((80, 24), &["plan", "--detailed-exitcode"], &[]);
    assert_eq!(pane.end(), 0, "{}", pane.everything());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_run_leaves_its_drawing_to_the_shell() {
    // Elsewhere nobody tells that a process goes on.
    if !cfg!(target_os = "linux") || !is_there("a_suspended_run_leaves_its_drawing_to_the_shell") {
        return;
    }
    let site = Site::new(true).await;
    let pane = site.open((80, 24), &["up", "--yes"], &[]);
    pane.wait_for("create_server");
    pane.signal("STOP");
    assert_eq!((totals(&pane.screen()), pane.shows_cursor()), (1, true));
    pane.signal("CONT");
    // What stood there is not touched, and the next drawing is below.
    pane.wait("a second drawing", |screen| totals(screen) == 2);
    site.let_servers_through();
    wait_for_workers(&pane);
    site.let_servers_through();
    assert_eq!(pane.end(), 0, "{}", pane.everything());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colours_and_drawing_follow_the_environment() {
    if !is_there("colours_and_drawing_follow_the_environment") {
        return;
    }
    let is_colored = |screen: &str| screen.contains("\u{1b}[32m");
    // A terminal that can: in place and coloured. NO_COLOR takes the colours alone.
    for (variables, colored) in [(&[][..], true), (&[("NO_COLOR", "1")][..], false)] {
        let site = Site::new(true).await;
        let pane = site.open((80, 24), &["up", "--yes"], variables);
        pane.wait_for("create_server");
        assert_eq!(is_colored(&pane.colored_screen()), colored, "{variables:?}:\n{}", pane.colored_screen());
        assert_eq!(totals(&pane.screen()), 1);
        site.let_servers_through();
    }
    // What cannot, a build machine and a log each have lines with times; one that asks for it, a drawing.
    let plain: [(&[&str], Variables); 4] = [
        (&["up", "--yes"], &[("TERM", "dumb")]),
        (&["up", "--yes"], &[("CI", "true")]),
        (&["up", "--yes", "--log", "error"], &[]),
        (&["up", "--yes", "--progress", "plain"], &[]),
    ];
    for (line, variables) in plain {
        let site = Site::new(true).await;
        let dumb = variables.contains(&("TERM", "dumb"));
        let pane = site.open((80, 24), line, variables);
        let screen = pane.wait_for("Z + hetzner:server control-plane: creating");
        assert_eq!(totals(&screen), 0, "{line:?} {variables:?}:\n{screen}");
        assert!(!dumb || !pane.colored_screen().contains('\u{1b}'), "{}", pane.colored_screen());
    }
    let site = Site::new(true).await;
    let pane = site.open((80, 24), &["up", "--yes", "--progress", "live"], &[("CI", "true")]);
    pane.wait_for("create_server");
    assert_eq!(totals(&pane.screen()), 1);
    // And nothing at all but the end.
    let site = Site::new(false).await;
    let pane = site.open((80, 24), &["up", "--yes", "--progress", "none"], &[]);
    assert_eq!(pane.end(), 0);
    let all = pane.everything();
    assert!(all.contains("Done: 15 created") && !all.contains(": created\n"), "{all}");
}
