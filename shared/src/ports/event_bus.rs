//! Nudges about new events between processes; may lose any of them.

use tokio::sync::broadcast;

use crate::domain::event::Nudge;

/// Fans nudges out to every process that listens.
pub trait EventBus: Send + Sync + 'static {
    /// Tells the others; returns at once and never fails visibly.
    fn nudge(&self, nudge: Nudge);

    /// Listens from now on.
    fn listen(&self) -> broadcast::Receiver<Nudge>;
}
