//! `jqa result`.

use anyhow::Context as _;

use super::suspects::parts;
use crate::args::jobs::ResultArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output::{self, plain};

/// Prints what a job made, or writes it to a file.
pub(crate) async fn run(args: &ResultArgs, client: &Client) -> anyhow::Result<Exit> {
    let text = client.result_text(args.id, args.format.as_str()).await?;
    // It is a note: what was made was read already.
    if let Ok((result, _)) = client.result(args.id).await
        && let Some(suspect) = &result.suspect
    {
        eprintln!(
            "note: the story changed since this was made ({}); `jqa generate {} --delta`",
            parts(suspect),
            plain(&result.story.key)
        );
    }
    if let Some(file) = &args.out {
        std::fs::write(file, text).with_context(|| format!("the result could not be written to {}", file.display()))?;
    } else {
        output::print(&text);
    }
    Ok(Exit::Success)
}
