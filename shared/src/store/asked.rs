//! What the database was asked: how often and, for whoever listens, in which words.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use sea_orm::Statement;

#[derive(Debug, Default)]
pub(super) struct Asked {
    times: AtomicU64,
    heard: OnceLock<Mutex<Vec<Statement>>>,
}

impl Asked {
    pub(super) fn note(&self, statement: &Statement) {
        self.times.fetch_add(1, Ordering::Relaxed);
        if let Some(heard) = self.heard.get() {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(statement.clone());
        }
    }

    pub(super) fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }

    /// From now on every statement is remembered.
    pub(super) fn listen(&self) {
        self.heard.get_or_init(Mutex::default);
    }

    /// What was heard since the last look.
    pub(super) fn take_heard(&self) -> Vec<Statement> {
        self.heard
            .get()
            .map(|heard| std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner)))
            .unwrap_or_default()
    }
}
