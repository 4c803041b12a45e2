//! `jqa`: one executable for server, client and demo.
//!
//! * [`args`]: what can be typed; [`exit`]: how it ends
//! * [`commands`]: one file a command
//! * [`client`]: the HTTP API from the caller's side
//! * [`server`]: the processes, wired together
//! * [`output`]: what people and scripts read

mod args;
mod client;
mod commands;
mod exit;
mod output;
mod server;

use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _};

use args::Cli;
use exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Fails only when a provider is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let typed = Cli::command().get_matches();
    if typed.value_source("password") == Some(ValueSource::CommandLine) {
        eprintln!(
            "error: everybody on this machine sees what is on a command line; give the password as JQA_PASSWORD, or on stdin"
        );
        return Exit::Usage.into();
    }
    let cli = Cli::from_arg_matches(&typed).unwrap_or_else(|error| error.exit());
    output::style::decide(cli.terminal.no_color.as_ref().is_some_and(|value| !value.is_empty()));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&anyhow::Error::new(error).context("the program cannot start its threads")),
    };
    let ended = runtime.block_on(Box::pin(commands::run(cli)));
    // A blocked read of stdin must not keep the program from ending.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| complain(&error))
}

/// Says what went wrong on stderr.
fn complain(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {}", output::plain(&format!("{error:#}")));
    Exit::of(error).into()
}
