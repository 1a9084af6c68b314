//! What was mended in a feed, for the people who watch the daemon: each kind once, with its first place.

/// Kinds of repair reported; the rest are counted.
const MAX_KINDS: usize = 8;

/// Gathers repairs.
#[derive(Debug)]
pub struct Repairs<'a> {
    text: &'a str,
    /// Lines and bytes cut away before `text` began, so that places are those of the body.
    lines_before: usize,
    found: Vec<(String, Option<usize>, usize)>,
    more: usize,
}

impl<'a> Repairs<'a> {
    pub fn of(text: &'a str, lines_before: usize) -> Repairs<'a> {
        Repairs { text, lines_before, found: vec![], more: 0 }
    }

    /// Something mended at that offset.
    pub fn at(&mut self, what: &str, offset: usize) {
        self.note(what, Some(offset));
    }

    /// Something mended at the place of `slice`, which must be a part of the text; elsewhere it has no place.
    pub fn within(&mut self, what: &str, slice: &str) {
        let offset = (slice.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize);
        self.note(what, offset.filter(|offset| *offset <= self.text.len()));
    }

    fn note(&mut self, what: &str, offset: Option<usize>) {
        if let Some((_, _, count)) = self.found.iter_mut().find(|(known, _, _)| known == what) {
            *count += 1;
        } else if self.found.len() < MAX_KINDS {
            self.found.push((what.to_owned(), offset, 1));
        } else {
            self.more += 1;
        }
    }

    /// In words: `unclosed <title> (line 12, column 5; 3 times)`.
    pub fn told(self) -> Vec<String> {
        let mut told: Vec<String> = self.found.iter().map(|found| self.tell(found)).collect();
        if self.more > 0 {
            told.push(format!("{} other repairs", self.more));
        }
        told
    }

    fn tell(&self, (what, offset, count): &(String, Option<usize>, usize)) -> String {
        let times = if *count > 1 { format!("{count} times") } else { String::new() };
        let place = offset.map(|offset| {
            let before = &self.text.as_bytes()[..offset.min(self.text.len())];
            let line = before.iter().filter(|byte| **byte == b'\n').count();
            let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            // Characters, as editors count: bytes that do not continue one.
            let column = before[line_start..].iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
            format!("line {}, column {column}", line + 1 + self.lines_before)
        });
        match (place, times.as_str()) {
            (None, "") => what.clone(),
            (Some(place), "") => format!("{what} ({place})"),
            (None, times) => format!("{what} ({times})"),
            (Some(place), times) => format!("{what} ({place}; {times})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_once_with_its_first_place_and_how_often() {
        let text = "첫 줄\n둘째 <b> & 줄";
        let mut repairs = Repairs::of(text, 1);
        repairs.at("bare &", text.find('&').expect("there"));
        repairs.at("bare &", 0);
        repairs.within("unclosed <b>", &text[text.find('<').expect("there")..]);
        repairs.within("elsewhere", "x");
        assert_eq!(
            repairs.told(),
            ["bare & (line 3, column 8; 2 times)", "unclosed <b> (line 3, column 4)", "elsewhere"]
        );
    }

    #[test]
    fn a_feed_broken_everywhere_is_told_shortly() {
        let mut repairs = Repairs::of("", 0);
        (0..1000).for_each(|number| repairs.at(&format!("kind {number}"), 0));
        assert_eq!(repairs.told().len(), MAX_KINDS + 1);
    }
}
