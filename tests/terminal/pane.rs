//! A real terminal: a pane of tmux with one program in it, keys to press and a screen to read. Knows
//! nothing of the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What the shell says when the program has ended.
const END: &str = "ended with exit code";
/// A shell that is not stopped by the key that stops its program, and stays.
const SHELL: &str = "trap : INT; \"$@\"; echo \"ended with exit code $?\"; exec sleep 600";
/// Looks at the screen before a text is said to be missing.
const LOOKS_MAX: usize = 1200;
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Why there is no terminal to try, if there is none.
pub(crate) fn missing() -> Option<&'static str> {
    let found = Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success());
    (!found).then_some("tmux")
}

/// A terminal that ends with the test.
pub(crate) struct Pane {
    socket: String,
    directory: PathBuf,
}

impl Pane {
    /// Starts `program` in a terminal of this size, in `directory`, with `variables`.
    pub(crate) fn start(
        directory: &Path,
        (columns, rows): (u16, u16),
        program: &[String],
        variables: &[(&str, &str)],
    ) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = format!("iac-terminal-{}-{number}", std::process::id());
        let pane = Self { socket, directory: directory.to_owned() };
        let settings = directory.join("tmux.conf");
        let text = "set -g status off\nset -g history-limit 5000\nset -g default-terminal screen-256color\n";
        std::fs::write(&settings, text).unwrap();
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let mut command = pane.command();
        command.arg("-f").arg(&settings).args(["new-session", "-d", "-x", &columns, "-y", &rows, "-c"]);
        command.arg(directory).args(["--", "sh", "-c", SHELL, "sh", "env"]);
        // On a build machine progress is shown as lines; this is about what a person sees.
        command.args(["-u", "CI", "-u", "NO_COLOR", "-u", "CLICOLOR", "-u", "CLICOLOR_FORCE"]);
        command.args(variables.iter().map(|(name, value)| format!("{name}={value}")));
        let started = command.args(program).output().unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        pane
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        // UTF-8 whatever the locale; and not inside of another tmux.
        command.args(["-u", "-L", &self.socket]).env_remove("TMUX").current_dir(&self.directory);
        command
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn ask(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.tmux(arguments).stdout).unwrap()
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// Everything since the start, with what has scrolled away; wrapped lines joined.
    pub(crate) fn everything(&self) -> String {
        self.ask(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// The screen with its colours.
    pub(crate) fn colored_screen(&self) -> String {
        self.ask(&["capture-pane", "-p", "-e"])
    }

    /// Types a text.
    pub(crate) fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Presses a key, by tmux's name for it.
    pub(crate) fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Whether the cursor can be seen.
    pub(crate) fn shows_cursor(&self) -> bool {
        self.ask(&["display-message", "-p", "#{cursor_flag}"]).trim() == "1"
    }

    /// Sends a signal to the program, and not to the shell.
    pub(crate) fn signal(&self, name: &str) {
        let shell = self.ask(&["display-message", "-p", "#{pane_pid}"]);
        let sent = Command::new("pkill").args([&format!("-{name}"), "-P", shell.trim()]).status().unwrap();
        assert!(sent.success(), "the program of shell {shell} was there for {name}");
    }

    /// Looks until the screen is as wanted, and answers it.
    pub(crate) fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        for _ in 0..LOOKS_MAX {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        panic!("the terminal never showed {what}; all of it:\n{}", self.everything());
    }

    /// Looks until the screen has `text`, however it is wrapped.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(&format!("{text:?}"), |screen| words(screen).contains(text))
    }

    /// Waits for the end of the program, and answers its exit code.
    pub(crate) fn end(&self) -> i32 {
        let screen = self.wait("the end of the program", |screen| screen.contains(END));
        let (_, code) = screen.rsplit_once(END).unwrap();
        code.trim().parse().unwrap()
    }

    /// Everything, as one line: however it was wrapped.
    pub(crate) fn words(&self) -> String {
        words(&self.everything())
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Drop for Pane {
    fn drop(&mut self) {
        // Only this test's server, with the program in it.
        let _ = self.command().arg("kill-server").output();
    }
}
