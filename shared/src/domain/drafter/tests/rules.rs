//! One sentence, one rule.

use super::{asked, drafted, story};
use crate::domain::criterion::{CriterionKind, Testable};
use crate::domain::drafter::lexicon;
use crate::domain::drafter::number::{Side, limits};
use crate::domain::language::Language;

fn lexicon(code: &str) -> &'static lexicon::Lexicon {
    let language = Language::from_code(code).unwrap_or(Language::English);
    lexicon::of(language)
}

#[test]
fn a_narrative_gives_role_and_action_in_six_languages() {
    for (code, summary, given, when) in [
        ("en", "As a shop owner, I want to export orders so that I can file them", "I am a shop owner", "I export orders"),
        (
            "fr",
            "En tant que gérant, je veux exporter les commandes afin de les classer",
            "que je suis gérant",
            "j'essaie d'exporter les commandes",
        ),
        (
            "de",
            "Als Händler möchte ich Bestellungen exportieren können, damit ich sie ablegen kann",
            "ich bin Händler",
            "ich dies versuche: Bestellungen exportieren",
        ),
        ("es", "Como gerente quiero exportar los pedidos para archivarlos", "que soy gerente", "intento exportar los pedidos"),
        (
            "nl",
            "Als winkelier wil ik bestellingen exporteren zodat ik ze kan bewaren",
            "dat ik winkelier ben",
            "ik dit probeer: bestellingen exporteren",
        ),
        ("pt", "Eu como gerente desejo exportar os pedidos para arquivá-los", "que sou gerente", "tento exportar os pedidos"),
    ] {
        let heading = "## Acceptance criteria\n\n- ABC produces a file named orders.csv";
        let reply = drafted(&story(code, summary, heading));
        let criterion = reply.criteria.first().unwrap_or_else(|| panic!("{code}: no criterion"));
        assert_eq!((criterion.given[0].as_str(), criterion.when[0].as_str()), (given, when), "{code}");
    }
}

#[test]
fn a_condition_becomes_when_and_the_outcome_then() {
    for (code, sentence, when, then) in [
        ("en", "If the basket is empty, the button must be hidden", "the basket is empty", "the button must be hidden"),
        ("en", "When the basket is empty then the button is hidden", "the basket is empty", "the button is hidden"),
        ("en", "The button is hidden when the basket is empty", "the basket is empty", "the button is hidden"),
        ("fr", "Si le panier est vide, le bouton doit être masqué", "le panier est vide", "le bouton doit être masqué"),
        (
            "de",
            "Wenn der Warenkorb leer ist, dann muss der Knopf verborgen sein",
            "der Warenkorb leer ist",
            "muss der Knopf verborgen sein",
        ),
        (
            "de",
            "Wird die Lieferung verweigert, soll der Knopf verborgen sein",
            "die Lieferung verweigert wird",
            "soll der Knopf verborgen sein",
        ),
        ("es", "Si la cesta está vacía, el botón debe ocultarse", "la cesta está vacía", "el botón debe ocultarse"),
        ("nl", "Als het mandje leeg is, moet de knop verborgen zijn", "het mandje leeg is", "moet de knop verborgen zijn"),
        ("pt", "Se a cesta está vazia, o botão deve ficar oculto", "a cesta está vazia", "o botão deve ficar oculto"),
    ] {
        let reply = drafted(&story(code, "Basket", &format!("Acceptance criteria:\n- {sentence}.")));
        let criterion = reply.criteria.first().unwrap_or_else(|| panic!("{sentence}: no criterion"));
        assert_eq!((criterion.when[0].as_str(), criterion.then[0].as_str()), (when, then), "{sentence}");
        assert_eq!(criterion.kind, CriterionKind::Rule, "{sentence}");
        assert_eq!(criterion.evidence[0].quote, format!("{sentence}."));
    }
}

#[test]
fn limits_are_read_with_their_side_and_unit() {
    for (code, sentence, expected) in [
        ("en", "At most 5 attempts", vec![(Side::AtMost, 5, " attempts")]),
        ("en", "Files up to 40 MB are accepted", vec![(Side::AtMost, 40, " MB")]),
        ("en", "The answer comes within 2.5 seconds", vec![(Side::Deadline, 25, " seconds")]),
        ("en", "Returns are possible within 30 days", vec![(Side::AtMost, 30, " days")]),
        ("en", "A cart holds at most 50 different items", vec![(Side::AtMost, 50, " different items")]),
        (
            "en",
            "The name has between 3 and 20 characters",
            vec![(Side::AtLeast, 3, " characters"), (Side::AtMost, 20, " characters")],
        ),
        ("en", "The draft is kept for 7 days", vec![(Side::Lasting, 7, " days")]),
        ("en", "A reminder is sent three days before the end", vec![(Side::Ahead, 3, " days")]),
        ("en", "At least 15% must be done", vec![(Side::AtLeast, 15, "%")]),
        ("en", "It works since version 4.2 and RFC 2119", vec![]),
        ("fr", "Le numéro a 9 chiffres", vec![(Side::Exactly, 9, " chiffres")]),
        ("en", "Password: ≥ 8 characters", vec![(Side::AtLeast, 8, " characters")]),
        ("en", "Upload of <= 10 files", vec![(Side::AtMost, 10, " files")]),
        ("fr", "Au maximum 3 essais", vec![(Side::AtMost, 3, " essais")]),
        ("de", "Höchstens 5 Versuche", vec![(Side::AtMost, 5, " Versuche")]),
        ("de", "Zwischen 8 und 64 Zeichen", vec![(Side::AtLeast, 8, " Zeichen"), (Side::AtMost, 64, " Zeichen")]),
        ("es", "Como máximo 5 intentos", vec![(Side::AtMost, 5, " intentos")]),
        ("nl", "Maximaal 5 pogingen", vec![(Side::AtMost, 5, " pogingen")]),
        ("pt", "No mínimo 8 caracteres", vec![(Side::AtLeast, 8, " caracteres")]),
    ] {
        let found = limits(sentence, lexicon(code));
        let found: Vec<_> = found.iter().map(|limit| (limit.side, limit.value, limit.unit.as_str())).collect();
        assert_eq!(found, expected, "{sentence}");
    }
}

