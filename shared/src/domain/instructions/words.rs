//! How people speak to a model, in the languages of the drafter and in Italian. Written as [`super::bare`] leaves a text.
//!
//! Words that also stand in stories about software are only here together with others: "You are now logged in", "the AI
//! assistant answers within 5 s" and "an administrator edits the system prompt" speak of a product.

/// One of each group, near each other; the first group opens.
pub(super) type Order = &'static [&'static [&'static str]];

/// A text without any of these speaks to nobody: each order needs one, as a test holds.
#[rustfmt::skip]
pub(super) const STEMS: &[&str] = &[
    "instru", "istruz", "anweisung", "consigne", "aanwijzing", "opdracht", "prompt", "directive", "guideline", "criteri", "scenario",
    "every ", "each ", "all steps", " stated", "\"stated\"", "you are", "act as", "pretend", "from now on", "model", "llm", "chatgpt",
    "dear ai", "to ai", "to the ai", "an ai ", "<|", "inst]", "<<sys", "role\"", "system>", "system:", "system message", "system override",
    "assistant:", "developer message", "base64", "rot13", "above", "your rules", "only with the word", "only the word",
];

/// What only stands in text made for a model.
#[rustfmt::skip]
pub(super) const MARKS: &[&str] = &[
    "<|im start|>",
    "<|im end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|endoftext|>",
    "[inst]",
    "[/inst]",
    "<<sys>>",
    "</system>",
    "\"role\":\"system\"",
    "\"role\": \"system\"",
    "\"role\":\"assistant\"",
    "\"role\": \"assistant\"",
    "### instruction:",
    "### system:",
    "dear llm",
    "dear ai,",
    "dear ai ",
    "note to ai",
    "note to the ai",
    "note to the model",
    "note to the llm",
    "instructions for the model",
    "instructions for the ai",
    "instructions for the llm",
    "as an ai language model",
    "if you are an ai",
    "if you are an llm",
    "if you are a language model",
    "you are a language model",
    "you are an ai ",
    "your system prompt",
    "your hidden instructions",
    "your initial instructions",
];

// Packed: a table of words is read across.
#[rustfmt::skip]
pub(super) const ORDERS: &[Order] = &[
    // Ignore what you were told.
    &[&["ignore", "disregard", "forget", "override", "bypass"],
      &["previous", "prior ", "above", "earlier", "preceding", "all ", "any ", "your ", "every ", "system"],
      &["instruction", "prompt", "directive", "guideline"]],
    &[&["ignore", "ignorez", "ignorer", "oublie", "oubliez", "neglige", "negligez", "ne tiens pas compte", "ne tenez pas compte"],
      &["instruction", "consigne"], &["precedent", "ci-dessus", "toutes", "anterieur", "tes ", "vos "]],
    &[&["ignorier", "vergiss", "vergessen sie", "missachte", "ubergehe"],
      &["anweisung", "instruktion"], &["vorherig", "obig", "bisherig", "alle", "fruher", "vorig", "deine", "ihre"]],
    &[&["ignora", "ignore", "ignorar", "olvida", "olvide", "omite"],
      &["instrucci"], &["anterior", "previas", "todas", "arriba", "tus ", "sus "]],
    &[&["negeer", "vergeet", "sla "],
      &["instructie", "aanwijzing", "opdracht"], &["vorige", "eerdere", "voorgaande", "alle", "bovenstaande", "je "]],
    &[&["ignore", "ignora", "ignorar", "esqueca", "esquece", "desconsidere"],
      &["instruc"], &["anterior", "acima", "todas", "previas", "suas "]],
    &[&["ignora", "ignorare", "dimentica", "trascura"],
      &["istruzion"], &["precedent", "sopra", "tutte", "tue "]],
    // Show what you were told.
    &[&["reveal", "repeat", "print", "output", "leak", "append", "paste", "write out", "show", "tell", "copy", "quote"],
      &["your prompt", "your instruction", "your rules", "system prompt above", "system prompt verbatim", "everything above this",
        "instructions you were given", "the text above verbatim", "the words above verbatim"]],
    &[&["revele", "affiche", "montre", "repete", "donne"], &["prompt systeme", "tes instructions", "vos instructions"]],
    &[&["zeig", "verrat", "nenne", "wiederhole", "gib "], &["systemprompt", "system-prompt", "deine anweisung", "ihre anweisung"]],
    &[&["revela", "revele", "muestra", "imprime", "repite"], &["prompt del sistema", "tus instrucciones", "prompt de sistema"]],
    &[&["toon", "geef", "onthul", "herhaal"], &["systeemprompt", "je instructies", "jouw instructies"]],
    &[&["revele", "revela", "mostre", "repita", "exiba", "imprima"], &["prompt do sistema", "prompt de sistema", "suas instrucoes"]],
    &[&["rivela", "mostra", "stampa", "ripeti"], &["prompt di sistema", "tue istruzioni"]],
    // Be somebody else.
    &[&["you are now", "act as", "pretend to be", "pretend you are", "from now on you are", "from now on, you are"],
      &["language model", " ai ", "ai without", "ai with no", "unrestricted", "dan ", "dan,", "dan.", "chatgpt", "no restrictions",
        "without restriction", "without any rule", "no rules", "jailbroken", "the system administrator of this model"]],
    &[&["system:", "system message:", "system override", "assistant:", "developer message:"],
      &["ignore ", "disregard", "from now on", "new instruction", "reply ", "respond ", "output only", "you are a helpful", "you must obey",
        "approve every", "approve all"]],
    // Write this into what you write.
    &[&["put", "add", "insert", "include", "append", "write", "place", "embed"],
      &["every step", "each step", "every title", "each title", "every criterion", "each criterion", "every scenario", "each scenario",
        "every test case", "each test case", "all criteria", "all scenarios", "all steps"],
      &["link", "url", "http", "://", "mention", "[~", "image", "this text", "the text", "the word", "html", "macro", "sentence", "@",
        "address", "following"]],
    &[&["answer", "reply", "respond", "return", "output"],
      &["no criteria", "without criteria", "without any criteria", "no acceptance criteria", "empty list of criteria", "criteria: []",
        "\"criteria\": []", "\"criteria\":[]", "no scenarios", "only with the word", "only the word"]],
    &[&["mark", "label", "set", "declare"],
      &["as stated", "as \"stated\"", "origin to stated", "origin to \"stated\"", "\"origin\": \"stated\"", "origin stated"]],
    &[&["decode", "decipher"], &["base64", "rot13"], &["follow", "obey", "execute", "do what", "instruct"]],
    &[&["this is a message to", "message to", "attention", "to"],
      &["the language model", "any language model", "all language models", "every language model", "the ai model", "the llm", "any llm", "chatgpt"],
      &["ignore", "must", "do not", "write", "answer", "reply", "include"]],
];
