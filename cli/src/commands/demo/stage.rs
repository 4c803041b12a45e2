//! What runs during the demo or an evaluation, and how it goes away.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use sandbox::Sandbox;
use shared::config::Source;
use shared::store::Db;
use tempfile::TempDir;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, Identity, Renewal};
use crate::server::{self, DemoServer};

/// Longer than the server itself takes to drain.
const FAREWELL: Duration = Duration::from_secs(40);

/// Where the server is, and how to get in.
pub(crate) struct Login {
    /// Its base URL.
    pub(crate) url: String,
    /// The e-mail address of its administrator.
    pub(crate) email: String,
    /// The administrator's password.
    pub(crate) password: String,
}

/// What a stage is set for.
#[derive(Default)]
pub(crate) struct Scene {
    /// The Jira double.
    pub(crate) jira: sandbox::Options,
    /// The settings of who writes.
    pub(crate) writer: Source,
    /// Where the server listens; 0 takes a free port.
    pub(crate) port: u16,
    /// Keeps the database in this folder.
    pub(crate) keep_data: Option<PathBuf>,
}

/// Jira double, server and their data.
pub(crate) struct Stage {
    sandbox: Sandbox,
    token: String,
    login: Login,
    db: Db,
    stop: CancellationToken,
    ended: CancellationToken,
    abort: AbortHandle,
    data: PathBuf,
    /// Removes the folder, unless it is to be kept.
    temporary: Option<TempDir>,
}

impl Stage {
    /// Starts everything.
    ///
    /// # Errors
    /// When a port is taken or the folder cannot be written.
    pub(crate) async fn set(scene: Scene) -> anyhow::Result<Self> {
        let Scene { jira, writer, port, keep_data } = scene;
        let (data, temporary) = match &keep_data {
            Some(folder) => {
                std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
                (folder.clone(), None)
            }
            None => {
                let folder = tempfile::Builder::new().prefix("jqa-demo-").tempdir().context("no temporary folder can be made")?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let token = jira.token.clone();
        let sandbox =
            sandbox::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), jira).await.context("the Jira double cannot start")?;
        let jira_url = sandbox.url();
        let start = Box::pin(server::start_demo(&jira_url, &token, &data, port, writer));
        let DemoServer { url, email, password, db, stop, done } = start.await.context("the server cannot start")?;
        let (ended, abort) = (CancellationToken::new(), done.abort_handle());
        let says_so = ended.clone().drop_guard();
        tokio::spawn(async move {
            if let Ok(Err(error)) = done.await {
                eprintln!("the server ended: {error:#}");
            }
            drop(says_so);
        });
        Ok(Self { sandbox, token, login: Login { url, email, password }, db, stop, ended, abort, data, temporary })
    }

    /// A client that is logged in.
    ///
    /// # Errors
    /// When the server does not let it in.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        let Login { url, email, password } = &self.login;
        let renewal = Some(Renewal::Password { email: email.clone(), password: password.clone() });
        let client = Client::new(Identity { url: url.clone(), token: None, renewal })?;
        client.login(email, password).await?;
        Ok(client)
    }

    /// The database of the server.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// The server and the login.
    pub(crate) fn login(&self) -> &Login {
        &self.login
    }

    /// Where the Jira double is.
    pub(crate) fn jira_url(&self) -> String {
        self.sandbox.url()
    }

    /// The token it accepts.
    pub(crate) fn jira_token(&self) -> &str {
        &self.token
    }

    /// The folder with the database, when it is kept.
    pub(crate) fn kept_data(&self) -> Option<&PathBuf> {
        self.temporary.is_none().then_some(&self.data)
    }

    /// Waits until the server ends without having been asked to.
    pub(crate) async fn server_ended(&self) {
        self.ended.cancelled().await;
    }

    /// Stops everything in order and removes the folder.
    pub(crate) async fn clear(self) {
        let Self { sandbox, stop, ended, abort, temporary, .. } = self;
        stop.cancel();
        if tokio::time::timeout(FAREWELL, ended.cancelled()).await.is_err() {
            abort.abort();
            ended.cancelled().await;
        }
        sandbox.stop().await;
        if let Some(folder) = temporary
            && let Err(error) = folder.close()
        {
            eprintln!("the temporary folder could not be removed: {error}");
        }
    }
}
