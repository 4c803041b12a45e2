//! Criteria and scenarios that stand as objects of their own: what is to stand, and what to do about each.

use serde_json::Value;

use crate::domain::adf::marker;
use crate::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishTarget, PublishWhat};
use crate::domain::render::{self, Single};
use crate::domain::scenario::Suite;
use crate::ports::{Closing, Form, ItemText, Items, JiraError, Mark, Standing, Survey};
use crate::store::publication::{Publication, TargetKey};

use super::pieces::Subject;

/// One object that is to stand.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemPiece {
    /// `AC-2`, `TS-1`.
    pub id: String,
    /// Where it goes; its part is the number of the item.
    pub key: TargetKey,
    /// What it looks like there.
    pub form: Form,
    /// What it is known by there.
    pub mark: Mark,
}

/// What to do about one item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemDecision {
    /// What.
    pub action: PlannedAction,
    /// The object that stands for it, if one does.
    pub standing: Option<Standing>,
    /// Why nothing will be written; empty where there is nothing to say.
    pub reason: String,
}

/// An object of ours whose item the result does not have any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Obsolete {
    /// The item it stood for, as `TS-7`.
    pub id: String,
    /// Where that stood.
    pub key: TargetKey,
    /// It.
    pub standing: Standing,
}

/// What is to become of an object that nobody needs any more.
#[derive(Debug, Clone, PartialEq)]
pub enum Farewell {
    /// Somebody closed it already.
    IsClosed,
    /// It is closed in this way.
    Closes(Value),
    /// It is left for a person, and what is to be known of it.
    Stays(String),
}

/// The items of a target in their order, as they are to look in its place.
#[must_use]
pub fn item_pieces(subject: &Subject<'_>, target: PublishTarget, place: &dyn Items) -> Vec<ItemPiece> {
    let output = &subject.output;
    let has = |what| target.what == PublishWhat::All || target.what == what;
    let criteria = output.criteria.filter(|_| has(PublishWhat::Criteria)).map_or(&[][..], |set| &set.criteria);
    let scenarios = output.suite.filter(|_| has(PublishWhat::Scenarios)).into_iter().flat_map(Suite::published);
    let criteria = criteria.iter().map(Single::Criterion);
    let singles = criteria.chain(scenarios.map(Single::Scenario));
    singles.filter_map(|single| piece(subject, target.mode, single, place)).collect()
}

/// Ids are ours, so each has a number.
fn piece(subject: &Subject<'_>, mode: PublishMode, single: Single<'_>, place: &dyn Items) -> Option<ItemPiece> {
    let what = what_of(single);
    let part = single.id().rsplit_once('-')?.1.parse().ok()?;
    let key = TargetKey {
        connection: subject.connection.to_owned(),
        issue_id: subject.issue_id.to_owned(),
        target: PublishTarget { mode, what },
        part,
    };
    let marker = marker_of(&key);
    let scenario = match single {
        Single::Criterion(_) => None,
        Single::Scenario(scenario) => Some(scenario),
    };
    let body = render::single(&subject.output, single, &marker);
    let (id, summary, markup) = (single.id(), single.summary(), subject.markup);
    let story = subject.story();
    let form = place.form(&ItemText { id, story, summary, body, markup, scenario });
    let mark = Mark { marker, hash: form.hash.clone(), origin: subject.origin.clone() };
    Some(ItemPiece { id: single.id().to_owned(), key, form, mark })
}

/// What an item is kept under, whatever it was asked for with.
const fn what_of(single: Single<'_>) -> PublishWhat {
    match single {
        Single::Criterion(_) => PublishWhat::Criteria,
        Single::Scenario(_) => PublishWhat::Scenarios,
    }
}

/// What an object of an item is known by: its number always follows.
fn marker_of(key: &TargetKey) -> String {
    format!("{}.{}", family(key, key.target.what), key.part)
}

/// What the markers of all criteria, or of all scenarios, of a story begin with.
fn family(key: &TargetKey, what: PublishWhat) -> String {
    marker::marker(&format!("{}/{}/{}/{what}", key.connection, key.issue_id, key.target.mode))
}

