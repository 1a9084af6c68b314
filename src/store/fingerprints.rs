//! A fingerprint as bytes.

use crate::model::story::Fingerprint;

/// First byte of what is packed here; what begins otherwise is of another time and compares with nothing.
const FORMAT: u8 = 3;
/// The same without anchors.
const FORMAT_WITHOUT_ANCHORS: u8 = 2;

/// Little-endian numbers, each list after its length.
pub(super) fn pack(print: &Fingerprint) -> Vec<u8> {
    if *print == Fingerprint::default() {
        return Vec::new();
    }
    let mut bytes = Vec::with_capacity(64 + 8 * print.shingles.len() + 4 * print.words.len());
    bytes.push(FORMAT);
    put_text(&mut bytes, &print.lang);
    put_number(&mut bytes, print.title_words);
    put_length(&mut bytes, print.shingles.len());
    print.shingles.iter().for_each(|shingle| bytes.extend(shingle.to_le_bytes()));
    put_length(&mut bytes, print.words.len());
    print.words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    put_length(&mut bytes, print.names.len());
    for (name, at) in &print.names {
        put_text(&mut bytes, name);
        put_number(&mut bytes, *at);
    }
    put_length(&mut bytes, print.numbers.len());
    for (number, at) in &print.numbers {
        bytes.extend(number.to_le_bytes());
        put_number(&mut bytes, *at);
    }
    put_length(&mut bytes, print.anchors.len());
    print.anchors.iter().for_each(|anchor| put_text(&mut bytes, anchor));
    bytes
}

fn put_number(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    put_number(bytes, u32::try_from(length).unwrap_or(u32::MAX));
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// What cannot be read compares with nothing.
pub(super) fn unpack(bytes: &[u8]) -> Fingerprint {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => read(&mut Reader(rest)).unwrap_or_default(),
        Some((&FORMAT_WITHOUT_ANCHORS, rest)) => read_first(&mut Reader(rest)).unwrap_or_default(),
        _ => Fingerprint::default(),
    }
}

fn read(bytes: &mut Reader<'_>) -> Option<Fingerprint> {
    let first = read_first(bytes)?;
    Some(Fingerprint { anchors: bytes.list(Reader::text)?, ..first })
}

fn read_first(bytes: &mut Reader<'_>) -> Option<Fingerprint> {
    Some(Fingerprint {
        anchors: Vec::new(),
        lang: bytes.text()?,
        title_words: bytes.number()?,
        shingles: bytes.list(|bytes| bytes.eight().map(i64::from_le_bytes))?,
        words: bytes.list(Reader::number)?,
        names: bytes.list(|bytes| Some((bytes.text()?, bytes.number()?)))?,
        numbers: bytes.list(|bytes| Some((bytes.eight().map(i64::from_le_bytes)?, bytes.number()?)))?,
    })
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        self.take()
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    /// A length that lies ends with the bytes, not with the memory.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.number()?;
        let mut list = Vec::new();
        for _ in 0..length {
            list.push(item(self)?);
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print() -> Fingerprint {
        Fingerprint {
            shingles: vec![i64::MIN, -1, 0, 7, i64::MAX],
            title_words: 2,
            words: vec![2, 4, u32::MAX],
            names: vec![("선양".into(), 1), ("koo".into(), 9)],
            numbers: vec![(60_000, 3), (-1, 4)],
            lang: "ko".into(),
            anchors: vec!["10-09".into(), "@shenyang".into()],
        }
    }

    #[test]
    fn a_fingerprint_is_the_same_after_packing() {
        for print in [print(), Fingerprint::default()] {
            assert_eq!(unpack(&pack(&print)), print);
        }
    }

    #[test]
    fn what_was_cut_or_is_of_another_time_compares_with_nothing() {
        let whole = pack(&print());
        for end in 0..whole.len() {
            assert_eq!(unpack(&whole[..end]), Fingerprint::default(), "cut at {end}");
        }
        assert_eq!(unpack(&[0, 0, 0, 0, 0, 0, 0, 1]), Fingerprint::default());
        assert_eq!(unpack(&[FORMAT, 255, 255, 255, 255, 1]), Fingerprint::default());
    }

    #[test]
    fn what_was_packed_before_there_were_anchors_is_read_without_them() {
        let mut before = pack(&Fingerprint { anchors: Vec::new(), ..print() });
        before.truncate(before.len() - 4);
        before[0] = FORMAT_WITHOUT_ANCHORS;
        assert_eq!(unpack(&before), Fingerprint { anchors: Vec::new(), ..print() });
    }
}
