//! Words around a limit, of cases and of references, one table a language.

use crate::domain::language::Language;

/// Words to read with, folded.
#[derive(Debug)]
pub(in crate::domain::drafter) struct Edges {
    /// Words that say that something is refused.
    pub(in crate::domain::drafter) refusal: &'static [&'static str],
    /// Words that say that something is accepted or asked for.
    pub(in crate::domain::drafter) acceptance: &'static [&'static str],
    /// Words that make a span of time a choice of the user and no deadline of the product.
    pub(in crate::domain::drafter) choice: &'static [&'static str],
    /// Verbs between a thing and its value.
    pub(in crate::domain::drafter) stating: &'static [&'static str],
    /// Verbs that open what is said of the values before them.
    pub(in crate::domain::drafter) predicate: &'static [&'static str],
    /// Words that deny the noun they stand before.
    pub(in crate::domain::drafter) none: &'static [&'static str],
    /// Adjectives between a number and its noun.
    pub(in crate::domain::drafter) qualifying: &'static [&'static str],
    /// Words of an end in time.
    pub(in crate::domain::drafter) expiry: &'static [&'static str],
    /// Words after a span of time that it lasts ("30 Minuten gültig").
    pub(in crate::domain::drafter) lasting_after: &'static [&'static str],
    /// Articles.
    pub(in crate::domain::drafter) articles: &'static [&'static str],
    /// Small words that a noun may be followed by before its limit.
    pub(in crate::domain::drafter) links: &'static [&'static str],
    /// Nouns whose number means nothing without a unit.
    pub(in crate::domain::drafter) measures: &'static [&'static str],
    /// Openings of a case ("without a reason, …").
    pub(in crate::domain::drafter) case: &'static [&'static str],
    /// Pronouns that point back.
    pub(in crate::domain::drafter) pronouns: &'static [&'static str],
    /// Openings of a sentence that only points elsewhere.
    pub(in crate::domain::drafter) see: &'static [&'static str],
    /// Words between a thing and the place it is written down.
    pub(in crate::domain::drafter) located: &'static [&'static str],
    /// Verbs after a subject that is an action ("Setting … removes …").
    pub(in crate::domain::drafter) doing: &'static [&'static str],
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
    refusal: &[
        "refused", "refuses", "refuse", "rejected", "rejects", "reject", "not allowed", "not accepted", "not permitted",
        "not possible", "not valid", "not be accepted", "not be allowed", "forbidden", "denied", "blocked", "cannot", "can't", "can not",
        "must not", "may not", "error", "invalid", "declined", "disallowed", "prevented", "impossible",
    ],
    acceptance: &[
        "accepted", "allowed", "permitted", "possible", "required", "needed", "valid", "supported", "mandatory",
    ],
    choice: &["can", "may", "possible", "allowed", "permitted", "able to"],
    stating: &[
        "is", "are", "has", "have", "holds", "hold", "contains", "contain", "accepts", "accept", "gets", "get", "takes", "take",
        "needs", "need", "allows", "allow", "receives", "shows", "show", "weighs", "costs", "includes", "uses", "requires",
    ],
    predicate: &[
        "is", "are", "was", "were", "can", "cannot", "can't", "must", "may", "should", "shall", "will", "need", "needs", "get",
        "gets", "has", "have", "cause", "causes", "lead", "leads", "require", "requires", "do", "does",
    ],
    none: &["no"],
    qualifying: &[
        "different", "distinct", "consecutive", "successive", "failed", "wrong", "incorrect", "unique", "active", "open", "free",
        "new", "separate", "parallel", "concurrent", "simultaneous", "working", "business", "calendar",
    ],
    expiry: &["expires", "expire", "expiration", "expiry", "ends", "times out", "timeout"],
    lasting_after: &["valid", "long"],
    articles: &["the", "a", "an"],
    links: &["of", "with", "to", "for", "in", "by", "from"],
    measures: &["size", "duration", "timeout", "weight", "length", "delay", "interval", "age", "volume", "period"],
    case: &["for", "with", "without", "in case of"],
    pronouns: &["it", "they", "this", "that", "he", "she"],
    see: &["see", "refer to", "cf", "as described in", "details in", "more in"],
    located: &["is in", "are in", "can be found", "is described in", "are described in", "is documented in", "is at", "see"],
    doing: &[
        "adds", "brings", "cancels", "changes", "clears", "closes", "creates", "deletes", "disables", "displays", "enables",
        "hides", "keeps", "leads", "logs", "marks", "moves", "needs", "opens", "redirects", "reloads", "removes", "requires",
        "resets", "returns", "saves", "selects", "sends", "sets", "shows", "starts", "stops", "takes", "triggers", "updates",
    ],
};

