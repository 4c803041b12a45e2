//! `jqa generate`: submit, follow, write down.
//!
//! * [`order`]: one request and its way to rest
//! * [`deliver`]: where results go
//! * [`preview`]: what would be sent

pub(crate) mod deliver;
pub(crate) mod order;
mod preview;

use std::collections::HashSet;

use futures::StreamExt as _;
use serde_json::{Map, Value, json};
use shared::ports::{Clock as _, SystemClock};
use tokio::time::Instant;

use crate::args::generate::GenerateArgs;
use crate::client::Client;
use crate::exit::{Exit, UsageError};
use crate::output::progress::Progress;
use crate::output::{print, summary, table};
use deliver::Delivery;
use order::{Order, Outcome};

/// How many stories are submitted and followed at a time; the others wait here, not on the server.
const AT_A_TIME: usize = 24;

/// Submits one job a story and, where asked, waits for them.
pub(crate) async fn run(args: &GenerateArgs, client: &Client) -> anyhow::Result<Exit> {
    let orders = orders(args);
    if args.preview {
        return preview::show(client, orders, args.json).await;
    }
    let delivery = Delivery::new(args, orders.len())?;
    let deadline = args.waits().then(|| Instant::now() + args.timeout);
    let progress = if args.waits() || args.json { Progress::new(args.json, orders.len()) } else { Progress::Silent };
    let work = futures::stream::iter(orders.into_iter().enumerate())
        .map(|(index, order)| {
            let (progress, delivery) = (&progress, &delivery);
            async move {
                let mut outcome = order::work(client, order, progress, deadline).await;
                if deadline.is_some() {
                    delivery.take(client, &mut outcome, progress).await;
                }
                (index, outcome)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect::<Vec<_>>();
    let mut outcomes = tokio::select! {
        outcomes = Box::pin(work) => outcomes,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("Stopped waiting. What was submitted goes on on the server: `jqa jobs list`");
            return Ok(Exit::Interrupted);
        }
    };
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    conclude(args, &outcomes);
    Ok(Exit::worst(outcomes.iter().map(|outcome| outcome.exit)))
}

fn conclude(args: &GenerateArgs, outcomes: &[Outcome]) {
    if args.json {
        return;
    }
    if !args.waits() {
        for outcome in outcomes {
            match outcome.id {
                Some(id) => print(&format!("{} {id}", outcome.key)),
                None => eprintln!("{} {}", outcome.key, outcome.error),
            }
        }
    } else if outcomes.len() > 1 {
        let rows: Vec<_> =
            outcomes.iter().map(|outcome| summary::row(&outcome.key, outcome.job.as_ref(), outcome.result.as_ref())).collect();
        print(&table::table(&summary::HEAD, &rows));
    }
}

/// One order a story; a key that was typed twice counts once.
fn orders(args: &GenerateArgs) -> Vec<Order> {
    let mut seen = HashSet::new();
    let keys = args.keys.iter().filter(|key| seen.insert(key.as_str()));
    keys.map(|key| {
        let kind = args.kind.into();
        let idempotency_key = match &args.idempotency_key_prefix {
            Some(prefix) => format!("{prefix}-{kind}-{key}"),
            None => SystemClock.new_id().to_string(),
        };
        Order { kind, key: key.to_string(), body: body(args, key.as_str()), idempotency_key }
    })
    .collect()
}

/// The body of the request; what was not given is left out, so that the server decides.
fn body(args: &GenerateArgs, key: &str) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("issue_key", Some(json!(key)));
    put("connection", args.connection.as_ref().map(|name| json!(name)));
    put("llm", args.llm.as_ref().map(|llm| json!(llm)));
    put("language", args.language.as_ref().map(|language| json!(language)));
    put("review", args.review.then(|| json!("required")));
    put("publish", (!args.publish.is_empty()).then(|| json!(args.targets())));
    put("on_conflict", (!args.publish.is_empty()).then(|| json!(args.on_conflict)));
    put("close_obsolete", args.close_obsolete.then(|| json!(true)));
    put("publish_stale", args.publish_stale.then(|| json!(true)));
    put("criteria_from", args.criteria_from.map(|id| json!(id)));
    put("callback_url", args.callback_url.as_ref().map(|url| json!(url)));
    put("fresh", args.fresh.then(|| json!(true)));
    put("economy", args.economy.then(|| json!(true)));
    put("delta", args.delta.then(|| json!(true)));
    put("priority", args.priority.map(|priority| json!(priority)));
    Value::Object(body)
}

fn refuse_several_on_stdout(args: &GenerateArgs, stories: usize) -> Result<(), UsageError> {
    if stories > 1 && args.format.is_some() && args.out.is_none() && !args.json {
        return Err(UsageError("several stories do not fit on stdout in one format; name a folder with --out DIR".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn parsed(line: &str) -> GenerateArgs {
        match Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command) {
            Ok(Command::Generate(args)) => *args,
            _ => panic!("{line} was not understood"),
        }
    }

    #[test]
    fn only_what_was_typed_is_sent() {
        assert_eq!(body(&parsed("jqa generate shop-1"), "SHOP-1"), json!({"issue_key": "SHOP-1"}));
        let line = "jqa generate SHOP-1 --publish comment --publish description --what criteria --review --llm openai_compatible/a/b \
                    --language fr --priority -3 --connection eu";
        insta::assert_snapshot!(body(&parsed(line), "SHOP-1"), @r#"{"issue_key":"SHOP-1","connection":"eu","llm":{"provider":"openai_compatible","model":"a/b"},"language":"fr","review":"required","publish":[{"mode":"comment","what":"criteria"},{"mode":"description","what":"criteria"}],"on_conflict":"keep","priority":-3}"#);
    }

    #[test]
    fn a_prefix_makes_repeated_runs_the_same_request() {
        let line = "jqa generate SHOP-1 shop-1 SHOP-2 --idempotency-key-prefix build-7";
        let keys: Vec<String> = orders(&parsed(line)).into_iter().map(|order| order.idempotency_key).collect();
        assert_eq!(keys, ["build-7-full-pipeline-SHOP-1", "build-7-full-pipeline-SHOP-2"]);
        let [first, second] = [(); 2].map(|()| orders(&parsed("jqa generate SHOP-1")).remove(0).idempotency_key);
        assert_ne!(first, second);
    }

    #[test]
    fn a_file_or_a_format_implies_waiting() {
        assert!(!parsed("jqa generate SHOP-1").waits());
        assert!(parsed("jqa generate SHOP-1 --out d").waits());
        assert!(parsed("jqa generate SHOP-1 --format csv").waits());
        assert!(refuse_several_on_stdout(&parsed("jqa generate SHOP-1 SHOP-2 --format csv"), 2).is_err());
    }
}
