//! The service manager: told when we are up, reloading, stopping and alive. Without one, nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

pub fn ready() {
    tell(&[NotifyState::Ready]);
}

pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

pub fn feed_watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How often at least the watchdog wants to be fed; `None`: there is none.
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager could not be told: {error}");
    }
}