#[rustfmt::skip]
const FR: Edges = Edges {
    refusal: &[
        "refuse", "refusee", "refuses", "refusees", "rejete", "rejetee", "rejetes", "rejetees", "interdit", "interdite",
        "interdits", "bloque", "bloquee", "bloques", "erreur", "invalide", "invalides", "impossible", "n'est pas", "ne sont pas",
        "ne peut pas", "ne peuvent pas",
    ],
    acceptance: &[
        "accepte", "acceptee", "acceptes", "acceptees", "autorise", "autorisee", "autorises", "autorisees", "permis", "permise",
        "permises", "possible", "possibles", "requis", "requise", "obligatoire",
    ],
    choice: &["peut", "peuvent", "pourra", "possible", "autorise", "permis"],
    stating: &[
        "est", "sont", "a", "ont", "contient", "contiennent", "accepte", "acceptent", "comporte", "comportent", "compte", "fait",
        "pese", "recoit", "dure", "durent", "possede",
    ],
    predicate: &["est", "sont", "n'est", "ne", "peut", "peuvent", "doit", "doivent", "a", "ont", "sera", "seront", "necessite", "necessitent"],
    none: &["aucun", "aucune"],
    qualifying: &["derniers", "dernieres", "premiers", "premieres", "nouveaux", "nouvelles"],
    expiry: &["expire", "expirent", "expiration", "prend fin"],
    lasting_after: &[],
    articles: &["le", "la", "les", "l'", "un", "une", "des"],
    links: &["de", "du", "des", "d'", "a", "avec", "pour", "par"],
    measures: &["taille", "duree", "delai", "poids", "longueur", "intervalle", "age", "volume"],
    case: &["pour", "avec", "sans", "en cas de", "en cas d'", "lors de", "lors du", "lors d'"],
    pronouns: &["il", "elle", "ils", "elles", "ceci", "cela"],
    see: &["voir", "cf", "se referer a", "details dans"],
    located: &["se trouve dans", "se trouvent dans", "est dans", "sont dans", "est decrit dans", "est decrite dans", "voir"],
    doing: &[],
};

