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
    use std::os::unix::net::UnixDatagram;
    use std::process::Command;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_status_cannot_carry_a_second_message() {
        assert_eq!(one_line("feeds: 3\nWATCHDOG=trigger"), "feeds: 3 WATCHDOG=trigger");
    }

    /// By itself: nobody listens, and nothing happens. Run by the next test, it has a manager to talk to.
    #[test]
    fn without_a_manager_nothing_happens() {
        ready("polling 29 feeds");
        if let Some(interval) = watchdog_interval() {
            status(&format!("watchdog every {interval:?}"));
        }
        feed_watchdog();
        reloading();
        stopping();
    }

    #[test]
    fn a_manager_hears_every_word() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // The variables of a running process cannot be changed safely, so another process speaks.
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ops::systemd::tests::without_a_manager_nothing_happens"])
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "60000000")
            .env_remove("WATCHDOG_PID")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let hear = || {
            let mut message = [0; 4096];
            let length = manager.recv(&mut message).unwrap();
            String::from_utf8_lossy(&message[..length]).trim_end().to_owned()
        };
        assert_eq!(hear(), "READY=1\nSTATUS=polling 29 feeds");
        assert_eq!(hear(), "STATUS=watchdog every 30s");
        assert_eq!(hear(), "WATCHDOG=1");
        let reloading = hear();
        assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
        assert_eq!(hear(), "STOPPING=1");
    }
}
