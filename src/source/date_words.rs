//! The words in dates: months, days, halves of the day and zones.

use jiff::tz::Offset;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// January is 1.
    Month(i8),
    /// Monday is 1; English alone, it only settles which number is the month.
    Weekday(i8),
    Half {
        pm: bool,
        script: Option<Offset>,
    },
    /// A mark of year, month or day that only one country writes.
    Country(Offset),
    Zone(&'static str),
}

const SEOUL: Offset = Offset::constant(9);
const TOKYO: Offset = Offset::constant(9);
const SHANGHAI: Offset = Offset::constant(8);
const HANOI: Offset = Offset::constant(7);

/// Stems of the months, lower case: a word that begins with one is that month. Longer stems stand before shorter ones
/// where both would fit. English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Czech, Turkish,
/// Indonesian, Scandinavian, Romanian, Hungarian, Finnish, Russian, Ukrainian, Greek, Arabic, Persian, Hindi.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan",
        "jän",
        "gen",
        "ene",
        "sty",
        "led",
        "oca",
        "ian",
        "tammi",
        "янв",
        "січ",
        "ιαν",
        "γεν",
        "يناير",
        "كانون الثاني",
        "ژانویه",
        "जनवरी",
    ],
    &[
        "feb",
        "fév",
        "fev",
        "lut",
        "úno",
        "uno",
        "şub",
        "helmi",
        "феб",
        "фев",
        "лют",
        "φεβ",
        "فبراير",
        "شباط",
        "فوریه",
        "फरवरी",
        "फ़रवरी",
        "peb",
    ],
    &["mar", "mär", "mrz", "maa", "mrt", "bře", "bre", "márc", "мар", "бер", "μαρ", "μάρ", "مارس", "آذار", "मार्च"],
    &[
        "apr",
        "avr",
        "abr",
        "kwi",
        "dub",
        "nis",
        "ápr",
        "huhti",
        "апр",
        "кві",
        "απρ",
        "أبريل",
        "ابريل",
        "نيسان",
        "آوریل",
        "अप्रैल",
    ],
    &[
        "may", "mai", "maj", "maio", "mag", "mei", "kvě", "kve", "máj", "touko", "май", "мая", "тра", "μαΐ", "μάι",
        "μαι", "μαϊ", "مايو", "أيار", "مه", "मई",
    ],
    &[
        "jun",
        "juin",
        "giu",
        "cze",
        "červen",
        "cerven",
        "haz",
        "jún",
        "iun",
        "kesä",
        "июн",
        "чер",
        "ιουν",
        "ιούν",
        "يونيو",
        "حزيران",
        "ژوئن",
        "जून",
    ],
    &[
        "jul",
        "juil",
        "lug",
        "lip",
        "červenec",
        "cervenec",
        "tem",
        "júl",
        "iul",
        "heinä",
        "июл",
        "лип",
        "ιουλ",
        "ιούλ",
        "يوليو",
        "تموز",
        "ژوئیه",
        "जुलाई",
    ],
    &[
        "aug",
        "aoû",
        "aou",
        "ago",
        "sie",
        "srp",
        "ağu",
        "agu",
        "elo",
        "авг",
        "сер",
        "αυγ",
        "αύγ",
        "أغسطس",
        "اغسطس",
        "آب",
        "اوت",
        "अगस्त",
    ],
    &[
        "sep",
        "set",
        "wrz",
        "zář",
        "zar",
        "eyl",
        "szept",
        "syys",
        "сен",
        "вер",
        "σεπ",
        "سبتمبر",
        "أيلول",
        "سپتامبر",
        "सितंबर",
        "सितम्बर",
    ],
    &[
        "oct",
        "okt",
        "ott",
        "out",
        "paź",
        "paz",
        "říj",
        "rij",
        "eki",
        "loka",
        "окт",
        "жов",
        "οκτ",
        "أكتوبر",
        "اكتوبر",
        "اکتبر",
        "अक्टूबर",
        "अक्तूबर",
    ],
    &["nov", "lis", "kas", "noi", "marras", "ноя", "лис", "νοε", "نوفمبر", "نوامبر", "नवंबर", "नवम्बर"],
    &[
        "dec",
        "dez",
        "déc",
        "dic",
        "des",
        "gru",
        "pro",
        "ara",
        "joulu",
        "дек",
        "гру",
        "δεκ",
        "ديسمبر",
        "دسامبر",
        "दिसंबर",
        "दिसम्बर",
    ],
];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Zones by their usual letters, in minutes east of UTC. Letters that several zones share stand for the one that news
/// comes from most; CST is China's in a Chinese feed.
const ZONES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("met", 60),
    ("wat", 60),
    ("cest", 120),
    ("mest", 120),
    ("mesz", 120),
    ("mez", 60),
    ("eet", 120),
    ("cat", 120),
    ("sast", 120),
    ("eest", 180),
    ("msk", 180),
    ("eat", 180),
    ("idt", 180),
    ("trt", 180),
    ("msd", 240),
    ("gst", 240),
    ("pkt", 300),
    ("ist", 330),
    ("npt", 345),
    ("mmt", 390),
    ("ict", 420),
    ("wib", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("pht", 480),
    ("awst", 480),
    ("wita", 480),
    ("myt", 480),
    ("ulat", 480),
    ("kst", 540),
    ("jst", 540),
    ("wit", 540),
    ("acst", 570),
    ("aest", 600),
    ("acdt", 630),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("nst", -210),
    ("ndt", -150),
    ("ast", -240),
    ("adt", -180),
    ("brt", -180),
    ("art", -180),
    ("clt", -240),
    ("cot", -300),
    ("pet", -300),
    ("est", -300),
    ("edt", -240),
    ("et", -300),
    ("cst", -360),
    ("cdt", -300),
    ("ct", -360),
    ("mst", -420),
    ("mdt", -360),
    ("mt", -420),
    ("pst", -480),
    ("pdt", -420),
    ("pt", -480),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
];

