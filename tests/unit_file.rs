//! The service file as systemd reads it. Where systemd's tools are missing the tests say so; in CI that is a failure.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/newsvigil.service")
}

#[expect(clippy::print_stderr, reason = "who runs the tests must see what was not tested")]
fn systemd_analyze(arguments: &[&str], unit: &Path) -> Option<Output> {
    match Command::new("systemd-analyze").args(arguments).arg(unit).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "systemd-analyze is needed here: {error}");
            eprintln!("skipped: no systemd-analyze ({error})");
            None
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_service_is_hardened_to_1_5_or_better() {
    let Some(output) = systemd_analyze(&["security", "--offline=true", "--threshold=15", "--no-pager"], &unit()) else {
        return;
    };
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("Overall exposure level"), "{}", text(&output.stdout));
}

#[test]
fn systemd_knows_every_line_of_the_service() {
    // The program need not be installed where the test runs; the test's own stands in.
    let folder = tempfile::tempdir().expect("a folder of our own");
    let copy = folder.path().join("newsvigil.service");
    let written = std::fs::read_to_string(unit()).expect("the unit is there");
    assert!(written.contains("/usr/local/bin/newsvigil run"));
    let here = written.replace("/usr/local/bin/newsvigil", env!("CARGO_BIN_EXE_newsvigil"));
    std::fs::write(&copy, here).expect("the folder takes files");
    let Some(output) = systemd_analyze(&["verify", "--man=no", "--recursive-errors=no"], &copy) else {
        return;
    };
    // Unknown keys are warnings to systemd, with exit status 0.
    let complaints = text(&output.stderr);
    let ours: Vec<&str> = complaints.lines().filter(|line| line.contains("newsvigil")).collect();
    assert!(output.status.success() && ours.is_empty(), "{complaints}");
}

#[test]
fn the_service_may_run_without_any_password() {
    // `LoadCredential=name:/a/path` fails the start if the file is missing; a bare name is skipped.
    let written = std::fs::read_to_string(unit()).expect("the unit is there");
    let credentials: Vec<&str> = written.lines().filter_map(|line| line.strip_prefix("LoadCredential=")).collect();
    assert_eq!(credentials, ["smtp-password:newsvigil.smtp-password", "database-password:newsvigil.database-password"]);
}
