//! Words around a limit, of cases and of references, one table a language.

use super::{List, list};
use crate::domain::language::Language;

/// Words to read with, folded.
#[derive(Debug)]
pub(in crate::domain::drafter) struct Edges {
    /// Words that say that something is refused.
    pub(in crate::domain::drafter) refusal: &'static List,
    /// Words that say that something is accepted or asked for.
    pub(in crate::domain::drafter) acceptance: &'static List,
    /// Words that make a span of time a choice of the user and no deadline of the product.
    pub(in crate::domain::drafter) choice: &'static List,
    /// Verbs between a thing and its value.
    pub(in crate::domain::drafter) stating: &'static List,
    /// Verbs that open what is said of the values before them.
    pub(in crate::domain::drafter) predicate: &'static List,
    /// Words that deny the noun they stand before.
    pub(in crate::domain::drafter) none: &'static List,
    /// Adjectives between a number and its noun.
    pub(in crate::domain::drafter) qualifying: &'static List,
    /// Words of an end in time.
    pub(in crate::domain::drafter) expiry: &'static List,
    /// Words after a span of time that it lasts ("30 Minuten gültig").
    pub(in crate::domain::drafter) lasting_after: &'static List,
    /// Articles.
    pub(in crate::domain::drafter) articles: &'static List,
    /// Small words that a noun may be followed by before its limit.
    pub(in crate::domain::drafter) links: &'static List,
    /// Nouns whose number means nothing without a unit.
    pub(in crate::domain::drafter) measures: &'static List,
    /// Openings of a case ("without a reason, …").
    pub(in crate::domain::drafter) case: &'static List,
    /// Pronouns that point back.
    pub(in crate::domain::drafter) pronouns: &'static List,
    /// Openings of a sentence that only points elsewhere.
    pub(in crate::domain::drafter) see: &'static List,
    /// Words between a thing and the place it is written down.
    pub(in crate::domain::drafter) located: &'static List,
    /// Words before a span of time that say nothing but how long something takes.
    pub(in crate::domain::drafter) within: &'static List,
    /// Verbs after a subject that is an action ("Setting … removes …").
    pub(in crate::domain::drafter) doing: &'static List,
}

/// The words of a language.
pub(in crate::domain::drafter) const fn of(language: Language) -> &'static Edges {
    match language {
        Language::English => &EN,
        Language::French => &FR,
        Language::German => &DE,
        Language::Spanish => &ES,
        Language::Dutch => &NL,
        Language::Portuguese => &PT,
    }
}

#[rustfmt::skip]
const EN: Edges = Edges {
    refusal: list![
        "refused", "refuses", "refuse", "rejected", "rejects", "reject", "not allowed", "not accepted", "not permitted",
        "not possible", "not valid", "not be accepted", "not be allowed", "forbidden", "denied", "blocked", "cannot", "can't", "can not",
        "must not", "may not", "error", "invalid", "declined", "disallowed", "prevented", "impossible",
    ],
    acceptance: list![
        "accepted", "allowed", "permitted", "possible", "required", "needed", "valid", "supported", "mandatory",
    ],
    choice: list!["can", "may", "possible", "allowed", "permitted", "able to"],
    stating: list![
        "is", "are", "has", "have", "holds", "hold", "contains", "contain", "accepts", "accept", "gets", "get", "takes", "take",
        "needs", "need", "allows", "allow", "receives", "shows", "show", "weighs", "costs", "includes", "uses", "requires",
    ],
    predicate: list![
        "is", "are", "was", "were", "can", "cannot", "can't", "must", "may", "should", "shall", "will", "need", "needs", "get",
        "gets", "has", "have", "cause", "causes", "lead", "leads", "require", "requires", "do", "does",
    ],
    none: list!["no"],
    qualifying: list![
        "different", "distinct", "consecutive", "successive", "failed", "wrong", "incorrect", "unique", "active", "open", "free",
        "new", "separate", "parallel", "concurrent", "simultaneous", "working", "business", "calendar",
    ],
    expiry: list!["expires", "expire", "expiration", "expiry", "ends", "times out", "timeout"],
    lasting_after: list!["valid", "long"],
    articles: list!["the", "a", "an"],
    links: list!["of", "with", "to", "for", "in", "by", "from"],
    measures: list!["size", "duration", "timeout", "weight", "length", "delay", "interval", "age", "volume", "period"],
    case: list!["for", "with", "without", "in case of"],
    pronouns: list!["it", "they", "this", "that", "he", "she"],
    see: list!["see", "refer to", "cf", "as described in", "details in", "more in"],
    located: list!["is in", "are in", "can be found", "is described in", "are described in", "is documented in", "is at", "see"],
    within: list!["within", "in", "after at most"],
    doing: list![
        "adds", "brings", "cancels", "changes", "clears", "closes", "creates", "deletes", "disables", "displays", "enables",
        "hides", "keeps", "leads", "logs", "marks", "moves", "needs", "opens", "redirects", "reloads", "removes", "requires",
        "resets", "returns", "saves", "selects", "sends", "sets", "shows", "starts", "stops", "takes", "triggers", "updates",
    ],
};

