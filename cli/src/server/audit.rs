//! `jqa audit …`: whether the log is what was written.

use std::path::PathBuf;

use anyhow::Context as _;
use shared::auditing::{Anchor, Chain, Report};
use shared::config::Settings;
use shared::store::StoreError;

use super::kept_head::KeptHead;
use super::{foundation, key, read_settings};
use crate::args::audit::{AuditCommand, VerifyArgs};
use crate::exit::{Exit, UsageError};
use crate::output::{count, plain, print, print_json};

/// A longer log is told of on the way.
const STEP: i64 = 100_000;

/// Runs a command.
///
/// # Errors
/// What a person should read on stderr: [`UsageError`] where settings or arguments are wrong.
pub(crate) async fn audit(command: AuditCommand, config: Option<PathBuf>) -> anyhow::Result<Exit> {
    let settings = read_settings(config.as_deref()).map_err(usage)?;
    let answered = match command {
        AuditCommand::Verify(args) => verify(&settings, &args).await,
        AuditCommand::Head(_) => head(&settings).await,
    };
    match answered {
        Err(error) if !error.is::<UsageError>() => {
            eprintln!("error: {}", plain(&format!("{error:#}")));
            Ok(Exit::Unreachable)
        }
        answered => answered,
    }
}

async fn verify(settings: &Settings, args: &VerifyArgs) -> anyhow::Result<Exit> {
    let expected = args.expect_head.as_deref().map(expected).transpose()?;
    let chain = open(settings).await?;
    let expected = match expected {
        None => KeptHead::of(settings).read(&chain).map_err(usage)?,
        given => given,
    };
    let mut next = STEP;
    let told = |seq, until| {
        if seq >= next {
            eprintln!("{seq} of {until} …");
            next = seq + STEP;
        }
    };
    let report = chain.verify(expected.as_ref(), told).await.map_err(unread)?;
    chain.db().close().await;
    if args.json {
        print_json(&report);
    } else {
        print(&in_words(&report));
    }
    Ok(if report.finding.is_some() { Exit::Failure } else { Exit::Success })
}

async fn head(settings: &Settings) -> anyhow::Result<Exit> {
    let chain = open(settings).await?;
    let anchor = chain.anchor().await.map_err(unread)?;
    chain.db().close().await;
    let Some(anchor) = anchor else {
        eprintln!("error: the head is gone or not as it was signed; `jqa audit verify` says more");
        return Ok(Exit::Failure);
    };
    print(&anchor.to_string());
    Ok(Exit::Success)
}

/// The chain, without making up a database or a key where there is none.
async fn open(settings: &Settings) -> anyhow::Result<Chain> {
    let file = settings.database.sqlite_file();
    if let Some(file) = file.as_ref().filter(|file| !file.exists()) {
        return Err(usage(anyhow::anyhow!("there is no database at {}; see JQA_DATABASE_URL", file.display())));
    }
    let kept = settings.data_dir.join("secret.key");
    if file.is_some() && settings.accounts.secret_key.is_none() && !kept.exists() {
        return Err(usage(anyhow::anyhow!("there is no key at {}; see JQA_DATA_DIR and JQA_SECRET_KEY", kept.display())));
    }
    let keys = key::key_ring(settings).map_err(usage)?;
    let db = foundation::open(settings).await?;
    let is_current = migration::is_current(db.reader()).await.context("the database does not answer; see JQA_DATABASE_URL")?;
    if !is_current {
        return Err(usage(anyhow::anyhow!("the schema of the database is not that of this program; see `jqa migrate`")));
    }
    Ok(Chain::new(db, &keys))
}

