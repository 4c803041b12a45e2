//! Words that say that all is well, and words that name nothing one could look at.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::language::Language;

/// What a word is good for in a `Then`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// That all is well.
    Praise,
    /// Nothing in particular.
    Filler,
}

/// What a word of a language says, when it is one of these.
pub(super) fn says(language: Language, word: &str) -> Option<Says> {
    WORDS.get(&language)?.get(word).copied()
}

static WORDS: LazyLock<HashMap<Language, HashMap<&'static str, Says>>> = LazyLock::new(|| {
    let known = |language: &Language| {
        let Words { praise, filler } = words(*language);
        let filler = filler.split(' ').map(|word| (word, Says::Filler));
        // A word of both lists is praise.
        (*language, filler.chain(praise.split(' ').map(|word| (word, Says::Praise))).collect())
    };
    Language::ALL.iter().map(known).collect()
});

/// The two lists of a language, in lower case, between spaces.
struct Words {
    praise: &'static str,
    filler: &'static str,
}

const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::German => &GERMAN,
        Language::Spanish => &SPANISH,
        Language::Dutch => &DUTCH,
        Language::Portuguese => &PORTUGUESE,
    }
}

const ENGLISH: Words = Words {
    praise: "\
        work works worked working functions functioning behaves correct correctly proper properly successful \
        successfully success succeeds appropriate appropriately expected intended desired designed fine ok okay well \
        good smoothly perfectly seamlessly reliably accordingly normally handled handles processed processes performed \
        performs executed executes adequate adequately reasonable suitable",
    filler: "\
        the an it is are be been being was were will shall should must can and or all everything that this there to of \
        in on for with as by its their has have without problem problems issue issues system application app software \
        product feature functionality function page screen process operation action actions request requests data \
        information result results user users done completed completes happens occurs responds response behaviour \
        behavior solution service way manner they outcome input content",
};

const GERMAN: Words = Words {
    praise: "\
        funktioniert funktionieren läuft klappt korrekt korrekte korrekten korrektes richtig richtige erwartet \
        erwartete erwarteten erwartungsgemäss gewünscht gewünschte vorgesehen ordnungsgemäss erfolgreich erfolgreiche \
        einwandfrei fehlerfrei problemlos reibungslos angemessen entsprechend gut ok sauber passend verarbeitet \
        behandelt ausgeführt durchgeführt",
    filler: "\
        der die das den dem des ein eine einen einer es ist sind war wird werden wurde wurden soll sollte muss kann \
        und oder alle alles dass dies diese dieser dieses zu von vom in im auf für mit wie sich verhält system \
        anwendung app software produkt funktion funktionalität feature seite bildschirm prozess vorgang aktion anfrage \
        daten information informationen ergebnis ergebnisse benutzer nutzer abgeschlossen verhalten eingabe ohne \
        probleme sie er inhalt",
};

const FRENCH: Words = Words {
    praise: "\
        fonctionne fonctionnent fonctionner marche marchent correct correcte correctement correctes corrects prévu \
        prévue attendu attendue attendus souhaité succès bien ok approprié appropriée convenablement normalement \
        parfaitement proprement adéquat adéquatement traité traitée traitées traités exécuté exécutée effectué \
        effectuée réussi réussie réussit",
    filler: "\
        le la les un une des du de il elle ils elles ça cela est sont soit été être sera doit peut et ou tout toute \
        toutes tous que qu ce cette ces se au aux en sur pour avec comme par système application appli logiciel \
        produit fonction fonctionnalité page écran processus opération action requête demande données information \
        informations résultat résultats utilisateur terminé terminée comportement comporte manière façon sans problème \
        problèmes contenu",
};

const SPANISH: Words = Words {
    praise: "\
        funciona funcionan funcionar correcto correcta correctos correctas correctamente esperado esperada esperados \
        previsto deseado éxito exitosamente exitoso exitosa bien ok adecuado adecuada adecuadamente apropiado \
        apropiadamente debidamente perfectamente normalmente satisfactoriamente procesa procesado procesada procesados \
        ejecuta ejecutado ejecutada realizado realizada",
    filler: "\
        el la los las lo un una unos unas de del al es son está están ser sido ha han será debe puede todo toda todos \
        todas que este esta esto se en con por para como según sistema aplicación app software producto función \
        funcionalidad página pantalla proceso operación acción solicitud petición datos información resultado \
        resultados usuario completado completada comportamiento comporta manera forma sin problemas problema contenido",
};

const DUTCH: Words = Words {
    praise: "\
        werkt werken functioneert functioneren correct correcte juist juiste verwacht verwachte bedoeld gewenst \
        gewenste succesvol succesvolle goed goede ok naar behoren passend passende netjes probleemloos foutloos soepel \
        geslaagd verwerkt afgehandeld uitgevoerd",
    filler: "\
        de het een dit dat deze die er is zijn wordt worden werd zal moet kan en of alle alles te van in op voor met \
        zoals als zich gedraagt systeem applicatie app software product functie functionaliteit pagina scherm proces \
        bewerking actie verzoek aanvraag gegevens data informatie resultaat resultaten gebruiker voltooid gedrag \
        zonder problemen inhoud",
};

const PORTUGUESE: Words = Words {
    praise: "\
        funciona funcionam funcionar correto correta corretos corretas corretamente correctamente esperado esperada \
        esperados previsto desejado sucesso bem ok adequado adequada adequadamente apropriado apropriadamente \
        devidamente perfeitamente normalmente satisfatoriamente processa processado processada processados executa \
        executado executada realizado realizada",
    filler: "\
        os as um uma de do da dos das ao é são está estão ser sido foi será deve pode tudo todo toda todos todas que \
        este esta isto isso se em no na com por para como conforme sistema aplicação aplicativo app software produto \
        função funcionalidade página tela ecrã processo operação ação solicitação pedido dados informação informações \
        resultado resultados usuário utilizador concluído concluída comportamento comporta maneira forma sem problemas \
        problema conteúdo",
};