#[rustfmt::skip]
const FR: Edges = Edges {
    refusal: list![
        "refuse", "refusee", "refuses", "refusees", "rejete", "rejetee", "rejetes", "rejetees", "interdit", "interdite",
        "interdits", "bloque", "bloquee", "bloques", "erreur", "invalide", "invalides", "impossible", "n'est pas", "ne sont pas",
        "ne peut pas", "ne peuvent pas",
    ],
    acceptance: list![
        "accepte", "acceptee", "acceptes", "acceptees", "autorise", "autorisee", "autorises", "autorisees", "permis", "permise",
        "permises", "possible", "possibles", "requis", "requise", "obligatoire",
    ],
    choice: list!["peut", "peuvent", "pourra", "possible", "autorise", "permis"],
    stating: list![
        "est", "sont", "a", "ont", "contient", "contiennent", "accepte", "acceptent", "comporte", "comportent", "compte", "fait",
        "pese", "recoit", "dure", "durent", "possede",
    ],
    predicate: list!["est", "sont", "n'est", "ne", "peut", "peuvent", "doit", "doivent", "a", "ont", "sera", "seront", "necessite", "necessitent"],
    none: list!["aucun", "aucune"],
    qualifying: list!["derniers", "dernieres", "premiers", "premieres", "nouveaux", "nouvelles"],
    expiry: list!["expire", "expirent", "expiration", "prend fin"],
    lasting_after: list![],
    articles: list!["le", "la", "les", "l'", "un", "une", "des"],
    links: list!["de", "du", "des", "d'", "a", "avec", "pour", "par"],
    measures: list!["taille", "duree", "delai", "poids", "longueur", "intervalle", "age", "volume"],
    case: list!["pour", "avec", "sans", "en cas de", "en cas d'", "lors de", "lors du", "lors d'"],
    pronouns: list!["il", "elle", "ils", "elles", "ceci", "cela"],
    see: list!["voir", "cf", "se referer a", "details dans"],
    located: list!["se trouve dans", "se trouvent dans", "est dans", "sont dans", "est decrit dans", "est decrite dans", "voir"],
    within: list!["dans les", "dans", "en moins de", "en", "sous", "dans un delai de"],
    doing: list![],
};

