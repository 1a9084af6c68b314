//! Pitches: for a newsletter, an app, a channel, a subscription, a gift. They are short, and they speak to the reader.

use super::{Finding, Line, Text};
use crate::extract::phrases::Cue;

const PITCH: f32 = 260.0;
/// Words by which a line speaks to its reader.
const YOU: [&str; 24] = [
    "you", "your", "our", "us", "we", "here", "now", "free", "dich", "sie", "ihr", "uns", "unsere", "vous", "votre",
    "nos", "tu", "nuestro", "nuestra", "te", "нас", "наш", "nas", "nasz",
];

/// Reports write of these as well.
const WEAK: [&str; 14] = [
    "newsletter",
    "free trial",
    "our app",
    "our podcast",
    "push notification",
    "follow",
    "support ",
    "get our",
    "stay informed",
    "become a member",
    "ad free",
    "our daily",
    "your support",
    "google news",
];

/// Words of which a sentence of a report holds one at most when it speaks to its reader.
const LURES: [&str; 36] = [
    "newsletter",
    "inbox",
    "sign up",
    "subscribe",
    "stay in the loop",
    "뉴스레터",
    "구독",
    "받아보세요",
    "订阅",
    "訂閱",
    "邮箱",
    "メルマガ",
    "follow us",
    "whatsapp",
    "telegram",
    "folgen sie uns",
    "abonnieren sie",
    "abonnez-vous",
    "inscrivez-vous",
    "suivez-nous",
    "infolettre",
    "síguenos",
    "suscríbete",
    "únete",
    "boletín",
    "canal de",
    "seguici",
    "iscriviti",
    "siga-nos",
    "inscreva-se",
    "подписывайтесь",
    "подпишитесь",
    "телеграм",
    "наш канал",
    "zapisz się",
    "obserwuj nas",
];

impl Line {
    fn is_pitch_twice_over(&self) -> bool {
        let text = self.block.text.to_lowercase();
        LURES.iter().filter(|lure| text.contains(**lure)).count() >= 2
    }
}

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.is_item()
        && let Some(phrase) = pitching_list(text, at)
    {
        return Some(Finding::Furniture(format!("of a list that pitches: {phrase:?}")));
    }
    let phrase = line.says(Cue::Pitch)?;
    if line.width > PITCH || line.is_quote() {
        return None;
    }
    if WEAK.contains(&phrase) && (line.width > 90.0 || line.is_sentence() && !line.block.text.ends_with('!')) {
        return Some(Finding::Doubtful(format!("may be a pitch: {phrase:?}")));
    }
    let addressed = speaks_to_the_reader(&line.block.text);
    let proven = addressed || line.linked > 0.5 || (line.width <= 60.0 && !line.is_sentence());
    let why = format!("a pitch: {phrase:?}");
    if addressed && line.is_pitch_twice_over() {
        return Some(Finding::Certain(why));
    }
    Some(if proven { Finding::Furniture(why) } else { Finding::Doubtful(why) })
}

/// A list of a few short points of which one pitches, such as what a subscription offers.
fn pitching_list(text: &Text<'_>, at: usize) -> Option<&'static str> {
    let (first, end) = text.list(at);
    let items = &text.lines[first..end];
    let short = items.len() <= 6 && items.iter().all(|line| line.width <= 90.0 && !line.is_sentence());
    let pitches: Vec<_> = items.iter().filter_map(|line| line.says(Cue::Pitch)).collect();
    (short && pitches.len() * 3 >= items.len()).then(|| pitches.first().copied())?
}

fn speaks_to_the_reader(text: &str) -> bool {
    if text.chars().any(|c| ('\u{3040}'..='\u{d7a3}').contains(&c)) {
        return true;
    }
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.any(|word| YOU.contains(&word))
}
