//! Room to work: how many jobs of a lane are worked on at the same time. A job that waits for a model needs no room, so
//! thousands can be under way while the memory that stories and results take stays small.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::domain::job::Lane;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The desks of a worker. Lanes have their own, so that a batch does not keep a person waiting.
#[derive(Debug)]
pub(super) struct Desks([Arc<Semaphore>; 3]);

/// One of them, as long as it is held.
#[derive(Debug)]
pub(super) struct Desk {
    of_lane: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Desks {
    /// So many for each lane.
    pub(super) fn new(each: usize) -> Self {
        Self(std::array::from_fn(|_| Arc::new(Semaphore::new(each.clamp(1, Semaphore::MAX_PERMITS)))))
    }

    /// Waits for a free desk.
    pub(super) async fn take(&self, lane: Lane) -> Desk {
        let of_lane = self.0[lane as usize].clone();
        let held = of_lane.clone().acquire_owned().await.ok();
        Desk { of_lane, held: Mutex::new(held) }
    }
}

impl Desk {
    /// Waits for something slow; somebody else may work here meanwhile.
    pub(super) async fn left_for<F: Future>(&self, wait: F) -> F::Output {
        drop(self.held().take());
        let answer = wait.await;
        let again = self.of_lane.clone().acquire_owned().await.ok();
        *self.held() = again;
        answer
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_model_leaves_the_desk_to_others_of_the_lane() {
        let desks = Desks::new(1);
        let desk = desks.take(Lane::Interactive).await;
        assert!(desks.take(Lane::Interactive).now_or_never().is_none());
        assert!(desks.take(Lane::Bulk).now_or_never().is_some());

        let (answers, answer) = oneshot::channel();
        let mut waiting = Box::pin(desk.left_for(answer));
        assert!(waiting.as_mut().now_or_never().is_none());
        let other = desks.take(Lane::Interactive).now_or_never().expect("a desk that was left");
        answers.send(7).expect("somebody waits");
        assert!(waiting.as_mut().now_or_never().is_none(), "the desk is somebody else's");
        drop(other);
        assert_eq!(waiting.await, Ok(7));
        assert!(desks.take(Lane::Interactive).now_or_never().is_none());
    }
}
