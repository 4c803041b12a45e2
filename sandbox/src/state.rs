//! The handle to look inside a running sandbox and to steer it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::adf::normalise::normalise;
use crate::contract::Contract;
use crate::control::faults::{Fault, Faults};
use crate::control::hooks::Delivery;
use crate::control::journal::{Journal, JournalEntry};
use crate::control::webhooks::{SentWebhook, Webhook, Webhooks};
use crate::llm::batches::shelf::Shelf;
use crate::llm::counts::LlmCounts;
use crate::options::{Deployment, Options};
use crate::site::Site;
use crate::site::view::{Extras, Wanted};
use crate::story::Story;
use crate::xray::shelf::{self, Shelf as Tests};
use crate::zephyr::shelf::Shelf as TestCases;

/// Who edits by hand.
const PERSON: &str = "Mara Voss";

/// A cheap, cloneable handle.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    options: Options,
    contract: Option<Contract>,
    site: Mutex<Site>,
    faults: Faults,
    journal: Journal,
    hooks: Mutex<HashMap<String, Vec<Delivery>>>,
    llm: Mutex<LlmCounts>,
    batches: Mutex<Shelf>,
    failed_logins: AtomicU32,
    changes: watch::Sender<u64>,
    webhooks: Mutex<Webhooks>,
    xray: Mutex<Tests>,
    zephyr: Mutex<TestCases>,
}

impl State {
    pub(crate) fn new(options: Options, contract: Option<Contract>, base: String) -> Self {
        let mut site = Site::new(base, options.deployment);
        site.load(&options.stories);
        Self(Arc::new(Inner {
            journal: Journal::new(options.journal_entries, options.journal_bytes),
            contract,
            site: Mutex::new(site),
            faults: Faults::default(),
            hooks: Mutex::default(),
            llm: Mutex::default(),
            batches: Mutex::default(),
            failed_logins: AtomicU32::new(0),
            changes: watch::channel(0).0,
            webhooks: Mutex::default(),
            xray: Mutex::default(),
            zephyr: Mutex::default(),
            options,
        }))
    }

    pub(crate) fn site(&self) -> MutexGuard<'_, Site> {
        self.0.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn failed_logins(&self) -> u32 {
        self.0.failed_logins.load(Ordering::Relaxed)
    }

    pub(crate) fn fail_login(&self, with_password: bool) {
        self.0.failed_logins.fetch_add(u32::from(with_password), Ordering::Relaxed);
    }

    pub(crate) fn forgive_logins(&self) {
        self.0.failed_logins.store(0, Ordering::Relaxed);
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn contract(&self) -> Option<&Contract> {
        self.0.contract.as_ref()
    }

    pub(crate) fn records(&self) -> &Journal {
        &self.0.journal
    }

    pub(crate) fn llm(&self) -> MutexGuard<'_, LlmCounts> {
        self.0.llm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken before the counts, where both are.
    pub(crate) fn batches(&self) -> MutexGuard<'_, Shelf> {
        self.0.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken after the site, where both are.
    pub(crate) fn xray(&self) -> MutexGuard<'_, Tests> {
        self.0.xray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tests of Xray as they stand, the oldest first.
    #[must_use]
    pub fn tests(&self) -> Vec<Value> {
        let site = self.site();
        shelf::told(&site, &self.xray())
    }

    /// Ends all tokens of Xray Cloud at once.
    pub fn expire_xray_tokens(&self) {
        self.xray().expire();
    }

    /// Puts steps in place of those of a test, as a person would; false when there is no such test.
    pub fn edit_test_steps(&self, key: &str, actions: &[&str]) -> bool {
        let mut site = self.site();
        shelf::restep(&mut site, &mut self.xray(), key, actions)
    }

    pub(crate) fn zephyr(&self) -> MutexGuard<'_, TestCases> {
        self.0.zephyr.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The test cases of Zephyr as they stand, the oldest first.
    #[must_use]
    pub fn test_cases(&self) -> Vec<Value> {
        self.zephyr().told()
    }

    /// Changes a test case as a person would; false when there is none.
    pub fn edit_test_case(&self, key: &str, change: &Value) -> bool {
        self.zephyr().edit(key, change)
    }

    pub(crate) fn hooks(&self) -> MutexGuard<'_, HashMap<String, Vec<Delivery>>> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changed(&self) {
        self.tell_news();
        self.0.changes.send_modify(|count| *count += 1);
    }

    fn webhooks(&self) -> MutexGuard<'_, Webhooks> {
        self.0.webhooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happened, if somebody wants to hear it.
    fn tell_news(&self) {
        let (mut site, mut webhooks) = (self.site(), self.webhooks());
        for news in std::mem::take(&mut site.news) {
            let told = site.told(&news).filter(|_| webhooks.is_registered());
            if let Some((event, key, body)) = told {
                webhooks.send(event, key, body.to_string());
            }
        }
    }

