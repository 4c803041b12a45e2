//! What the pure code of one job costs, step by step: `cargo bench -p shared --bench story_to_comment`.
//!
//! Every step runs over the same stories on one thread and is measured in CPU time, so that neighbours on the machine do not
//! count. Ratios to the baseline carry over to another machine, microseconds do not. Arguments: the number of rounds;
//! `--write DIR` writes what came out instead of measuring.

mod steps;

use std::path::Path;
use std::time::{Duration, Instant};

use steps::{Source, Step};

/// Real stories of several teams; absent where the project stands alone.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");

/// How often every story is taken through every step.
const ROUNDS: u32 = 40;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let sources = sources();
    if let [flag, folder] = args.as_slice()
        && flag == "--write"
    {
        for source in &sources {
            steps::write(source, Path::new(folder)).expect("the folder can be written");
        }
        return;
    }
    let rounds = args.first().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    measure(&sources, rounds);
}

/// The stories: those of the sandbox, and the real ones where they are.
fn sources() -> Vec<Source> {
    let mut stories = sandbox::built_in();
    match std::fs::read_to_string(REAL) {
        Ok(text) => stories.extend(sandbox::stories_from_jsonl(&text, "REAL").expect("the stories load")),
        Err(_) => println!("left out: the real stories, because {REAL} is not here"),
    }
    stories.iter().map(Source::new).collect()
}

fn measure(sources: &[Source], rounds: u32) {
    let count = rounds * u32::try_from(sources.len()).expect("few stories");
    let mut spent = vec![Duration::ZERO; Step::ALL.len()];
    // The first round fills caches and tables.
    for round in 0..=rounds {
        for source in sources {
            let times = steps::run(source);
            if round > 0 {
                spent.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
            }
        }
    }
    let each = |step: usize| spent[step] / count;
    let baseline = each(0);
    println!("{} stories, {rounds} rounds\n{:<44} {:>9} {:>9}", sources.len(), "step", "µs/story", "ratio");
    let line = |name: &str, time: Duration| {
        println!(
            "{name:<44} {:>9.1} {:>9.2}",
            time.as_secs_f64() * 1e6,
            time.as_secs_f64() / baseline.as_secs_f64().max(f64::MIN_POSITIVE)
        );
    };
    for (at, step) in Step::ALL.iter().enumerate() {
        line(step.name(), each(at));
    }
    let sum = |wanted: fn(Step) -> bool| -> Duration {
        Step::ALL.iter().enumerate().filter(|(_, step)| wanted(**step)).map(|(at, _)| each(at)).sum()
    };
    println!();
    line("sum: a job of the drafter", sum(Step::is_drafters));
    line("sum: a job of a model", sum(Step::is_models));
}

/// CPU time of this thread; the clock on the wall where the kernel does not tell.
fn now() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(
        || {
            static BEGAN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
            BEGAN.elapsed()
        },
        Duration::from_nanos,
    )
}
