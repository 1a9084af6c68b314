//! Bodies that are gzip without saying so: some servers compress the file and forget the header.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// More than any feed holds; what is longer is cut, and read as a feed that was cut off.
const MOST: u64 = 16 << 20;

/// The plain bytes, if these are a gzip member.
pub fn gunzip(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut plain = vec![];
    // A member that breaks off still gives what came before.
    let _ended_well = GzDecoder::new(bytes).take(MOST).read_to_end(&mut plain);
    Some(plain).filter(|plain| !plain.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(vec![], Compression::best());
        packed.write_all(bytes).expect("memory takes it");
        packed.finish().expect("memory takes it")
    }

    #[test]
    fn packed_bytes_are_unpacked_and_others_are_left() {
        assert_eq!(gunzip(&gzip(b"<rss/>")).as_deref(), Some(b"<rss/>".as_slice()));
        assert_eq!(gunzip(b"<rss/>"), None);
        assert_eq!(gunzip(&[0x1f, 0x8b, 0]), None);
    }

    #[test]
    fn a_bomb_is_cut() {
        let bomb = gzip(&vec![b' '; 40 << 20]);
        assert_eq!(gunzip(&bomb).map(|plain| plain.len() as u64), Some(MOST));
    }
}
