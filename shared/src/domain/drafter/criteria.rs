//! Drafts the criteria of a story.

use super::doubts::Doubts;
use super::gherkin_text;
use super::grid;
use super::lexicon::headings::Section;
use super::lexicon::{self, Lexicon, fill};
use super::likeness::{Gist, evidence, joined};
use super::material::{Answer, Material};
use super::narrative::Narrative;
use super::outline::{Statement, Table};
use super::plain::Plain;
use super::rules::{Frame, criterion, wish};
use super::sentence::Sentence;
use super::wording::{Titles, step};
use super::{clause, material, number, reference, subject, values};
use crate::domain::criterion::{CriterionKind, Examples, Testable};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::language::fold;
use crate::domain::reply::{CriteriaReply, ProposedCriterion};
use crate::domain::story::{Part, PartKind, Story};

/// More criteria than this are no story but a specification.
const MOST: usize = 60;

pub(super) fn draft(story: &Story) -> CriteriaReply {
    let words = lexicon::of(story.language);
    let material = material::sort(story, words);
    let sentences: Vec<Sentence<'_>> =
        material.statements.iter().map(|statement| Sentence::new(&statement.text, words)).collect();
    let mut draft = Draft {
        words,
        material: &material,
        sentences: &sentences,
        criteria: Vec::new(),
        doubts: Doubts::default(),
        condition: None,
        considered: vec![false; sentences.len()],
        neighbour: None,
        left_out: material.left_out,
    };
    let (testable, reasons) = draft.run(story);
    let much = (draft.left_out > 0).then(|| fill(words.phrases.warn_much, &[&draft.left_out.to_string()]));
    let out_of_scope =
        material.statements.iter().filter(|statement| statement.section == Section::OutOfScope).map(evidence).collect();
    let mut titles = Titles::default();
    let mut criteria = draft.criteria;
    for criterion in &mut criteria {
        criterion.title = titles.unique(&criterion.title);
    }
    CriteriaReply {
        language: story.language.as_str().to_owned(),
        testable,
        testable_reasons: reasons,
        criteria,
        out_of_scope,
        questions: draft.doubts.into_questions(),
        warnings: much.into_iter().collect(),
    }
}

struct Draft<'a> {
    words: &'a Lexicon,
    material: &'a Material<'a>,
    /// The statements of the material, each as a sentence.
    sentences: &'a [Sentence<'a>],
    criteria: Vec<ProposedCriterion>,
    doubts: Doubts,
    /// The condition of the statement before, for an "otherwise".
    condition: Option<(String, Evidence)>,
    /// The statements that became a criterion or a question, or have nothing to accept in them.
    considered: Vec<bool>,
    /// The statement before in the same paragraph.
    neighbour: Option<&'a Statement<'a>>,
    /// What there was no room for.
    left_out: usize,
}

impl<'a> Draft<'a> {
    /// Drafts, and says whether the story can be tested.
    fn run(&mut self, story: &Story) -> (Testable, Vec<String>) {
        let phrases = &self.words.phrases;
        let summary = story.summary.trim();
        if self.is_spike(story) {
            self.doubts.ask(phrases.ask_spike, &[summary]);
            return (Testable::No, vec![phrases.reason_spike.to_owned()]);
        }
        // A title alone is a wish that nobody has described yet.
        let described = |part: &Part| part.kind != PartKind::Summary && part.text.contains(char::is_alphabetic);
        if !story.own_parts().any(described) {
            self.doubts.ask(phrases.ask_criteria, &[self.title(summary)]);
            return (Testable::No, vec![phrases.reason_empty.to_owned()]);
        }
        let stated = self.material.has_criteria();
        let taken = self.scenarios_of_the_story();
        self.statements(stated, &taken);
        for table in &self.material.tables {
            self.table(table, stated);
        }
        for answer in &self.material.answers {
            self.answer(answer);
        }
        self.assumptions();
        let from_rules = !self.criteria.is_empty();
        if self.material.template && !stated && !from_rules {
            self.doubts.ask(phrases.ask_criteria, &[self.title(summary)]);
            return (Testable::Partly, vec![phrases.reason_template.to_owned()]);
        }
        let several = self.material.narratives.len() > 1;
        if !from_rules || several {
            for narrative in &self.material.narratives {
                self.wish(narrative);
            }
        }
        let texts: Vec<&str> = self.material.statements.iter().map(|statement| statement.text.as_str()).collect();
        self.doubts.units(&texts, self.words);
        self.uncovered(from_rules);
        self.verdict(summary, from_rules)
    }