/// Returns what a word of a date means; `None`: nothing.
pub fn word(text: &str) -> Option<Word> {
    let lower = text.to_lowercase();
    let half = |pm, script| Some(Word::Half { pm, script });
    match lower.as_str() {
        "am" | "πμ" => return half(false, None),
        "pm" | "μμ" => return half(true, None),
        "오전" => return half(false, Some(SEOUL)),
        "오후" => return half(true, Some(SEOUL)),
        "午前" => return half(false, Some(TOKYO)),
        "午後" => return half(true, Some(TOKYO)),
        "上午" | "凌晨" | "早上" => return half(false, Some(SHANGHAI)),
        "下午" | "晚上" => return half(true, Some(SHANGHAI)),
        "sa" => return half(false, Some(HANOI)),
        "ch" => return half(true, Some(HANOI)),
        "년" | "월" | "일" => return Some(Word::Country(SEOUL)),
        _ => {}
    }
    if let Some((name, _)) = ZONES.iter().find(|(name, _)| *name == lower) {
        return Some(Word::Zone(name));
    }
    if let Some(day) = WEEKDAYS.iter().position(|day| lower.starts_with(day)) {
        return i8::try_from(day + 1).ok().map(Word::Weekday);
    }
    month(&lower).map(Word::Month)
}

/// The month whose longest stem begins the word.
fn month(lower: &str) -> Option<i8> {
    let stems =
        MONTHS.iter().enumerate().flat_map(|(index, stems)| stems.iter().map(move |stem| (stem.len(), index, *stem)));
    let fitting = stems.filter(|(_, _, stem)| lower.starts_with(stem));
    let (_, index, _) = fitting.max_by_key(|(length, _, _)| *length)?;
    i8::try_from(index + 1).ok()
}

/// Seconds east of UTC of a zone that [`word`] named.
pub fn zone_seconds(name: &str, lang: &str) -> Option<i32> {
    let chinese = lang.get(..2).is_some_and(|lang| lang.eq_ignore_ascii_case("zh"));
    if name == "cst" && chinese {
        return Some(8 * 3600);
    }
    ZONES.iter().find(|(known, _)| *known == name).map(|(_, minutes)| minutes * 60)
}
