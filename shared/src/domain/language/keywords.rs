//! Gherkin's words in each language, one spelling each, from the official list.

use super::Language;

/// The words Gherkin has for its parts in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keywords {
    /// `Feature`.
    pub feature: &'static str,
    /// `Background`.
    pub background: &'static str,
    /// `Scenario`.
    pub scenario: &'static str,
    /// `Scenario Outline`.
    pub scenario_outline: &'static str,
    /// `Examples`.
    pub examples: &'static str,
    /// `Given`.
    pub given: &'static str,
    /// `When`.
    pub when: &'static str,
    /// `Then`.
    pub then: &'static str,
    /// `And`.
    pub and: &'static str,
    /// `But`.
    pub but: &'static str,
}

pub(super) const fn keywords(language: Language) -> &'static Keywords {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::German => &GERMAN,
        Language::Spanish => &SPANISH,
        Language::Dutch => &DUTCH,
        Language::Portuguese => &PORTUGUESE,
    }
}

const ENGLISH: Keywords = Keywords {
    feature: "Feature",
    background: "Background",
    scenario: "Scenario",
    scenario_outline: "Scenario Outline",
    examples: "Examples",
    given: "Given",
    when: "When",
    then: "Then",
    and: "And",
    but: "But",
};

// "Étant donné" rather than the list's first word "Soit": it takes a noun as well as a clause with "que".
const FRENCH: Keywords = Keywords {
    feature: "Fonctionnalité",
    background: "Contexte",
    scenario: "Scénario",
    scenario_outline: "Plan du scénario",
    examples: "Exemples",
    given: "Étant donné",
    when: "Quand",
    then: "Alors",
    and: "Et",
    but: "Mais",
};

const GERMAN: Keywords = Keywords {
    feature: "Funktionalität",
    background: "Grundlage",
    scenario: "Szenario",
    scenario_outline: "Szenariogrundriss",
    examples: "Beispiele",
    given: "Angenommen",
    when: "Wenn",
    then: "Dann",
    and: "Und",
    but: "Aber",
};

const SPANISH: Keywords = Keywords {
    feature: "Característica",
    background: "Antecedentes",
    scenario: "Escenario",
    scenario_outline: "Esquema del escenario",
    examples: "Ejemplos",
    given: "Dado",
    when: "Cuando",
    then: "Entonces",
    and: "Y",
    but: "Pero",
};

// "Wanneer" rather than "Als", which also opens "Als gebruiker wil ik".
const DUTCH: Keywords = Keywords {
    feature: "Functionaliteit",
    background: "Achtergrond",
    scenario: "Scenario",
    scenario_outline: "Abstract Scenario",
    examples: "Voorbeelden",
    given: "Gegeven",
    when: "Wanneer",
    then: "Dan",
    and: "En",
    but: "Maar",
};

const PORTUGUESE: Keywords = Keywords {
    feature: "Funcionalidade",
    background: "Contexto",
    scenario: "Cenário",
    scenario_outline: "Esquema do Cenário",
    examples: "Exemplos",
    given: "Dado",
    when: "Quando",
    then: "Então",
    and: "E",
    but: "Mas",
};
