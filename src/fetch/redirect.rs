//! Where a redirect leads, and whether to follow.

use url::Url;

use super::error::{FetchError, shown};

/// The hops of one exchange so far.
pub struct Hops {
    asked: Url,
    seen: Vec<Url>,
    max: u32,
    only_permanent: bool,
}

impl Hops {
    pub fn new(asked: &Url, max: u32) -> Hops {
        Hops { asked: asked.clone(), seen: vec![asked.clone()], max, only_permanent: true }
    }

    /// Returns the next address, or why it is not followed.
    pub fn follow(&mut self, from: &Url, status: u16, location: Option<&str>) -> Result<Url, FetchError> {
        let url = || shown(&self.asked);
        let target = location.filter(|location| !location.trim().is_empty());
        let Some(mut to) = target.and_then(|location| from.join(location.trim()).ok()) else {
            return Err(FetchError::BadRedirect { url: url() });
        };
        // A fragment is the browser's business; credentials in a Location are nobody's.
        to.set_fragment(None);
        let _ = to.set_username("");
        let _ = to.set_password(None);
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(FetchError::Downgrade { url: url() });
        }
        if self.seen.contains(&to) {
            return Err(FetchError::RedirectLoop { url: url() });
        }
        if self.seen.len() > self.max as usize {
            return Err(FetchError::TooManyRedirects { url: url(), max: self.max });
        }
        self.only_permanent &= matches!(status, 301 | 308);
        self.seen.push(to.clone());
        Ok(to)
    }

    /// The address to use from now on, if every hop said so.
    pub fn moved_to(&self) -> Option<Url> {
        let last = self.seen.last().filter(|last| **last != self.asked)?;
        self.only_permanent.then(|| last.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_move_is_permanent_only_if_every_hop_is() {
        let (a, b, c) = (url("http://a.example/"), url("http://b.example/"), url("http://c.example/"));
        let mut hops = Hops::new(&a, 5);
        hops.follow(&a, 301, Some("http://b.example/")).expect("followed");
        assert_eq!(hops.moved_to(), Some(b.clone()));
        hops.follow(&b, 302, Some(c.as_str())).expect("followed");
        assert_eq!(hops.moved_to(), None);
    }

    #[test]
    fn circles_long_chains_downgrades_and_nonsense_are_refused() {
        let a = url("https://a.example/");
        let mut hops = Hops::new(&a, 1);
        assert!(matches!(hops.follow(&a, 302, Some("https://a.example/#x")), Err(FetchError::RedirectLoop { .. })));
        assert!(matches!(hops.follow(&a, 302, None), Err(FetchError::BadRedirect { .. })));
        assert!(matches!(hops.follow(&a, 302, Some("http://[")), Err(FetchError::BadRedirect { .. })));
        assert!(matches!(hops.follow(&a, 302, Some("http://a.example/")), Err(FetchError::Downgrade { .. })));
        let b = hops.follow(&a, 302, Some("/b")).expect("the first is followed");
        assert!(matches!(hops.follow(&b, 302, Some("/c")), Err(FetchError::TooManyRedirects { .. })));
    }

    #[test]
    fn credentials_in_a_redirect_are_not_followed() {
        let a = url("http://a.example/");
        let to = Hops::new(&a, 5).follow(&a, 302, Some("http://user:secret@b.example/x")).expect("followed");
        assert_eq!(to.as_str(), "http://b.example/x");
    }
}
