//! What time it is.
//!
//! The one thing that tests replace: everything else they run is real.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::time::Timestamp;

/// The system's clock, or one that stands still until it is moved. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    pub fn manual(at: Timestamp) -> Clock {
        Clock(Source::Manual(Arc::new(AtomicI64::new(at.as_millis()))))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            // Before 1970 only on a machine whose clock was never set; the epoch serves.
            Source::System => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
                Timestamp::EPOCH.plus(since_epoch)
            }
            Source::Manual(millis) => Timestamp::from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; the system's goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(millis) = &self.0 {
            millis.store(self.now().plus(by).as_millis(), Ordering::SeqCst);
        }
    }
}
