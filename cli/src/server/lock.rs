//! The lock of an embedded database: one server for one file.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context as _, bail};

/// Held for as long as the value lives; the system lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock beside the database, or names who has it.
    pub(super) fn take(database: &Path) -> anyhow::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.with_context(|| format!("the lock file {} cannot be opened", Path::new(&path).display()))?;
        if file.try_lock().is_err() {
            let mut holder = String::new();
            // Who holds it is told as far as it can be read.
            let _ = file.read_to_string(&mut holder);
            bail!("{} is in use by another jqa{}; stop it first", database.display(), named(&holder));
        }
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        write!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

fn named(holder: &str) -> String {
    let pid = holder.trim();
    if pid.is_empty() { String::new() } else { format!(" (process {pid})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_by_name_and_process_and_let_in_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("jqa.sqlite");
        let first = Lock::take(&database).unwrap();
        let refusal = Lock::take(&database).unwrap_err().to_string();
        assert!(refusal.contains("jqa.sqlite") && refusal.contains(&std::process::id().to_string()), "{refusal}");
        drop(first);
        Lock::take(&database).unwrap();
    }
}
