//! One file a command.

mod api_keys;
mod batches;
pub(crate) mod demo;
mod diff;
mod doctor;
mod eval;
mod fields;
mod generate;
mod jobs;
mod login;
mod logout;
mod provider_batches;
mod queue;
mod result;
mod sandbox;
mod search;
mod session;
mod signal;
mod sso;
mod story;
mod suspects;
mod user;
mod webhooks;

use crate::args::server::{KeysCommand, ServerCommand};
use crate::args::{Cli, Command};
use crate::exit::Exit;
use crate::server;

pub(crate) use doctor::Check;

/// Runs what was typed.
///
/// # Errors
/// What a person should read on stderr.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<std::process::ExitCode> {
    let Cli { connect, config, command, .. } = cli;
    let server_command = match command {
        Command::Serve(args) => ServerCommand::Serve(args),
        Command::Api(args) => ServerCommand::Api(args),
        Command::Worker(args) => ServerCommand::Worker(args),
        Command::Migrate(args) => ServerCommand::Migrate(args),
        Command::CallbackSecret(args) => ServerCommand::CallbackSecret(args),
        Command::Audit(command) => return Box::pin(server::audit(command, config)).await.map(Into::into),
        Command::User(command) => return Box::pin(user::run(command, &connect, config)).await.map(Into::into),
        Command::Keys(KeysCommand::Generate) => {
            crate::output::print(&shared::crypto::SecretKey::generate());
            return Ok(std::process::ExitCode::SUCCESS);
        }
        Command::Keys(KeysCommand::Rotate) => ServerCommand::RotateKeys,
        Command::Keys(KeysCommand::List) => ServerCommand::ListKeys,
        other => return Box::pin(run_client(other, &connect, config)).await.map(Into::into),
    };
    Box::pin(server::run(server_command, config)).await
}

async fn run_client(
    command: Command,
    connect: &crate::args::ConnectArgs,
    config: Option<std::path::PathBuf>,
) -> anyhow::Result<Exit> {
    match command {
        Command::Generate(args) => generate::run(&args, &session::client(connect)?).await,
        Command::Batch(args) => batches::start(&args, &session::client(connect)?).await,
        Command::Batches(command) => batches::run(command, &session::client(connect)?).await,
        Command::Jobs(command) => jobs::run(command, &session::client(connect)?).await,
        Command::Queue(args) => queue::run(&args, &session::client(connect)?).await,
        Command::Result(args) => result::run(&args, &session::client(connect)?).await,
        Command::Diff(args) => diff::run(&args, &session::client(connect)?).await,
        Command::Suspects(args) => suspects::run(&args, &session::client(connect)?).await,
        Command::Story(args) => story::run(&args, &session::client(connect)?).await,
        Command::Fields(args) => fields::run(&args, &session::client(connect)?).await,
        Command::Search(args) => search::run(&args, &session::client(connect)?).await,
        Command::ApiKeys(command) => api_keys::run(command, &session::client(connect)?).await,
        Command::Webhooks(command) => webhooks::run(command, &session::client(connect)?).await,
        Command::ProviderBatches(command) => provider_batches::run(command, &session::client(connect)?).await,
        Command::Login(args) => login::run(&args, connect).await,
        Command::Logout => logout::run(connect).await,
        Command::Doctor(args) => doctor::run(&args, connect, config).await,
        Command::Sandbox(args) => sandbox::run(&args).await,
        Command::Demo(args) => demo::run(&args).await,
        Command::Eval(args) => eval::run(&args, config).await,
        Command::Serve(_)
        | Command::Api(_)
        | Command::Worker(_)
        | Command::Migrate(_)
        | Command::CallbackSecret(_)
        | Command::Keys(_)
        | Command::Audit(_)
        | Command::User(_) => Ok(Exit::Usage),
    }
}
