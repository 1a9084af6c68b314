//! Mails that are encrypted to their reader: what leaves, and what does not leave when it cannot be. The real program
//! runs with keys made here; GnuPG reads one of the mails where it is installed.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::path::Path;
use std::process::Command;

use pgp::composed::{
    ArmorOptions, EncryptionCaps, KeyType, Message, SecretKeyParamsBuilder, SignedPublicKey, SignedSecretKey,
    SubkeyParamsBuilder,
};
use pgp::crypto::ecc_curve::ECCCurve;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{Duration, KeyDetails as _, Password, Tag, Timestamp};
use rand::rngs::OsRng;
use support::mime::Part;
use support::world::{World, wait_until};

const DAY: u32 = 86_400;

/// A key made a hundred days ago, for signing and, in a subkey, for encryption.
fn key() -> SignedSecretKey {
    let created = Timestamp::from_secs(Timestamp::now().as_secs() - 100 * DAY);
    let mut subkey = SubkeyParamsBuilder::default();
    subkey.key_type(KeyType::ECDH(ECCCurve::Curve25519Legacy)).can_encrypt(EncryptionCaps::All).created_at(created);
    let mut key = SecretKeyParamsBuilder::default();
    key.key_type(KeyType::Ed25519Legacy).can_certify(true).can_sign(true).created_at(created);
    key.primary_user_id("Kim <kim@ngo.example>".to_owned()).subkeys(vec![subkey.build().unwrap()]);
    key.build().unwrap().generate(OsRng).unwrap()
}

fn signature(key: &SignedSecretKey, kind: SignatureType, more: Vec<SubpacketData>) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, key.primary_key.algorithm(), HashAlgorithm::Sha256);
    let own = [
        SubpacketData::SignatureCreationTime(Timestamp::now()),
        SubpacketData::IssuerFingerprint(key.primary_key.fingerprint()),
    ];
    config.hashed_subpackets = own.into_iter().chain(more).map(|data| Subpacket::regular(data).unwrap()).collect();
    config
}

fn revoked(key: &SignedSecretKey) -> SignedPublicKey {
    let mut public = key.to_public_key();
    let config = signature(key, SignatureType::KeyRevocation, vec![]);
    let word = config.sign_key(&key.primary_key, &Password::empty(), &public.primary_key).unwrap();
    public.details.revocation_signatures.push(word);
    public
}

/// It lasts so many days from when it was made.
fn lasting(key: &SignedSecretKey, days: u32) -> SignedPublicKey {
    let mut public = key.to_public_key();
    let user = public.details.users[0].clone();
    let expiry = SubpacketData::KeyExpirationTime(Duration::from_secs(days * DAY));
    let config = signature(key, SignatureType::CertPositive, vec![expiry]);
    let primary = (&key.primary_key, &public.primary_key);
    let word = config.sign_certification(primary.0, primary.1, &Password::empty(), Tag::UserId, &user.id).unwrap();
    public.details.users[0].signatures = vec![word];
    public
}

fn armored(key: &SignedPublicKey) -> String {
    key.to_armored_string(ArmorOptions::default()).unwrap()
}

/// Kim's key file, and ops whose mails go in clear.
fn newsroom() -> World {
    let mut world = World::new();
    world.publish("/rss", &[("/a", "버스 두 대", "Police stopped two buses before a repatriation.")]);
    world.mail_back().source("/rss", "Outlet").watch("repatriation", &["repatriat*"]).maildir();
    let file = key_file(&world).display().to_string();
    world.reader("kim", "kim@ngo.example").config(&format!("openpgp_key = '{file}'"));
    world.config("[alarms]\ngather = \"1s\"\n[[recipient]]\nid = \"ops\"\nemail = \"ops@ngo.example\"\nalarms = true");
    world
}

fn key_file(world: &World) -> std::path::PathBuf {
    world.dir.path().join("kim.asc")
}