    /// From now on webhooks tell what people and clients change; `None` = none do.
    pub fn send_webhooks(&self, webhook: Option<Webhook>) {
        self.webhooks().register(webhook);
    }

    /// The webhooks that were sent since the last call.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<SentWebhook> {
        self.webhooks().take()
    }

    /// Every remembered request, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.0.journal.entries(0, "")
    }

    /// The remembered requests after number `since`, oldest first.
    #[must_use]
    pub fn journal_since(&self, since: u64) -> Vec<JournalEntry> {
        self.0.journal.entries(since, "")
    }

    /// Forgets the journal and the counts.
    pub fn clear_journal(&self) {
        self.0.journal.clear();
    }

    /// Requests by `METHOD template status`, exact however small the journal is.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.journal.counts()
    }

    /// The violations of the official documents that were seen.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.journal().into_iter().filter_map(|entry| entry.violation).collect()
    }

    /// The comments of an issue, with their properties.
    #[must_use]
    pub fn comments(&self, key: &str) -> Vec<Value> {
        let site = self.site();
        let Some(issue) = site.find(key) else { return Vec::new() };
        issue.comments.iter().map(|comment| site.comment_view(issue.id, comment, true)).collect()
    }

    /// An issue with all fields and properties.
    #[must_use]
    pub fn issue(&self, key: &str) -> Option<Value> {
        let site = self.site();
        let extras = Extras { properties: vec!["*all".to_owned()], ..Extras::default() };
        let issue = site.find(key)?;
        Some(site.issue_view(issue, &Wanted::parse(std::iter::once("*all"), ""), &extras, usize::MAX))
    }

    /// The keys of all issues, oldest first.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.site().issues.values().map(|issue| issue.key.clone()).collect()
    }

    /// Changes the stored fields of an issue as a person would; false when there is no such issue. On Cloud strings become
    /// documents where the field holds one.
    pub fn edit(&self, key: &str, change: impl FnOnce(&mut Map<String, Value>)) -> bool {
        let mut guard = self.site();
        let site = &mut *guard;
        let Some((id, before)) = site.find(key).map(|issue| (issue.id, issue.fields.clone())) else { return false };
        let mut fields = before.clone();
        change(&mut fields);
        for (name, value) in &mut fields {
            if site.deployment == Deployment::Cloud
                && crate::site::catalogue::field(name).is_some_and(crate::site::catalogue::Field::is_rich)
            {
                if let Some(source) = value.as_str() {
                    *value = crate::markup::to_adf(source);
                }
                normalise(value, &mut site.next_local_id);
            }
        }
        let now = site.clock.tick();
        if let Some(issue) = site.find_mut(key) {
            issue.fields = fields;
            issue.updated = now;
        }
        site.note_change(id, &before, PERSON);
        drop(guard);
        self.changed();
        true
    }

    /// Changes a comment as a person would (`body` is Markdown or a document); false when there is none.
    pub fn edit_comment(&self, id: &str, body: &Value) -> bool {
        let is_cloud = self.options().deployment == Deployment::Cloud;
        let document = body.as_str().filter(|_| is_cloud).map_or_else(|| body.clone(), crate::markup::to_adf);
        let request = serde_json::json!({"body": document});
        let edited = id.parse().is_ok_and(|id| {
            let mut site = self.site();
            let edited = site.edit_comment(id, &request, PERSON).is_ok();
            if let Some(issue) = site.comment_homes.get(&id).copied() {
                site.note_comment("comment_updated", issue, id, PERSON);
            }
            edited
        });
        self.changed();
        edited
    }

    /// Gives an issue a new key, as moving it to another project does; false when that cannot be.
    pub fn move_issue(&self, key: &str, new_key: &str) -> bool {
        self.site().rename(key, new_key)
    }

    /// Adds stories.
    pub fn load(&self, stories: &[Story]) {
        self.site().load(stories);
        self.changed();
    }

    /// The ordered faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Orders a fault and returns its number.
    pub fn order(&self, fault: Fault) -> u64 {
        self.0.faults.order(fault)
    }

    /// How often the language model was called.
    #[must_use]
    pub fn llm_calls(&self) -> u64 {
        self.llm().total
    }

    /// The same by model, story and kind of call.
    #[must_use]
    pub fn llm_counts(&self) -> LlmCounts {
        self.llm().clone()
    }

    /// What was delivered to `/_hooks/{name}`.
    #[must_use]
    pub fn deliveries(&self, name: &str) -> Vec<Delivery> {
        self.hooks().get(name).cloned().unwrap_or_default()
    }

    /// Waits until the condition holds, looking again after every request; false when `limit` passes first.
    pub async fn wait_until(&self, limit: Duration, mut condition: impl FnMut(&Self) -> bool) -> bool {
        let mut changes = self.0.changes.subscribe();
        let waiting = async {
            while !condition(self) {
                if changes.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(limit, waiting).await.unwrap_or(false)
    }
}
