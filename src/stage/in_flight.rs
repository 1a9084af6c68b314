//! Work in flight, which goes on while its stage waits for the database.
//!
//! A stage's futures are polled by the stage alone. One that waits for the database itself holds a connection, and a
//! stage that waits for another while nobody polls them would wait for itself: every claim and commit of a stage with work
//! in flight goes through [`InFlight::alongside`].

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

pub struct InFlight<F: Future> {
    running: FuturesUnordered<F>,
    done: VecDeque<F::Output>,
}

impl<F: Future> InFlight<F> {
    pub fn new() -> InFlight<F> {
        InFlight { running: FuturesUnordered::new(), done: VecDeque::new() }
    }

    /// Work begun whose result was not taken yet.
    pub fn len(&self) -> usize {
        self.running.len() + self.done.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for something else, while what is in flight goes on.
    pub async fn alongside<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        loop {
            tokio::select! {
                biased;
                result = &mut other => return result,
                Some(done) = self.running.next() => self.done.push_back(done),
            }
        }
    }

    /// Returns what is done, at most `most`; waits for the first up to `patience`, and returns nothing then.
    pub async fn done(&mut self, most: usize, patience: Duration) -> Vec<F::Output> {
        if self.done.is_empty() {
            tokio::select! {
                Some(done) = self.running.next() => self.done.push_back(done),
                () = tokio::time::sleep(patience) => {}
            }
        }
        self.ready(most)
    }

    /// Returns what is done already, at most `most`.
    pub fn ready(&mut self, most: usize) -> Vec<F::Output> {
        while self.done.len() < most {
            let Some(Some(next)) = self.running.next().now_or_never() else { break };
            self.done.push_back(next);
        }
        let taken = self.done.len().min(most);
        self.done.drain(..taken).collect()
    }
}

impl<F: Future> Extend<F> for InFlight<F> {
    fn extend<I: IntoIterator<Item = F>>(&mut self, work: I) {
        self.running.extend(work);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_the_work_in_flight_holds_gets_it() {
        let connections = Arc::new(Semaphore::new(1));
        let mut in_flight = InFlight::new();
        in_flight.extend([async {
            let _held = connections.acquire().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            "done"
        }]);
        // It begins and takes the only connection.
        assert!(in_flight.done(9, Duration::ZERO).await.is_empty());
        let waited = in_flight.alongside(async { connections.acquire().await.is_ok() });
        assert!(tokio::time::timeout(Duration::from_secs(60), waited).await.expect("no deadlock"));
        assert_eq!(in_flight.done(9, Duration::ZERO).await, ["done"]);
        assert!(in_flight.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn results_come_in_batches_and_none_is_lost() {
        let mut in_flight = InFlight::new();
        in_flight.extend((0..5).map(|number| async move { number }));
        let first = in_flight.done(3, Duration::from_secs(1)).await;
        assert_eq!((first.len(), in_flight.len()), (3, 2));
        let mut all = [first, in_flight.done(9, Duration::from_secs(1)).await].concat();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }
}
