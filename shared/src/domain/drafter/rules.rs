//! Turns one statement of a story into one criterion.

use super::clause::{self, Clause, tidy};
use super::lexicon::{Lexicon, fill};
use super::narrative::Narrative;
use super::number;
use super::permission::{self, Permission};
use super::plain::Plain;
use super::sentence::Sentence;
use super::wording::{is_passive, lower_first, short, step, without_angles};
use crate::domain::criterion::{CriterionKind, Examples};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::reply::ProposedCriterion;

/// What surrounds a statement: who wants the story and what it is called.
pub(super) struct Frame<'a> {
    /// The words to read and write with.
    pub(super) words: &'a Lexicon,
    /// The narrative, where there is one.
    pub(super) narrative: Option<&'a Narrative>,
    /// The story's title.
    pub(super) title: &'a str,
}

impl Frame<'_> {
    /// The precondition that the story itself gives.
    pub(super) fn given(&self) -> Vec<String> {
        match self.narrative {
            Some(narrative) => vec![narrative.given(self.words)],
            None if self.title.is_empty() => Vec::new(),
            None if self.title.contains(['"', '“', '«', '„']) => {
                vec![fill(&self.words.phrases.feature.replace('"', ""), &[&short(self.title, 160)])]
            }
            None => vec![fill(self.words.phrases.feature, &[&without_angles(&cut(self.title))])],
        }
    }

    /// The steps before a rule that names no event: the wish, unless the rule refuses something, which is not what whoever
    /// wishes may expect.
    fn lead_to(&self, rule: &Sentence<'_>) -> (Vec<String>, String) {
        let forbidden =
            rule.text.split(|letter: char| !letter.is_alphanumeric()).any(|word| matches!(word, "401" | "403" | "404"));
        let refuses = [self.words.may_not, self.words.edges.refusal].iter().any(|list| rule.has(list));
        if self.narrative.is_some() && (forbidden || refuses || rule.after(self.words.dont).is_some()) {
            return (Vec::new(), self.words.phrases.check_rule.to_owned());
        }
        (self.given(), self.when())
    }

    /// The action that the story itself gives.
    fn when(&self) -> String {
        let phrases = &self.words.phrases;
        match self.narrative {
            None => phrases.use_it.to_owned(),
            Some(narrative) => {
                narrative.act(self.words).map_or_else(|| phrases.check_rule.to_owned(), |act| step(&act, self.words))
            }
        }
    }
}

/// A title within quotes has to occur in the story: it is cut without a mark.
fn cut(title: &str) -> String {
    short(title.trim_end_matches('.'), 160).trim_end_matches('…').to_owned()
}

/// A criterion from a statement and what it was read from.
pub(super) fn criterion(sentence: &Sentence<'_>, evidence: Vec<Evidence>, frame: &Frame<'_>) -> ProposedCriterion {
    let words = frame.words;
    match sentence.after(words.ensure) {
        Some(rest) => stated(&Sentence::new(rest, words), evidence, frame),
        None => stated(sentence, evidence, frame),
    }
}

fn stated(sentence: &Sentence<'_>, evidence: Vec<Evidence>, frame: &Frame<'_>) -> ProposedCriterion {
    let (text, words, clause) = (sentence.text, frame.words, sentence.clause());
    let own;
    let outcome = if clause.outcome == text {
        sentence
    } else {
        own = Sentence::new(&clause.outcome, words);
        &own
    };
    let (given, when) = frame.lead_to(sentence);
    let permission = if clause.role.is_none() { permission::read(outcome, words) } else { None };
    let kind = kind(sentence, permission.as_ref(), words);
    let mut criterion = ProposedCriterion {
        title: text.to_owned(),
        kind,
        given,
        when: vec![when],
        then: vec![step(&outcome_of(outcome, words), words)],
        examples: Examples::default(),
        origin: Origin::Stated,
        evidence,
        rule: String::new(),
    };
    if let Some(role) = &clause.role {
        criterion.given = vec![fill(words.phrases.role, &[role])];
    }
    if let Some(condition) = &clause.condition {
        if clause.role.is_none() {
            criterion.given = frame.given();
        }
        criterion.when = vec![step(condition, words)];
    }
    if clause.condition.is_none() && clause.role.is_none() && permission.is_none() {
        acted(&mut criterion, sentence, words);
        if let Some(deed) = tried(sentence, words) {
            criterion.given = frame.given();
            criterion.when = vec![step(&fill(words.phrases.frames.tried, &[&deed]), words)];
        }
    }
    if let Some(permission) = permission.filter(|_| kind == CriterionKind::Permission) {
        permitted(&mut criterion, &permission, clause, words);
    }
    criterion
}