#[rustfmt::skip]
const DE: Edges = Edges {
    refusal: list![
        "abgelehnt", "verweigert", "zuruckgewiesen", "lehnt", "nicht erlaubt", "nicht zulassig", "nicht moglich", "nicht akzeptiert", "nicht angenommen",
        "verboten", "gesperrt", "fehler", "fehlermeldung", "ungultig", "unzulassig", "blockiert", "verhindert", "durfen nicht",
        "darf nicht", "konnen nicht", "kann nicht",
    ],
    acceptance: list!["akzeptiert", "erlaubt", "zulassig", "moglich", "erforderlich", "notig", "angenommen", "gultig", "gestattet"],
    choice: list!["kann", "konnen", "koennen", "darf", "durfen", "duerfen", "moglich", "erlaubt"],
    stating: list![
        "ist", "sind", "hat", "haben", "enthalt", "enthalten", "umfasst", "fasst", "akzeptiert", "braucht", "brauchen", "benotigt", "erhalt",
        "bekommt", "besteht", "wiegt", "kostet", "dauert", "zeigt", "betragt", "erscheint", "erscheinen", "bleibt", "bleiben",
    ],
    predicate: list![
        "ist", "sind", "wird", "werden", "kann", "konnen", "muss", "mussen", "darf", "durfen", "soll", "sollen", "hat", "haben",
        "brauchen", "braucht", "benotigen", "fuhren", "fuhrt",
    ],
    none: list!["kein", "keine"],
    qualifying: list![
        "verschiedene", "verschiedenen", "unterschiedliche", "unterschiedlichen", "aufeinanderfolgende", "aufeinanderfolgenden",
        "fehlgeschlagene", "fehlgeschlagenen", "falsche", "falschen", "aktive", "aktiven", "offene", "offenen", "neue", "neuen", "gleichzeitige",
        "gleichzeitigen",
    ],
    expiry: list!["lauft", "laufen", "ablauf", "endet", "verfallt", "verfallen", "erlischt"],
    lasting_after: list!["gultig", "gueltig", "lang", "aufbewahrt", "gespeichert", "gesperrt", "verfugbar"],
    articles: list!["der", "die", "das", "ein", "eine", "den", "dem", "einen", "einem", "einer"],
    links: list!["von", "mit", "fur", "aus", "in", "auf", "bei"],
    measures: list!["grosse", "dateigrosse", "dauer", "gewicht", "lange", "abstand", "alter", "zeitraum", "frist"],
    case: list!["fur", "bei", "mit", "ohne", "im fall von", "im falle von"],
    pronouns: list!["es", "er", "sie", "dies", "das"],
    see: list!["siehe", "vgl", "naheres in", "details in"],
    located: list!["steht in", "steht im", "stehen in", "stehen im", "ist in", "ist im", "sind in", "sind im", "findet sich in", "findet sich im", "siehe"],
    within: list!["innerhalb von", "innerhalb", "binnen", "in"],
    doing: list![],
};

#[rustfmt::skip]
const ES: Edges = Edges {
    refusal: list![
        "rechaza", "rechazan", "rechazado", "rechazada", "rechazados", "rechazadas", "deniega", "denegado", "denegada",
        "bloquea", "bloqueado", "bloqueada", "prohibido", "prohibida", "error", "invalido", "invalida", "no se permite",
        "no se permiten", "no se acepta", "no se aceptan", "no puede", "no pueden", "no es posible", "no es valido", "no esta permitido", "impide",
    ],
    acceptance: list![
        "acepta", "aceptan", "aceptado", "aceptados", "permite", "permiten", "permitido", "permitidos", "posible", "requerido",
        "requeridos", "requiere", "requieren", "obligatorio", "obligatorios",
    ],
    choice: list!["puede", "pueden", "podra", "posible", "permite"],
    stating: list![
        "es", "son", "tiene", "tienen", "contiene", "contienen", "acepta", "aceptan", "incluye", "recibe", "pesa", "dura",
        "cuesta", "ocupa",
    ],
    predicate: list!["es", "son", "se", "no", "puede", "pueden", "debe", "deben", "tiene", "tienen", "sera", "seran", "esta", "estan", "requiere", "requieren"],
    none: list!["ningun", "ninguna"],
    qualifying: list!["ultimos", "ultimas", "primeros", "primeras", "nuevos", "nuevas"],
    expiry: list!["expira", "expiran", "caduca", "caducan", "vence", "vencen", "expiracion", "caducidad"],
    lasting_after: list![],
    articles: list!["el", "la", "los", "las", "un", "una"],
    links: list!["de", "del", "con", "para", "a", "por"],
    measures: list!["tamano", "duracion", "plazo", "peso", "longitud", "intervalo", "edad", "volumen"],
    case: list!["para", "con", "sin", "en caso de"],
    pronouns: list!["esto", "eso", "el", "ella", "ellos"],
    see: list!["ver", "vease", "consultar", "detalles en"],
    located: list!["esta en", "estan en", "se encuentra en", "se encuentran en", "se describe en", "ver"],
    within: list!["en menos de", "en", "dentro de", "en un plazo de"],
    doing: list![],
};

