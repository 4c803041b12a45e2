//! What the pure code of one job costs, step by step: `cargo bench -p shared --bench story_to_comment`.
//!
//! Every step runs over the same stories on one thread and is measured in CPU time, so that neighbours on the machine do not
//! count. Ratios to the baseline carry over to another machine, microseconds do not. Arguments: the number of rounds;
//! `--write DIR` writes what came out instead of measuring.

mod steps;

use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use steps::{Source, Step};

/// Real stories of several teams; absent where the project stands alone.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");

/// How often every story is taken through every step.
const ROUNDS: u32 = 20;

/// The allocator of the executable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    let usual: Vec<bool> = sources.iter().map(Source::is_usual).collect();
    let mut spent = vec![[Duration::ZERO; 2]; Step::ALL.len()];
    // The first round fills caches and tables.
    for round in 0..=rounds {
        for (source, usual) in sources.iter().zip(&usual) {
            let times = steps::run(source);
            for (sum, time) in spent.iter_mut().zip(times).filter(|_| round > 0) {
                sum[0] += time;
                sum[1] += if *usual { time } else { Duration::ZERO };
            }
        }
    }
    let counts = [sources.len(), usual.iter().filter(|usual| **usual).count()];
    let each = |step: usize| [0, 1].map(|of| spent[step][of] / (rounds * u32::try_from(counts[of].max(1)).unwrap_or(1)));
    let baseline = each(0);
    println!("{} stories, {} of them usual ({}), {rounds} rounds", counts[0], counts[1], steps::USUAL);
    println!("{:<38} {:>12} {:>7} {:>12} {:>7}", "step", "µs/story", "ratio", "µs/usual", "ratio");
    let line = |name: &str, times: [Duration; 2]| {
        let shown = [0, 1].map(|of| (times[of].as_secs_f64() * 1e6, times[of].as_secs_f64() / baseline[of].as_secs_f64()));
        println!("{name:<38} {:>12.1} {:>7.1} {:>12.1} {:>7.1}", shown[0].0, shown[0].1, shown[1].0, shown[1].1);
    };
    for (at, step) in Step::ALL.iter().enumerate() {
        line(step.name(), each(at));
    }
    let sum = |wanted: fn(Step) -> bool| {
        let steps = Step::ALL.iter().enumerate().filter(|(_, step)| wanted(**step));
        steps.fold([Duration::ZERO; 2], |sum, (at, _)| [sum[0] + each(at)[0], sum[1] + each(at)[1]])
    };
    println!();
    line("a job of the drafter", sum(Step::is_drafters));
    line("a job of a model", sum(Step::is_models));
}

/// CPU time of this thread.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}
