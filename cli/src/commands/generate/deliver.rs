//! Where results go: files, stdout, JSON lines.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;
use shared::domain::job::JobStatus;
use uuid::Uuid;

use super::order::Outcome;
use super::refuse_several_on_stdout;
use crate::args::generate::{Format, GenerateArgs};
use crate::client::{Client, ClientError};
use crate::exit::Exit;
use crate::output::progress::Progress;
use crate::output::{print, print_json, summary};

/// Takes the result of each job that is at rest.
pub(crate) struct Delivery {
    folder: Option<PathBuf>,
    format: Format,
    json: bool,
    alone: bool,
}

impl Delivery {
    /// Looks at once whether the results can be delivered, rather than after the work.
    ///
    /// # Errors
    /// When the folder cannot be made, or several results would go to stdout.
    pub(crate) fn new(args: &GenerateArgs, stories: usize) -> anyhow::Result<Self> {
        refuse_several_on_stdout(args, stories)?;
        if let Some(folder) = &args.out {
            std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        Ok(Self { folder: args.out.clone(), format: args.format(), json: args.json, alone: stories == 1 })
    }

    /// Fetches and delivers; a failure becomes part of the outcome.
    pub(crate) async fn take(&self, client: &Client, outcome: &mut Outcome, progress: &Progress) {
        let Some(job) = &outcome.job else { return };
        let has_result = matches!(job.status, JobStatus::Succeeded | JobStatus::AwaitingReview);
        let delivered = if has_result { self.deliver(client, outcome, progress).await } else { Ok(None) };
        let file = match delivered {
            Ok(file) => file,
            Err(error) => {
                outcome.exit = Exit::worst([outcome.exit, Exit::of(&error)]);
                let message = format!("{error:#}");
                if self.json {
                    print_json(&json!({"type": "error", "issue_key": outcome.key, "message": message}));
                } else {
                    progress.note(&format!("{} {message}", outcome.key));
                }
                None
            }
        };
        if self.json {
            let (job, result) = (&outcome.job, &outcome.result);
            print_json(
                &json!({"type": "result", "issue_key": outcome.key, "job_id": outcome.id, "job": job, "result": result, "file": file}),
            );
        }
    }

    async fn deliver(&self, client: &Client, outcome: &mut Outcome, progress: &Progress) -> anyhow::Result<Option<PathBuf>> {
        let Some(id) = outcome.id else { return Ok(None) };
        // Read first whatever the format: what is to be known of a result stands in it.
        let (result, json) = client.result(id).await?;
        for warning in summary::warnings(&result) {
            progress.note(&format!("{} note: {warning}", outcome.key));
        }
        outcome.result = Some(result);
        if let Some(folder) = &self.folder {
            let text = self.text(client, id, json).await?;
            let file = folder.join(format!("{}.{}", outcome.key, self.format.extension()));
            write(folder, &file, &text).with_context(|| format!("{} could not be written", file.display()))?;
            progress.note(&format!("{} written to {}", outcome.key, file.display()));
            return Ok(Some(file));
        }
        if self.alone && !self.json {
            print(&self.text(client, id, json).await?);
        }
        Ok(None)
    }

    /// The result in the format asked for.
    async fn text(&self, client: &Client, id: Uuid, json: String) -> Result<String, ClientError> {
        if self.format == Format::Json { Ok(json) } else { client.result_text(id, self.format.as_str()).await }
    }
}

/// Writes a whole file or none.
pub(crate) fn write(folder: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // Results are no secrets: as readable as the user's umask lets files be.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut draft = builder.tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.persist(file)?;
    Ok(())
}
