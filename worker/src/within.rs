//! A write that is sent within its time or not at all, also by a process that was frozen meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

/// What became of a future that sends something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent<T> {
    /// It was not begun.
    Nothing,
    /// It came to this.
    Answered(T),
    /// It was begun and given up: what became of it is not known.
    Unanswered,
}

/// Carries `send` on until the deadline, and not by one step after it: when a process that was frozen wakes up, a future
/// that waits for its connection would send its bytes before it hears of the time. From its first step to the deadline the
/// write is not interrupted, whatever happens.
pub(crate) async fn within<T>(
    deadline: Instant,
    now: impl Fn() -> Instant,
    may_begin: impl Fn() -> bool,
    send: impl Future<Output = T>,
) -> Sent<T> {
    let (mut send, mut time) = (pin!(send), pin!(tokio::time::sleep_until(deadline)));
    let mut begun = false;
    poll_fn(|cx| {
        if now() >= deadline || (!begun && !may_begin()) {
            return Poll::Ready(if begun { Sent::Unanswered } else { Sent::Nothing });
        }
        begun = true;
        if let Poll::Ready(answer) = send.as_mut().poll(cx) {
            return Poll::Ready(Sent::Answered(answer));
        }
        time.as_mut().poll(cx).map(|()| Sent::Unanswered)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(600);

    #[tokio::test]
    async fn a_process_that_was_frozen_before_a_write_does_not_begin_it() {
        let (sent, deadline) = (Cell::new(false), Instant::now() + LIMIT);
        assert_eq!(within(deadline, || deadline, || true, async { sent.set(true) }).await, Sent::Nothing);
        assert!(!sent.get());
    }

    #[tokio::test]
    async fn a_worker_whose_lease_is_over_does_not_begin_a_write() {
        let (sent, deadline) = (Cell::new(false), Instant::now() + LIMIT);
        assert_eq!(within(deadline, Instant::now, || false, async { sent.set(true) }).await, Sent::Nothing);
        assert!(!sent.get());
    }

    #[tokio::test]
    async fn a_process_that_was_frozen_while_it_connected_does_not_send_when_it_wakes_up() {
        let (sent, now, deadline) = (Cell::new(false), Cell::new(Instant::now()), Instant::now() + LIMIT);
        let (connects, connected) = tokio::sync::oneshot::channel::<()>();
        let send = async {
            connected.await.unwrap();
            sent.set(true);
        };
        let mut writing = pin!(within(deadline, || now.get(), || true, send));
        assert!(futures::poll!(writing.as_mut()).is_pending());
        now.set(deadline);
        connects.send(()).unwrap();
        assert_eq!(writing.await, Sent::Unanswered);
        assert!(!sent.get());
    }

    #[tokio::test]
    async fn a_write_that_gets_no_answer_is_given_up_at_its_deadline() {
        let deadline = Instant::now() + Duration::from_millis(20);
        let answer = within(deadline, || deadline - LIMIT, || true, std::future::pending::<()>()).await;
        assert_eq!(answer, Sent::Unanswered, "the timer alone ends it");
    }

    #[tokio::test]
    async fn what_is_answered_in_time_is_heard_even_if_the_lease_ends_meanwhile() {
        let holds = Cell::new(true);
        let send = async {
            holds.set(false);
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(within(Instant::now() + LIMIT, Instant::now, || holds.get(), send).await, Sent::Answered(7));
    }
}
