//! The forms of one word: which words of a text are a query's word in another form.
//!
//! A word has keys in each language; two words are forms of one another if they share a key. A key is the word's family,
//! where `families.txt` has one, else its Snowball stem. Snowball errs both ways (execution and executive share a stem,
//! detain and detention do not), so the table stands above it, and below it a few rules of each language's grammar.

use std::sync::LazyLock;

use snowball_stemmers_rs::{Algorithm, Stemmer};

use super::fold::{self, Alphabet};
use super::hash::HashMap;

/// A language whose word forms are known; [`Lang::NONE`] has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lang(u8);

/// The first subtag of BCP 47 and how its words are stemmed.
const LANGS: &[(&str, Option<Algorithm>)] = &[
    ("", None),
    ("en", Some(Algorithm::English)),
    ("ar", None),
    ("de", Some(Algorithm::German)),
    ("es", Some(Algorithm::Spanish)),
    ("fr", Some(Algorithm::French)),
    ("mn", None),
    ("ru", Some(Algorithm::Russian)),
    ("ca", Some(Algorithm::Catalan)),
    ("cs", Some(Algorithm::Czech)),
    ("da", Some(Algorithm::Danish)),
    ("el", Some(Algorithm::Greek)),
    ("et", Some(Algorithm::Estonian)),
    ("eu", Some(Algorithm::Basque)),
    ("fa", Some(Algorithm::Persian)),
    ("fi", Some(Algorithm::Finnish)),
    ("ga", Some(Algorithm::Irish)),
    ("hi", Some(Algorithm::Hindi)),
    ("hu", Some(Algorithm::Hungarian)),
    ("hy", Some(Algorithm::Armenian)),
    ("id", Some(Algorithm::Indonesian)),
    ("it", Some(Algorithm::Italian)),
    ("lt", Some(Algorithm::Lithuanian)),
    ("ne", Some(Algorithm::Nepali)),
    ("nl", Some(Algorithm::Dutch)),
    ("no", Some(Algorithm::Norwegian)),
    ("pl", Some(Algorithm::Polish)),
    ("pt", Some(Algorithm::Portuguese)),
    ("ro", Some(Algorithm::Romanian)),
    ("sr", Some(Algorithm::Serbian)),
    ("sv", Some(Algorithm::Swedish)),
    ("ta", Some(Algorithm::Tamil)),
    ("tr", Some(Algorithm::Turkish)),
    ("uk", Some(Algorithm::Ukrainian)),
];

impl Lang {
    pub const NONE: Lang = Lang(0);
    const ENGLISH: Lang = Lang(1);
    const ARABIC: Lang = Lang(2);
    const GERMAN: Lang = Lang(3);
    const MONGOLIAN: Lang = Lang(6);
    const RUSSIAN: Lang = Lang(7);
    pub const COUNT: usize = LANGS.len();

    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    fn of_subtag(subtag: &str) -> Option<Lang> {
        let subtag = match subtag {
            "nb" | "nn" => "no",
            "be" => "ru",
            other => other,
        };
        LANGS.iter().position(|(known, _)| *known == subtag).and_then(|at| u8::try_from(at).ok()).map(Lang)
    }
}

/// Whose forms the words of a document have, by alphabet: an English name in a Korean report has English forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Langs {
    latin: Lang,
    cyrillic: Lang,
    arabic: Lang,
    other: Lang,
}

impl Langs {
    /// `lang` as BCP 47; empty or `und` for not known.
    pub fn of(lang: &str) -> Langs {
        let subtag = lang.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let own = Lang::of_subtag(&subtag).unwrap_or(Lang::NONE);
        let defaults = Langs { latin: Lang::ENGLISH, cyrillic: Lang::RUSSIAN, arabic: Lang::ARABIC, other: Lang::NONE };
        match subtag.as_str() {
            "" | "und" | "ko" | "ja" | "zh" | "th" | "lo" | "km" | "my" => defaults,
            "ru" | "uk" | "be" | "sr" | "mn" | "kk" | "ky" | "bg" => Langs { cyrillic: own, ..defaults },
            "ar" | "fa" | "ur" | "ug" => Langs { arabic: own, ..defaults },
            "el" | "hi" | "ta" | "ne" | "hy" => Langs { other: own, ..defaults },
            _ => Langs { latin: own, ..defaults },
        }
    }

