//! A claimed entry's text: from its page, from one that an earlier try brought, from its feed.

use std::sync::Arc;

use super::{Plan, hosts};
use crate::extract::{self, Cleaned, Furniture, Page, Site};
use crate::model::entry::ClaimedEntry;
use crate::model::exchange::{Body, Fetched};
use crate::source::charset;

pub const WALLED: &str = "the page stands behind a wall: a paywall, a consent, login or robot check";

/// What a text is read from.
#[derive(Default)]
pub struct Had {
    pub page: Option<Fetched>,
    /// What an earlier try brought, if it was a wall.
    pub earlier: Option<Fetched>,
    /// What is known of the host.
    pub furniture: Arc<Furniture>,
}

impl Had {
    /// The cleaned text, and whether the page is to be stored with it. Where the page is a wall or was not had, the one of
    /// an earlier try may show more of the report; that one is stored already.
    pub fn cleaned(&self, plan: &Plan, claimed: &ClaimedEntry) -> (Cleaned, bool) {
        let now = self.clean(plan, claimed, self.page.as_ref());
        if let Some(earlier) = self.earlier.as_ref().filter(|_| self.page.is_none() || now.walled) {
            let before = self.clean(plan, claimed, Some(earlier));
            if before.article.body().len() > now.article.body().len() {
                return (before, false);
            }
        }
        (now, true)
    }

    fn clean(&self, plan: &Plan, claimed: &ClaimedEntry, fetched: Option<&Fetched>) -> Cleaned {
        let lang_hint = claimed.entry.lang_or(&claimed.feed_spec.lang);
        let html = fetched.map(decoded);
        let page = fetched.zip(html.as_deref()).map(|(fetched, html)| Page { html, url: &fetched.url });
        let host = hosts::host(claimed);
        // Rules are written for the publisher's own host, not for one that leads there.
        let publisher = fetched.and_then(|fetched| fetched.url.host_str()).unwrap_or(host);
        let site = Site { host, furniture: Some(&self.furniture), rule: plan.sites.of(publisher) };
        extract::clean(page, Some(&claimed.entry), lang_hint, &plan.extract_limits, &site)
    }
}

fn decoded(fetched: &Fetched) -> String {
    let Body::Bytes(bytes) = &fetched.body else { return String::new() };
    let tld = fetched.url.host_str().and_then(|host| host.rsplit('.').next());
    charset::decode(bytes, fetched.header("content-type"), tld).text
}
