//! `make bench`: throughput, CPU, memory, latency of the whole job, with a baseline measured in the same run.
//!
//! Everything (this driver, the Jira double, the databases, the program) shares the machine, so ratios carry over to
//! another one and absolute figures do not.
//!
//! `make bench ARGS=guard` measures instead how callers fare while logins flood in, and while Redis is frozen.

mod guard;
mod process;
mod run;

use anyhow::Result;
use run::{Bench, Figures};

/// Jobs of a saturation run.
const JOBS: usize = 2_000;

/// Jobs run one after the other, for latency.
const IDLE: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let asked = std::env::args().nth(1);
    if asked.as_deref() == Some("guard") {
        return guard::measure().await;
    }
    let jobs = asked.and_then(|n| n.parse().ok()).unwrap_or(JOBS);
    let baseline = run::baseline(jobs).await?;
    println!("baseline: the three Jira calls of a job without any program between: {baseline:.0} jobs/s\n");
    println!("{}", Figures::header());
    let mut all = Vec::new();
    all.push(Bench::embedded(jobs).await?.measure(jobs, IDLE).await?);
    match run::services() {
        Some(services) => all.push(Bench::scaled(&services, jobs).await?.measure(jobs, IDLE).await?),
        None => println!(
            "PostgreSQL and Redis: left out, because make did not start them (JQA_TEST_POSTGRES_URL, JQA_TEST_REDIS_URL)"
        ),
    }
    println!();
    for figures in &all {
        println!("{}: jobs/s is {:.2} of the baseline", figures.name, figures.jobs_per_second / baseline);
    }
    Ok(())
}
