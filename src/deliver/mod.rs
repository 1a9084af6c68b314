//! The only way out to people.

use crate::model::delivery::Outgoing;
use crate::model::outcome::Disposition;

/// What the other side said when it took the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(pub String);

#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error("placeholder")]
    Placeholder,
}

impl DeliverError {
    pub fn disposition(&self) -> Disposition {
        todo!()
    }
}

/// Who a mail goes to.
#[derive(Clone, Debug)]
pub struct Address {
    pub name: String,
    pub email: String,
}

#[derive(Clone)]
pub struct Channel {}

pub enum Config {
    X,
}
impl Channel {
    pub fn open(c: Config) -> Result<Channel, DeliverError> {
        todo!()
    }
    pub fn name(&self) -> &'static str {
        todo!()
    }
    pub fn domain(&self) -> &str {
        todo!()
    }
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        todo!()
    }
}