#[rustfmt::skip]
const DE: Edges = Edges {
    refusal: &[
        "abgelehnt", "verweigert", "zuruckgewiesen", "lehnt", "nicht erlaubt", "nicht zulassig", "nicht moglich", "nicht akzeptiert", "nicht angenommen",
        "verboten", "gesperrt", "fehler", "fehlermeldung", "ungultig", "unzulassig", "blockiert", "verhindert", "durfen nicht",
        "darf nicht", "konnen nicht", "kann nicht",
    ],
    acceptance: &["akzeptiert", "erlaubt", "zulassig", "moglich", "erforderlich", "notig", "angenommen", "gultig", "gestattet"],
    choice: &["kann", "konnen", "koennen", "darf", "durfen", "duerfen", "moglich", "erlaubt"],
    stating: &[
        "ist", "sind", "hat", "haben", "enthalt", "enthalten", "umfasst", "fasst", "akzeptiert", "braucht", "brauchen", "benotigt", "erhalt",
        "bekommt", "besteht", "wiegt", "kostet", "dauert", "zeigt", "betragt", "erscheint", "erscheinen", "bleibt", "bleiben",
    ],
    predicate: &[
        "ist", "sind", "wird", "werden", "kann", "konnen", "muss", "mussen", "darf", "durfen", "soll", "sollen", "hat", "haben",
        "brauchen", "braucht", "benotigen", "fuhren", "fuhrt",
    ],
    none: &["kein", "keine"],
    qualifying: &[
        "verschiedene", "verschiedenen", "unterschiedliche", "unterschiedlichen", "aufeinanderfolgende", "aufeinanderfolgenden",
        "fehlgeschlagene", "fehlgeschlagenen", "falsche", "falschen", "aktive", "aktiven", "offene", "offenen", "neue", "neuen", "gleichzeitige",
        "gleichzeitigen",
    ],
    expiry: &["lauft", "laufen", "ablauf", "endet", "verfallt", "verfallen", "erlischt"],
    lasting_after: &["gultig", "gueltig", "lang", "aufbewahrt", "gespeichert", "gesperrt", "verfugbar"],
    articles: &["der", "die", "das", "ein", "eine", "den", "dem", "einen", "einem", "einer"],
    links: &["von", "mit", "fur", "aus", "in", "auf", "bei"],
    measures: &["grosse", "dateigrosse", "dauer", "gewicht", "lange", "abstand", "alter", "zeitraum", "frist"],
    case: &["fur", "bei", "mit", "ohne", "im fall von", "im falle von"],
    pronouns: &["es", "er", "sie", "dies", "das"],
    see: &["siehe", "vgl", "naheres in", "details in"],
    located: &["steht in", "steht im", "stehen in", "stehen im", "ist in", "ist im", "sind in", "sind im", "findet sich in", "findet sich im", "siehe"],
    doing: &[],
};

#[rustfmt::skip]
const ES: Edges = Edges {
    refusal: &[
        "rechaza", "rechazan", "rechazado", "rechazada", "rechazados", "rechazadas", "deniega", "denegado", "denegada",
        "bloquea", "bloqueado", "bloqueada", "prohibido", "prohibida", "error", "invalido", "invalida", "no se permite",
        "no se permiten", "no se acepta", "no se aceptan", "no puede", "no pueden", "no es posible", "no es valido", "no esta permitido", "impide",
    ],
    acceptance: &[
        "acepta", "aceptan", "aceptado", "aceptados", "permite", "permiten", "permitido", "permitidos", "posible", "requerido",
        "requeridos", "requiere", "requieren", "obligatorio", "obligatorios",
    ],
    choice: &["puede", "pueden", "podra", "posible", "permite"],
    stating: &[
        "es", "son", "tiene", "tienen", "contiene", "contienen", "acepta", "aceptan", "incluye", "recibe", "pesa", "dura",
        "cuesta", "ocupa",
    ],
    predicate: &["es", "son", "se", "no", "puede", "pueden", "debe", "deben", "tiene", "tienen", "sera", "seran", "esta", "estan", "requiere", "requieren"],
    none: &["ningun", "ninguna"],
    qualifying: &["ultimos", "ultimas", "primeros", "primeras", "nuevos", "nuevas"],
    expiry: &["expira", "expiran", "caduca", "caducan", "vence", "vencen", "expiracion", "caducidad"],
    lasting_after: &[],
    articles: &["el", "la", "los", "las", "un", "una"],
    links: &["de", "del", "con", "para", "a", "por"],
    measures: &["tamano", "duracion", "plazo", "peso", "longitud", "intervalo", "edad", "volumen"],
    case: &["para", "con", "sin", "en caso de"],
    pronouns: &["esto", "eso", "el", "ella", "ellos"],
    see: &["ver", "vease", "consultar", "detalles en"],
    located: &["esta en", "estan en", "se encuentra en", "se encuentran en", "se describe en", "ver"],
    doing: &[],
};

