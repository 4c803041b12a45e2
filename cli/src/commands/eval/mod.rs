//! `jqa eval`: write for a set of stories, measure what came out, compare it, and say whether it is good enough.
//!
//! * [`stories`]: which they are
//! * [`work`]: the pipeline over them, on a stage of its own
//! * [`measuring`]: rows of measures
//! * [`show`]: what is printed

mod measuring;
mod show;
mod stories;
mod work;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat};
use shared::adapters::llm::{OFFLINE, spec};
use shared::config::Source;
use shared::domain::measures::{Missed, Row, Run, compare};
use tokio::time::Instant;

use crate::args::eval::EvalArgs;
use crate::commands::generate::deliver::write;
use crate::exit::{Exit, UsageError};
use crate::output::{now_ms, print};
use crate::server;
use work::{Task, Writer, Written};

/// Everything that can be wrong with what was typed is found before anything is written.
pub(crate) async fn run(args: &EvalArgs, config: Option<PathBuf>) -> anyhow::Result<Exit> {
    let before = args.against.as_deref().map(kept).transpose()?;
    let folder = args.out.as_deref().map(folder_of).transpose()?;
    let all = stories::read(&args.paths)?;
    let chosen = stories::pick(&all, &args.only, args.limit)?;
    let writers = writers(args, config.as_deref())?;
    let task = Task {
        all: &all,
        chosen: &chosen,
        concurrency: args.concurrency,
        deadline: Instant::now() + args.timeout,
        json: args.json,
    };
    let (mut rows, mut exits) = (Vec::new(), Vec::new());
    for writer in &writers {
        let Some(runs) = repeated(&task, writer, args.runs).await? else { return Ok(Exit::Interrupted) };
        exits.extend(runs.iter().flatten().map(|written| written.exit));
        rows.push(measuring::row(&writer.provider, &chosen, &runs));
    }
    let run = Run::new(concat!("jqa ", env!("CARGO_PKG_VERSION")).to_owned(), now(), rows);
    if let (Some(file), Some(folder)) = (&args.out, folder) {
        keep(&run, folder, file)?;
    }
    tell(args, before.as_ref(), &run);
    exits.extend(missed(args, &run).map(|_| Exit::Under));
    Ok(Exit::worst(exits))
}

/// The provider that is asked for, and the offline drafter beside it.
fn writers(args: &EvalArgs, config: Option<&Path>) -> anyhow::Result<Vec<Writer>> {
    let mut settings = server::read_source(config)?.only("JQA_LLM_");
    if let Some(provider) = &args.provider {
        settings = settings.with("JQA_LLM_PROVIDER", provider);
    }
    if let Some(model) = &args.model {
        settings = settings.with("JQA_LLM_MODEL", model);
    }
    let provider = settings.text("JQA_LLM_PROVIDER").to_owned();
    let provider = spec(&provider).map_or(provider, |spec| spec.name.to_owned());
    let baseline = Writer { provider: OFFLINE.to_owned(), settings: Source::default() };
    if provider != OFFLINE {
        refuse_without_key(&provider, &settings)?;
        return Ok(vec![Writer { provider, settings }, baseline]);
    }
    if args.model.is_some() {
        return Err(UsageError("the offline drafter has no models; name a provider with --provider".to_owned()).into());
    }
    Ok(vec![baseline])
}

/// Nobody is let in without a key at the provider's own address: every story would fail, and slowly.
fn refuse_without_key(provider: &str, settings: &Source) -> Result<(), UsageError> {
    let own_address = spec(provider).and_then(|spec| spec.api.as_ref()).is_some_and(|api| api.base_url.is_some());
    if own_address && settings.text("JQA_LLM_BASE_URL").is_empty() && settings.text("JQA_LLM_API_KEY").is_empty() {
        return Err(UsageError(format!(
            "{provider} wants a key: set JQA_LLM_API_KEY, or JQA_LLM_API_KEY_FILE to a file that holds it"
        )));
    }
    Ok(())
}

async fn repeated(task: &Task<'_>, writer: &Writer, runs: u32) -> anyhow::Result<Option<Vec<Vec<Written>>>> {
    let mut all = Vec::new();
    for number in 1..=runs {
        let what = if runs == 1 { writer.provider.clone() } else { format!("{} run {number}", writer.provider) };
        match task.run(writer, &what).await? {
            Some(written) => all.push(written),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

fn tell(args: &EvalArgs, before: Option<&Run>, run: &Run) {
    let comparisons = before.map(|before| compare(before, run)).unwrap_or_default();
    if args.json {
        show::run_json(run);
        comparisons.iter().for_each(show::comparison_json);
    } else {
        show::run(run);
        for comparison in &comparisons {
            show::comparison(comparison);
            print(&format!("\n{}", show::sum_up(comparison)));
        }
    }
    missed(args, run).for_each(|missed| show::missed(&missed, args.json));
}

/// What is asked for and not held, by the writer that was asked for.
fn missed(args: &EvalArgs, run: &Run) -> impl Iterator<Item = Missed> {
    let asked: Option<&Row> = run.rows.first();
    args.fail_under.iter().filter_map(move |floor| floor.missed_by(&asked?.total))
}

/// A run that was kept.
fn kept(file: &Path) -> anyhow::Result<Run> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Run::read(&text).map_err(|error| UsageError(format!("{} cannot be compared with: {error}", file.display())).into())
}

/// The folder of a file that is to be written, which must be there.
fn folder_of(file: &Path) -> Result<&Path, UsageError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() && !file.is_dir() {
        return Ok(folder);
    }
    Err(UsageError(format!("{} cannot be written: it should be a file in a folder that is there", file.display())))
}

fn keep(run: &Run, folder: &Path, file: &Path) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(run)?;
    write(folder, file, &format!("{text}\n")).with_context(|| format!("{} could not be written", file.display()))
}

fn now() -> String {
    DateTime::from_timestamp_millis(now_ms()).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}
