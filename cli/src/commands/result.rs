//! `jqa result`.

use anyhow::Context as _;

use crate::args::jobs::ResultArgs;
use crate::client::Client;
use crate::exit::Exit;
use crate::output;

/// Prints what a job made, or writes it to a file.
pub(crate) async fn run(args: &ResultArgs, client: &Client) -> anyhow::Result<Exit> {
    let text = client.result_text(args.id, args.format.as_str()).await?;
    if let Some(file) = &args.out {
        std::fs::write(file, text).with_context(|| format!("the result could not be written to {}", file.display()))?;
    } else {
        output::print(&text);
    }
    Ok(Exit::Success)
}