    pub fn for_alphabet(&self, alphabet: Alphabet) -> Lang {
        match alphabet {
            Alphabet::Latin => self.latin,
            Alphabet::Cyrillic => self.cyrillic,
            Alphabet::Arabic => self.arabic,
            Alphabet::Other => self.other,
        }
    }
}

/// What forms of one word share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Family(u32),
    Stem(String),
}

/// A word's keys in a language: never many. `spelling` is lower case with accents, `folded` without.
pub fn keys(lang: Lang, spelling: &str, folded: &str) -> Vec<Key> {
    let families = &FAMILIES[lang.index()];
    if let Some(family) = families.words.get(folded) {
        return vec![Key::Family(*family)];
    }
    let mut keys: Vec<Key> = Vec::new();
    for stem in stems(lang, spelling, folded, families) {
        let key = families.stems.get(&stem).map_or(Key::Stem(stem), |family| Key::Family(*family));
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

fn stems(lang: Lang, spelling: &str, folded: &str, families: &Families) -> Vec<String> {
    match lang {
        Lang::NONE => vec![],
        Lang::ENGLISH => vec![english(folded, families)],
        Lang::ARABIC => arabic(folded),
        Lang::GERMAN => german(spelling, folded),
        Lang::MONGOLIAN => vec![mongolian(folded)],
        Lang::RUSSIAN => russian(folded),
        other => {
            let mut stems = vec![fold::word(&snowball(other, spelling))];
            if spelling != folded {
                stems.push(snowball(other, folded));
            }
            stems
        }
    }
}

fn snowball(lang: Lang, word: &str) -> String {
    match LANGS.get(lang.index()).and_then(|(_, algorithm)| *algorithm) {
        Some(algorithm) => Stemmer::create(algorithm).stem(word).into_owned(),
        None => word.to_owned(),
    }
}

/// Endings that make another word of a verb or noun, which Snowball strips like a plural's: as they are written, and
/// what is left of them where Snowball did not strip them.
const DERIVED: &[(&str, &str)] = &[
    ("ively", "iv"),
    ("ively", "ively"),
    ("ive", "iv"),
    ("ionally", "ional"),
    ("ional", "ional"),
    ("ically", "ical"),
    ("ical", "ical"),
    ("istic", "ist"),
    ("ist", "ist"),
    ("ism", "ism"),
    ("able", "abl"),
    ("ible", "ibl"),
    ("ness", "ness"),
    ("fully", "ful"),
    ("ful", "ful"),
    ("less", "less"),
    ("ously", "ous"),
    ("ous", "ous"),
    ("ity", "iti"),
    ("iti", "iti"),
    ("ant", "ant"),
    ("ent", "ent"),
    ("ly", "li"),
];

fn english(folded: &str, families: &Families) -> String {
    if let Some(person) = folded.strip_suffix('s').unwrap_or(folded).strip_suffix("ee")
        && person.len() >= 5
        && !families.not_ee.contains(&folded.strip_suffix('s').unwrap_or(folded).to_owned())
    {
        return snowball(Lang::ENGLISH, person);
    }
    let stem = snowball(Lang::ENGLISH, folded);
    let bare = ["ies", "ing", "ed", "es", "s"].iter().find_map(|ending| {
        let bare = folded.strip_suffix(ending).filter(|bare| bare.len() > 3)?;
        // A word on -ss has no plural -s.
        (*ending != "s" || !bare.ends_with('s')).then_some(bare)
    });
    if stem.len() + 2 > folded.len() {
        // Too little was stripped for any of them.
        return stem;
    }
    let derived = DERIVED.iter().find(|(ending, rest)| {
        let has = folded.ends_with(ending) || bare.is_some_and(|bare| bare.ends_with(ending) || bare.ends_with(rest));
        has && !stem.ends_with(rest) && !stem.ends_with(ending)
    });
    match derived {
        Some((_, rest)) => format!("{stem}+{rest}"),
        None => stem,
    }
}

/// Participles with ge- inside: abgeholt is a form of abholen.
fn german(spelling: &str, folded: &str) -> Vec<String> {
    const PREFIXES: [&str; 18] = [
        "ab", "an", "auf", "aus", "ein", "fest", "fort", "frei", "heim", "hin", "los", "mit", "nach", "ruck", "vor",
        "weg", "zu", "zuruck",
    ];
    let mut stems = vec![fold::word(&snowball(Lang::GERMAN, spelling)), snowball(Lang::GERMAN, folded)];
    let inner = |prefix: &str| {
        let rest = folded.strip_prefix(prefix)?.strip_prefix("ge")?;
        (rest.len() >= 4
            && (rest.ends_with('t') || rest.ends_with("te") || rest.ends_with("ten") || rest.ends_with("en")))
        .then(|| format!("{prefix}{rest}"))
    };
    if let Some(verb) = PREFIXES.iter().find_map(|prefix| inner(prefix)) {
        stems.push(snowball(Lang::GERMAN, &verb));
    }
    stems.dedup();
    // Verbal noun and participle: Abholung, abgeholt.
    let bare: Vec<String> = stems
        .iter()
        .filter_map(|stem| ["ung", "et", "t"].iter().find_map(|ending| stem.strip_suffix(ending)))
        .filter(|bare| bare.len() >= 5)
        .map(str::to_owned)
        .collect();
    stems.extend(bare);
    stems
}

/// Snowball's stem with what it does not know mended, and the stem of a noun: names on -ян look like verbs to Snowball.
fn russian(folded: &str) -> Vec<String> {
    let mut stem = snowball(Lang::RUSSIAN, folded);
    // The noun and the verb of an action: депортация, депортировать, депортированы.
    for ending in ["изирова", "ирова", "ирую", "ир", "изац", "ац", "ова"] {
        if let Some(base) = stem.strip_suffix(ending).filter(|base| base.chars().count() >= 4) {
            stem = base.to_owned();
            break;
        }
    }
    fleeting_vowel(&mut stem);
    let mut stems = vec![stem];
    if let Some(mut noun) = russian_noun(folded) {
        fleeting_vowel(&mut noun);
        if !stems.contains(&noun) {
            stems.push(noun);
        }
    }
    stems
}

/// беженец, беженца; участок, участка.
fn fleeting_vowel(stem: &mut String) {
    for (full, short) in [("ец", "ц"), ("ок", "к")] {
        if let Some(base) = stem.strip_suffix(full).filter(|base| base.chars().count() >= 4) {
            *stem = format!("{base}{short}");
            return;
        }
    }
}

fn russian_noun(folded: &str) -> Option<String> {
    const ENDINGS: [&str; 24] = [
        "ами", "ями", "иях", "ах", "ях", "ам", "ям", "ов", "ев", "ом", "ем", "ой", "ей", "ою", "ею", "ию", "а", "я",
        "у", "ю", "е", "ы", "и", "ь",
    ];
    let long = |base: &&str| base.chars().count() >= 4;
    let base = ENDINGS.iter().find_map(|ending| folded.strip_suffix(ending).filter(long)).unwrap_or(folded);
    Some(base).filter(long).map(str::to_owned)
}

/// Larkey's light stemmer: and, with, for, the; plurals and pronouns. Prefixes of one letter may be part of the word, so
/// both readings count.
fn arabic(folded: &str) -> Vec<String> {
    const SUFFIXES: [&str; 14] = ["هما", "كما", "ها", "ان", "ات", "ون", "ين", "يه", "هم", "هن", "نا", "وا", "ه", "ي"];
    let long = |word: &str, least: usize| word.chars().count() >= least;
    let without_article = |word: &str| -> Option<String> {
        let articles = ["وال", "فال", "بال", "كال", "ولل", "لل", "ال"];
        articles.iter().find_map(|article| word.strip_prefix(article)).filter(|rest| long(rest, 3)).map(str::to_owned)
    };
    let mut words = vec![without_article(folded).unwrap_or_else(|| folded.to_owned())];
    if words[0] == folded {
        let bare = ["و", "ف", "ب", "ل", "ك"].iter().find_map(|prefix| folded.strip_prefix(prefix));
        words.extend(bare.filter(|rest| long(rest, 4)).map(str::to_owned));
    }
    let mut stems: Vec<String> = vec![];
    for word in words {
        let bare = SUFFIXES.iter().find_map(|suffix| word.strip_suffix(suffix).filter(|rest| long(rest, 3)));
        stems.push(bare.unwrap_or(&word).to_owned());
    }
    stems
}

/// Plural, then case, then whose: at most three endings, and at least four letters are left.
fn mongolian(folded: &str) -> String {
    const ENDINGS: [&str; 38] = [
        "нууд", "нүүд", "ууд", "үүд", "чууд", "чүүд", "ийн", "ын", "ийг", "ыг", "аас", "ээс", "оос", "өөс", "аар",
        "ээр", "оор", "өөр", "тай", "тэй", "той", "руу", "рүү", "луу", "лүү", "ид", "ад", "эд", "аа", "ээ", "оо", "өө",
        "ны", "ний", "нд", "т", "д", "ий",
    ];
    let mut word = folded;
    for _ in 0..3 {
        let bare = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending).filter(|bare| bare.chars().count() >= 4));
        match bare {
            Some(bare) => word = bare,
            None => break,
        }
    }
    word.to_owned()
}

