//! The secret key: given, or made once and kept in the data folder.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use shared::config::Settings;
use shared::crypto::SecretKey;
use shared::domain::webhook::as_secret;

/// The key of this installation. Processes on several machines must share it, so it is made up only for the embedded one.
pub(super) fn secret_key(settings: &Settings, embedded: bool) -> anyhow::Result<SecretKey> {
    if let Some(key) = &settings.accounts.secret_key {
        return Ok(SecretKey::from_text(key)?);
    }
    if !embedded {
        bail!("JQA_SECRET_KEY should be set to the same text of at least 32 characters for every process");
    }
    kept(&settings.data_dir.join("secret.key"))
}

/// The secret of callbacks as receivers are given it: `whsec_…`.
pub(super) fn callback_secret(settings: &Settings) -> anyhow::Result<String> {
    if let Some(secret) = &settings.accounts.callback_secret {
        return Ok(secret.clone());
    }
    let embedded = settings.database.sqlite_file().is_some();
    if embedded {
        super::make_data_dir(settings)?;
    }
    Ok(as_secret(secret_key(settings, embedded)?.derive("callback").expose()))
}

fn kept(path: &Path) -> anyhow::Result<SecretKey> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(mut file) => {
            let key = SecretKey::generate();
            file.write_all(key.as_bytes())
                .and_then(|()| file.sync_all())
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(SecretKey::from_text(&key)?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            SecretKey::from_text(&text).with_context(|| format!("{} holds no key", path.display()))
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be made", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        assert!(kept(&path).unwrap() == kept(&path).unwrap());
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
