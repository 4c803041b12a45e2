//! The head of the audit log beside the secret key: whoever has the database alone cannot put an older log in its place.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use shared::auditing::{Anchor, Chain};
use shared::config::Settings;

/// `audit.head` in the data folder.
#[derive(Debug, Clone)]
pub(super) struct KeptHead {
    path: PathBuf,
}

impl KeptHead {
    pub(super) fn of(settings: &Settings) -> Self {
        Self { path: settings.data_dir.join("audit.head") }
    }

    /// The head that was kept; `None` = there is no file.
    pub(super) fn read(&self, chain: &Chain) -> anyhow::Result<Option<Anchor>> {
        let shown = self.path.display();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
        };
        let kept = chain.kept(&text);
        let kept =
            kept.with_context(|| format!("{shown} is not as it was signed, or its key is not given; see JQA_SECRET_KEYS_OLD"));
        kept.map(Some)
    }

    /// Keeps a head, where there is a data folder. The file is whole before it has its name.
    pub(super) fn write(&self, chain: &Chain, head: &Anchor) -> std::io::Result<()> {
        let Some(folder) = self.path.parent().filter(|folder| folder.is_dir()) else { return Ok(()) };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", chain.keep(head))?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}
