//! `jqa logout`.

use anyhow::Context as _;

use super::session;
use crate::args::ConnectArgs;
use crate::client::{Client, Identity, Renewal, credentials};
use crate::exit::Exit;
use crate::output;

/// Ends the kept login on the server, and forgets it here even if the server cannot be told.
pub(crate) async fn run(connect: &ConnectArgs) -> anyhow::Result<Exit> {
    let path = credentials::path(connect.config_home.as_deref()).context("there is no home folder that a login is kept in")?;
    let Some(kept) = session::kept(connect).ok().flatten() else {
        credentials::forget(&path)?;
        output::print("There was no login to end.");
        return Ok(Exit::Success);
    };
    // The kept one and no other, whatever arguments and environment say.
    let renewal = Some(Renewal::Kept(path.clone()));
    let client = Client::new(Identity { url: kept.url, token: Some(kept.token), renewal })?;
    let told = client.logout().await;
    credentials::forget(&path)?;
    match told {
        Ok(()) => output::print(&format!("Logged out of {}.", client.base())),
        Err(error) => eprintln!("warning: the login is forgotten here, but {} could not be told: {error}", client.base()),
    }
    Ok(Exit::Success)
}
