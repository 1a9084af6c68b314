//! Why a text meets a query, or which part of the query it does not meet.

use std::fmt;

use serde::Serialize;

use super::QueryError;
use super::Text;
use super::index::WatchSet;
use super::names::Names;
use crate::model::watch::{Hit, WatchSpec};

#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub matched: bool,
    pub hit: Option<Hit>,
}

pub fn explain(watch: &WatchSpec, names: &Names, text: &Text<'_>) -> Result<Explanation, QueryError> {
    let set = WatchSet::compile(std::slice::from_ref(watch), names).map_err(|mut errors| errors.remove(0).1)?;
    let hit = set.hits(text).into_iter().next();
    Ok(Explanation { matched: hit.is_some(), hit })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.matched { "matches" } else { "does not match" })
    }
}
