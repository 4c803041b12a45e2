//! The real program as a process that is killed, frozen, asked to stop and started again.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::form::variable;

/// The program; `None`, with a word why, when it was not built.
pub(crate) fn program() -> Option<PathBuf> {
    let beside_the_test = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("jqa"));
    let path = variable("JQA_TEST_BIN").map(PathBuf::from).or_else(beside_the_test)?;
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: there is no {}; build it with `cargo build -p cli`, or name it with JQA_TEST_BIN", path.display());
    None
}

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    /// Stop when it suits you.
    Term,
    /// Freeze.
    Stop,
    /// Go on.
    Cont,
}

/// A process of the product. It is killed when the value is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: String,
    command: &'static str,
    settings: Vec<(&'static str, String)>,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `jqa COMMAND` with these settings and nothing else from our environment.
    pub(crate) fn start(name: &str, command: &'static str, settings: Vec<(&'static str, String)>, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let child = spawn(command, &settings, &log);
        Self { name: name.to_owned(), command, settings, log, child }
    }

    /// From its next start on it has this setting.
    pub(crate) fn set(&mut self, name: &'static str, value: String) {
        self.settings.push((name, value));
    }

    /// Starts it again with the same settings.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.command, &self.settings, &self.log);
    }

    /// Its number, while it runs.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_else(|| panic!("{} has ended", self.name))
    }

    pub(crate) async fn send(&self, signal: Signal) {
        let signal = match signal {
            Signal::Term => "-TERM",
            Signal::Stop => "-STOP",
            Signal::Cont => "-CONT",
        };
        // The shell's own: not every system has the program.
        let kill = format!("kill {signal} {}", self.pid());
        let sent = Command::new("sh").args(["-c", &kill]).status().await.expect("a shell");
        assert!(sent.success(), "{} has ended by itself", self.name);
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("a process that can be killed");
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a state").is_none()
    }

    /// How it ended, when it does within the limit.
    pub(crate) async fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(limit, self.child.wait()).await.ok().map(|status| status.expect("a status"))
    }

    /// What it complained of last, for a test that failed.
    pub(crate) fn complaints(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains(" INFO ")).collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

fn spawn(command: &str, settings: &[(&'static str, String)], log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).expect("a file for the log");
    let kept = ["PATH", "HOME", "TMPDIR"].iter().filter_map(|name| Some((OsString::from(name), std::env::var_os(name)?)));
    Command::new(program().expect("the program"))
        .arg(command)
        .env_clear()
        .envs(kept)
        .env("NO_COLOR", "1")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file for the log"))
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts")
}
