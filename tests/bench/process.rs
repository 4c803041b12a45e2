//! A process of ours under measurement.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Clock ticks a second, as Linux has reported them to user space for decades.
const TICKS: f64 = 100.0;

/// Killed when dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts `jqa` with these settings and nothing else of our environment.
    pub(crate) fn start(command: &str, settings: &BTreeMap<&str, String>) -> Result<Self> {
        let binary = std::env::var_os("JQA_TEST_BIN").unwrap_or_else(|| "target/release/jqa".into());
        let child = Command::new(&binary)
            .arg(command)
            .env_clear()
            .envs(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("{} cannot be started; build it first", binary.display()))?;
        Ok(Self(child))
    }

    /// CPU seconds used so far, user and system.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / TICKS
    }

    /// Peak resident memory in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
        line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that is gone already is what we want.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