/// One language's part of the table.
#[derive(Default)]
struct Families {
    words: HashMap<String, u32>,
    stems: HashMap<String, u32>,
    not_ee: Vec<String>,
}

static FAMILIES: LazyLock<Vec<Families>> = LazyLock::new(|| read(include_str!("families.txt")));

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Joined,
    Apart,
    NotEe,
}

/// A word of a line.
struct Entry {
    word: String,
    /// Its stem stands for the family too.
    with_stem: bool,
}

impl Entry {
    fn of(written: &str) -> Entry {
        Entry { word: fold::word(written.trim_end_matches('!')), with_stem: !written.ends_with('!') }
    }
}

/// A line's words and what their section makes of them.
fn lines(table: &str) -> impl Iterator<Item = (Lang, Section, Vec<Entry>)> {
    let mut lang = Lang::NONE;
    let mut section = Section::Joined;
    table.lines().filter_map(move |line| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        if let Some(head) = line.strip_prefix('[') {
            let mut head = head.trim_end_matches(']').split(' ');
            lang = head.next().and_then(Lang::of_subtag).unwrap_or(Lang::NONE);
            section = match head.next() {
                Some("apart") => Section::Apart,
                Some("-ee") => Section::NotEe,
                _ => Section::Joined,
            };
            return None;
        }
        Some((lang, section, line.split_whitespace().map(Entry::of).collect()))
    })
}