/// Decides about one item.
#[must_use]
pub fn decide_item(piece: &ItemPiece, record: Option<&Publication>, survey: &Survey, on_conflict: OnConflict) -> ItemDecision {
    let Some(standing) = standing_of(piece, record, survey) else {
        return match &survey.obstacle {
            Some(obstacle) => ItemDecision { action: PlannedAction::Impossible, standing: None, reason: obstacle.clone() },
            None => ItemDecision { action: PlannedAction::Create, standing: None, reason: String::new() },
        };
    };
    let as_we_wrote_it = is_as_we_wrote_it(standing, record);
    let (action, reason) = match on_conflict {
        _ if standing.hash == piece.form.hash => (PlannedAction::Unchanged, ""),
        _ if as_we_wrote_it => (PlannedAction::Update, ""),
        OnConflict::Overwrite => (PlannedAction::Update, ""),
        OnConflict::Keep => (PlannedAction::Conflict, CHANGED),
        OnConflict::Merge => (PlannedAction::Conflict, NO_MERGE),
    };
    ItemDecision { action, standing: Some(standing.clone()), reason: reason.to_owned() }
}

fn is_as_we_wrote_it(standing: &Standing, record: Option<&Publication>) -> bool {
    standing.mark.hash == standing.hash
        || record.and_then(|record| record.written_hash.as_deref()) == Some(standing.hash.as_str())
}

const CHANGED: &str = "a person changed it since we wrote it; choose overwrite with on_conflict, or keep theirs";

const NO_MERGE: &str = "a person changed it since we wrote it, and two versions of one item cannot be merged; choose overwrite with \
                        on_conflict, or keep theirs";

/// The object that stands for an item: that which we remember, or else the oldest that carries its marker.
#[must_use]
pub fn standing_of<'a>(piece: &ItemPiece, record: Option<&Publication>, survey: &'a Survey) -> Option<&'a Standing> {
    let ours = || survey.standing.iter().filter(|standing| standing.mark.marker == piece.mark.marker);
    let remembered = record.and_then(|record| record.remote_id.as_deref());
    ours().find(|standing| Some(standing.id.as_str()) == remembered).or_else(|| ours().next())
}

fn is_skipped(subject: &Subject<'_>, id: &str) -> bool {
    subject.output.suite.is_some_and(|suite| suite.skipped().any(|scenario| scenario.id == id))
}

/// Objects of ours for items that the result does not have any more, of the kinds that are published.
#[must_use]
pub fn obsolete(subject: &Subject<'_>, target: PublishTarget, pieces: &[ItemPiece], survey: &Survey) -> Vec<Obsolete> {
    let key = TargetKey { connection: subject.connection.to_owned(), issue_id: subject.issue_id.to_owned(), target, part: 1 };
    let key_of = |what, part| TargetKey { target: PublishTarget { mode: target.mode, what }, part, ..key.clone() };
    let kinds = [PublishWhat::Criteria, PublishWhat::Scenarios].into_iter();
    let kinds = kinds.filter(|what| target.what == PublishWhat::All || target.what == *what);
    let families: Vec<(String, PublishWhat)> = kinds.map(|what| (family(&key, what), what)).collect();
    let is_needed = |marker: &str| pieces.iter().any(|piece| piece.mark.marker == marker);
    let unneeded = survey.standing.iter().filter(|standing| !is_needed(&standing.mark.marker));
    unneeded
        .filter_map(|standing| {
            let (family, number) = standing.mark.marker.rsplit_once('.')?;
            let (_, what) = families.iter().find(|(known, _)| known == family)?;
            let number = number.parse().ok()?;
            Some(Obsolete { id: what.item(number), key: key_of(*what, number), standing: standing.clone() })
        })
        // One that is left out because a test says the same is still in the result.
        .filter(|left| !is_skipped(subject, &left.id))
        .collect()
}

impl Obsolete {
    /// Decides about it; `closes` says that somebody asked for it to be closed. What a person changed is never closed by us.
    ///
    /// # Errors
    /// The place cannot be asked.
    pub async fn farewell(
        &self,
        place: &dyn Items,
        subject: &Subject<'_>,
        record: Option<&Publication>,
        closes: bool,
    ) -> Result<Farewell, JiraError> {
        let closing = place.closing(subject.story().project(), &self.standing).await?;
        Ok(match closing {
            Closing::Closed => Farewell::IsClosed,
            _ if !closes => {
                Farewell::Stays(format!("{UNNEEDED}; ask for close_obsolete, or close it by hand if nobody needs it"))
            }
            _ if !is_as_we_wrote_it(&self.standing, record) => Farewell::Stays(format!(
                "{UNNEEDED}, but a person changed it since we wrote it; close it by hand if nobody needs it"
            )),
            Closing::By(way) => Farewell::Closes(way),
            Closing::Impossible(why) => Farewell::Stays(format!("{UNNEEDED} and cannot be closed: {why}")),
        })
    }
}

/// What is said of every one of them.
pub const UNNEEDED: &str = "the result does not have this item any more";
