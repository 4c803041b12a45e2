//! Who may and who may not.

use super::clause::tidy;
use super::lexicon::{Lexicon, List, list};
use super::plain::Plain;

/// A stated permission or prohibition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permission {
    /// The roles named.
    pub(super) roles: Vec<String>,
    /// What they may or may not do.
    pub(super) act: String,
    /// Whether they may not.
    pub(super) denied: bool,
    /// Whether nobody else may.
    pub(super) exclusive: bool,
    /// Whether a verb follows the words of permission, and no noun ("has access to").
    pub(super) modal: bool,
    /// What the permission ends at ("only the information that …").
    pub(super) only: Option<String>,
}

/// Reads the permission that a tidy sentence states.
pub(super) fn read(plain: &Plain<'_>, words: &Lexicon) -> Option<Permission> {
    let text = plain.text;
    let denied = plain.find(words.may_not).filter(|hit| hit.start > 0);
    let granted = plain.find(words.may).filter(|hit| hit.start > 0);
    let hit = match (&denied, &granted) {
        (Some(no), Some(yes)) if yes.start + 4 < no.start => yes.clone(),
        (Some(no), _) => no.clone(),
        (None, Some(yes)) => yes.clone(),
        (None, None) => return None,
    };
    let is_denied = denied.as_ref() == Some(&hit);
    let only = plain.has(words.only);
    if !(only || plain.has(words.authority)) {
        return None;
    }
    let subject = text.get(..hit.start)?.trim();
    let mut act = tidy(text.get(hit.end..)?).trim_start_matches([':', ' ']).to_owned();
    let leading_only = Plain::new(subject).after(words.only);
    let subject = leading_only.unwrap_or(subject);
    // German and Dutch deny after the verb: "dürfen Inhalte nicht sehen".
    let inner = Plain::new(&act).find(words.not_within);
    let late = inner.filter(|_| !is_denied);
    let is_denied = is_denied || late.is_some();
    if let Some(not) = late {
        let (before, after) = (act.get(..not.start)?.trim(), act.get(not.end..)?.trim());
        act = format!("{before} {after}").trim().to_owned();
    }
    let mut limited = None;
    if leading_only.is_some() {
        // "Only admins may …, and only …": one refusal is enough.
    } else if let Some(only) = Plain::new(&act).find(words.only) {
        let (before, after) = (act.get(..only.start)?.trim(), act.get(only.end..)?.trim());
        limited = Some(after.to_owned()).filter(|after| !after.is_empty());
        act = format!("{before} {after}").trim().to_owned();
    } else if Plain::new(text.get(hit.clone())?).has(words.only) {
        // "may only see their own data": the whole of it is the limit.
        limited = Some(act.clone());
    }
    let roles = roles(subject, words)?;
    // What can be used or done is a thing, and so is what is counted.
    let thing = Plain::new(&act).after(list!["be", "etre", "ser"]).is_some()
        || [" werden", " worden", " sein"].iter().any(|end| act.ends_with(end))
        || subject.contains(|letter: char| letter.is_ascii_digit());
    if thing {
        return None;
    }
    // Another statement may follow after a semicolon.
    let act = act.split(';').next().map(tidy).unwrap_or_default().to_owned();
    let modal = opens_verb(text.get(hit.clone())?);
    (!act.is_empty()).then_some(Permission {
        roles,
        act,
        denied: is_denied,
        exclusive: leading_only.is_some() && !is_denied,
        modal,
        only: limited,
    })
}

/// Whether a verb follows these words of permission, and no noun ("has access to").
pub(super) fn opens_verb(permission: &str) -> bool {
    let named = Plain::new(permission).folded;
    !["acce", "toegang", "zugriff", "dispo"].iter().any(|noun| named.contains(noun))
}

/// Whether a subject is a person: by its last word in English, German and Dutch, by one of its first in the Romance languages.
pub(super) fn is_person(subject: &str, words: &Lexicon) -> bool {
    let plain = Plain::new(subject);
    let named = plain.words().map(|(_, word)| word).filter(|word| *word != "innen");
    let heads_first = !words.infinitive.is_empty() && !words.phrases.frames.verb_last;
    let person = |word: &str| words.deeds.people.holds(word);
    if heads_first { named.take(2).any(person) } else { named.last().is_some_and(person) }
}

/// Whether a text denies something by one of the words; "with or without" and "wel of geen" deny nothing.
pub(super) fn denies(plain: &Plain<'_>, denials: &List, words: &Lexicon) -> bool {
    let mut from = 0;
    while let Some(hit) = plain.find_from(denials, from) {
        let before = plain.text.get(..hit.start).and_then(|head| head.split_whitespace().next_back()).unwrap_or_default();
        if !words.deeds.or.holds(&Plain::new(before).folded) {
            return true;
        }
        from = hit.end.max(from + 1);
    }
    false
}

/// The roles a subject names.
fn roles(subject: &str, words: &Lexicon) -> Option<Vec<String>> {
    if subject.is_empty() || subject.contains(['(', ':', '"']) {
        return None;
    }
    let mut roles = Vec::new();
    for piece in subject.split(',') {
        let mut rest = piece.trim();
        while let Some(hit) = Plain::new(rest).find(words.and) {
            roles.extend(rest.get(..hit.start).map(str::trim).map(str::to_owned));
            rest = rest.get(hit.end..)?.trim();
        }
        roles.push(rest.to_owned());
    }
    roles.retain(|role| !role.is_empty());
    roles.dedup();
    let plausible = !roles.is_empty() && roles.iter().all(|role| role.split_whitespace().count() <= 5);
    plausible.then_some(roles)
}
