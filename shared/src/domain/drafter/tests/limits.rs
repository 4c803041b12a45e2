//! Limits: what is refused, what is measured, what has a unit, and what is asked about them.

use super::{asked, drafted, sorted_words, steps, story, suite};
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::Technique;

/// The scenarios of one criterion that try a value.
fn tried(code: &str, sentence: &str) -> Vec<ProposedScenario> {
    let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
    suite.scenarios.into_iter().filter(|scenario| scenario.steps.iter().any(|step| !step.data.is_empty())).collect()
}

#[test]
fn what_is_refused_beyond_a_number_is_not_refused_at_it() {
    for (code, sentence, beyond, at) in [
        ("en", "A quantity above 20 is refused", "21", "20"),
        ("en", "Values less than 5 are rejected", "4", "5"),
        ("en", "An error is shown for files larger than 10 MB", "11 MB", "10 MB"),
        ("en", "A name that exceeds 40 characters is not allowed", "41 characters", "40 characters"),
        ("fr", "Une quantité supérieure à 20 est refusée", "21", "20"),
        ("de", "Mehr als 3 Gutscheine werden abgelehnt", "4 Gutscheine", "3 Gutscheine"),
        ("de", "Beträge unter 5 Euro werden nicht akzeptiert", "4 Euro", "5 Euro"),
        ("es", "El sistema rechaza archivos de más de 5 MB", "6 MB", "5 MB"),
        ("nl", "Meer dan 3 bestanden worden geweigerd", "4 bestanden", "3 bestanden"),
        ("pt", "Valores superior a 20 são rejeitados", "21", "20"),
    ] {
        let scenarios = tried(code, sentence);
        assert_eq!(scenarios.len(), 2, "{sentence}: {scenarios:?}");
        let of = |value: &str| {
            let found = scenarios.iter().find(|scenario| scenario.steps[0].data == value);
            found.unwrap_or_else(|| panic!("{sentence}: no {value} in {scenarios:?}"))
        };
        assert_eq!(of(beyond).technique, Technique::Negative, "{sentence}");
        assert!(of(beyond).when[0].contains(beyond), "{sentence}: {:?}", of(beyond));
        assert_eq!(sorted_words(&of(beyond).then[0]), sorted_words(sentence), "what the story says comes beyond the number");
        // Another rule may refuse it still.
        let then = of(at).then[0].to_lowercase();
        assert!(
            then.ends_with(&sentence.to_lowercase()) && then.contains(&format!("{}: ", at.to_lowercase())) || code == "fr",
            "{then}"
        );
    }
}

#[test]
fn a_value_is_tried_in_the_words_of_the_story() {
    for (code, sentence, when, then) in [
        ("en", "The quantity of an item is at least 1 and at most 20", "the quantity of an item is 21", "21 is not accepted"),
        (
            "en",
            "A cart holds at most 50 different items",
            "a cart holds 51 different items",
            "51 different items are not accepted",
        ),
        (
            "en",
            "The name must have at most 20 characters",
            "the value for the name is 21 characters",
            "21 characters are not accepted",
        ),
        (
            "de",
            "Das neue Passwort hat mindestens 12 und höchstens 64 Zeichen",
            "das neue Passwort 11 Zeichen hat",
            "wird der Wert 11 Zeichen nicht akzeptiert",
        ),
        (
            "fr",
            "Le panier contient au maximum 50 articles",
            "le panier contient 51 articles",
            "la valeur 51 articles n'est pas acceptée",
        ),
        (
            "es",
            "La cesta contiene como máximo 50 artículos",
            "la cesta contiene 51 artículos",
            "no se acepta el valor 51 artículos",
        ),
        ("nl", "De naam heeft maximaal 20 tekens", "de naam 21 tekens heeft", "wordt de waarde 21 tekens niet geaccepteerd"),
        ("pt", "A cesta tem no máximo 50 itens", "a cesta tem 51 itens", "o valor 51 itens não é aceito"),
    ] {
        let scenarios = tried(code, sentence);
        let found = scenarios.iter().find(|scenario| scenario.when == [when]);
        let found =
            found.unwrap_or_else(|| panic!("{sentence}: {:?}", scenarios.iter().map(|one| &one.when).collect::<Vec<_>>()));
        assert_eq!(found.then, [then], "{sentence}");
        assert!(found.title.chars().count() <= 100 && !found.title.contains('…'), "{}", found.title);
        assert!(!found.title.contains(sentence), "{}", found.title);
    }
}

