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
    insta::assert_snapshot!(help);
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
    assert!(refused("jqa generate SHOP-1 --publish wiki").contains("[possible values: comment, description]"));
    assert!(refused("jqa generate SHOP-1 --priority 11").contains("-10..=10"));
    assert!(refused("jqa jobs list --status done").contains("awaiting_review"));
    assert!(refused("jqa generate").contains("KEY"));
}

#[test]
fn secrets_do_not_show_in_help() {
    let help = Cli::command().render_long_help().to_string();
    assert!(!help.contains("--password"), "{help}");
}
