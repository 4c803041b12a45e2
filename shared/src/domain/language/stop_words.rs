//! The small words of each language, and some that every story has, without accents.

use super::Language;

pub(crate) const fn stop_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => ENGLISH,
        Language::French => FRENCH,
        Language::German => GERMAN,
        Language::Spanish => SPANISH,
        Language::Dutch => DUTCH,
        Language::Portuguese => PORTUGUESE,
    }
}

// Packed: a table of words is read across.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "a", "about", "above", "add", "after", "all", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but", "by",
    "can", "cannot", "change", "could", "create", "do", "does", "each", "every", "existing", "for", "from", "has", "have", "how",
    "i", "if", "in", "into", "is", "it", "its", "like", "make", "may", "must", "my", "need", "new", "no", "not", "of", "on",
    "only", "or", "our", "should", "show", "so", "support", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "to", "under", "up", "update", "user", "users", "using", "want", "was", "we", "when", "where", "which",
    "while", "who", "will", "with", "without", "would", "you", "your",
];

#[rustfmt::skip]
const FRENCH: &[&str] = &[
    "a", "afin", "ajouter", "alors", "apres", "au", "aucun", "aucune", "aussi", "autre", "aux", "avant", "avec", "bouton", "ce",
    "ces", "cette", "chaque", "champ", "comme", "connexion", "creer", "d", "dans", "de", "depuis", "des", "deux", "doit",
    "doivent", "donc", "du", "elle", "en", "entre", "est", "et", "etre", "etq", "fait", "il", "ils", "interdiction", "je", "jour",
    "jours", "l", "la", "le", "les", "leur", "lors", "lorsque", "mais", "mes", "modifier", "moi", "mon", "ne", "nos", "notre",
    "nous", "nouveau", "nouvelle", "on", "ou", "page", "par", "pas", "peut", "peuvent", "plus", "pour", "que", "quand", "qu",
    "qui", "s", "sa", "sans", "se", "ses", "si", "sont", "sous", "souhaite", "sur", "tant", "tous", "tout", "toute", "un", "une",
    "utilisateur", "utilisateurs", "veux", "voir", "vous",
];

#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "aber", "alle", "als", "am", "an", "auch", "auf", "aus", "bei", "beim", "benutzer", "bis", "damit", "dann", "darf", "das",
    "dass", "dem", "den", "der", "des", "die", "diese", "dieser", "durch", "ein", "eine", "einem", "einen", "einer", "eines",
    "er", "es", "fur", "fuer", "gibt", "hat", "hinzufugen", "ich", "ihre", "im", "immer", "in", "ist", "kann", "kein", "keine",
    "konnen", "koennen", "mehr", "mein", "meine", "mit", "mochte", "moechte", "muss", "mussen", "nach", "neue", "neuer", "nicht",
    "noch", "nur", "nutzer", "oder", "ohne", "sein", "sich", "sie", "sind", "soll", "sollen", "sowie", "uber", "ueber", "um",
    "und", "unter", "vom", "von", "vor", "wenn", "werden", "wie", "will", "wir", "wird", "wurde", "zu", "zum", "zur", "zwischen",
];

#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "a", "agregar", "al", "algun", "antes", "boton", "cada", "como", "con", "contrasena", "crear", "cual", "cuando", "de", "debe",
    "deben", "del", "desde", "despues", "dia", "dias", "dos", "el", "ella", "en", "entonces", "entre", "es", "esta", "estan",
    "este", "esto", "fecha", "hasta", "inicio", "la", "las", "le", "lo", "los", "mas", "mi", "mis", "mostrar", "muy", "necesito",
    "ni", "no", "nuevo", "nueva", "o", "otro", "para", "pero", "permitir", "por", "porque", "pueda", "puede", "pueden", "puedo",
    "que", "queda", "quiero", "se", "segun", "ser", "si", "sin", "sobre", "solo", "son", "su", "sus", "tambien", "tiene", "todo",
    "todos", "un", "una", "unica", "usuario", "usuarios", "y", "ya",
];

#[rustfmt::skip]
const DUTCH: &[&str] = &[
    "aan", "alle", "alleen", "als", "ander", "bij", "binnen", "dan", "dat", "de", "deze", "dit", "door", "een", "elke", "en",
    "er", "gebruiker", "gebruikers", "geen", "gegevens", "had", "heb", "hebben", "heeft", "het", "hij", "hun", "ik", "in", "is",
    "je", "kan", "knop", "kunnen", "kunt", "maar", "maken", "mag", "meer", "met", "mijn", "moet", "moeten", "mogen", "na", "naar",
    "niet", "nieuw", "nieuwe", "nog", "nu", "of", "om", "onder", "ons", "ook", "op", "over", "te", "tegen", "terug", "toevoegen",
    "tot", "tussen", "uit", "uw", "van", "veel", "via", "volgende", "voor", "waar", "wanneer", "wat", "we", "wel", "welke", "wie",
    "wil", "worden", "wordt", "zal", "ze", "zich", "zien", "zijn", "zo", "zodat", "zonder",
];

#[rustfmt::skip]
const PORTUGUESE: &[&str] = &[
    "a", "adicionar", "ao", "aos", "apenas", "apos", "as", "ate", "botao", "cada", "com", "como", "criar", "da", "das", "data",
    "de", "depois", "desejo", "deve", "devem", "devo", "do", "dos", "e", "ela", "ele", "em", "entao", "entre", "esta", "este",
    "eu", "exibir", "foi", "gostaria", "isso", "ja", "mais", "mas", "meu", "meus", "minha", "muito", "na", "nao", "nas", "nem",
    "no", "nos", "nova", "novo", "o", "os", "ou", "para", "pela", "pelo", "permitir", "pode", "podem", "por", "porque", "posso",
    "qual", "quando", "que", "quero", "quais", "sao", "se", "sem", "senha", "ser", "seu", "seus", "sistema", "sobre", "sua",
    "tambem", "tela", "tem", "toda", "todos", "um", "uma", "usuario", "usuarios", "voce",
];
