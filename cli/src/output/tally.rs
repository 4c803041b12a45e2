//! How many of a number of stories are done: a bar on a terminal, lines when piped, nothing beside JSON.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// See the module.
pub(crate) struct Tally {
    what: String,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { done: std::cell::Cell<usize>, all: usize },
    Nothing,
}

impl Tally {
    /// Counts up to `all`.
    pub(crate) fn new(what: &str, all: usize, json: bool) -> Self {
        let shown = if json {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            let template = "{prefix:.bold} [{bar:30}] {pos}/{len} {elapsed} {wide_msg}";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            Shown::Bar(ProgressBar::new(all as u64).with_style(style).with_prefix(what.to_owned()))
        } else {
            Shown::Lines { done: std::cell::Cell::new(0), all }
        };
        Self { what: what.to_owned(), shown }
    }

    /// One more is done.
    pub(crate) fn done(&self, name: &str, verdict: &str) {
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_message(format!("{name} {verdict}"));
                bar.inc(1);
            }
            Shown::Lines { done, all } => {
                done.set(done.get() + 1);
                eprintln!("{} {}/{all} {name} {verdict}", self.what, done.get());
            }
            Shown::Nothing => {}
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
