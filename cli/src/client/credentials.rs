//! The login that is kept in the user's folder of settings.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// A kept login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// The server it is for. The token is sent to no other.
    pub(crate) url: String,
    /// Who is logged in.
    pub(crate) email: String,
    /// The access token.
    pub(crate) token: String,
    /// When it ends, in seconds since the epoch.
    pub(crate) expires_at: i64,
    /// What it is renewed with, once.
    #[serde(default)]
    pub(crate) refresh_token: String,
}

/// Where the login is kept: below `config_home` (`$XDG_CONFIG_HOME`), otherwise below `~/.config`.
pub(crate) fn path(config_home: Option<&Path>) -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".config"));
    let folder = config_home.filter(|folder| folder.is_absolute()).map(Path::to_path_buf).or_else(home)?;
    Some(folder.join("jqa").join("credentials.toml"))
}

/// Reads the kept login; `None` when there is none.
///
/// # Errors
/// When the file is there and cannot be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Credentials>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    // The parser's message would show the line, and with it the token.
    let credentials = toml::from_str(&text).ok();
    let advice = || format!("{} is damaged; run `jqa login` to write it anew", path.display());
    credentials.map(Some).with_context(advice)
}

/// Forgets the login.
///
/// # Errors
/// When the file is there and cannot be removed.
pub(crate) fn forget(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Keeps a login, readable by its owner alone; a crash leaves the old one.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(path: &Path, credentials: &Credentials) -> anyhow::Result<()> {
    let folder = path.parent().context("the credentials need a folder")?;
    let write = || -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        // Temporary files are created with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(toml::to_string(credentials)?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("the login could not be kept in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(Some(folder.path())).unwrap();
        assert!(read(&path).unwrap().is_none());
        let credentials = Credentials {
            url: "http://a".to_owned(),
            email: "e@x".to_owned(),
            token: "t\"\n".to_owned(),
            expires_at: 7,
            refresh_token: "r".to_owned(),
        };
        write(&path, &credentials).unwrap();
        write(&path, &credentials).unwrap();
        assert!(read(&path).unwrap().as_ref() == Some(&credentials));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_does_not_show_its_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.toml");
        std::fs::write(&path, "token = \"secret\ngarbage").unwrap();
        let error = read(&path).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(error.contains("damaged") && !error.contains("secret"), "{error}");
    }
}