/// Mails as they were written, oldest first.
fn raw_mails(world: &World) -> Vec<String> {
    let Ok(files) = world.dir.path().join("Maildir/new").read_dir() else { return vec![] };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort_by_key(|path| path.metadata().unwrap().modified().unwrap());
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn armor_of(mail: &str) -> String {
    let read = Part::parse(mail);
    assert!(
        read.header("Content-Type").unwrap().contains("multipart/encrypted; protocol=\"application/pgp-encrypted\"")
    );
    let kinds: Vec<_> = read.parts.iter().map(|part| part.header("Content-Type").unwrap()).collect();
    assert_eq!(kinds, ["application/pgp-encrypted", "application/octet-stream; name=\"encrypted.asc\""]);
    assert_eq!(read.parts[0].text.trim_end(), "Version: 1");
    read.parts[1].text.clone()
}

fn decrypted(mail: &str, key: &SignedSecretKey) -> String {
    let armor = armor_of(mail);
    let (message, _) = Message::from_string(&armor).unwrap();
    let mut message = message.decrypt(&Password::empty(), key).unwrap();
    message.as_data_string().unwrap()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn recipients(world: &World) -> serde_json::Value {
    world.json(&["recipients", "--json"])
}

#[test]
fn an_encrypted_mail_tells_only_its_owner_what_it_holds_and_what_it_is_about() {
    let (world, key) = (newsroom(), key());
    std::fs::write(key_file(&world), armored(&key.to_public_key())).unwrap();
    world.ok(&["once"]);
    let mail = raw_mails(&world).remove(0);
    for word in ["repatriation", "Outlet", "report", "버스"] {
        assert!(!mail.contains(word) && !squeezed(&mail).contains(word), "{word}: {mail}");
    }
    let outer = Part::parse(&mail);
    assert_eq!(outer.header("Subject").unwrap(), "[...]");
    let message_id = world.json(&["deliveries", "--all", "--json"])[0]["message_id"].as_str().unwrap().to_owned();
    assert_eq!(outer.header("Message-ID").unwrap(), format!("<{message_id}>"));
    assert_eq!(outer.header("Auto-Submitted").unwrap(), "auto-generated");
    let within = decrypted(&mail, &key);
    let inner = Part::parse(&within);
    assert_eq!(inner.header("Subject").unwrap(), "버스 두 대");
    assert_eq!(inner.header("Message-ID"), outer.header("Message-ID"));
    let kind = inner.header("Content-Type").unwrap();
    assert!(kind.starts_with("multipart/alternative; hp=\"cipher\"; protected-headers=\"v1\""), "{kind}");
    assert!(within.contains("\r\nHP-Outer: Subject: [...]\r\n"), "{within}");
    assert!(inner.parts[0].text.contains("*repatriation*") && inner.parts[1].text.contains("<html"), "{within}");
}

#[test]
fn what_cannot_be_encrypted_is_held_ops_are_told_once_and_a_new_key_lets_it_go() {
    let other = SignedPublicKey::from(key());
    let old = key();
    let two = format!("{}{}", armored(&other), armored(&old.to_public_key()));
    for (name, file, why) in [
        ("missing", None, "there is no key file"),
        ("revoked", Some(armored(&revoked(&old))), "is revoked"),
        ("expired", Some(armored(&lasting(&old, 10))), "expired at"),
        ("no key", Some("not a key".to_owned()), "holds no OpenPGP public key"),
        ("two keys", Some(two), "more than one key"),
    ] {
        let world = newsroom();
        if let Some(file) = file {
            std::fs::write(key_file(&world), file).unwrap();
        }
        assert!(world.run(&["check"]).status.success(), "a warning, no mistake: the others' mails go out");
        world.run(&["once"]);
        world.run(&["once"]);
        let held = recipients(&world)[0].clone();
        assert!(held["held"]["why"].as_str().unwrap_or_default().contains(why), "{name}: {held}");
        let waits = world.json(&["deliveries", "--json"])[0].clone();
        assert!(waits["state"] == "queued" && waits["attempts"] == 0, "{name}: {waits}");
        let told = world.mails();
        assert_eq!(told.len(), 1, "{name}: ops, once, and nothing to kim: {told:?}");
        let notice = squeezed(&told[0]);
        assert!(notice.contains("Recipient kim gets no mails, for they cannot be encrypted"), "{name}: {notice}");
        assert!(notice.to_lowercase().contains(&why.to_lowercase()) && !notice.contains("kim.asc"), "{name}: {notice}");

        let new = key();
        std::fs::write(key_file(&world), armored(&lasting(&new, 200))).unwrap();
        world.ok(&["deliveries", "retry", waits["id"].as_str().unwrap()]);
        world.ok(&["once"]);
        world.ok(&["once"]);
        assert!(recipients(&world)[0]["held"].is_null(), "{name}");
        let mails = raw_mails(&world);
        assert!(decrypted(&mails[1], &new).contains("repatriation"), "{name}");
        let over = squeezed(world.mails().last().unwrap());
        assert!(over.contains("Recipient kim gets mails again"), "{name}: {over}");
    }
}

#[test]
fn alarms_and_notices_are_not_sent_in_clear_either_and_the_metrics_and_the_log_say_that_mails_are_held() {
    let mut world = newsroom();
    world.in_section("id = \"ops\"", &format!("openpgp_key = '{}'", world.dir.path().join("ops.asc").display()));
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.in_section("[service]", &format!("listen = \"{listen}\""));
    let _daemon = world.daemon();
    let waiting = || world.json(&["deliveries", "--json"]).as_array().map_or(0, Vec::len);
    wait_until("the digest and the notice of it wait", || waiting() == 2);
    let held = || recipients(&world).as_array().unwrap().iter().filter(|row| !row["held"].is_null()).count();
    wait_until("both are held", || held() == 2);
    assert!(raw_mails(&world).is_empty());
    let metrics = || support::world::get(listen, "/metrics");
    assert!(metrics().contains("newsvigil_recipients{state=\"held\"} 2"), "{}", metrics());
    let log = std::fs::read_to_string(world.log()).unwrap();
    assert!(log.contains("is held, for it cannot be encrypted: there is no key file"), "{log}");
    assert!(!log.contains(".asc") && !log.contains("kim@"), "{log}");
    // A key for ops alone: the notice goes out to them, the digest still waits.
    std::fs::write(world.dir.path().join("ops.asc"), armored(&key().to_public_key())).unwrap();
    for row in world.json(&["deliveries", "--json"]).as_array().unwrap() {
        world.ok(&["deliveries", "retry", row["id"].as_str().unwrap()]);
    }
    wait_until("ops are told", || !raw_mails(&world).is_empty());
    assert!(raw_mails(&world).iter().all(|mail| mail.contains("multipart/encrypted") && mail.contains("ops@")));
}

fn gpg(home: &Path, args: &[&str], input: &str) -> std::process::Output {
    use std::io::Write as _;
    let mut child = Command::new("gpg")
        .args(["--homedir"])
        .arg(home)
        .args(["--batch", "--quiet", "--trust-model", "always"])
        .args(args)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn gnupg_decrypts_what_was_encrypted_to_a_key_of_its_own() {
    if Command::new("gpg").arg("--version").output().is_err() {
        eprintln!("skipped: reading an encrypted mail with GnuPG, which is not installed");
        return;
    }
    let home = tempfile::Builder::new().prefix("nv").tempdir_in("/tmp").unwrap();
    for (user, kind) in [("curve@ngo.example", "future-default"), ("rsa@ngo.example", "rsa3072")] {
        let made = gpg(home.path(), &["--passphrase", "", "--quick-gen-key", user, kind, "default", "1y"], "");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        if kind == "rsa3072" {
            let listed = gpg(home.path(), &["--with-colons", "--list-keys", user], "");
            let listed = String::from_utf8(listed.stdout).unwrap();
            let print = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap().trim_matches(':').to_owned();
            gpg(home.path(), &["--passphrase", "", "--quick-add-key", &print, "rsa3072", "encr", "1y"], "");
        }
        let world = newsroom();
        let public = gpg(home.path(), &["--export", user], "").stdout;
        std::fs::write(key_file(&world), public).unwrap();
        world.ok(&["once"]);
        let read = gpg(home.path(), &["--decrypt"], &armor_of(&raw_mails(&world)[0]));
        assert!(read.status.success(), "{user}: {}", String::from_utf8_lossy(&read.stderr));
        let within = String::from_utf8(read.stdout).unwrap();
        assert_eq!(Part::parse(&within).header("Subject").unwrap(), "버스 두 대");
    }
    let _ = Command::new("gpgconf").arg("--homedir").arg(home.path()).args(["--kill", "all"]).status();
}
