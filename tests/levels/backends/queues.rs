//! The two queues: bounded, disposable, and read by the same handler. Names with `b…` are those of known traps of the
//! transport over Redis: many messages due, slow polling, garbage, repeated ids, leftovers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::*;
use apalis_core::backend::ext::poll_strategy::{PollSnapshot, PollStrategy};
use futures::StreamExt;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use shared::adapters::bus::RedisBus;
use shared::adapters::queue::{ChannelQueue, RedisQueue, connect, storage};
use shared::domain::event::Nudge;
use shared::domain::job::Lane;
use shared::domain::message::{Message, MessageKind};
use shared::lifecycle::Lifecycle;
use shared::ports::{EventBus, Queue};
use tests::redis_url;
use tokio::sync::mpsc;
use uuid::Uuid;

const LANE: Lane = Lane::Interactive;

fn messages(range: std::ops::Range<u128>) -> Vec<Message> {
    range.map(|n| Message::new(MessageKind::Job, Uuid::from_u128(n))).collect()
}

/// A queue under a prefix of its own, and its connection.
struct OnRedis {
    queue: RedisQueue,
    connection: ConnectionManager,
    prefix: String,
}

impl OnRedis {
    async fn with_bound(bound: usize) -> Option<Self> {
        let client = redis::Client::open(redis_url()?).expect("a URL of Redis");
        let mut connection = connect(client).expect("a connection");
        let n: u64 = connection.incr("jqa-tests", 1).await.expect("a number");
        let prefix = format!("jqa-test-{}-{n}", std::process::id());
        Some(Self { queue: RedisQueue::new(connection.clone(), prefix.clone(), bound), connection, prefix })
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{LANE}:{name}", self.prefix)
    }

    /// How much Redis keeps for the lane.
    async fn leftovers(&self) -> Vec<(String, usize)> {
        let mut connection = self.connection.clone();
        let mut kept = Vec::new();
        for (name, command) in
            [("active", "LLEN"), ("scheduled", "ZCARD"), ("done", "SCARD"), ("dead", "SCARD"), ("data", "HLEN")]
        {
            let count: usize = redis::cmd(command).arg(self.key(name)).query_async(&mut connection).await.expect("a count");
            kept.push((name.to_owned(), count));
        }
        let meta: Vec<String> = connection.keys(self.key("meta:*")).await.expect("keys");
        kept.push(("meta".into(), meta.len()));
        kept.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// Puts something else in the place of messages that wait.
    async fn garble(&self, garbage: &[&str]) {
        let mut connection = self.connection.clone();
        let ids: Vec<String> = connection.hkeys(self.key("data")).await.expect("ids");
        for (id, garbage) in ids.iter().zip(garbage) {
            let _: () = connection.hset(self.key("data"), id, garbage).await.expect("garbage");
        }
    }

    /// Reads `count` messages with a worker that lives as long.
    async fn read(&self, count: usize) -> Vec<Message> {
        let (messages, end) = self.one_life(count).await;
        assert_eq!(messages.len(), count, "the worker ended early: {end:?}");
        end.expect("a worker that ends well");
        messages
    }

    /// Reads the lane with a worker as the product does, until `count` messages came or the worker ended.
    async fn one_life(&self, count: usize) -> (Vec<Message>, Result<(), String>) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (heard, mut messages) = mpsc::unbounded_channel();
        let worker = WorkerBuilder::new(format!("reader-{}-{}", self.prefix, NEXT.fetch_add(1, Ordering::SeqCst)))
            .backend(storage(self.connection.clone(), &self.prefix, LANE).poll_with_strategy(Ticker::new()))
            .data(heard)
            .build(hear);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(worker.run_until(async move {
            let _ = stopped.await;
            Ok::<(), std::io::Error>(())
        }));
        let mut read = Vec::new();
        while read.len() < count {
            match tokio::time::timeout(Duration::from_secs(60), messages.recv()).await.expect("a message in time") {
                Some(message) => read.push(message),
                None => break,
            }
        }
        let _ = stop.send(());
        (read, running.await.expect("a task").map_err(|error| error.to_string()))
    }
}

async fn hear(message: Message, heard: Data<mpsc::UnboundedSender<Message>>) -> Result<(), BoxDynError> {
    let _ = heard.send(message);
    Ok(())
}

/// Polls on its own time: it never loses its waker to a slow answer.
struct Ticker(tokio::time::Interval);

impl Ticker {
    fn new() -> Self {
        Self(tokio::time::interval(Duration::from_millis(5)))
    }
}

impl PollStrategy for Ticker {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        while self.0.poll_tick(cx).is_ready() {}
        Poll::Pending
    }
}

/// What any queue promises.
async fn takes_what_it_has_room_for(queue: &dyn Queue) {
    assert_eq!(queue.room(LANE).await.expect("an answer"), 3);
    assert_eq!(queue.ring(LANE, messages(0..2)).await.expect("an answer"), 2);
    assert_eq!(queue.room(LANE).await.expect("an answer"), 1);
    assert_eq!(queue.ring(LANE, messages(2..9)).await.expect("an answer"), 1, "the first of them, and it says how many");
    assert_eq!(queue.ring(LANE, messages(9..10)).await.expect("an answer"), 0);
    assert_eq!(queue.room(LANE).await.expect("an answer"), 0);
    assert_eq!(queue.room(Lane::Bulk).await.expect("an answer"), 3, "a lane of its own");
    assert_eq!(queue.ring(Lane::Bulk, Vec::new()).await.expect("an answer"), 0);
}

mod a_queue_takes_what_it_has_room_for {
    use super::*;

    #[tokio::test]
    async fn channel() {
        takes_what_it_has_room_for(&ChannelQueue::new(3)).await;
    }

