//! Each measure is taken of a result as the drafter writes it, and of the same result spoilt in one way.

use super::*;
use crate::domain::checks;
use crate::domain::criterion::{CriteriaSet, Testable};
use crate::domain::drafter;
use crate::domain::evidence::Origin;
use crate::domain::language::Language;
use crate::domain::scenario::{Suite, Technique};
use crate::domain::story::{Part, PartKind, Story};

mod comparing;

const TEXT: &str = "As a customer I want to fill a cart.\n\n## Acceptance criteria\n\n\
    * A cart must hold at most 50 items.\n* When a voucher has expired, the message \"Voucher expired\" is shown.\n\n\
    ## Out of scope\n\n* Wrapping paper for presents";

/// A story and what the drafter writes for it.
struct Result {
    story: Story,
    set: CriteriaSet,
    suite: Suite,
    expected: Expected,
}

impl Result {
    fn of(text: &str) -> Self {
        let parts = vec![Part::new("description", PartKind::Description, text)];
        let story = Story {
            key: "SHOP-1".into(),
            id: "1".into(),
            url: String::new(),
            summary: String::new(),
            issue_type: "Story".into(),
            status: String::new(),
            labels: vec![],
            language: Language::English,
            hash: Story::hash_of(&parts),
            parts,
            updated: String::new(),
            lossy: vec![],
            tests: Default::default(),
        };
        let checked = checks::criteria(&story, story.language, drafter::criteria(&story), None);
        let set = checks::settle_criteria(&story, checked, None);
        let checked = checks::scenarios(&story, &set, drafter::scenarios(&story, &set), None);
        let suite = checks::settle_suite(&story, &set, checked, None);
        Self { story, set, suite, expected: Expected::default() }
    }

    fn whole() -> Self {
        Self::of(TEXT)
    }

    fn but(mut self, spoil: impl FnOnce(&mut Self)) -> Self {
        spoil(&mut self);
        self
    }

    fn subject(&self) -> Subject<'_> {
        Subject { story: &self.story, criteria: &self.set, suite: Some(&self.suite), expected: self.expected }
    }

    fn measures(&self) -> Measures {
        measure(&[self.subject()]).remove(0)
    }

    /// A measure as `num/den`; empty when it is absent.
    fn told(&self, measure: Measure) -> String {
        self.measures().get(&measure).map(ToString::to_string).unwrap_or_default()
    }
}

fn whole(measure: Measure) -> Portion {
    Result::whole().measures()[&measure]
}

/// One fewer of as many.
fn one_less(measure: Measure) -> String {
    let Portion { num, den } = whole(measure);
    assert_eq!(num, den, "{measure}");
    format!("{}/{den}", num - 1)
}

#[test]
fn what_the_drafter_writes_is_as_it_should_be() {
    let measures = Result::whole().measures();
    for measure in [
        Measure::Kept,
        Measure::Structure,
        Measure::Gherkin,
        Measure::StepOrder,
        Measure::Coverage,
        Measure::References,
        Measure::Language,
        Measure::Evidence,
        Measure::Literals,
        Measure::SourceRecall,
        Measure::BoundaryPairs,
        Measure::Scope,
        Measure::ObservableThen,
        Measure::AtomicSteps,
        Measure::Distinct,
    ] {
        let portion = measures.get(&measure).copied().unwrap_or_default();
        assert!(portion.den > 0 && portion.num == portion.den, "{measure} {portion}");
    }
}

#[test]
fn what_a_story_has_nothing_of_is_absent_and_not_whole() {
    let result = Result::of("The list shows the name of each customer.");
    for measure in [
        Measure::BoundaryPairs,
        Measure::SourceRecall,
        Measure::NegativeShare,
        Measure::Scope,
        Measure::Refusal,
        Measure::Acceptance,
        Measure::SpecificSteps,
    ] {
        assert_eq!(result.told(measure), "", "{measure}");
    }
    let nothing = Result::of("").measures();
    assert!(!nothing.contains_key(&Measure::Gherkin) && !nothing.contains_key(&Measure::Language), "{nothing:?}");
}

#[test]
fn a_dropped_proposal_is_not_kept() {
    let dropped = crate::domain::criterion::Dropped { title: "x".into(), findings: vec![] };
    let Portion { num, den } = whole(Measure::Kept);
    let result = Result::whole().but(|result| result.suite.dropped.push(dropped));
    assert_eq!(result.told(Measure::Kept), format!("{num}/{}", den + 1));
}

