//! Threads that compute, apart from those that wait for the network.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// As many threads as may compute at a time: each holds a text and room to work in, and more than the machine has
/// processors are no faster. The same few threads for all: what one work gives back, the next one takes, where a
/// changing crowd would each keep its own leftovers. Clones share them; they end with the last one.
#[derive(Clone)]
pub struct Seats(Sender<Work>);

impl Default for Seats {
    fn default() -> Seats {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let (work, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..processors.max(2) {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("compute-{number}"));
            if let Err(error) = thread.spawn(move || run(&queue)) {
                tracing::error!(%error, "The system gives no thread to compute with");
            }
        }
        Seats(work)
    }
}

fn run(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        work();
    }
}

impl Seats {
    /// Computes off the async threads, when its turn has come; `None`: it panicked. Goes on to its end even if nobody
    /// waits for it any more.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        let seated = move || {
            // Whoever waited may be gone.
            let _ = done.send(catch_unwind(AssertUnwindSafe(work)).ok());
        };
        self.0.send(Box::new(seated)).ok()?;
        result.await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_its_own_work_and_nothing_else() {
        let seats = Seats::default();
        for _ in 0..64 {
            assert_eq!(seats.compute(|| -> u32 { panic!("on purpose") }).await, None);
        }
        assert_eq!(seats.compute(|| 7).await, Some(7));
    }
}
