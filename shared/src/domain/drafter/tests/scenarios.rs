//! What follows from a rule.

use super::{drafted, sorted_words, steps, story, suite};
use crate::domain::evidence::Origin;
use crate::domain::scenario::Technique;

#[test]
fn a_limit_gives_a_value_at_it_and_one_just_outside() {
    for (code, sentence, inside, outside) in [
        ("en", "At most 5 attempts are allowed", "5 attempts", "6 attempts"),
        ("en", "At least 8 characters are required", "8 characters", "7 characters"),
        ("en", "The link is valid for 7 days", "6 days", "8 days"),
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
        ("de", "Der Rabatt wird nur angezeigt, wenn mindestens 20 € erreicht sind", "20 €", "wird der Rabatt angezeigt"),
        ("nl", "Als de afspraak binnen 24 uur valt, kan de klant niet wijzigen", "24 uur", "kan de klant niet wijzigen"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let boundaries: Vec<_> = suite.scenarios.iter().filter(|scenario| scenario.technique == Technique::Boundary).collect();
        assert_eq!(boundaries.len(), 2, "{sentence}: {}", steps(&suite));
        assert!(boundaries[0].when[0].contains(value) && boundaries[0].then[0] == outcome, "{sentence}: {}", steps(&suite));
        // Within the clause that denies it, German and Dutch keep the order of the story.
        let denied = boundaries[1].then[0].split_once(": ").map_or("", |(_, denied)| denied);
        assert_eq!(sorted_words(denied), sorted_words(outcome), "{sentence}");
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
        ("en", "The state can be draft, open or closed", vec!["draft", "open", "closed"]),
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

#[test]
fn what_happens_after_several_times_does_not_happen_after_fewer() {
    for (code, sentence, enough, fewer, denied) in [
        (
            "en",
            "After 5 failed logins within 15 minutes the account is locked",
            "5 failed logins",
            "4 failed logins",
            "the following does not happen: the account is locked",
        ),
        (
            "de",
            "Nach 3 Anforderungen wird die Adresse gesperrt",
            "nach 3 Anforderungen",
            "nach 2 Anforderungen",
            "geschieht Folgendes nicht: wird die Adresse gesperrt",
        ),
        ("fr", "Après 3 essais ratés, le compte est bloqué", "3 essais", "2 essais", "ceci n'a pas lieu : le compte est bloqué"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let of = |value: &str| {
            let found = suite.scenarios.iter().find(|scenario| scenario.when[0].contains(value));
            found.unwrap_or_else(|| panic!("{sentence}: no {value}: {}", steps(&suite)))
        };
        assert_ne!(of(enough).then, of(fewer).then, "{sentence}: {}", steps(&suite));
        assert_eq!(of(fewer).then, [denied], "{sentence}");
        assert!(!of(fewer).title.contains("the:"), "{}", of(fewer).title);
    }
}

#[test]
fn what_is_allowed_once_is_refused_the_second_time() {
    for (code, sentence) in [
        ("en", "The link can be used only once"),
        ("fr", "Le lien peut être utilisé une seule fois"),
        ("de", "Der Link kann nur einmal verwendet werden"),
        ("es", "El enlace puede usarse una sola vez"),
        ("nl", "De link kan slechts één keer gebruikt worden"),
        ("pt", "O link pode ser usado apenas uma vez"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let refused = suite.scenarios.iter().filter(|scenario| scenario.technique == Technique::Negative).count();
        assert_eq!(refused, 1, "{sentence}: {}", steps(&suite));
    }
}

#[test]
fn of_alternatives_in_an_outcome_no_row_claims_one() {
    let suite = suite(&story("en", "Modes", "Acceptance criteria:\n- Old modes are hidden/shown according to the preference"));
    assert!(suite.scenarios.iter().all(|scenario| scenario.examples.is_empty()), "{}", steps(&suite));
}

#[test]
fn each_of_several_events_gets_a_row_and_conditions_that_go_together_do_not() {
    let events = "A message is sent when the parcel is handed over, when it is out for delivery and when it was delivered";
    let together = "When name, street and city are filled in, the button is enabled";
    for (sentence, rows) in [(events, 3), (together, 0)] {
        let suite = suite(&story("en", "Messages", &format!("Acceptance criteria:\n- {sentence}")));
        let found: Vec<usize> = suite.scenarios.iter().map(|scenario| scenario.examples.rows.len()).collect();
        assert_eq!(found, [rows], "{}", steps(&suite));
    }
}

#[test]
fn each_cell_of_a_matrix_is_a_row_of_its_own() {
    let table = "| Role | See order | Cancel order |\n| --- | --- | --- |\n| Support | yes | yes |\n| Storage | yes | no |";
    let suite = suite(&story("en", "As an operator, I want to cancel orders", table));
    let rows = &suite.scenarios[0].examples.rows;
    assert_eq!(suite.scenarios[0].examples.header, ["Role", "case", "value"]);
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert_eq!(rows[3], ["Storage", "Cancel order", "no"]);
}

#[test]
fn refused_and_missing_results_are_tagged_as_negative() {
    for (code, sentence, technique) in [
        ("en", "When the address is unknown, nothing is sent", Technique::Negative),
        ("en", "When the code has expired, the payment is refused", Technique::Negative),
        ("de", "Wenn die Adresse unbekannt ist, wird keine E-Mail verschickt", Technique::Negative),
        ("en", "When the filter is set, orders with or without a note are listed", Technique::Happy),
        ("en", "When the address is known, a mail is sent", Technique::Happy),
    ] {
        let suite = suite(&story(code, "Mails", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(suite.scenarios[0].technique, technique, "{sentence}");
    }
}

#[test]
fn hours_of_a_day_are_no_amounts_and_what_the_product_hands_out_is_not_entered() {
    for (code, sentence) in [
        ("fr", "Les créneaux durent 2 heures, entre 8 h et 20 h"),
        ("de", "Geliefert wird zwischen 8 Uhr und 20 Uhr"),
        ("en", "A customer gets at most 4 messages for one parcel"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(suite.scenarios.len(), 1, "{sentence}: {}", steps(&suite));
    }
}

#[test]
fn what_the_product_makes_and_keeps_is_not_tried_with_other_numbers() {
    for (code, sentence, tried) in [
        ("en", "A code of 6 digits is sent by SMS", 0),
        ("en", "The invoices are kept for 10 years", 1),
        ("es", "Las facturas se conservan durante 10 años", 1),
        ("fr", "Expiration 10 min", 0),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        let found = suite.scenarios.iter().filter(|scenario| scenario.technique == Technique::Boundary).count();
        assert_eq!(found, tried, "{sentence}: {}", steps(&suite));
    }
}

#[test]
fn a_span_begins_with_what_begins_it() {
    let suite = suite(&story(
        "en",
        "Locks",
        "Acceptance criteria:\n- After 5 failed logins within 15 minutes the account is locked for 30 minutes",
    ));
    let lasting = suite.scenarios.iter().find(|scenario| scenario.when[0].contains("29 minutes")).unwrap();
    assert_eq!(lasting.given.last().unwrap(), "this has happened: 5 failed logins within 15 minutes");
    assert!(!steps(&suite).contains("16 minutes"), "five within 15 minutes are within 16, too: {}", steps(&suite));
}

#[test]
fn a_value_that_another_rule_speaks_of_is_left_to_it() {
    let rules = "Acceptance criteria:\n- The quantity of an item is at least 1\n- Setting the quantity to 0 removes the item";
    let suite = suite(&story("en", "As a customer, I want to change quantities", rules));
    assert!(!steps(&suite).contains("0 is not accepted"), "{}", steps(&suite));
}

#[test]
fn a_refusal_is_for_those_of_the_sentence_before() {
    let text = "Acceptance criteria:\n\nThe button is hidden for roles that may not cancel. Calls are answered with 403.";
    let reply = drafted(&story("en", "As an operator, I want to cancel orders", text));
    assert_eq!(reply.criteria[1].when, ["this is the case: for roles that may not cancel"]);
    assert_eq!(reply.criteria[1].evidence.len(), 2);
}

#[test]
fn two_rules_in_one_sentence_are_two_criteria_unless_the_second_goes_on() {
    for (sentence, count) in [
        ("The refund is started by itself; amounts above 500 EUR need a second person", 2),
        ("Parcels above 30 kg cannot be ordered; the customer is asked to call", 1),
        ("A message is sent at seven; it follows the settings of the customer", 1),
    ] {
        let reply = drafted(&story("en", "Rules", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(reply.criteria.len(), count, "{sentence}: {:?}", reply.criteria);
        assert!(reply.criteria.iter().all(|criterion| sentence.contains(&criterion.evidence[0].quote)), "{sentence}");
    }
}

#[test]
fn a_denial_is_not_denied_once_more_and_an_exception_has_its_own_result() {
    let of = |code: &str, sentence: &str| suite(&story(code, "Rules", &format!("Acceptance criteria:\n- {sentence}")));
    let mails = of("de", "Nach 3 Anforderungen wird keine weitere E-Mail verschickt");
    assert!(steps(&mails).contains("wird eine weitere E-Mail verschickt"), "{}", steps(&mails));
    let chart = of("en", "The chart shows the latest date, unless it is infinity, in which case it shows the middle one");
    assert_eq!(chart.scenarios[1].then, ["it shows the middle one"], "{}", steps(&chart));
    let rates = of("en", "Up to 6 instalments are free of charge; above that the rate is 1.5 %");
    let beyond = rates.scenarios.iter().find(|scenario| scenario.when[0].contains('7')).unwrap();
    assert_eq!(beyond.then, ["the rate is 1.5 %"]);
}

#[test]
fn what_only_sounds_like_a_rule_claims_nothing() {
    for (code, sentence, never) in [
        ("en", "Invoices are visible only once the order is paid", "the second time is refused"),
        ("en", "The customer is charged only once", "the second time is refused"),
        ("en", "At most 3 files can be attached before submitting", "the following is so: submitting"),
        ("fr", "Jusqu'à 5 kg la livraison est gratuite ; au-delà de 10 kg elle est refusée", "de 10 kg elle est refusée"),
        ("es", "Tras 3 solicitudes no se envía ningún correo", "no se envía un correo"),
        ("en", "After 3 days the account is no longer locked", "the account is a longer locked"),
    ] {
        let suite = suite(&story(code, "Rules", &format!("Acceptance criteria:\n- {sentence}")));
        assert!(!steps(&suite).lines().any(|step| step == never), "{sentence}: {}", steps(&suite));
    }
}

#[test]
fn a_value_within_a_longer_word_stays() {
    let suite = suite(&story("en", "Offers", "Acceptance criteria:\n- A clerk can open / close an offer and reopen / close it"));
    assert!(!steps(&suite).contains("re<value>"), "{}", steps(&suite));
}

#[test]
fn a_matrix_of_many_cells_stays_a_table() {
    let rows: String = (1..=26).map(|row| format!("| Role {row} | yes | no |\n")).collect();
    let suite = suite(&story(
        "en",
        "As an operator, I want to cancel orders",
        &format!("| Role | See | Cancel |\n| --- | --- | --- |\n{rows}"),
    ));
    assert_eq!(suite.scenarios[0].examples.header, ["Role", "See", "Cancel"]);
    assert_eq!(suite.scenarios[0].when, ["\"Role\" is <Role>"]);
}
