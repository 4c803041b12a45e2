//! Hearing what is published on a Redis channel, for as long as the process runs.

use std::time::Duration;

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

/// How long to wait before listening again.
const AGAIN: Duration = Duration::from_secs(1);

/// Passes every message of `channel` to `hear` until `stop`. What is published while Redis is away is lost.
pub(super) async fn listen(client: redis::Client, channel: String, stop: CancellationToken, hear: impl Fn(&str)) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = hear_all(&client, &channel, &hear) => if let Err(error) = ended {
                tracing::debug!(channel, %error, "listening again soon");
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

async fn hear_all(client: &redis::Client, channel: &str, hear: &impl Fn(&str)) -> redis::RedisResult<()> {
    let mut subscription = client.get_async_pubsub().await?;
    subscription.subscribe(channel).await?;
    let mut messages = subscription.on_message();
    while let Some(message) = messages.next().await {
        hear(&message.get_payload::<String>()?);
    }
    Ok(())
}
