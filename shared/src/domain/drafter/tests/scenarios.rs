//! What follows from a rule.

use super::{drafted, steps, story, suite};
use crate::domain::evidence::Origin;
use crate::domain::scenario::Technique;

#[test]
fn a_limit_gives_a_value_at_it_and_one_just_outside() {
    for (code, sentence, inside, outside) in [
        ("en", "At most 5 attempts are allowed", "5 attempts", "6 attempts"),
        ("en", "At least 8 characters are required", "8 characters", "7 characters"),
        ("en", "The draft is kept for 7 days", "6 days", "8 days"),
        ("fr", "Au maximum 3 essais sont permis", "3 essais", "4 essais"),
        ("de", "Höchstens 10 Versuche sind erlaubt", "10 Versuche", "11 Versuche"),
        ("es", "Como máximo 5 intentos por día", "5 intentos", "6 intentos"),
        ("nl", "Maximaal 5 pogingen zijn toegestaan", "5 pogingen", "6 pogingen"),
        ("pt", "No mínimo 8 caracteres na senha", "8 caracteres", "7 caracteres"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let boundaries: Vec<_> = suite.scenarios.iter().filter(|scenario| scenario.technique == Technique::Boundary).collect();
        assert_eq!(boundaries.len(), 2, "{sentence}");
        assert!(
            boundaries[0].when[0].contains(inside) && boundaries[1].when[0].contains(outside),
            "{sentence}: {}",
            steps(&suite)
        );
        assert!(boundaries.iter().all(|scenario| scenario.origin == Origin::Derived), "{sentence}");
    }
}

#[test]
fn a_limit_in_a_condition_decides_whether_the_outcome_comes() {
    for (code, sentence, value, outcome) in [
        ("en", "If the file is larger than 10 MB, the upload must be refused", "11 MB", "the upload must be refused"),
        ("en", "When a password is wrong 3 times, the account is locked", "3 times", "the account is locked"),
        ("de", "Der Rabatt wird nur angezeigt, wenn mindestens 20 € erreicht sind", "20 €", "der Rabatt wird angezeigt"),
        ("nl", "Als de afspraak binnen 24 uur valt, kan de klant niet wijzigen", "24 uur", "kan de klant niet wijzigen"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let boundaries: Vec<_> = suite.scenarios.iter().filter(|scenario| scenario.technique == Technique::Boundary).collect();
        assert_eq!(boundaries.len(), 2, "{sentence}: {}", steps(&suite));
        assert!(boundaries[0].when[0].contains(value) && boundaries[0].then[0] == outcome, "{sentence}: {}", steps(&suite));
        assert!(boundaries[1].then[0].contains(outcome) && boundaries[1].then[0] != outcome, "{sentence}");
    }
}

#[test]
fn what_waits_for_a_minimum_does_not_come_below_it() {
    let suite = suite(&story("en", "Labels", "Acceptance criteria:\n- At least 15% must be packed before labels are printed"));
    let text = steps(&suite);
    assert!(text.contains("the following does not happen: labels are printed"), "{text}");
    assert!(text.contains("14%"), "{text}");
}

#[test]
fn each_listed_value_gets_a_row() {
    for (code, sentence, values) in [
        ("en", "A clerk can open / print / close an offer", vec!["open", "print", "close"]),
        ("en", "The state is draft, open or closed", vec!["draft", "open", "closed"]),
        ("en", "Sizes are shown as S,M,XL in the list", vec!["S", "M", "XL"]),
        ("en", "Parcels show their type (letter, box)", vec!["letter", "box"]),
        ("de", "Die Bestellung kann geprüft, gepackt oder versandt werden", vec!["geprüft", "gepackt", "versandt"]),
        ("fr", "La demande peut être créée, modifiée ou annulée", vec!["créée", "modifiée", "annulée"]),
    ] {
        let suite = suite(&story(code, "Values", &format!("Acceptance criteria:\n- {sentence}")));
        let outline =
            suite.scenarios.iter().find(|scenario| scenario.technique == Technique::Data).unwrap_or_else(|| panic!("{sentence}"));
        let rows: Vec<&str> = outline.examples.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(rows, values, "{sentence}");
        assert!(outline.then[0].contains(&format!("<{}>", outline.examples.header[0])), "{sentence}");
    }
}

#[test]
fn only_if_gives_the_contrary_and_roles_are_refused_by_name() {
    let contrary = suite(&story("en", "Offers", "Acceptance criteria:\n- The offer is shown only if the seller is verified"));
    assert!(steps(&contrary).contains("the following does not hold: the seller is verified"));
    let unless = suite(&story("en", "Mail", "Acceptance criteria:\n- A mail is sent unless the user has opted out"));
    assert!(
        steps(&unless).contains("the user has opted out\nthe following does not happen: a mail is sent"),
        "{}",
        steps(&unless)
    );
    let refused = suite(&story(
        "es",
        "Historia",
        "Criterios de aceptación:\n- Ventas, almacén y reparto no pueden acceder al libro de cuentas",
    ));
    let scenario = &refused.scenarios[0];
    assert_eq!(scenario.technique, Technique::Permission);
    assert_eq!(scenario.examples.rows, [["Ventas"], ["almacén"], ["reparto"]]);
}

#[test]
fn every_scenario_covers_a_criterion_and_shows_its_words() {
    let story = story(
        "en",
        "As a user, I want to log in",
        "Acceptance criteria:\n- Max 3 attempts\n- If the password is wrong, an error must be shown",
    );
    let suite = suite(&story);
    let known: Vec<String> = (1..=drafted(&story).criteria.len()).map(|n| format!("AC-{n}")).collect();
    for scenario in &suite.scenarios {
        assert!(scenario.covers.iter().all(|id| known.contains(id)) && !scenario.covers.is_empty());
        assert!(!scenario.evidence.is_empty() && scenario.steps.last().is_some_and(|step| !step.expected.is_empty()));
    }
}