#[rustfmt::skip]
const NL: Edges = Edges {
    refusal: &[
        "geweigerd", "weigert", "afgewezen", "niet toegestaan", "niet geaccepteerd", "niet mogelijk", "verboden", "geblokkeerd", "fout",
        "foutmelding", "ongeldig", "mag niet", "mogen niet", "kan niet", "kunnen niet",
    ],
    acceptance: &["geaccepteerd", "toegestaan", "mogelijk", "vereist", "nodig", "verplicht", "geldig"],
    choice: &["kan", "kunnen", "mag", "mogen", "mogelijk", "toegestaan"],
    stating: &[
        "is", "zijn", "heeft", "hebben", "bevat", "bevatten", "accepteert", "krijgt", "ontvangt", "weegt", "kost", "duurt", "telt",
        "toont", "bedraagt", "verschijnt", "blijft",
    ],
    predicate: &["is", "zijn", "wordt", "worden", "kan", "kunnen", "moet", "moeten", "mag", "mogen", "heeft", "hebben", "vereisen", "vereist"],
    none: &["geen"],
    qualifying: &["verschillende", "opeenvolgende", "mislukte", "foute", "verkeerde", "actieve", "open", "nieuwe", "gelijktijdige"],
    expiry: &["verloopt", "verlopen", "vervalt", "vervallen", "verlooptijd", "eindigt"],
    lasting_after: &["geldig", "lang", "bewaard", "geblokkeerd"],
    articles: &["de", "het", "een"],
    links: &["van", "met", "voor", "in", "op", "bij"],
    measures: &["grootte", "bestandsgrootte", "duur", "gewicht", "lengte", "interval", "leeftijd", "termijn"],
    case: &["voor", "bij", "met", "zonder", "in geval van"],
    pronouns: &["het", "hij", "zij", "ze", "dit", "dat"],
    see: &["zie", "vgl", "details in"],
    located: &["staat in", "staan in", "is te vinden in", "zijn te vinden in", "zie"],
    doing: &[],
};

#[rustfmt::skip]
const PT: Edges = Edges {
    refusal: &[
        "recusa", "recusado", "recusada", "recusados", "recusadas", "rejeita", "rejeitado", "rejeitada", "rejeitados", "rejeitadas", "bloqueia",
        "bloqueado", "proibido", "erro", "invalido", "invalida", "nao e permitido", "nao sao permitidos", "nao e permitida", "nao sao permitidas",
        "nao e aceito", "nao sao aceitos", "nao e aceite", "nao sao aceites", "nao pode", "nao podem", "negado", "negada",
    ],
    acceptance: &[
        "aceita", "aceito", "aceite", "aceitos", "aceites", "permite", "permitido", "permitida", "permitidos", "permitidas", "possivel", "necessario",
        "necessarios", "obrigatorio", "exigido",
    ],
    choice: &["pode", "podem", "podera", "possivel", "permite"],
    stating: &[
        "e", "sao", "tem", "contem", "aceita", "aceitam", "inclui", "recebe", "pesa", "dura", "custa", "possui",
    ],
    predicate: &["e", "sao", "nao", "pode", "podem", "deve", "devem", "tem", "sera", "serao", "esta", "estao", "exige", "exigem"],
    none: &["nenhum", "nenhuma"],
    qualifying: &["ultimos", "ultimas", "primeiros", "primeiras", "novos", "novas"],
    expiry: &["expira", "expiram", "vence", "vencem", "expiracao", "caduca"],
    lasting_after: &[],
    articles: &["o", "a", "os", "as", "um", "uma"],
    links: &["de", "do", "da", "com", "para", "a", "por"],
    measures: &["tamanho", "duracao", "prazo", "peso", "comprimento", "intervalo", "idade", "volume"],
    case: &["para", "com", "sem", "em caso de"],
    pronouns: &["ele", "ela", "eles", "isto", "isso"],
    see: &["ver", "veja", "consultar", "detalhes em"],
    located: &["esta em", "esta no", "esta na", "encontra-se em", "encontra-se no", "encontra-se na", "ver"],
    doing: &[],
};