    fn verdict(&mut self, summary: &str, from_rules: bool) -> (Testable, Vec<String>) {
        let phrases = &self.words.phrases;
        let people = self.sentences.iter().any(|sentence| sentence.has(self.words.deeds.people));
        if self.material.narratives.is_empty() && !self.criteria.is_empty() && !people {
            self.doubts.ask(phrases.ask_role, &[summary]);
        }
        // A wish of several parts, or with a condition, says what can be observed.
        let ruled = |criterion: &ProposedCriterion| matches!(criterion.kind, CriterionKind::Limit | CriterionKind::Rule);
        if !from_rules && self.criteria.len() < 2 && !self.criteria.iter().any(ruled) {
            self.doubts.ask(phrases.ask_criteria, &[self.title(summary)]);
        }
        if !self.criteria.is_empty() && from_rules && !self.doubts.undecided {
            return (Testable::Yes, Vec::new());
        }
        let reason = if from_rules {
            phrases.reason_open
        } else if !self.criteria.is_empty() {
            phrases.reason_thin
        } else if self.material.narratives.is_empty() && self.material.statements.is_empty() {
            return (Testable::No, vec![phrases.reason_empty.to_owned()]);
        } else {
            phrases.reason_unclear
        };
        (Testable::Partly, vec![reason.to_owned()])
    }