    #[tokio::test]
    async fn over_redis() {
        let Some(redis) = OnRedis::with_bound(3).await else { return };
        takes_what_it_has_room_for(&redis.queue).await;
    }
}

mod what_is_rung_is_read_in_any_order_once {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn channel() {
        let queue = ChannelQueue::new(100);
        queue.ring(LANE, messages(0..100)).await.expect("an answer");
        let read: Vec<_> =
            queue.take(LANE).expect("the other end").take(100).map(|message| message.expect("a message")).collect().await;
        assert_eq!(read, messages(0..100));
        assert!(queue.take(LANE).is_none(), "once");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn over_redis() {
        let Some(redis) = OnRedis::with_bound(100).await else { return };
        assert_eq!(redis.queue.ring(LANE, messages(0..100)).await.expect("an answer"), 100);
        let mut read: Vec<_> = redis.read(100).await.iter().map(|message| message.read().expect("ours").1).collect();
        read.sort_unstable();
        assert_eq!(read, (0..100).map(Uuid::from_u128).collect::<Vec<_>>());
        assert_eq!(redis.queue.room(LANE).await.expect("an answer"), 100);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b1_a_backlog_of_8_000_due_rows_never_reaches_the_number_that_ends_the_transport() {
    let Some(redis) = OnRedis::with_bound(500).await else { return };
    let mut accepted = 0;
    for chunk in 0..40 {
        accepted += redis.queue.ring(LANE, messages(chunk * 200..(chunk + 1) * 200)).await.expect("an answer");
    }
    assert_eq!(accepted, 500);
    assert_eq!(redis.read(500).await.len(), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b12_a_message_that_nobody_understands_stops_nothing() {
    let Some(redis) = OnRedis::with_bound(100).await else { return };
    redis.queue.ring(LANE, messages(0..4)).await.expect("an answer");
    redis.garble(&["{\"v\":2,\"jobs\":[]}", "\"text\"", "null"]).await;
    redis.queue.ring(LANE, messages(4..6)).await.expect("an answer");
    let understood = redis.read(6).await.iter().filter(|message| message.read().is_some()).count();
    assert_eq!(understood, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b12_bytes_that_are_no_json_end_one_worker_and_the_next_goes_on() {
    // Nobody but a stranger writes such bytes, and nothing above the transport sees them; the supervisor's next worker
    // has another name and so does not meet them again at once.
    let Some(redis) = OnRedis::with_bound(100).await else { return };
    redis.queue.ring(LANE, messages(0..1)).await.expect("an answer");
    redis.garble(&["[1,2"]).await;
    let (heard, end) = redis.one_life(1).await;
    assert!(heard.is_empty() && end.is_err(), "{heard:?} {end:?}");
    redis.queue.ring(LANE, messages(1..3)).await.expect("an answer");
    assert_eq!(redis.read(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b13_a_row_that_is_rung_for_again_is_heard_again() {
    let Some(redis) = OnRedis::with_bound(100).await else { return };
    for _ in 0..3 {
        assert_eq!(redis.queue.ring(LANE, messages(7..8)).await.expect("an answer"), 1);
        assert_eq!(redis.read(1).await, messages(7..8));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b16_nothing_of_finished_messages_is_kept() {
    let Some(redis) = OnRedis::with_bound(1000).await else { return };
    redis.queue.ring(LANE, messages(0..700)).await.expect("an answer");
    redis.read(700).await;
    assert!(!redis.leftovers().await.is_empty(), "the transport keeps them");
    redis.queue.tidy(LANE).await.expect("an answer");
    assert_eq!(redis.leftovers().await, []);
    // What waits is left alone.
    redis.queue.ring(LANE, messages(0..5)).await.expect("an answer");
    redis.queue.tidy(LANE).await.expect("an answer");
    assert_eq!(redis.read(5).await.len(), 5);
}

#[tokio::test]
async fn what_travels_is_pinned() {
    let id = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
    let text = |kind| serde_json::to_string(&Message::new(kind, id)).expect("JSON");
    assert_eq!(text(MessageKind::Job), r#"{"v":1,"kind":"job","id":"01920000-0000-7000-8000-000000000001"}"#);
    assert_eq!(text(MessageKind::Delivery), r#"{"v":1,"kind":"delivery","id":"01920000-0000-7000-8000-000000000001"}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nudges_reach_the_listeners_of_other_processes() {
    let Some(url) = redis_url() else { return };
    let channel = format!("jqa-test-{}-nudges", std::process::id());
    let (here, there) = (Lifecycle::new(), Lifecycle::new());
    let start = |lifecycle: &Lifecycle| {
        let client = redis::Client::open(url.clone()).expect("a URL of Redis");
        RedisBus::start(client.clone(), connect(client).expect("a connection"), channel.clone(), lifecycle)
    };
    let (a, b) = (start(&here), start(&there));
    let (mut heard_here, mut heard_there) = (a.listen(), b.listen());
    let nudge = Nudge { job_id: Uuid::from_u128(1), seq: 4 };
    a.nudge(nudge);
    assert_eq!(heard_here.recv().await.expect("a nudge"), nudge, "one's own without any network");
    // The other listens as soon as it has subscribed; until then nudges are lost, as they may be.
    let mut again = tokio::time::interval(Duration::from_millis(20));
    let arrived = async {
        loop {
            tokio::select! {
                heard = heard_there.recv() => return heard.expect("a nudge"),
                _ = again.tick() => a.nudge(nudge),
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(30), arrived).await.expect("a nudge in time"), nudge);
    here.stop().cancel();
    there.stop().cancel();
    here.ended().await;
    there.ended().await;
}