#[rustfmt::skip]
const NL: Edges = Edges {
    refusal: list![
        "geweigerd", "weigert", "afgewezen", "niet toegestaan", "niet geaccepteerd", "niet mogelijk", "verboden", "geblokkeerd", "fout",
        "foutmelding", "ongeldig", "mag niet", "mogen niet", "kan niet", "kunnen niet",
    ],
    acceptance: list!["geaccepteerd", "toegestaan", "mogelijk", "vereist", "nodig", "verplicht", "geldig"],
    choice: list!["kan", "kunnen", "mag", "mogen", "mogelijk", "toegestaan"],
    stating: list![
        "is", "zijn", "heeft", "hebben", "bevat", "bevatten", "accepteert", "krijgt", "ontvangt", "weegt", "kost", "duurt", "telt",
        "toont", "bedraagt", "verschijnt", "blijft",
    ],
    predicate: list!["is", "zijn", "wordt", "worden", "kan", "kunnen", "moet", "moeten", "mag", "mogen", "heeft", "hebben", "vereisen", "vereist"],
    none: list!["geen"],
    qualifying: list!["verschillende", "opeenvolgende", "mislukte", "foute", "verkeerde", "actieve", "open", "nieuwe", "gelijktijdige"],
    expiry: list!["verloopt", "verlopen", "vervalt", "vervallen", "verlooptijd", "eindigt"],
    lasting_after: list!["geldig", "lang", "bewaard", "geblokkeerd"],
    articles: list!["de", "het", "een"],
    links: list!["van", "met", "voor", "in", "op", "bij"],
    measures: list!["grootte", "bestandsgrootte", "duur", "gewicht", "lengte", "interval", "leeftijd", "termijn"],
    case: list!["voor", "bij", "met", "zonder", "in geval van"],
    pronouns: list!["het", "hij", "zij", "ze", "dit", "dat"],
    see: list!["zie", "vgl", "details in"],
    located: list!["staat in", "staan in", "is te vinden in", "zijn te vinden in", "zie"],
    within: list!["binnen", "in"],
    doing: list![],
};

#[rustfmt::skip]
const PT: Edges = Edges {
    refusal: list![
        "recusa", "recusado", "recusada", "recusados", "recusadas", "rejeita", "rejeitado", "rejeitada", "rejeitados", "rejeitadas", "bloqueia",
        "bloqueado", "proibido", "erro", "invalido", "invalida", "nao e permitido", "nao sao permitidos", "nao e permitida", "nao sao permitidas",
        "nao e aceito", "nao sao aceitos", "nao e aceite", "nao sao aceites", "nao pode", "nao podem", "negado", "negada",
    ],
    acceptance: list![
        "aceita", "aceito", "aceite", "aceitos", "aceites", "permite", "permitido", "permitida", "permitidos", "permitidas", "possivel", "necessario",
        "necessarios", "obrigatorio", "exigido",
    ],
    choice: list!["pode", "podem", "podera", "possivel", "permite"],
    stating: list![
        "e", "sao", "tem", "contem", "aceita", "aceitam", "inclui", "recebe", "pesa", "dura", "custa", "possui",
    ],
    predicate: list!["e", "sao", "nao", "pode", "podem", "deve", "devem", "tem", "sera", "serao", "esta", "estao", "exige", "exigem"],
    none: list!["nenhum", "nenhuma"],
    qualifying: list!["ultimos", "ultimas", "primeiros", "primeiras", "novos", "novas"],
    expiry: list!["expira", "expiram", "vence", "vencem", "expiracao", "caduca"],
    lasting_after: list![],
    articles: list!["o", "a", "os", "as", "um", "uma"],
    links: list!["de", "do", "da", "com", "para", "a", "por"],
    measures: list!["tamanho", "duracao", "prazo", "peso", "comprimento", "intervalo", "idade", "volume"],
    case: list!["para", "com", "sem", "em caso de"],
    pronouns: list!["ele", "ela", "eles", "isto", "isso"],
    see: list!["ver", "veja", "consultar", "detalhes em"],
    located: list!["esta em", "esta no", "esta na", "encontra-se em", "encontra-se no", "encontra-se na", "ver"],
    within: list!["em ate", "em menos de", "em", "dentro de", "no prazo de"],
    doing: list![],
};