#[test]
fn an_item_without_a_title_or_with_the_id_of_another_is_no_structure() {
    let untitled = Result::whole().but(|result| result.set.criteria[0].title.clear());
    assert_eq!(untitled.told(Measure::Structure), one_less(Measure::Structure));
    let twice = Result::whole().but(|result| result.suite.scenarios[1].id = result.suite.scenarios[0].id.clone());
    assert_eq!(twice.told(Measure::Structure), one_less(Measure::Structure));
}

#[test]
fn gherkin_is_parsed_again_whatever_its_findings_say() {
    let broken = Result::whole().but(|result| result.suite.scenarios[0].gherkin = "nothing that could be read".into());
    assert!(broken.suite.scenarios[0].findings.is_empty());
    assert_eq!(broken.told(Measure::Gherkin), one_less(Measure::Gherkin));
    let foreign = Result::whole().but(|result| result.set.language = Language::German);
    assert!(foreign.told(Measure::Gherkin).starts_with("0/"), "the keywords are English");
}

#[test]
fn a_second_when_after_a_then_is_out_of_order_though_it_parses() {
    let text = "Scenario: x\n  Given a\n  When b\n  Then c\n  When d\n  Then e\n";
    let result = Result::whole().but(|result| result.set.criteria[0].gherkin = text.into());
    assert_eq!(result.told(Measure::Gherkin), whole(Measure::Gherkin).to_string());
    assert_eq!(result.told(Measure::StepOrder), one_less(Measure::StepOrder));
}

#[test]
fn coverage_is_counted_from_scenarios_and_not_taken_from_what_was_computed_before() {
    let last = Result::whole().set.criteria.last().unwrap().id.clone();
    let result = Result::whole().but(|result| result.suite.scenarios.retain(|scenario| !scenario.covers.contains(&last)));
    assert_eq!(result.suite.coverage.covered, result.suite.coverage.total, "it still claims to be whole");
    assert_eq!(result.told(Measure::Coverage), one_less(Measure::Coverage));
}

#[test]
fn a_scenario_that_nobody_can_read_covers_nothing() {
    let result = Result::whole().but(|result| result.suite.scenarios.iter_mut().for_each(|item| item.gherkin.clear()));
    assert!(result.told(Measure::Coverage).starts_with("0/"));
}

#[test]
fn an_unknown_criterion_and_an_unknown_part_are_invalid_references() {
    let Portion { num, den } = whole(Measure::References);
    let covers = Result::whole().but(|result| result.suite.scenarios[0].covers.push("AC-99".into()));
    assert_eq!(covers.told(Measure::References), format!("{num}/{}", den + 1));
    let part = Result::whole().but(|result| result.set.criteria[0].evidence[0].source = "comment:1".into());
    assert_eq!(part.told(Measure::References), one_less(Measure::References));
}

#[test]
fn words_in_another_language_do_not_match_even_where_the_right_one_is_claimed() {
    let german = Result::whole().but(|result| {
        let then = vec!["der Warenkorb ist voll und es wird eine Meldung für den Kunden angezeigt".to_owned()];
        result
            .set
            .criteria
            .iter_mut()
            .for_each(|item| (item.title, item.when, item.then) = ("Der Korb".into(), vec![], then.clone()));
        let scenarios = result.suite.scenarios.iter_mut();
        scenarios.for_each(|item| (item.title, item.when, item.then) = ("Der Korb".into(), vec![], then.clone()));
    });
    assert_eq!(german.told(Measure::Language), "0/1");
    let expected = Result::whole().but(|result| result.expected.language = Some(Language::French));
    assert_eq!(expected.told(Measure::Language), "0/1");
}

#[test]
fn a_quotation_is_looked_up_again_and_a_stated_item_without_one_lacks_it() {
    let made_up = Result::whole().but(|result| result.set.criteria[0].evidence[0].quote = "Baskets are free of charge".into());
    assert!(made_up.set.criteria[0].evidence[0].verified, "it still claims to be found");
    assert_eq!(made_up.told(Measure::Evidence), one_less(Measure::Evidence));
    let none = Result::whole().but(|result| result.set.criteria[0].evidence.clear());
    assert_eq!(none.set.criteria[0].origin, Origin::Stated);
    assert_eq!(none.told(Measure::Evidence), one_less(Measure::Evidence));
    let proposed = none.but(|result| result.set.criteria[0].origin = Origin::Proposed);
    let Portion { num, den } = whole(Measure::Evidence);
    assert_eq!(proposed.told(Measure::Evidence), format!("{}/{}", num - 1, den - 1));
}

