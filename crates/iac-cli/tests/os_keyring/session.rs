//! [`Session`]: a D-Bus of its own with a GNOME Keyring in it, and a program that is run on both. Knows
//! nothing of what is tried. Nothing of the user's own session is read or asked.

use std::fs;
use std::io::{BufRead as _, BufReader, Cursor};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use iac_cli::{Console, ProgramError, RunContext, Runner};
use iac_core::Stack;
use iac_core::random::RandomToken;

/// The programs, each with the Debian package that has it.
const PROGRAMS: &[(&str, &str)] =
    &[("dbus-daemon", "dbus-daemon"), ("dbus-send", "dbus-bin"), ("gnome-keyring-daemon", "gnome-keyring")];
/// What opens the keyring of the session.
const PASSWORD: &str = "the password of this login";
const SECRETS: &str = "org.freedesktop.secrets";
const DEFAULT: &str = "/org/freedesktop/secrets/aliases/default";
/// Names for a run in a process of its own: the command line, the directory, and what its output is called.
const LINE: &str = "IAC_TEST_LINE";
const DIRECTORY: &str = "IAC_TEST_DIRECTORY";
const OUTPUT: &str = "IAC_TEST_OUTPUT";

/// What the bus starts when somebody asks for the keyring: whoever asks waits until it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// A keyring that the login has unlocked.
    Unlocked,
    /// A keyring that nobody has unlocked, and nobody who could be asked for its password.
    Locked,
    /// No service at all, as on a server.
    None,
    /// A service that ends before it answers.
    Broken,
}

/// A login session: its bus, its home, and a project in it.
pub(crate) struct Session {
    directory: tempfile::TempDir,
    bus: Option<Child>,
}

/// What one run answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Whether the programs are there; says so where they are not, and fails under `CI=true`.
pub(crate) fn is_there(test: &str) -> bool {
    for (program, package) in PROGRAMS {
        if Command::new(program).arg("--version").output().is_err() {
            let ci = std::env::var("CI").as_deref() == Ok("true");
            assert!(!ci, "{program} is missing: install {package}");
            eprintln!("skipped {test}: {program} is missing; install {package}");
            return false;
        }
    }
    true
}

impl Session {
    /// A session whose bus has begun; the keyring begins when it is asked.
    pub(crate) fn new(service: Service) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["home", "run", "data", "config", "services"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(directory.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let mut session = Self { directory, bus: None };
        session.log_in(service);
        session
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Ends the session and begins another one in the same home.
    pub(crate) fn log_in(&mut self, service: Service) {
        self.log_out();
        let file = self.path("services/secrets.service");
        let entry = format!("[D-BUS Service]\nName={SECRETS}\nExec=/bin/sh {}\n", self.text("start"));
        match service {
            Service::None => fs::remove_file(file).unwrap_or_default(),
            _ => fs::write(file, entry).unwrap(),
        }
        let daemon = format!(
            "gnome-keyring-daemon --foreground --components=secrets --control-directory={}",
            self.text("run/keyring")
        );
        let script = match service {
            Service::Unlocked => format!(
                "printf '%s' '{PASSWORD}' >{0}\nexec {daemon} --unlock <{0} >/dev/null 2>&1\n",
                self.text("password")
            ),
            Service::Locked => format!("exec {daemon} </dev/null >/dev/null 2>&1\n"),
            Service::None | Service::Broken => "exit 1\n".to_owned(),
        };
        fs::write(self.path("start"), script).unwrap();
        let configuration = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"
              \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">
             <busconfig>
               <type>session</type>
               <listen>unix:path={}</listen>
               <servicedir>{}</servicedir>
               <policy context=\"default\">
                 <allow send_destination=\"*\" eavesdrop=\"true\"/>
                 <allow eavesdrop=\"true\"/>
                 <allow own=\"*\"/>
               </policy>
             </busconfig>\n",
            self.text("bus"),
            self.text("services"),
        );
        fs::write(self.path("bus.conf"), configuration).unwrap();
        let mut bus = self.command("dbus-daemon");
        bus.args(["--nofork", "--print-address", "--config-file"]).arg(self.path("bus.conf"));
        let mut bus = bus.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It prints its address when it can be asked.
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        self.bus = Some(bus);
        assert!(address.starts_with("unix:path="), "the bus did not begin: {address:?}");
    }

    /// Ends the bus, and with it everything that is on it.
    pub(crate) fn log_out(&mut self) {
        if let Some(mut bus) = self.bus.take() {
            bus.kill().unwrap();
            bus.wait().unwrap();
            fs::remove_file(self.path("bus")).unwrap_or_default();
        }
    }

    /// A program in this session, with nothing of the environment of the test but where programs are.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.text("bus")));
        for (variable, folder) in [
            ("HOME", "home"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
        ] {
            command.env(variable, self.path(folder));
        }
        command.stdin(Stdio::null());
        command
    }

    /// Calls a method of the keyring as another program would.
    pub(crate) fn call(&self, path: &str, method: &str, arguments: &[&str]) -> String {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", &format!("--dest={SECRETS}"), path, method]);
        let answer = command.args(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "{method}: {error}");
        String::from_utf8(answer.stdout).unwrap()
    }

    /// The paths of the items that hold the entry `name`.
    pub(crate) fn items(&self, name: &str) -> Vec<String> {
        let wanted = format!("dict:string:string:service,iac,username,{name}");
        let answer =
            self.call("/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SearchItems", &[&wanted]);
        let paths = answer.split('"').filter(|part| part.starts_with("/org/"));
        paths.map(str::to_owned).collect()
    }

    /// Locks the keyring, as leaving the desk does.
    pub(crate) fn lock(&self) {
        let method = "org.freedesktop.Secret.Service.Lock";
        self.call("/org/freedesktop/secrets", method, &[&format!("array:objpath:{DEFAULT}")]);
    }

    /// Runs the program with this command line in a process of its own.
    pub(crate) fn run(&self, line: &str) -> Answer {
        self.run_with(line, &[])
    }

    /// The same with other variables.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Answer {
        self.end(self.begin(line, variables, "one"), "one")
    }