/// An outcome that can follow `Then`: what is no sentence (a few words, an instruction) is framed, not reworded.
fn outcome_of(sentence: &Sentence<'_>, words: &Lexicon) -> String {
    let (plain, outcome): (&Plain<'_>, &str) = (sentence, sentence.text);
    let imperative = [words.acts, words.imperative, words.dont].iter().any(|list| plain.after(list).is_some());
    let stated = plain.has(words.modal)
        || plain.after(words.small).is_some()
        || [words.edges.stating, words.edges.predicate].iter().any(|verbs| plain.find(verbs).is_some_and(|hit| hit.start > 0));
    let exchange = plain.has(words.deeds.instead);
    let few = !stated
        && (outcome.split_whitespace().count() <= 4 || !sentence.limits().is_empty() || outcome.contains(" = ") || exchange);
    if imperative || few { fill(words.phrases.holds, &[outcome]) } else { verb_first(outcome, words) }
}

/// German and Dutch: after "Dann" the verb comes before its subject ("dürfen die letzten 5 Passwörter …").
fn verb_first(outcome: &str, words: &Lexicon) -> String {
    let plain = Plain::new(outcome);
    // Only verbs that are nothing else: "zijn" is also a pronoun.
    let verb = plain.find(words.edges.predicate).filter(|hit| outcome.get(hit.clone()).is_some_and(|verb| verb != "zijn"));
    let cut = verb.filter(|_| words.phrases.frames.verb_last).and_then(|verb| {
        let (subject, rest) = (outcome.get(..verb.start)?.trim(), outcome.get(verb.start..)?);
        // A clause within the subject has a verb of its own, and so may have what comes before an "and".
        let simple = !Plain::new(subject).has(words.and);
        let short = (1..=7).contains(&subject.split_whitespace().count())
            && !subject.contains([',', ';', '(', '"', '„'])
            && !subject.contains(": ");
        let (verb, rest) = rest.split_once(' ')?;
        (short && simple).then(|| format!("{verb} {} {rest}", lower_first(subject, words)))
    });
    cut.unwrap_or_else(|| outcome.to_owned())
}

/// What people can do, as something that can be tried: "the customer can switch off the messages".
fn tried(sentence: &Sentence<'_>, words: &Lexicon) -> Option<String> {
    let (plain, text): (&Plain<'_>, &str) = (sentence, sentence.text);
    let said = |act: &str| tidy(act.split(';').next().unwrap_or(act)).to_owned();
    let deed = match plain.after(words.deeds.possible) {
        Some(act) => said(act),
        None => {
            let hit = plain.find(words.may).filter(|hit| hit.start > 0)?;
            let mut who = text.get(..hit.start)?.trim();
            while let Some((head, last)) = who.rsplit_once(' ')
                && words.modal.holds(&Plain::new(last).folded)
            {
                who = head;
            }
            let subject = Plain::new(who);
            let people = who.split_whitespace().count() <= 5 && permission::is_person(who, words) && !subject.has(words.modal);
            let verb = permission::opens_verb(text.get(hit.clone())?);
            said(text.get(hit.end..).filter(|_| people && verb)?)
        }
    };
    let plain = Plain::new(&deed);
    let denied = [words.may_not, words.not_within, words.only].iter().any(|list| permission::denies(sentence, list, words));
    let stated = plain.after(words.deeds.states).is_some();
    let whole = deed.contains(' ') && !deed.starts_with([',', ':']);
    (whole && !is_passive(&plain, words) && !denied && !stated && sentence.limits().is_empty()).then_some(deed)
}

/// The action that the sentence itself names: "Setting … removes …", "… within 2 seconds after each change".
fn acted(criterion: &mut ProposedCriterion, sentence: &Sentence<'_>, words: &Lexicon) {
    let text = sentence.text;
    let frames = words.phrases.frames;
    let gerund = text.split_whitespace().next().is_some_and(|word| word.len() > 5 && word.ends_with("ing"));
    let verb = if gerund { sentence.find(words.edges.doing).filter(|hit| hit.start > 0) } else { None };
    if let Some((doing, done)) = verb.and_then(|hit| text.get(..hit.start).zip(text.get(hit.start..))) {
        criterion.when = vec![fill(frames.happens, &[&step(&lower_first(doing, words), words)])];
        criterion.then = vec![step(&fill(frames.does, &[done]), words)];
        return;
    }
    let deadline = sentence.limits().iter().find(|limit| limit.side == number::Side::Deadline);
    let event = deadline.and_then(|limit| Some((text.get(..limit.end)?, Plain::new(text.get(limit.end..)?).after(words.after)?)));
    if let Some((outcome, event)) = event.filter(|(_, event)| !clause::tidy(event).is_empty() && !event.contains(',')) {
        criterion.when = vec![fill(frames.happens, &[clause::tidy(event)])];
        // "… within 2 seconds" stands without its event, "… at most 5 minutes after the payment" would turn into its contrary.
        let lead = deadline.and_then(|limit| text.get(limit.lead..)).unwrap_or_default();
        if Plain::new(lead).after(words.edges.within).is_some() {
            criterion.then = vec![step(&outcome_of(&Sentence::new(outcome, words), words), words)];
        }
    }
}

/// A permission is tried by those it names.
fn permitted(criterion: &mut ProposedCriterion, permission: &Permission, clause: &Clause, words: &Lexicon) {
    let phrases = &words.phrases;
    match permission.roles.as_slice() {
        [role] => criterion.given = vec![fill(phrases.role_is, &[&step(role, words)])],
        roles => {
            let column = phrases.role_column;
            criterion.given = vec![fill(phrases.role_is, &[&format!("<{column}>")])];
            let rows = roles.iter().map(|role| vec![step(role, words)]).collect();
            criterion.examples = Examples { header: vec![column.to_owned()], rows };
        }
    }
    let attempt = step(&fill(phrases.attempt, &[&permission.act]), words);
    // What the one who tries sees: the act itself or its refusal.
    if permission.modal && permission.only.is_none() && criterion.then.len() == 1 {
        let phrase = if permission.denied { phrases.refused } else { phrases.can };
        criterion.then = vec![step(&fill(phrase, &[&permission.act]), words)];
    }
    criterion.when = clause.condition.iter().map(|condition| step(condition, words)).chain([attempt]).collect();
}

fn kind(plain: &Sentence<'_>, permission: Option<&Permission>, words: &Lexicon) -> CriterionKind {
    let clause = plain.clause();
    let denies = plain.has(words.may_not) || plain.has(words.prohibition) || plain.after(words.dont).is_some();
    let limits = plain.limits();
    if !limits.is_empty() && limits.iter().all(|limit| limit.side == number::Side::Deadline) {
        CriterionKind::Nonfunctional
    } else if !limits.is_empty() {
        CriterionKind::Limit
    } else if permission.is_some() {
        CriterionKind::Permission
    } else if denies && clause.condition.is_none() {
        CriterionKind::Negative
    } else if clause.condition.is_some() || plain.has(words.rule) {
        CriterionKind::Rule
    } else if plain.has(words.stored) {
        CriterionKind::Data
    } else {
        CriterionKind::Behaviour
    }
}

/// The wish of a narrative as a criterion; `None` when nobody could tell whether it is fulfilled.
pub(super) fn wish(narrative: &Narrative, text: &str, words: &Lexicon) -> ProposedCriterion {
    let phrases = &words.phrases;
    let clause = clause::split(text, words);
    let (wished, moment) = moment(&clause.outcome, words);
    let outcome = outcome(wished, narrative.infinitive, words);
    let condition = moment.or_else(|| clause.condition.as_ref().map(|condition| step(condition, words)));
    let when = condition.or_else(|| narrative.attempt(wished, words)).unwrap_or_else(|| phrases.use_function.to_owned());
    let kind = if number::limits(text, words).is_empty() {
        if clause.condition.is_some() { CriterionKind::Rule } else { CriterionKind::Behaviour }
    } else {
        CriterionKind::Limit
    };
    ProposedCriterion {
        title: text.to_owned(),
        kind,
        given: vec![narrative.given(words)],
        when: vec![when],
        then: vec![step(&outcome, words)],
        examples: Examples::default(),
        origin: Origin::Stated,
        evidence: vec![Evidence { source: narrative.part.clone(), quote: narrative.quote.clone() }],
        rule: String::new(),
    }
}

/// "be told two days before an offer ends": the wish and its moment as an action.
fn moment<'a>(wish: &'a str, words: &Lexicon) -> (&'a str, Option<String>) {
    let ahead = number::limits(wish, words).into_iter().find(|limit| limit.side == number::Side::Ahead);
    let cut = ahead.and_then(|limit| Some((wish.get(..limit.start)?.trim(), wish.get(limit.start..)?)));
    match cut {
        Some((wished, moment)) if wished.split_whitespace().count() >= 2 => (wished, Some(fill(words.phrases.ahead, &[moment]))),
        _ => (wish, None),
    }
}

/// "see the list" → "I can see the list"; "be told" → "I am told".
fn outcome(wish: &str, infinitive: bool, words: &Lexicon) -> String {
    let (opener, phrase) = words.phrases.passive;
    if !opener.is_empty()
        && let Some(rest) = Plain::new(wish).after_word(opener)
    {
        return fill(phrase, &[rest]);
    }
    fill(if infinitive { words.phrases.can } else { words.phrases.has }, &[wish])
}