fn expected(text: &str) -> anyhow::Result<Anchor> {
    if let Ok(anchor) = text.parse() {
        return Ok(anchor);
    }
    let told = std::fs::read_to_string(text).with_context(|| format!("--expect-head: {text} cannot be read")).map_err(usage)?;
    let last = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    last.parse().map_err(|error| usage(anyhow::anyhow!("--expect-head: the last line of {text} {error}")))
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` calls is given the error")]
fn usage(error: anyhow::Error) -> anyhow::Error {
    UsageError(format!("{error:#}")).into()
}

fn unread(error: StoreError) -> anyhow::Error {
    anyhow::Error::new(error).context("the audit log cannot be read")
}

fn in_words(report: &Report) -> String {
    let mut lines = Vec::new();
    match &report.finding {
        Some(finding) => {
            let place = finding.seq.map_or_else(|| "the log".to_owned(), |seq| format!("number {seq}"));
            lines.push(format!("TAMPERED ({}): {place}: {}", finding.kind, plain(&finding.message)));
            lines.push(format!("{} before it are as they were sealed", entries(report.entries)));
        }
        None => lines.push(format!("good: {} are as they were sealed", entries(report.entries))),
    }
    if report.removed_segments > 0 {
        let removed = usize::try_from(report.removed_segments).unwrap_or(usize::MAX);
        lines.push(format!("{} left by age, with permission", count(removed, "segment", "segments")));
    }
    if report.unsealed > 0 {
        lines.push(format!("{} not sealed yet, about which nothing can be said", report.unsealed));
    }
    if let Some(head) = &report.head {
        lines.push(format!("head {head}"));
    }
    lines.join("\n")
}

fn entries(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "entry", "entries")
}

#[cfg(test)]
mod tests {
    use shared::config::Source;
    use shared::store::audit::{self, Actor};

    use super::*;

    #[tokio::test]
    async fn the_head_is_printed_and_a_cut_end_is_found_by_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jqa.db");
        let values = vec![
            ("JQA_DATABASE_URL".to_owned(), format!("sqlite://{}", file.display())),
            ("JQA_DATA_DIR".to_owned(), folder.path().display().to_string()),
        ];
        let settings = Settings::read(&Source::new(values, None).unwrap()).unwrap();
        let args = VerifyArgs { expect_head: None, json: false };
        assert!(verify(&settings, &args).await.unwrap_err().is::<UsageError>(), "nothing is made up");
        super::super::migrate_schema(&settings).await.unwrap();
        assert!(verify(&settings, &args).await.unwrap_err().to_string().contains("secret.key"));
        key::key_ring(&settings).unwrap();
        let chain = open(&settings).await.unwrap();
        let entry =
            audit::entry(chain.db().clock().new_id(), &Actor::default(), "user.create", "user", "1", &serde_json::json!({}));
        chain.db().execute(entry).await.unwrap();
        chain.seal().await.unwrap();
        let kept = folder.path().join("heads.log");
        std::fs::write(&kept, format!("{}\n\n", chain.anchor().await.unwrap().unwrap())).unwrap();
        let expecting = |head: &str| VerifyArgs { expect_head: Some(head.to_owned()), json: true };
        assert_eq!(head(&settings).await.unwrap(), Exit::Success);
        assert_eq!(verify(&settings, &expecting(&kept.display().to_string())).await.unwrap(), Exit::Success);
        assert_eq!(verify(&settings, &expecting("2:mac")).await.unwrap(), Exit::Failure);
        assert!(verify(&settings, &expecting("nowhere")).await.unwrap_err().is::<UsageError>());

        // What the server keeps beside the key is compared with where nothing else is given.
        KeptHead::of(&settings).write(&chain, &"2:mac".parse().unwrap()).unwrap();
        assert_eq!(verify(&settings, &args).await.unwrap(), Exit::Failure);
        assert_eq!(verify(&settings, &expecting(&kept.display().to_string())).await.unwrap(), Exit::Success);
        std::fs::write(folder.path().join("audit.head"), "1:mac 00000000 x").unwrap();
        assert!(verify(&settings, &args).await.unwrap_err().is::<UsageError>());
    }
}
