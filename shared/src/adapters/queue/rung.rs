//! The moment at which a lane has something new: wakes whoever reads it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;

use futures::task::AtomicWaker;

use crate::domain::job::Lane;

/// One for each process; one reader for each lane.
#[derive(Debug, Default)]
pub struct Rung {
    lanes: [LaneRung; 3],
}

#[derive(Debug, Default)]
struct LaneRung {
    is_new: AtomicBool,
    reader: AtomicWaker,
}

impl Rung {
    /// Wakes the reader of the lane.
    pub fn ring(&self, lane: Lane) {
        let lane = &self.lanes[lane as usize];
        lane.is_new.store(true, Ordering::Release);
        lane.reader.wake();
    }

    /// Leaves the reader's waker, and answers whether the lane was rung since it last asked.
    pub fn heard(&self, lane: Lane, cx: &Context<'_>) -> bool {
        let lane = &self.lanes[lane as usize];
        lane.reader.register(cx.waker());
        lane.is_new.swap(false, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use futures::task::noop_waker_ref;

    use super::*;

    #[test]
    fn a_ring_is_heard_once_and_by_its_own_lane() {
        let (rung, cx) = (Rung::default(), Context::from_waker(noop_waker_ref()));
        rung.ring(Lane::Bulk);
        assert!(!rung.heard(Lane::Interactive, &cx));
        assert!(rung.heard(Lane::Bulk, &cx));
        assert!(!rung.heard(Lane::Bulk, &cx));
    }
}