fn read(table: &str) -> Vec<Families> {
    let mut all: Vec<Families> = LANGS.iter().map(|_| Families::default()).collect();
    for (lang, section, entries) in lines(table) {
        if section == Section::NotEe {
            all[lang.index()].not_ee.extend(entries.into_iter().map(|entry| entry.word));
        }
    }
    let mut joined = vec![];
    for (family, (lang, section, entries)) in
        (0..).zip(lines(table).filter(|(_, section, _)| *section != Section::NotEe))
    {
        for entry in &entries {
            all[lang.index()].words.entry(entry.word.clone()).or_insert(family);
        }
        if section == Section::Joined {
            let words = entries.into_iter().filter(|entry| entry.with_stem).map(|entry| entry.word);
            joined.extend(words.map(|word| (lang, family, word)));
        }
    }
    for (lang, family, word) in joined {
        let families = &mut all[lang.index()];
        for stem in stems(lang, &word, &word, families) {
            families.stems.entry(stem).or_insert(family);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_forms(lang: &str, a: &str, b: &str) -> bool {
        let lang = Lang::of_subtag(lang).expect("a language of the table");
        let keys_of = |word: &str| keys(lang, &fold::spelling(word), &fold::word(word));
        let of_b = keys_of(b);
        keys_of(a).iter().any(|key| of_b.contains(key))
    }

    #[test]
    fn every_family_holds_together() {
        for (lang, section, entries) in lines(include_str!("families.txt")) {
            if section == Section::NotEe {
                continue;
            }
            let subtag = LANGS[lang.index()].0;
            for pair in entries.windows(2) {
                assert!(
                    are_forms(subtag, &pair[0].word, &pair[1].word),
                    "[{subtag}] {} {}",
                    pair[0].word,
                    pair[1].word
                );
            }
        }
    }

    #[test]
    fn no_word_stands_in_two_families() {
        let mut seen = HashMap::default();
        for (number, (lang, section, entries)) in lines(include_str!("families.txt")).enumerate() {
            for entry in entries.iter().filter(|_| section != Section::NotEe) {
                let earlier = seen.insert((lang, entry.word.clone()), number);
                assert!(earlier.is_none_or(|earlier| earlier == number), "{} stands in two lines", entry.word);
            }
        }
    }

    #[test]
    fn forms_of_one_word_share_a_key() {
        for (lang, a, b) in [
            ("en", "repatriation", "repatriating"),
            ("en", "deportees", "deport"),
            ("en", "detained", "detention"),
            ("en", "execute", "executions"),
            ("en", "escapees", "escape"),
            ("en", "returnee", "returning"),
            ("en", "expulsion", "expelled"),
            ("en", "women", "woman"),
            ("en", "fled", "fleeing"),
            ("en", "trafficked", "trafficking"),
            ("en", "organisations", "organized"),
            ("en", "employees", "employ"),
            ("en", "witnessed", "witness"),
            ("en", "arrived", "arrives"),
            ("en", "families", "family"),
            ("en", "nationals", "national"),
            ("en", "ministries", "ministry"),
            ("fr", "expulsée", "expulser"),
            ("fr", "réfugiés", "refugie"),
            ("fr", "exécution", "exécutés"),
            ("es", "repatriados", "repatriación"),
            ("es", "detenidas", "detención"),
            ("de", "abgeschoben", "Abschiebungen"),
            ("de", "hingerichtet", "Hinrichtung"),
            ("de", "Flüchtlinge", "Flüchtlings"),
            ("de", "ausgebildet", "Ausbildung"),
            ("ru", "беженцев", "беженец"),
            ("ru", "депортированы", "депортация"),
            ("ru", "Шэньяне", "Шэньян"),
            ("ru", "Пхеньяна", "Пхеньян"),
            ("ru", "казни", "казнь"),
            ("ru", "приёма", "прием"),
            ("ar", "اللاجئون", "لاجئ"),
            ("ar", "وترحيل", "ترحيل"),
            ("mn", "дүрвэгчид", "дүрвэгч"),
        ] {
            assert!(are_forms(lang, a, b), "[{lang}] {a} {b}");
        }
    }

    /// None of these is joined by Snowball and the rules of grammar alone.
    #[test]
    fn the_subjects_words_are_joined_in_french_spanish_german_and_russian() {
        let pairs = [
            ("fr", "frontière", "frontaliers"),
            ("fr", "enfuir", "enfuient"),
            ("fr", "enfuyant", "enfuis"),
            ("fr", "fuyant", "fuite"),
            ("fr", "évadent", "évasion"),
            ("fr", "déserteur", "désertion"),
            ("fr", "rétention", "retenus"),
            ("fr", "reconduite", "reconduire"),
            ("fr", "remise", "remettre"),
            ("fr", "renvoient", "renvoi"),
            ("fr", "échappé", "échappent"),
            ("es", "frontera", "fronterizos"),
            ("es", "fuga", "fugitivo"),
            ("es", "huyendo", "huida"),
            ("es", "devuelven", "devolución"),
            ("es", "retención", "retuvieron"),
            ("de", "Geflüchtete", "flüchten"),
            ("de", "Flucht", "geflüchtet"),
            ("de", "Deserteure", "desertieren"),
            ("de", "desertiert", "Desertion"),
            ("de", "Überläufer", "übergelaufen"),
            ("de", "entkam", "entkommen"),
            ("de", "zurückgebracht", "zurückbringen"),
            ("de", "Rückkehr", "zurückkehren"),
            ("de", "Rückkehrer", "zurückgekehrt"),
            ("de", "festgehalten", "festhielten"),
            ("de", "abgewiesen", "Abweisung"),
            ("ru", "бегство", "бежали"),
            ("ru", "выдворение", "выдворили"),
            ("ru", "выдворяют", "выдворен"),
            ("ru", "изгнание", "изгнали"),
            ("ru", "репатрианты", "репатриация"),
            ("ru", "передали", "передача"),
            ("ru", "удерживают", "удержание"),
            ("ru", "выдадут", "выдача"),
            ("ru", "граница", "пограничный"),
            ("ru", "вышлют", "выслали"),
        ];
        let apart: Vec<_> = pairs.into_iter().filter(|(lang, a, b)| !are_forms(lang, a, b)).collect();
        assert!(apart.is_empty(), "{apart:?}");
    }

    #[test]
    fn words_that_only_look_alike_share_none() {
        for (lang, a, b) in [
            ("en", "execution", "executive"),
            ("en", "deportation", "deportment"),
            ("en", "detention", "detente"),
            ("en", "internment", "international"),
            ("en", "intern", "internal"),
            ("en", "organisation", "organ"),
            ("en", "university", "universe"),
            ("en", "policy", "police"),
            ("en", "new", "news"),
            ("en", "mission", "missing"),
            ("en", "Korea", "Korean"),
            ("en", "refugee", "refuge"),
            ("en", "committee", "commit"),
            ("en", "nation", "nationality"),
            ("en", "security", "secure"),
            ("en", "important", "import"),
            ("en", "custody", "custodian"),
            ("en", "find", "founded"),
            ("en", "defection", "defective"),
            ("en", "traffic", "trafficking"),
            ("es", "deportación", "deporte"),
            ("es", "ejecución", "ejecutivo"),
            ("fr", "détention", "détente"),
            ("fr", "exécution", "exécutif"),
            ("ru", "исполнение", "исполнительный"),
        ] {
            assert!(!are_forms(lang, a, b), "[{lang}] {a} {b}");
        }
    }

    #[test]
    fn an_english_word_in_a_report_of_another_script_has_english_forms() {
        let langs = Langs::of("ko-KR");
        assert_eq!(langs.for_alphabet(Alphabet::Latin), Lang::ENGLISH);
        assert_eq!(Langs::of("fr").for_alphabet(Alphabet::Latin), Lang::of_subtag("fr").expect("French"));
        assert_eq!(Langs::of("vi").for_alphabet(Alphabet::Latin), Lang::NONE);
        assert_eq!(Langs::of("ru").for_alphabet(Alphabet::Latin), Lang::ENGLISH);
    }
}
