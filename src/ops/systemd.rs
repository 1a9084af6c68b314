//! What the service manager is told. Without one (no `NOTIFY_SOCKET`) every call does nothing.
//!
//! A message that cannot be sent is logged and forgotten: the work goes on, and the manager acts on silence.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

/// Everything is open and the first claim can be made.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// The configuration is being read again; [`ready`] ends it.
pub fn reloading() {
    // From v253 on the manager wants the time too, to tell this reload from an older one.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// What `systemctl status` shows.
pub fn status(text: &str) {
    send(&[NotifyState::Status(&one_line(text))]);
}

/// Tells the manager that we are well; to be called only while we are.
pub fn feed_watchdog() {
    send(&[NotifyState::Watchdog]);
}

/// Returns how often the watchdog is to be fed: half of what the manager allows. `None`: nobody waits.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 2).filter(|interval| !interval.is_zero())
}

fn send(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!("could not reach the service manager: {error}");
    }
}

/// A line break would begin another message.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_status_cannot_carry_a_second_message() {
        assert_eq!(super::one_line("feeds: 3\nWATCHDOG=trigger"), "feeds: 3 WATCHDOG=trigger");
    }
}
