//! The command line as people meet it.

use clap::{CommandFactory as _, Parser as _};

use super::Cli;

fn refused(line: &str) -> String {
    Cli::try_parse_from(line.split_whitespace()).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn help_names_every_command_and_exit_code() {
    let help = Cli::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!(help, @r"
    Acceptance criteria and test scenarios for Jira stories, checked against the story's own words

    Usage: jqa [OPTIONS] <COMMAND>

    Commands:
      demo              Start everything with a Jira of its own and example stories, and show what comes
                        out
      generate          Write criteria and scenarios for stories
      batch             Write for many stories in one request
      batches           List, show, watch and steer batches
      jobs              List, show, watch and steer jobs
      queue             Show what waits, which workers are alive, and which jobs do not go as they
                        should
      result            Print what a job made
      diff              Show what differs between two results of a story
      suspects          List results whose story changed since they were made
      story             Print a story as it is read
      fields            List the fields of a project, for the options of a connection
      search            Find stories by JQL
      login             Log in and keep the login
      logout            End the kept login
      api-keys          List, make and revoke API keys
      webhooks          List, make, try and change webhook endpoints, and what they were told
      provider-batches  List batches at model providers, and decide about one that is lost
      doctor            Check the set-up and say how to mend it
      eval              Write for a set of stories, measure what came out, and compare it
      sandbox           Run a Jira double with example stories, for trying things out
      serve             Run API and worker in one process (SQLite unless set otherwise)
      api               Run the API alone (needs PostgreSQL)
      worker            Run a worker alone (needs PostgreSQL)
      migrate           Bring the database up to date
      callback-secret   Print the secret that receivers of callbacks verify signatures with
      keys              Make and change the keys that sign tokens and seal secrets
      audit             Check the audit log in the database
      user              Manage users in the database
      help              Print this message or the help of the given subcommand(s)

    Options:
          --config <FILE>  Settings file of the server commands (TOML); settings from the environment
                           win over it [env: JQA_CONFIG]
      -h, --help           Print help
      -V, --version        Print version

    Connection:
          --url <URL>      The server; otherwise that of `jqa login`, otherwise http://127.0.0.1:8000
                           [env: JQA_URL]
          --token <TOKEN>  An access token or an API key; otherwise that of `jqa login` [env: JQA_TOKEN]
          --email <EMAIL>  Log in as this user when there is no valid token (needs `JQA_PASSWORD`) [env:
                           JQA_EMAIL]

    Examples:
      jqa demo                                         see everything work, with no service and no key
      jqa serve                                        start the server on http://127.0.0.1:8000
      jqa login --email ada@example.com                keep a login for the client commands
      jqa generate SHOP-12 --wait                      write criteria and scenarios and print them
      jqa generate SHOP-12 SHOP-13 --out features/     one file a story, for a pipeline
      jqa doctor                                       find out what is not set up

    Exit codes:
      0  all went well
      1  a job failed or was cancelled, or the server refused
      2  the command line or a value in it was wrong
      3  the server cannot be reached or does not accept the login
      4  a person is to decide: a job waits for review, or kept what somebody changed
      5  the time of --timeout was up; the jobs go on on the server
      6  a measure of `jqa eval` is under what --fail-under asks
      130  stopped by Ctrl-C; the jobs go on on the server
    ");
}

#[test]
fn every_command_explains_itself() {
    fn walk(command: &clap::Command) {
        for child in command.get_subcommands() {
            assert!(child.get_about().is_some(), "{} has no description", child.get_name());
            for argument in child.get_arguments().filter(|argument| !argument.is_hide_set()) {
                assert!(argument.get_help().is_some(), "{} {} has no help", child.get_name(), argument.get_id());
            }
            walk(child);
        }
    }
    walk(&Cli::command());
}

#[test]
fn wrong_values_are_named_with_what_would_have_been_right() {
    assert!(refused("jqa generate nonsense").contains("'nonsense' is not a Jira issue key; it should look like SHOP-12"));
    assert!(refused("jqa generate SHOP-1 --timeout soon").contains("write it like 90s, 10m or 1h30m"));
    assert!(
        refused("jqa generate SHOP-1 --publish wiki")
            .contains("[possible values: comment, description, custom_field, subtask, xray, zephyr]")
    );
    assert!(refused("jqa generate SHOP-1 --priority 11").contains("a whole number from -10 to 10"));
    assert!(refused("jqa jobs show 17").contains("an id looks like 01a20381-"));
    assert!(refused("jqa generate SHOP-1 --criteria-from 17").contains("an id looks like 01a20381-"));
    assert!(refused("jqa jobs list --limit many").contains("a whole number from 1 to 10000"));
    assert!(refused("jqa sandbox --port 70000").contains("a whole number from 0 to 65535"));
    assert!(refused("jqa jobs list --status done").contains("awaiting_review"));
    assert!(refused("jqa generate").contains("KEY"));
    assert!(refused("jqa eval s.jsonl --fail-under coverage").contains("write it like coverage=95"));
    assert!(refused("jqa eval s.jsonl --fail-under beauty=9").contains("boundary_pairs"));
    assert!(refused("jqa eval s.jsonl --fail-under coverage=101").contains("from 0 to 100"));
    assert!(refused("jqa eval s.jsonl --provider gpt").contains("openai_compatible"));
}

#[test]
fn every_value_that_is_typed_or_left_out_is_read_as_what_it_is() {
    let id = "01a20381-adbb-771e-9b37-8a6825610c57";
    for line in [
        "jqa jobs list",
        "jqa jobs list --limit 3",
        "jqa search project=SHOP --limit 3",
        "jqa sandbox --port 1 --latency 5",
        "jqa sandbox --deployment data-center",
        "jqa sandbox",
        "jqa demo --port 1",
        "jqa eval stories --only SHOP-1 other --limit 3 --runs 2 --concurrency 4 --timeout 5m --fail-under coverage=99.5",
        "jqa generate SHOP-1 --priority -3",
        &format!("jqa generate SHOP-1 --kind test-scenarios --criteria-from {id}"),
        &format!("jqa jobs show {id}"),
        &format!("jqa jobs watch {id}"),
        &format!("jqa jobs approve {id}"),
        &format!("jqa result {id}"),
    ] {
        // A reader of another type than its field is found out here alone, by a panic.
        assert!(Cli::try_parse_from(line.split_whitespace()).is_ok(), "{line}");
    }
}

#[test]
fn secrets_do_not_show_in_help() {
    let help = Cli::command().render_long_help().to_string();
    assert!(!help.contains("--password"), "{help}");
}

#[test]
fn no_command_has_an_argument_named_as_one_of_all_commands() {
    fn look(command: &clap::Command, global: &[&clap::Id]) {
        for argument in command.get_arguments().filter(|argument| !argument.is_global_set()) {
            assert!(!global.contains(&argument.get_id()), "{} takes {} from all commands", command.get_name(), argument.get_id());
        }
        command.get_subcommands().for_each(|command| look(command, global));
    }
    let root = Cli::command();
    let global: Vec<&clap::Id> =
        root.get_arguments().filter(|argument| argument.is_global_set()).map(clap::Arg::get_id).collect();
    assert!(global.len() > 2, "{global:?}");
    // What opens the database connects to no server.
    root.get_subcommands().filter(|command| command.get_name() != "user").for_each(|command| look(command, &global));
}
