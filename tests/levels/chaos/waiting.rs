//! Waiting for something to be so, never for time to pass.

use std::time::{Duration, Instant};

/// How often one looks.
const LOOK: Duration = Duration::from_millis(50);

/// Looks until there is an answer; a test that gets none within the limit fails.
pub(crate) async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = look().await {
            return answer;
        }
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Time that is part of the scenario: the length of an outage, the pause between two kills.
pub(crate) async fn lasts(length: Duration) {
    tokio::time::sleep(length).await;
}
