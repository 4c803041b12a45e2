//! A folder of its own, in which `jqa` runs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// An installation on SQLite that nothing outside reaches.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), settings: Vec::new() }
    }

    /// With this setting from now on.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jqa"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("JQA_DATA_DIR", self.folder.path().join("data"))
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end, with this on its stdin.
    pub(crate) fn run(&self, line: &str, stdin: &str) -> Ended {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("jqa starts");
        // A command that asks for nothing may have ended already.
        let _ = child.stdin.take().expect("a stdin").write_all(stdin.as_bytes());
        Ended::from(child.wait_with_output().expect("jqa ends"))
    }

    /// Starts `jqa serve` and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        let mut command = self.command("serve");
        command.env("JQA_BIND", "127.0.0.1:0").env("JQA_LOG_FORMAT", "json").env("JQA_LOG", "trace").env("JQA_DRAIN", "0s");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("jqa starts");
        let mut log = BufReader::new(child.stderr.take().expect("a stderr"));
        let mut read = String::new();
        let url = loop {
            let start = read.len();
            assert!(log.read_line(&mut read).expect("a line") > 0, "it ended instead of listening:\n{read}");
            let line: serde_json::Value = serde_json::from_str(&read[start..]).unwrap_or_default();
            if line["message"] == "the API listens" {
                break format!("http://{}", line["address"].as_str().expect("an address"));
            }
        };
        let log = std::thread::spawn(move || {
            log.read_to_string(&mut read).expect("the log");
            read
        });
        Server { url, child, log }
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ended {
    /// What it printed, when it ended well.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// What it complained of, when it ended with this code.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{} {}", self.stdout, self.stderr);
        self.stderr
    }
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    log: std::thread::JoinHandle<String>,
}

impl Server {
    /// Asks it to stop; answers all it wrote to its log.
    pub(crate) fn stop(mut self) -> String {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().expect("a shell");
        assert!(asked.success(), "it ended by itself");
        assert!(self.child.wait().expect("an end").success());
        self.log.join().expect("the log")
    }
}
