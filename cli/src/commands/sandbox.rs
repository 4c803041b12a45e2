//! `jqa sandbox`.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;

use crate::args::local::{Deployment, SandboxArgs};
use crate::exit::Exit;
use crate::output::{count, print};

/// Runs the Jira double until Ctrl-C.
pub(crate) async fn run(args: &SandboxArgs) -> anyhow::Result<Exit> {
    let options = match &args.stories {
        None => sandbox::Options::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let stories =
                sandbox::stories_from_jsonl(&text, "REAL").with_context(|| format!("{} holds no stories", file.display()))?;
            sandbox::Options::with_stories(stories)
        }
    };
    let options = match args.deployment {
        Deployment::Cloud => options,
        Deployment::DataCenter => options.in_data_center(),
    };
    let token = options.token.clone();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let advice = || format!("the sandbox cannot listen on {address}; take another port with --port");
    let sandbox = sandbox::bind(address, options).await.with_context(advice)?;
    sandbox.state().faults().set_latency(args.latency);
    let keys = sandbox.state().keys();
    print(&format!(
        "Jira double on {url}{context} with {stories}{range}\n{account}, token: {token}\nCtrl-C ends it.",
        url = sandbox.url(),
        context = sandbox.context(),
        account = match args.deployment {
            Deployment::Cloud => "Any e-mail address",
            Deployment::DataCenter => "Any account or none",
        },
        stories = count(keys.len(), "story", "stories"),
        range = keys.first().zip(keys.last()).map(|(first, last)| format!(" ({first} … {last})")).unwrap_or_default(),
    ));
    super::signal::wish_to_end().await;
    sandbox.stop().await;
    Ok(Exit::Success)
}