#[test]
fn a_number_or_a_quoted_text_that_a_stated_item_made_up_is_counted() {
    let Portion { num, den } = whole(Measure::Literals);
    for made_up in ["the cart holds 777 items", "\"Basket overflow\" is shown"] {
        let result = Result::whole().but(|result| result.set.criteria[0].then.push(made_up.into()));
        assert_eq!(result.told(Measure::Literals), format!("{num}/{}", den + 1), "{made_up}");
    }
    let derived = Result::whole().but(|result| {
        result.set.criteria[0].then.push("the cart holds 777 items".into());
        result.set.criteria[0].origin = Origin::Derived;
    });
    let portion = derived.measures()[&Measure::Literals];
    assert_eq!(portion.num, portion.den, "who does not say that the story says it makes nothing up");
}

#[test]
fn numbers_and_messages_of_the_story_that_no_scenario_has_are_missed() {
    assert_eq!(whole(Measure::SourceRecall), Portion { num: 2, den: 2 }, "50 and the message");
    let none = Result::whole().but(|result| result.suite.scenarios.clear());
    assert_eq!(none.told(Measure::SourceRecall), "0/2");
    let refused = none.but(|result| result.expected.testable = Some(false));
    assert_eq!(refused.told(Measure::SourceRecall), "", "nothing is owed for what cannot be tested");
}

#[test]
fn numbers_of_names_and_addresses_are_none_of_the_product() {
    let result = Result::of("* The report EP05 of SHOP-12 (#7, https://example.org/99) must have 3 columns.");
    assert!(result.told(Measure::SourceRecall).ends_with("/1"), "{}", result.told(Measure::SourceRecall));
}

#[test]
fn words_that_a_stated_item_brought_along_are_not_grounded_and_other_forms_of_its_own_are() {
    let Portion { num, den } = whole(Measure::Grounding);
    let brought = Result::whole().but(|result| result.set.criteria[0].then.push("a hologram of vouchers is shown".into()));
    let portion = brought.measures()[&Measure::Grounding];
    assert_eq!((portion.num - num, portion.den - den), (1, 2), "vouchers are in the story, a hologram is not");
}

#[test]
fn a_limit_needs_a_value_on_each_side_of_it() {
    let outside = |value: &str| {
        Result::whole().but(|result| {
            let boundary = result.suite.scenarios.iter_mut().filter(|item| item.technique == Technique::Boundary);
            boundary.for_each(|item| {
                item.when.iter_mut().for_each(|step| *step = step.replace("51", value));
                item.steps.iter_mut().for_each(|step| {
                    step.data = step.data.replace("51", value);
                    step.action = step.action.replace("51", value);
                });
            });
        })
    };
    assert_eq!(whole(Measure::BoundaryPairs), Portion { num: 1, den: 1 });
    assert_eq!(outside("49").told(Measure::BoundaryPairs), "0/1");
    assert_eq!(outside("900").told(Measure::BoundaryPairs), "1/1", "any value beyond the limit is outside");
    assert_eq!(Result::whole().but(|result| result.suite.scenarios.clear()).told(Measure::BoundaryPairs), "0/1");
}

#[test]
fn negative_boundary_and_permission_scenarios_are_counted_where_there_is_a_rule() {
    let result = Result::whole().but(|result| {
        result.suite.scenarios.iter_mut().for_each(|item| item.technique = Technique::Happy);
        result.suite.scenarios[0].technique = Technique::Permission;
    });
    assert_eq!(result.told(Measure::NegativeShare), format!("1/{}", result.suite.scenarios.len()));
}

#[test]
fn an_exclusion_that_the_result_did_not_see_counts_all_the_same() {
    let result = Result::whole().but(|result| {
        result.set.out_of_scope.clear();
        result.suite.scenarios[0].then = vec!["wrapping paper for presents is offered".into()];
    });
    assert_eq!(result.told(Measure::Scope), one_less(Measure::Scope));
}

#[test]
fn an_outcome_that_only_says_that_all_is_well_is_not_observable() {
    let result = Result::whole().but(|result| result.set.criteria[0].then[0] = "it works correctly".into());
    assert_eq!(result.told(Measure::ObservableThen), one_less(Measure::ObservableThen));
}