    /// The same for several at once.
    pub(crate) fn run_together(&self, lines: &[String]) -> Vec<Answer> {
        let names: Vec<String> = (0..lines.len()).map(|number| format!("together-{number}")).collect();
        let begun: Vec<Child> =
            lines.iter().zip(&names).map(|(line, name)| self.begin(line, &[], name)).collect();
        begun.into_iter().zip(&names).map(|(run, name)| self.end(run, name)).collect()
    }

    fn begin(&self, line: &str, variables: &[(&str, &str)], output: &str) -> Child {
        let mut command = self.command(std::env::current_exe().unwrap().to_str().unwrap());
        command.args(["--exact", "session::the_program", "--quiet"]);
        command.env(LINE, line).env(DIRECTORY, self.directory.path()).env(OUTPUT, output);
        command.envs(variables.iter().copied());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn end(&self, mut run: Child, output: &str) -> Answer {
        let code = run.wait().unwrap().code();
        let text = |stream: &str| fs::read_to_string(self.path(&format!("{output}.{stream}"))).unwrap();
        Answer { code, stdout: text("stdout"), stderr: text("stderr") }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(bus) = &mut self.bus {
            let _ = bus.kill();
            let _ = bus.wait();
        }
    }
}

/// Not a test: the program that [`Session::run`] starts, in a process of its own.
#[test]
fn the_program() {
    let (Ok(line), Ok(directory)) = (std::env::var(LINE), std::env::var(DIRECTORY)) else { return };
    let directory = PathBuf::from(directory);
    let output = std::env::var(OUTPUT).unwrap();
    let file = |stream: &str| fs::File::create(directory.join(format!("{output}.{stream}"))).unwrap();
    let state = directory.join("state.sqlite").display().to_string();
    let line = line.replace("{dir}", &directory.display().to_string());
    let parts: Vec<&str> =
        ["shop"].into_iter().chain(line.split_whitespace()).chain(["--state", &state]).collect();
    let mut console = Console::new(Cursor::new(""), file("stdout"), file("stderr")).width(1000);
    for variable in ["CI_KEY"] {
        if let Ok(value) = std::env::var(variable) {
            console = console.variable(variable, &value);
        }
    }
    let program = async |_: &RunContext, stack: &Stack| -> Result<(), ProgramError> {
        let token = stack.add("token", RandomToken::args().bytes(8u32))?;
        stack.export("token", &token.hex)?;
        Ok(())
    };
    let code = Runner::new("shop").default_stack("dev").run_with(parts, console, program);
    std::process::exit(code.into());
}