#[test]
fn a_deadline_of_the_product_is_measured_and_a_span_that_ends_has_two_sides() {
    for (code, sentence) in [
        ("en", "The total is recalculated within 2 seconds after each change"),
        ("fr", "Le total est recalculé en moins de 2 secondes"),
        ("de", "Die Summe wird innerhalb von 2 Sekunden neu berechnet"),
        ("es", "El total se recalcula en menos de 2 segundos"),
        ("nl", "Het totaal wordt binnen 2 seconden herberekend"),
        ("pt", "O total é recalculado em menos de 2 segundos"),
    ] {
        let suite = suite(&story(code, "Limits", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(suite.scenarios.len(), 1, "{sentence}: {}", steps(&suite));
        assert_eq!(suite.scenarios[0].technique, Technique::Nonfunctional, "{sentence}");
        assert!(suite.scenarios[0].then[0].contains('2'), "{sentence}: {}", steps(&suite));
    }
    for (code, sentence, inside, outside) in [
        (
            "en",
            "The link is valid for 30 minutes",
            "this still holds: the link is valid",
            "this no longer holds: the link is valid",
        ),
        (
            "en",
            "Sessions expire after 30 minutes",
            "this has not happened yet: sessions expire",
            "this has happened: sessions expire",
        ),
        (
            "de",
            "Der Link ist 30 Minuten gültig",
            "gilt dies noch: der Link ist gültig",
            "gilt dies nicht mehr: der Link ist gültig",
        ),
        (
            "fr",
            "Le lien expire après 30 minutes",
            "ceci n'a pas encore eu lieu : le lien expire",
            "ceci a eu lieu : le lien expire",
        ),
    ] {
        let scenarios = tried(code, sentence);
        assert_eq!(scenarios.iter().map(|one| one.then[0].as_str()).collect::<Vec<_>>(), [inside, outside], "{sentence}");
    }
}

#[test]
fn nobody_is_asked_what_the_story_says_or_what_is_plain() {
    let text = "Acceptance criteria:\n- The quantity of an item is at least 1 and at most 20.\n- A quantity above 20 is refused and the \
                message \"Maximum is 20\" is shown.\n- If the basket is changed, the prices are updated.\n- The total is shown within 2 seconds.";
    let reply = drafted(&story("en", "As a customer, I want to change quantities", text));
    assert!(reply.questions.is_empty(), "{}", asked(&reply));
}

#[test]
fn a_sentence_that_only_points_elsewhere_is_asked_about() {
    let text = "Acceptance criteria:\n- The total is shown.\n- The current text is in the [style guide](https://example.org/style).\n- See the mock-ups";
    let reply = drafted(&story("en", "As a customer, I want to see the total", text));
    assert_eq!(reply.criteria.len(), 1, "{:?}", reply.criteria);
    assert!(asked(&reply).contains("The current text is in the style guide"), "{}", asked(&reply));
}

#[test]
fn the_mark_of_a_panel_is_no_word_of_the_story() {
    let text = "Acceptance criteria:\n\n> **[WARNING]** Items with the flag [PREORDER] are shown in grey.\n\nSetting the quantity to 0 removes the item.";
    let story = story("en", "As a customer, I want to see the total", text);
    let reply = drafted(&story);
    assert_eq!(reply.criteria[0].then, ["items with the flag [PREORDER] are shown in grey"]);
    assert_eq!(reply.criteria[0].evidence[0].quote, "Items with the flag [PREORDER] are shown in grey.");
    assert_eq!(reply.criteria[1].when, ["this happens: setting the quantity to 0"]);
    assert_eq!(reply.criteria[1].then, ["this removes the item"]);
}

#[test]
fn a_moment_until_which_somebody_may_act_is_tried_as_a_moment() {
    for (code, sentence, at, beyond) in [
        (
            "nl",
            "Een retour kan tot en met 30 dagen na ontvangst worden aangemeld",
            "het moment dit is: 30 dagen na ontvangst",
            "31 dagen na ontvangst",
        ),
        (
            "en",
            "A return can be registered up to 30 days after receipt",
            "the time is: 30 days after receipt",
            "31 days after receipt",
        ),
    ] {
        let scenarios = tried(code, sentence);
        assert_eq!(scenarios.len(), 2, "{sentence}: {scenarios:?}");
        assert_eq!(scenarios[0].when, [at], "{sentence}");
        assert!(scenarios[1].when[0].ends_with(beyond) && scenarios[1].then != scenarios[0].then, "{sentence}: {scenarios:?}");
    }
}
