//! What a language must know of itself.

use super::{Language, fold};

#[test]
fn a_title_alone_tells_its_language() {
    for (text, expected) in [
        ("Show a hint when the basket is empty", "en"),
        ("Password reset", "en"),
        ("", "en"),
        ("1234 !!", "en"),
        ("Nouvelle remise : offre de bienvenue", "fr"),
        ("En tant que client, je veux controler mon adresse par courriel afin de recevoir mes achats", "fr"),
        ("Bouton d'export CSV sur la page des commandes", "fr"),
        ("Stornierung der bezahlten Bestellung", "de"),
        ("Als Nutzer moechte ich das Dashboard als PDF exportieren", "de"),
        ("Passwort zurücksetzen über E-Mail-Link", "de"),
        ("Como administrador quiero exportar el dashboard a CSV", "es"),
        ("Restablecer la contraseña con un enlace", "es"),
        ("Als winkelier wil ik de voorraad van een magazijn opvragen", "nl"),
        ("Wachtwoord wijzigen via e-mail door de gebruiker", "nl"),
        ("US1 - Eu como vendedor desejo consultar os pedidos dos clientes que atendo.", "pt"),
        ("Como usuario, quero redefinir minha senha para nao perder o acesso", "pt"),
    ] {
        assert_eq!(Language::detect(text).as_str(), expected, "{text}");
    }
}

#[test]
fn letters_of_latin_fold_as_their_decompositions_say() {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    for letter in ('\u{c0}'..='\u{ff}').filter(|letter| *letter != 'ß') {
        let bare: String = letter.to_string().nfkd().filter(|mark| !is_combining_mark(*mark)).collect();
        assert_eq!(fold(&letter.to_string()), bare.to_lowercase(), "{letter}");
    }
}

#[test]
fn english_code_does_not_make_a_german_text_english() {
    let text = "Der Aufruf soll ohne Fehler gehen.\n```\nif the user is in the list then do it for all of them and return\n```";
    assert_eq!(Language::detect(text), Language::German);
}

#[test]
fn regional_codes_are_understood_and_strangers_are_not() {
    for (code, expected) in
        [("pt-BR", Some(Language::Portuguese)), ("FR_ca", Some(Language::French)), ("de", Some(Language::German))]
    {
        assert_eq!(Language::from_code(code), expected);
    }
    assert_eq!(Language::from_code("ja"), None);
    assert_eq!(Language::from_code(""), None);
}

#[test]
fn the_parser_accepts_the_keywords_of_every_language() {
    for language in Language::ALL {
        let words = language.keywords();
        let text = format!(
            "# language: {language}\n{}: f\n\n  {}:\n    {} a\n\n  {}: s\n    {} x\n    {} y\n    {} z\n    {} w\n    {} v\n\n  {}: o\n    {} <n>\n    {} q\n\n    {}:\n      | n |\n      | 1 |\n",
            words.feature,
            words.background,
            words.given,
            words.scenario,
            words.given,
            words.when,
            words.then,
            words.and,
            words.but,
            words.scenario_outline,
            words.when,
            words.then,
            words.examples
        );
        let feature =
            gherkin::Feature::parse(&text, gherkin::GherkinEnv::default()).unwrap_or_else(|e| panic!("{language}: {e}"));
        assert_eq!(feature.scenarios.len(), 2, "{language}");
        assert_eq!(feature.scenarios[0].steps.len(), 5, "{language}");
        assert_eq!(feature.scenarios[1].examples.len(), 1, "{language}");
        assert!(feature.background.is_some(), "{language}");
    }
}

#[test]
fn folding_makes_accents_and_apostrophes_plain() {
    assert_eq!(fold("Étant donné qu’une Straße"), "etant donne qu'une strasse");
}