#[test]
fn permissions_name_their_roles_in_six_languages() {
    for (code, sentence) in [
        ("en", "Only administrators can delete projects"),
        ("fr", "Seuls les administrateurs peuvent supprimer des projets"),
        ("de", "Nur Administratoren dürfen Projekte löschen"),
        ("es", "Solo los administradores pueden eliminar proyectos"),
        ("nl", "Alleen beheerders mogen projecten verwijderen"),
        ("pt", "Somente administradores podem excluir projetos"),
    ] {
        let story = story(code, "Projects", &format!("Acceptance criteria:\n- {sentence}"));
        let reply = drafted(&story);
        assert_eq!(reply.criteria[0].kind, CriterionKind::Permission, "{sentence}");
        let techniques =
            super::suite(&story).scenarios.iter().filter(|scenario| scenario.technique.as_str() == "permission").count();
        assert_eq!(techniques, 2, "{sentence}: those who may and those who may not");
    }
}

#[test]
fn what_is_undecided_vague_or_a_task_is_asked_and_not_stated() {
    for (code, sentence) in [
        ("en", "Export to XML (to be confirmed)"),
        ("en", "I'm assuming the name is used"),
        ("en", "A developer should check whether the printer answers"),
        ("en", "We should update the handbook"),
        ("en", "Everything works as expected"),
        ("fr", "Impression PDF (à confirmer)"),
        ("fr", "L'export fonctionne correctement"),
        ("de", "Der Export funktioniert"),
        ("de", "Format ist noch offen"),
        ("es", "La exportación funciona"),
        ("es", "Formato por definir"),
        ("nl", "De export werkt naar behoren"),
        ("pt", "A exportação funciona como esperado"),
    ] {
        let reply = drafted(&story(code, "Export", &format!("Acceptance criteria:\n- {sentence}")));
        assert!(reply.criteria.is_empty(), "{sentence}: {:?}", reply.criteria);
        assert!(asked(&reply).contains(sentence), "{sentence}: {}", asked(&reply));
        assert_ne!(reply.testable, Testable::Yes, "{sentence}");
    }
}

#[test]
fn vague_words_and_missing_units_are_asked_beside_the_criterion() {
    let reply = drafted(&story(
        "en",
        "Search",
        "Acceptance criteria:\n- The list must open quickly\n- At most 50.\n- Files up to 5 MB\n- No file above 9 Mb",
    ));
    let asked = asked(&reply);
    for words in ["\"quickly\"", "\"50\"", "\"MB\" and \"Mb\""] {
        assert!(asked.contains(words), "{words} in {asked}");
    }
}

#[test]
fn what_people_can_do_is_tried() {
    for (code, sentence, when) in [
        ("en", "The customer can switch off the messages", "the following is tried: switch off the messages"),
        ("en", "It should be possible to use any provider", "the following is tried: use any provider"),
        ("de", "Patienten können ihre Entscheidung ändern", "Folgendes versucht wird: ihre Entscheidung ändern"),
        (
            "nl",
            "Consumer moet kunnen kiezen om wel of geen adres te tonen",
            "het volgende wordt geprobeerd: kiezen om wel of geen adres te tonen",
        ),
    ] {
        let reply = drafted(&story(code, "Settings", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(reply.criteria[0].when, [when], "{sentence}");
    }
    // A thing can be had, not tried.
    let reply = drafted(&story("es", "Historia", "Criterios de aceptación:\n- Cada paciente dispone de una única historia"));
    assert_eq!(reply.criteria[0].when, ["lo utilizo"]);
}

#[test]
fn after_then_a_german_verb_comes_first() {
    for (code, sentence, then) in [
        (
            "de",
            "Die letzten 5 Passwörter dürfen nicht verwendet werden",
            "dürfen die letzten 5 Passwörter nicht verwendet werden",
        ),
        ("nl", "Het bedrag wordt teruggestort op dezelfde rekening", "wordt het bedrag teruggestort op dezelfde rekening"),
        ("de", "Die Meldung, die erscheint, ist rot", "die Meldung, die erscheint, ist rot"),
        ("de", "Das System speichert die Daten und kann sie zeigen", "das System speichert die Daten und kann sie zeigen"),
        ("nl", "De klant ziet zijn bestellingen", "de klant ziet zijn bestellingen"),
        ("de", "Die immer sichtbare Leiste bleibt oben", "die immer sichtbare Leiste bleibt oben"),
    ] {
        let reply = drafted(&story(code, "Regel", &format!("Acceptance criteria:\n- {sentence}")));
        assert_eq!(reply.criteria[0].then, [then], "{sentence}");
    }
}
