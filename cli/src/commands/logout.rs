//! `jqa logout`.

use anyhow::Context as _;

use super::session;
use crate::args::ConnectArgs;
use crate::client::credentials;
use crate::exit::Exit;
use crate::output;

/// Ends the kept login on the server, and forgets it here even if the server cannot be told.
pub(crate) async fn run(connect: &ConnectArgs) -> anyhow::Result<Exit> {
    let path = credentials::path(connect.config_home.as_deref()).context("there is no home folder that a login is kept in")?;
    if session::kept(connect).ok().flatten().is_none() {
        credentials::forget(&path)?;
        output::print("There was no login to end.");
        return Ok(Exit::Success);
    }
    let client = session::client(connect)?;
    let told = client.logout().await;
    credentials::forget(&path)?;
    match told {
        Ok(()) => output::print(&format!("Logged out of {}.", client.base())),
        Err(error) => eprintln!("warning: the login is forgotten here, but {} could not be told: {error}", client.base()),
    }
    Ok(Exit::Success)
}
