//! Which script and language a feed's entries are written in, as far as it tells one feed from another.

use crate::model::alarm::Portrait;
use crate::model::entry::FeedEntry;

/// Letters of titles below which nothing is told.
const FEWEST_LETTERS: usize = 60;
/// Characters that are looked at.
const LOOKED_AT: usize = 300;

/// Scripts that many languages share.
const SHARED: [&str; 3] = ["Latin", "Cyrillic", "Arabic"];

/// Returns a word for the tongue of the titles together: a script, and for scripts that many languages share, the
/// language too. `None`: too little text, or no tongue of it stands out.
pub(super) fn of(entries: &[&FeedEntry]) -> Option<String> {
    of_titles(&titles(entries))
}

/// Notes the tongue of a feed's first entries where the script tells it, else their titles for [`tell`].
pub(super) fn note(portrait: &mut Portrait, entries: &[&FeedEntry]) {
    let titles = titles(entries);
    match script(&titles) {
        Some(script) if SHARED.contains(&script) => portrait.titles = titles,
        Some(script) => portrait.tongues = vec![script.to_owned()],
        None => {}
    }
}

/// Tells the tongue of what [`note`] left.
pub(super) fn tell(portrait: &mut Portrait) {
    let tongue = of_titles(&std::mem::take(&mut portrait.titles));
    portrait.tongues.extend(tongue.filter(|tongue| !portrait.tongues.contains(tongue)));
}

fn titles(entries: &[&FeedEntry]) -> String {
    entries.iter().flat_map(|entry| entry.title.chars().chain([' '])).take(LOOKED_AT).collect()
}

fn of_titles(titles: &str) -> Option<String> {
    let script = script(titles)?;
    if !SHARED.contains(&script) {
        return Some(script.to_owned());
    }
    let language = whatlang::detect(titles).filter(whatlang::Info::is_reliable)?.lang();
    Some(format!("{script}/{}", language.code()))
}

/// Returns the language of such a word as ops know it.
pub(super) fn name(tongue: &str) -> &str {
    match tongue.rsplit_once('/') {
        Some((_, code)) => whatlang::Lang::from_code(code).map_or(tongue, |language| language.eng_name()),
        None => match tongue {
            "Hangul" => "Korean",
            "Han" => "Chinese",
            _ => tongue,
        },
    }
}

/// Han with kana among it is Japanese, with Hangul Korean: counted for those.
fn script(text: &str) -> Option<&'static str> {
    const NAMES: [&str; 9] = ["Hangul", "Japanese", "Han", "Latin", "Cyrillic", "Arabic", "Thai", "Hebrew", "other"];
    let mut counts = [0_usize; NAMES.len()];
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        let which = match c {
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => 0,
            '\u{3040}'..='\u{30ff}' => 1,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => 2,
            '\u{41}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 3,
            '\u{400}'..='\u{52f}' => 4,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => 5,
            '\u{e00}'..='\u{e7f}' => 6,
            '\u{590}'..='\u{5ff}' => 7,
            _ => 8,
        };
        // A syllable or a character says about as much as three letters.
        counts[which] += if which <= 2 { 3 } else { 1 };
    }
    if counts[1] * 10 > counts[2] {
        counts[1] += std::mem::take(&mut counts[2]);
    }
    let letters: usize = counts.iter().sum();
    let (which, most) = counts.iter().copied().enumerate().max_by_key(|(_, count)| *count)?;
    (letters >= FEWEST_LETTERS && most * 3 >= letters * 2 && which != 8).then_some(NAMES[which])
}