#[test]
fn a_step_with_two_assertions_is_not_atomic() {
    let result = Result::whole().but(|result| result.set.criteria[0].then[0] = "the cart is full and a mail is sent".into());
    assert_eq!(result.told(Measure::AtomicSteps), one_less(Measure::AtomicSteps));
}

#[test]
fn items_that_read_alike_are_no_pair_of_two_unless_a_number_or_a_negation_tells_them_apart() {
    let again = |then: &str| {
        Result::whole().but(|result| {
            let mut same = result.set.criteria[1].clone();
            result.set.criteria[1].then = vec!["the message for expired vouchers is shown to the customer within 3 lines".into()];
            same.then = vec![then.into()];
            result.set.criteria.push(same);
        })
    };
    let alike = |then| {
        let portion = again(then).measures()[&Measure::Distinct];
        portion.den - portion.num
    };
    assert_eq!(alike("the message for expired vouchers is shown to the customers within 3 lines"), 1);
    assert_eq!(alike("the message for expired vouchers is shown to the customer within 4 lines"), 0);
    assert_eq!(alike("the message for expired vouchers is not shown to the customer within 3 lines"), 0);
    assert_eq!(alike("the cart is empty"), 0);
}

#[test]
fn steps_that_stand_in_many_stories_are_not_specific() {
    let of = |number: usize| {
        Result::whole().but(|result| {
            result.suite.scenarios.truncate(1);
            let scenario = &mut result.suite.scenarios[0];
            scenario.given = vec![format!("I am logged in as user {number}")];
            scenario.when = vec![format!("the thing {} happens", ["a", "b", "c", "d", "e", "f", "g"][number])];
            scenario.then = vec!["the page is shown".into()];
        })
    };
    let results: Vec<Result> = (0..6).map(of).collect();
    let subjects: Vec<Subject<'_>> = results.iter().map(Result::subject).collect();
    let all = measure(&subjects);
    assert_eq!(all[0][&Measure::SpecificSteps], Portion { num: 1, den: 3 }, "numbers do not make a step another");
    assert_eq!(total(&all)[&Measure::SpecificSteps], Portion { num: 6, den: 18 });
    assert!(!measure(&subjects[..5])[0].contains_key(&Measure::SpecificSteps), "five are too few to tell");
}

#[test]
fn what_cannot_be_tested_is_to_be_refused_with_a_question_and_nothing_else_is() {
    let spike = |spoil: fn(&mut Result)| {
        let result = Result::of("").but(|result| result.expected.testable = Some(false)).but(spoil);
        (result.told(Measure::Refusal), result.told(Measure::Acceptance))
    };
    assert_eq!(spike(|_| ()), ("1/1".to_owned(), String::new()));
    assert_eq!(spike(|result| result.set.questions.clear()).0, "0/1", "nothing was asked");
    assert_eq!(spike(|result| result.suite = Result::whole().suite).0, "0/1", "it was tested");
    let whole = Result::whole().but(|result| result.expected.testable = Some(true));
    assert_eq!((whole.told(Measure::Refusal), whole.told(Measure::Acceptance)), (String::new(), "1/1".to_owned()));
    let refused = whole.but(|result| (result.set.testable, result.suite.scenarios) = (Testable::No, vec![]));
    assert_eq!(refused.told(Measure::Acceptance), "0/1");
}

#[test]
fn runs_have_in_common_what_all_pairs_of_them_share() {
    let one = Result::whole().suite;
    let mut other = one.clone();
    other.scenarios[0].when = vec!["something else happens".into()];
    let (same, all) = (one.scenarios.len() - 1, one.scenarios.len() + 1);
    assert_eq!(stability(&[Some(&one), Some(&one)]), Portion::new(all - 1, all - 1));
    assert_eq!(stability(&[Some(&one), Some(&other)]), Portion::new(same, all));
    assert_eq!(stability(&[Some(&one), None]), Portion::new(0, one.scenarios.len()), "a run that wrote nothing shares nothing");
    assert_eq!(stability(&[Some(&one)]), None);
}

#[test]
fn measures_add_up_by_what_each_story_has_to_count() {
    let (one, other) = (
        Measures::from([(Measure::Evidence, Portion { num: 1, den: 1 })]),
        Measures::from([(Measure::Evidence, Portion { num: 2, den: 9 })]),
    );
    assert_eq!(total([&one, &other]), Measures::from([(Measure::Evidence, Portion { num: 3, den: 10 })]));
}