    /// What the story is called: its wish, or its summary.
    fn title<'t>(&self, summary: &'t str) -> &'t str
    where
        'a: 't,
    {
        let material: &'a Material<'a> = self.material;
        material.narratives.first().map_or(summary, |narrative| narrative.wish.as_str())
    }

    fn is_spike(&self, story: &Story) -> bool {
        let kind = fold(&story.issue_type);
        let summary = Plain::new(&story.summary);
        let opens = summary.after(self.words.spike).is_some()
            || Plain::new(story.summary.trim_start_matches(['[', '(', ' '])).after(self.words.spike).is_some();
        let named = summary.has(self.words.spike_anywhere);
        kind == "spike" || (self.material.narratives.is_empty() && (opens || named))
    }

    fn frame(&self) -> Frame<'a> {
        Frame { words: self.words, narrative: self.material.narratives.first(), title: self.material.title.unwrap_or_default() }
    }

    /// Scenarios that the story holds as Gherkin already; the places of their statements.
    fn scenarios_of_the_story(&mut self) -> Vec<usize> {
        let mut taken = Vec::new();
        for found in gherkin_text::scenarios(self.sentences, self.words) {
            taken.extend_from_slice(&found.statements);
            let statements: Vec<&Statement<'_>> =
                found.statements.iter().filter_map(|index| self.material.statements.get(*index)).collect();
            let caption = statements.first().map(|statement| statement.caption.as_str()).filter(|caption| !caption.is_empty());
            let title = match caption {
                _ if !found.title.is_empty() => found.title,
                Some(caption) => caption.to_owned(),
                None => found.then.first().cloned().unwrap_or_default(),
            };
            let all = format!("{} {}", found.when.join(" "), found.then.join(" "));
            let vague = found.then.iter().any(|then| self.is_vague_result(then));
            for text in found.given.iter().chain(&found.when).chain(&found.then) {
                self.doubts.about(&Plain::new(text), self.words);
            }
            if vague {
                self.doubts.instead(self.words.phrases.ask_result, &[&found.then.join(" ")]);
                continue;
            }
            let limited = !number::limits(&all, self.words).is_empty();
            self.push(ProposedCriterion {
                title,
                kind: if limited { CriterionKind::Limit } else { CriterionKind::Behaviour },
                given: found.given.iter().map(|text| step(text, self.words)).collect(),
                when: found.when.iter().map(|text| step(text, self.words)).collect(),
                then: found.then.iter().map(|text| step(text, self.words)).collect(),
                examples: Examples::default(),
                origin: Origin::Stated,
                evidence: statements.into_iter().map(evidence).collect(),
                rule: String::new(),
            });
        }
        taken
    }

    /// The other statements; `taken` are those of the story's own scenarios.
    fn statements(&mut self, stated: bool, taken: &[usize]) {
        let mut lead: Option<(&Statement<'_>, &Sentence<'_>)> = None;
        let criteria = self.material.statements.iter().filter(|statement| stated && statement.section == Section::Criteria);
        let gists: Vec<Gist> = criteria.map(|statement| Gist::of(&statement.text)).collect();
        for (index, (statement, sentence)) in self.material.statements.iter().zip(self.sentences).enumerate() {
            self.consider(index, true);
            let before = index.checked_sub(1).and_then(|before| self.material.statements.get(before));
            self.neighbour = before.filter(|before| before.part == statement.part && before.block == statement.block);
            let follower = self.material.statements.get(index + 1);
            let opens = statement.text.ends_with(':')
                && follower.is_some_and(|next| {
                    next.listed && (next.depth > statement.depth || !statement.listed || next.block != statement.block)
                });
            if taken.contains(&index) {
                continue;
            }
            if opens {
                lead = Some((statement, sentence));
                continue;
            }
            if lead.is_some_and(|(lead, _)| {
                !statement.listed || statement.section != lead.section || (lead.listed && statement.depth <= lead.depth)
            }) {
                lead = None;
            }
            match statement.section {
                Section::Criteria => self.statement(statement, sentence, lead),
                Section::Story if lead.is_some_and(|(_, lead)| lead.has(self.words.today)) => {}
                Section::Story if stated && statement.text.ends_with('?') => {
                    self.doubts.ask(self.words.phrases.ask_answer, &[&statement.text]);
                }
                Section::Story if stated => {
                    let considered = self.repeated(statement, sentence, &gists);
                    self.consider(index, considered);
                }
                Section::Story if statement.listed || self.is_rule(sentence) => self.statement(statement, sentence, lead),
                Section::Story => self.consider(index, false),
                Section::Assumptions | Section::OutOfScope | Section::Aside => {}
            }
        }
    }

    fn consider(&mut self, index: usize, considered: bool) {
        if let Some(place) = self.considered.get_mut(index) {
            *place = considered;
        }
    }

    /// A rule in the description beside stated criteria: only where it says something they do not. Whether it is done with.
    fn repeated(&mut self, statement: &Statement<'a>, sentence: &Sentence<'_>, stated: &[Gist]) -> bool {
        let gist = Gist::of(&statement.text);
        if stated.iter().any(|other| other.says(&gist)) {
            return true;
        }
        let rule = !statement.listed && sentence.has(self.words.strong);
        if rule {
            self.statement(statement, sentence, None);
        }
        rule
    }

    /// What the story says in passing, beside criteria that do not cover it, is asked about, and so are remarks of people.
    fn uncovered(&mut self, from_rules: bool) {
        let considered = std::mem::take(&mut self.considered);
        let quotes: Vec<Gist> =
            self.criteria.iter().flat_map(|criterion| &criterion.evidence).map(|said| Gist::of(&said.quote)).collect();
        let quoted = |text: &str| {
            let gist = Gist::of(text);
            quotes.iter().any(|quote| quote.says(&gist))
        };
        let open: Vec<&str> = self
            .material
            .statements
            .iter()
            .zip(self.sentences)
            .zip(considered)
            .filter(|((statement, sentence), considered)| {
                let text = &statement.text;
                // Brackets explain, and who does the work or how far it is concerns the team.
                let explains = text.starts_with(['(', '…', '@']) || text.starts_with("...") || text.contains(" @");
                let says = text.split_whitespace().count() > 2 && !text.ends_with([':', '?']) && !explains && !statement.cited;
                let told = [self.words.today, self.words.so_that].iter().any(|list| sentence.after(list).is_some());
                from_rules && !considered && says && !told && !quoted(text)
            })
            .map(|((statement, _), _)| statement)
            .chain(self.material.remarks.iter().filter(|remark| !quoted(&remark.text)))
            .map(|statement| statement.text.as_str())
            .collect();
        self.doubts.ask_all(self.words.phrases.frames.ask_uncovered, &open);
    }

    fn is_rule(&self, sentence: &Sentence<'_>) -> bool {
        sentence.has(self.words.modal)
            || sentence.is_conditional()
            || !sentence.limits().is_empty()
            || !values::lists(sentence.text, self.words).is_empty()
    }

    fn is_vague_result(&self, text: &str) -> bool {
        Plain::new(text).has(self.words.vague_result)
    }

    fn statement(&mut self, statement: &Statement<'_>, plain: &Sentence<'_>, lead: Option<(&Statement<'_>, &Sentence<'_>)>) {
        let phrases = &self.words.phrases;
        if statement.text.ends_with('?') {
            return self.doubts.instead(phrases.ask_answer, &[&statement.text]);
        }
        if plain.has(self.words.unsure) {
            return self.doubts.instead(phrases.ask_unsure, &[&statement.text]);
        }
        if plain.after(self.words.task).is_some() || plain.has(self.words.deeds.chores) {
            return self.doubts.instead(phrases.ask_task, &[&statement.text]);
        }
        if plain.after(self.words.today).is_some() {
            return;
        }
        if plain.has(self.words.vague_result) || plain.after(self.words.click).is_some() {
            return self.doubts.instead(phrases.ask_result, &[&statement.text]);
        }
        let measured = !plain.limits().is_empty();
        if let Some(hit) = plain.find(self.words.vague).filter(|_| !measured && statement.text.split_whitespace().count() <= 6) {
            let word = statement.text.get(hit).unwrap_or_default();
            return self.doubts.instead(phrases.ask_vague, &[word, &statement.text]);
        }
        // A link or a single word says nothing that could be observed.
        let aside = statement.text.starts_with('(') && statement.text.ends_with(')');
        if aside || statement.text.contains("://") && statement.text.split_whitespace().count() < 6 {
            return;
        }
        if reference::is_reference(statement, plain, self.words) {
            return self.doubts.ask(phrases.frames.ask_reference, &[&statement.text]);
        }
        let (text, own);
        let (sentence, mut quotes) = match lead {
            Some((lead, _)) => {
                text = joined(&lead.text, &statement.text, self.words);
                own = Sentence::new(&text, self.words);
                (&own, vec![evidence(lead)])
            }
            None => (plain, Vec::new()),
        };
        quotes.push(evidence(statement));
        let mut drafted = criterion(sentence, quotes, &self.frame());
        if let Some(rest) = plain.after(self.words.otherwise) {
            let Some((condition, before)) = self.condition.clone() else {
                return self.doubts.instead(phrases.ask_unsure, &[&statement.text]);
            };
            drafted.when = vec![step(&fill(phrases.unmet, &[&condition]), self.words)];
            drafted.then = vec![step(rest.trim_start_matches([',', ' ']), self.words)];
            drafted.evidence.insert(0, before);
        }
        if let Some((case, before)) = self.restriction(sentence) {
            drafted.when = vec![step(&fill(phrases.frames.case, &[&case]), self.words)];
            drafted.evidence.insert(0, before);
        }
        self.condition = sentence.clause().condition.clone().map(|condition| (condition, evidence(statement)));
        self.doubts.about(sentence, self.words);
        if drafted.kind == CriterionKind::Permission && plain.has(self.words.unnamed) {
            self.doubts.ask(phrases.ask_who, &[&statement.text]);
        }
        if drafted.kind == CriterionKind::Limit && self.condition.is_none() && self.leaves_outside_open(sentence) {
            self.doubts.ask(phrases.ask_outside, &[&statement.text]);
        }
        self.push(drafted);
    }

    /// "It is hidden for roles that may not cancel. Calls are answered with 403": a refusal is for those of the sentence before.
    fn restriction(&self, sentence: &Sentence<'_>) -> Option<(String, Evidence)> {
        let refused = sentence.words().any(|(_, word)| matches!(word, "401" | "403" | "404"));
        let before = self.neighbour.filter(|_| refused && !sentence.is_conditional() && !sentence.has(self.words.only))?;
        let plain = Plain::new(&before.text);
        let case = plain.find(self.words.edges.case).filter(|hit| hit.start > 0 && plain.has(self.words.may_not))?;
        Some((clause::tidy(before.text.get(case.start..)?).to_owned(), evidence(before)))
    }

    /// Whether a limit accepts some values, and nothing in the story says what becomes of the others.
    fn leaves_outside_open(&self, sentence: &Sentence<'_>) -> bool {
        let (text, limits) = (sentence.text, sentence.limits());
        // The size of what people only get is none they could enter.
        let fetched =
            self.material.narratives.first().is_some_and(|wished| Plain::new(&wished.wish).has(self.words.deeds.fetched));
        let accepts = |at: usize, limit: &number::Limit| {
            let sided = matches!(limit.side, number::Side::AtMost | number::Side::AtLeast | number::Side::Exactly);
            let spans = limit.side == number::Side::Lasting;
            let ends = |said: &subject::Said<'_>| said.kept || !said.names_state();
            let open = |said: subject::Said<'_>| said.predicate.is_none() && !said.refuses && !said.handed;
            let entered = !(fetched && limit.is_size());
            let said = subject::read(text, limits, at, self.words);
            said.is_some_and(|said| spans && ends(&said) || sided && entered && open(said))
        };
        // Elsewhere the same number may stand with a refusal ("above 20 is refused").
        let answered = |limit: &number::Limit| {
            self.sentences.iter().any(|other| {
                other.has(self.words.edges.refusal)
                    && (other.text == text || other.limits().iter().any(|same| same.value == limit.value))
            })
        };
        let open: Vec<&number::Limit> =
            limits.iter().enumerate().filter(|(at, limit)| accepts(*at, limit)).map(|(_, limit)| limit).collect();
        let awaited = sentence.has(self.words.until);
        !open.is_empty() && !awaited && !sentence.has(self.words.edges.refusal) && !open.iter().any(|limit| answered(limit))
    }

    /// A table within the criteria or the story is a criterion; any other is asked about.
    fn table(&mut self, table: &Table<'_>, stated: bool) {
        let place =
            table.section == Section::Criteria || (table.section == Section::Story && (!stated || grid::is_matrix(table)));
        match grid::criterion(table, &self.frame()).filter(|_| place) {
            Some(criterion) => {
                // A cell of several lines is no one value.
                let several = table.rows.iter().filter(|row| row.iter().any(|cell| cell.contains('\n')));
                let several: Vec<String> = several.map(|row| row.join(": ").replace('\n', " / ")).collect();
                let several: Vec<&str> = several.iter().map(String::as_str).collect();
                self.doubts.ask_all(self.words.phrases.frames.ask_uncovered, &several);
                self.left_out += table.rows.len().saturating_sub(grid::ROWS + 1);
                self.push(criterion);
            }
            None => self.doubts.ask(self.words.phrases.ask_aside, &[&grid::heading(table)]),
        }
    }

    /// An answer becomes a criterion when it states a rule and nobody hesitates in it.
    fn answer(&mut self, answer: &Answer<'_>) {
        let phrases = &self.words.phrases;
        let hedged = |statement: &Statement<'_>| Plain::new(&statement.text).has(self.words.unsure);
        let open = answer.answer.is_empty() || answer.answer.iter().any(hedged);
        if open {
            self.doubts.instead(phrases.ask_answer, &[&answer.question.text]);
        }
        let question = answer.question.text.split('?').next().unwrap_or_default();
        let asked = Plain::new(question).after(self.words.what_if).map(|rest| clause::tidy(rest).to_owned());
        let asked = asked.or_else(|| clause::split(question, self.words).condition);
        let conditional = |statement: &Statement<'_>| clause::split(&statement.text, self.words).condition.is_some();
        let any_conditional = answer.answer.iter().any(conditional);
        let mut taken = open;
        for (index, statement) in answer.answer.iter().enumerate() {
            // "At the moment, if …": how it is now is how it is to be.
            let now = Plain::new(&statement.text).after(self.words.today).map(|rest| rest.trim_start_matches([',', ' ']));
            let sentence = Sentence::new(now.unwrap_or(&statement.text), self.words);
            let mut drafted = criterion(&sentence, vec![evidence(statement)], &self.frame());
            let conditional = sentence.is_conditional();
            let sole =
                index == 0 && !any_conditional && answer.answer.len() <= 2 && statement.text.split_whitespace().count() >= 4;
            let dismissive = sentence.has(self.words.dismissive);
            match &asked {
                _ if dismissive => {
                    taken = true;
                    continue;
                }
                _ if hedged(statement) => continue,
                _ if conditional => {}
                Some(condition) if sole && !open => {
                    drafted.when = vec![step(condition, self.words)];
                    drafted.kind = CriterionKind::Rule;
                    drafted.evidence.insert(0, evidence(&answer.question));
                }
                _ => continue,
            }
            taken = true;
            self.push(drafted);
        }
        if !taken {
            self.doubts.instead(phrases.ask_answer, &[&answer.question.text]);
        }
    }

    fn assumptions(&mut self) {
        for statement in self.material.statements.iter().filter(|statement| statement.section == Section::Assumptions) {
            self.doubts.ask(self.words.phrases.ask_assumption, &[&statement.text]);
        }
    }

    /// The wish of a narrative, one criterion for each thing wished for.
    fn wish(&mut self, narrative: &Narrative) {
        let phrases = &self.words.phrases;
        for wished in values::wishes(&narrative.wish, self.words) {
            let plain = Plain::new(&wished);
            self.doubts.about(&plain, self.words);
            if plain.has(self.words.vague_result) {
                self.doubts.instead(phrases.ask_result, &[&wished]);
                continue;
            }
            let core = wished.split('(').next().unwrap_or_default();
            if Plain::new(core).has(self.words.vague) && wished == narrative.wish {
                self.doubts.undecided = true;
                continue;
            }
            self.push(wish(narrative, &wished, self.words));
        }
    }

    /// Keeps a criterion unless one says the same.
    fn push(&mut self, criterion: ProposedCriterion) {
        let usable = !criterion.when.is_empty() && criterion.then.iter().any(|then| then.chars().any(char::is_alphabetic));
        let same = |other: &ProposedCriterion| {
            other.when == criterion.when
                && other.given == criterion.given
                && fold(&other.then.join(" ")) == fold(&criterion.then.join(" "))
        };
        if !usable || self.criteria.iter().any(same) {
            return;
        }
        if self.criteria.len() < MOST {
            self.criteria.push(criterion);
        } else {
            self.left_out += 1;
        }
    }
}
