//! Mails on their way out: what a server or a disk does to them, and what is said of it.

#![allow(clippy::unwrap_used)]

#[path = "support/fake_smtp.rs"]
mod fake_smtp;
#[path = "support/mime.rs"]
mod mime;

use std::time::Duration;

use fake_smtp::{FakeSmtp, Habits, Manner, TEST_CA, TlsHabit};
use mime::Part;
use newsvigil::deliver::{
    Address, Channel, Config, DeliverError, Login, MaildirConfig, OneClick, Reply, Sender, SmtpConfig, Timeouts, Tls,
};
use newsvigil::digest;
use newsvigil::model::article::{Article, ArticleKind, Block, BlockKind};
use newsvigil::model::delivery::{Outgoing, message_id};
use newsvigil::model::digest::{Coverage, Credits, Rendered, WaitingReport};
use newsvigil::model::id::{DeliveryId, DigestId, EntryId, RecipientId, StoryId, WatchId};
use newsvigil::model::lease::Lease;
use newsvigil::model::outcome::Disposition;
use newsvigil::model::recipient::{Alerts, AllQuiet, Language, Recipient, Rhythm};
use newsvigil::model::time::Timestamp;
use newsvigil::model::token::TokenKey;
use newsvigil::model::watch::{Field, Hit, Snippet, Span};

const SUBJECT: &str =
    "2 reports: 세관 앞에 멈춘 버스 두 대…주민들 “강제북송 또 시작됐다”, 沈阳看守所外，家属连续三天等候";
const TEXT: &str = "2 new reports\n\n. a line that begins with a dot\n.\nFrom here on 강제북송, 遣返\n";
const HTML: &str = "<!DOCTYPE html>\n<p lang=\"ko\">강제북송</p>\n";

fn mail(id: &str) -> Outgoing {
    let composed_at = Timestamp::from_millis(1_795_521_600_123);
    let id = DeliveryId::from_stored(id);
    Outgoing {
        message_id: message_id(&id, "news.example"),
        in_reply_to: String::new(),
        id,
        digest: DigestId::from_stored("d_1"),
        recipient: RecipientId::from_stored("desk"),
        composed_at,
        rendered: Rendered { subject: SUBJECT.into(), text: TEXT.into(), html: HTML.into() },
        attempts: 1,
        first_tried_at: None,
        lease: Lease { token: "t".into(), until: composed_at },
    }
}

fn sender() -> Sender {
    Sender {
        name: "뉴스 desk".into(),
        email: "digest@news.example".into(),
        reply_to: Some("ops@news.example".into()),
        return_path: None,
        one_click: None,
    }
}

fn reader(email: &str) -> Address {
    Address::plain("Kim, 데스크", email)
}

fn quick() -> Timeouts {
    let short = Duration::from_millis(400);
    Timeouts { connect: short, greeting: short, command: short, final_dot: short, whole: 10 * short }
}

fn config(port: u16) -> SmtpConfig {
    SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        tls: Tls::None,
        login: None,
        ca_file: None,
        from: sender(),
        timeouts: quick(),
    }
}

fn channel(smtp: &FakeSmtp) -> Channel {
    Channel::open(Config::Smtp(config(smtp.port()))).unwrap()
}

fn encrypted(smtp: &FakeSmtp, tls: Tls) -> Channel {
    let (host, ca_file) = ("localhost".to_owned(), Some(TEST_CA.into()));
    let config = SmtpConfig { host, tls, ca_file, login: Some(login()), ..config(smtp.port()) };
    Channel::open(Config::Smtp(config)).unwrap()
}

fn login() -> Login {
    Login { username: "u".into(), password: "hunter2".to_owned().into() }
}

/// What one try at a recipient who is met so brings, and what the next one does.
async fn tried_twice(manner: Manner) -> (DeliverError, Result<Reply, DeliverError>, FakeSmtp) {
    let smtp = FakeSmtp::start();
    smtp.meet("ann@ngo.example", manner);
    let channel = channel(&smtp);
    let first = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    let second = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await;
    (first, second, smtp)
}

#[tokio::test]
async fn a_mail_that_is_taken_tells_the_servers_answer() {
    let smtp = FakeSmtp::start();
    let said = channel(&smtp).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
    assert_eq!(said, Reply("250 2.0.0 taken".into()));
    let kept = smtp.kept();
    assert_eq!((kept.len(), kept[0].from.as_str(), kept[0].to.as_str()), (1, "digest@news.example", "ann@ngo.example"));
    assert_eq!(smtp.heard()[0], "EHLO news.example", "not the machine's own name");
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_and_the_reason_names_nobody() {
    for manner in [Manner::Refuses, Manner::CallsItSpam] {
        let (first, second, smtp) = tried_twice(manner).await;
        assert_eq!(first.disposition(), Disposition::GiveUp, "{manner:?}: {first}");
        assert!(!format!("{first} {first:?} {:?}", second.unwrap_err()).contains("ann"), "{first}");
        assert_eq!((smtp.kept().len(), smtp.connections()), (0, 1), "a refusal costs no connection");
    }
}

// E23
#[tokio::test]
async fn what_is_refused_for_now_arrives_at_the_next_try() {
    for manner in [Manner::Greylists(1), Manner::Defers(1), Manner::Babbles(1), Manner::BidsFarewell(1)] {
        let (first, second, smtp) = tried_twice(manner).await;
        assert_eq!(first.disposition(), Disposition::Retry, "{manner:?}: {first}");
        assert!(second.is_ok(), "{manner:?}: {second:?}");
        assert_eq!(smtp.kept().len(), 1, "{manner:?}");
    }
}

#[tokio::test]
async fn a_mail_cut_before_its_end_arrives_once() {
    for manner in [Manner::LosesAndDrops(1), Manner::DropsAmid(1)] {
        let (first, second, smtp) = tried_twice(manner).await;
        assert_eq!(first.disposition(), Disposition::Retry, "{manner:?}: {first}");
        assert!(second.is_ok() && smtp.kept().len() == 1, "{manner:?}: {second:?}");
    }
}

// E7 E23
#[tokio::test]
async fn a_mail_kept_without_an_answer_comes_again_the_same_to_the_letter() {
    for manner in [Manner::KeepsAndDrops(1), Manner::Hangs(1)] {
        let (first, second, smtp) = tried_twice(manner).await;
        assert!(matches!(first, DeliverError::Unanswered { .. }), "{manner:?}: {first:?}");
        assert_eq!(first.disposition(), Disposition::Retry);
        assert!(second.is_ok(), "{second:?}");
        let kept = smtp.kept();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].data, kept[1].data);
        assert_eq!(kept[1].header("Message-ID").unwrap(), "<m_1.newsvigil@news.example>");
    }
}

// E22 E23
#[tokio::test]
async fn recipients_fail_apart() {
    let smtp = FakeSmtp::start();
    smtp.meet("gone@ngo.example", Manner::Refuses);
    let channel = channel(&smtp);
    let mut taken = vec![];
    for email in ["ann@ngo.example", "gone@ngo.example", "bob@ngo.example"] {
        taken.push(channel.send(&mail("m_1"), &reader(email)).await.is_ok());
    }
    assert_eq!(taken, [true, false, true]);
    assert!(smtp.kept().iter().all(|mail| mail.data.matches("@ngo.example").count() == 1), "nobody sees another");
}

#[tokio::test]
async fn a_no_that_anybody_would_get_is_the_settings_fault_and_loses_nothing() {
    let smtp = FakeSmtp::start();
    smtp.meet("ann@ngo.example", Manner::RefusesToRelay);
    let relay = channel(&smtp).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    let strict = FakeSmtp::with(Habits { mail: "550 5.1.0 not from you", ..Habits::default() });
    let sender = channel(&strict).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    for error in [relay, sender] {
        assert_eq!(error.disposition(), Disposition::Misconfigured, "{error}");
    }
}

#[tokio::test]
async fn a_login_is_refused_for_good_or_for_now() {
    for (auth, wanted) in [
        ("535 5.7.8 bad credentials for u", Disposition::Misconfigured),
        ("454 4.7.0 temporary failure", Disposition::Retry),
    ] {
        let smtp = FakeSmtp::with(Habits { offers: vec!["AUTH PLAIN LOGIN"], auth, ..Habits::default() });
        let config = SmtpConfig { login: Some(login()), ..config(smtp.port()) };
        let channel = Channel::open(Config::Smtp(config)).unwrap();
        let error = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
        assert_eq!(error.disposition(), wanted, "{error}");
        assert!(smtp.kept().is_empty());
        assert!(!format!("{error} {error:?} {channel:?}").contains("hunter2"));
    }
}

// E24
#[tokio::test]
async fn without_starttls_neither_password_nor_mail_is_sent() {
    let smtp = FakeSmtp::with(Habits { offers: vec!["AUTH PLAIN"], ..Habits::default() });
    let config = SmtpConfig { tls: Tls::StartTls, login: Some(login()), ..config(smtp.port()) };
    let channel = Channel::open(Config::Smtp(config)).unwrap();
    let error = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Misconfigured, "{error}");
    let heard = smtp.heard();
    assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
}

#[tokio::test]
async fn the_password_and_the_mail_go_over_tls_alone() {
    let offers = vec!["STARTTLS", "AUTH PLAIN LOGIN"];
    for (habit, tls) in [(TlsHabit::StartTls, Tls::StartTls), (TlsHabit::Implicit, Tls::Implicit)] {
        let smtp = FakeSmtp::with(Habits { offers: offers.clone(), tls: habit, ..Habits::default() });
        encrypted(&smtp, tls).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
        assert_eq!(smtp.kept().len(), 1);
        let heard = smtp.heard();
        assert!(heard.iter().any(|line| line.starts_with("tls: AUTH")), "{heard:?}");
        let in_plain = heard.iter().filter(|line| !line.starts_with("tls: ")).map(String::as_str);
        let wanted: &[&str] = if tls == Tls::StartTls { &["EHLO news.example", "STARTTLS"] } else { &[] };
        assert_eq!(in_plain.collect::<Vec<_>>(), wanted);
    }
}

#[tokio::test]
async fn words_put_behind_the_answer_to_starttls_are_not_taken_for_the_servers() {
    let habits = Habits { offers: vec!["STARTTLS"], tls: TlsHabit::StartTlsWithWordsBehind, ..Habits::default() };
    let smtp = FakeSmtp::with(habits);
    let error = encrypted(&smtp, Tls::StartTls).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    assert!(matches!(error, DeliverError::Settings { step: "TLS", .. }), "they meet the handshake: {error}");
    assert_eq!(smtp.heard(), ["EHLO news.example", "STARTTLS"]);
}

// E24
#[tokio::test]
async fn a_certificate_that_is_not_trusted_or_for_another_name_gets_no_password() {
    for (host, ca_file) in [("localhost", None), ("127.0.0.1", Some(TEST_CA.into()))] {
        let habits = Habits { offers: vec!["AUTH PLAIN"], tls: TlsHabit::Implicit, ..Habits::default() };
        let smtp = FakeSmtp::with(habits);
        let config =
            SmtpConfig { host: host.into(), tls: Tls::Implicit, ca_file, login: Some(login()), ..config(smtp.port()) };
        let channel = Channel::open(Config::Smtp(config)).unwrap();
        let error = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::Misconfigured, "{error}");
        assert!(error.to_string().contains("certificate") && smtp.heard().is_empty(), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_will_not_talk_is_tried_again() {
    for greeting in [None, Some("421 too busy"), Some("554 no service here"), Some("SSH-2.0-OpenSSH")] {
        let smtp = FakeSmtp::with(Habits { greeting, ..Habits::default() });
        let error = channel(&smtp).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::Retry, "{greeting:?}: {error}");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let channel = Channel::open(Config::Smtp(config(nobody))).unwrap();
    let error = channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Retry, "{error}");
}

#[tokio::test]
async fn connections_are_used_again_and_a_stale_one_fails_no_mail() {
    for (habits, connections) in [
        (Habits::default(), 1),
        (Habits { cuts_after_a_mail: true, ..Habits::default() }, 3),
        (Habits { mails_a_connection: 1, ..Habits::default() }, 3),
    ] {
        let smtp = FakeSmtp::with(habits);
        let channel = channel(&smtp);
        for id in ["m_1", "m_2", "m_3"] {
            channel.send(&mail(id), &reader("ann@ngo.example")).await.unwrap();
        }
        assert_eq!((smtp.kept().len(), smtp.connections()), (3, connections));
        channel.rest().await;
        assert!(connections > 1 || smtp.heard().last().unwrap() == "QUIT", "it takes its leave");
    }
}

#[tokio::test]
async fn many_mails_at_once_all_arrive() {
    let smtp = FakeSmtp::start();
    let channel = channel(&smtp);
    let sending = (0..40).map(|number| {
        let channel = channel.clone();
        async move { channel.send(&mail(&format!("m_{number}")), &reader(&format!("r{number}@ngo.example"))).await }
    });
    assert!(futures_util::future::join_all(sending).await.iter().all(Result::is_ok));
    let mut ids: Vec<_> = smtp.kept().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}

// E1 E2 E7 E9 E10 E12 E14 E20
#[tokio::test]
async fn a_mail_program_reads_back_what_was_written() {
    let smtp = FakeSmtp::start();
    channel(&smtp).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
    let raw = &smtp.kept()[0].data;
    let mail = Part::parse(raw);
    let header = |name: &str| mail.header(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(header("Subject"), SUBJECT);
    assert_eq!(header("From"), "\"뉴스 desk\" <digest@news.example>".replace('"', ""));
    assert!(header("To").contains("데스크") && header("To").ends_with("<ann@ngo.example>"), "{}", header("To"));
    assert_eq!(header("Reply-To"), "ops@news.example");
    assert_eq!(header("Date"), "Tue, 24 Nov 2026 12:00:00 +0000", "when it was composed, not when it is sent");
    assert_eq!(header("Message-ID"), "<m_1.newsvigil@news.example>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Precedence"), "list");
    assert_eq!(header("List-Unsubscribe"), "<mailto:ops@news.example?subject=unsubscribe%20desk>");
    assert_eq!(mail.header("List-Unsubscribe-Post"), None, "nobody would answer");
    assert_eq!(header("List-Id"), "newsvigil <newsvigil.news.example>");
    assert_eq!(header("MIME-Version"), "1.0");
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    let kinds: Vec<_> = mail.parts.iter().map(|part| part.header("Content-Type").unwrap()).collect();
    assert_eq!(kinds, ["text/plain; charset=utf-8", "text/html; charset=utf-8"], "text first");
    assert_eq!((mail.parts[0].text.trim_end(), mail.parts[1].text.trim_end()), (TEXT.trim_end(), HTML.trim_end()));
    assert!(raw.is_ascii(), "passes servers without 8BITMIME");
    assert!(raw.lines().all(|line| line.len() <= 998));
    let head = raw.split("\r\n\r\n").next().unwrap();
    assert!(head.lines().all(|line| line.len() <= 78), "{head}");
}

/// A digest of so many reports, each with a long text in Korean.
// E3 E4 E14 E21
#[tokio::test]
async fn one_click_and_the_return_path_name_recipient_and_delivery_and_no_line_is_long() {
    let smtp = FakeSmtp::start();
    let key = TokenKey::new([7; 32]);
    let one_click = Some(OneClick { base: "https://news.example".into(), key: key.clone() });
    let from = Sender { return_path: Some("bounces@뉴스.example".into()), one_click, ..sender() };
    let channel = Channel::open(Config::Smtp(SmtpConfig { from, ..config(smtp.port()) })).unwrap();
    channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
    let kept = &smtp.kept()[0];
    assert_eq!(kept.from, "bounces+m_1@xn--vg1b002a.example");
    let token = key.unsubscribe_token(&RecipientId::from_stored("desk"));
    let ways = format!(
        "<https://news.example/unsubscribe/desk/{token}>, <mailto:ops@news.example?subject=unsubscribe%20desk>"
    );
    assert_eq!(kept.header("List-Unsubscribe").unwrap(), ways);
    assert_eq!(kept.header("List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
    let head = kept.data.split("\r\n\r\n").next().unwrap();
    assert!(head.lines().filter(|line| !line.contains("https://")).all(|line| line.len() <= 78), "{head}");
}

fn large(reports: usize) -> Rendered {
    let paragraph = "국경 도시의 세관 앞 도로가 새벽에 두 시간 동안 막혔다고 현지 주민들이 전했다. ".repeat(12);
    let text = format!("{paragraph}강제북송이 다시 시작됐다는 말이 돌았다.");
    let watch = WatchId::from_stored("returns");
    let start = text.find("강제북송").unwrap();
    let span = Span { field: Field::Body, start, end: start + "강제북송".len() };
    let sentence = Snippet { text: text[start..].into(), marks: vec![(0, "강제북송".len())], ..Snippet::default() };
    let hit = Hit {
        watch: watch.clone(),
        terms: vec!["강제북송".into()],
        spans: vec![span],
        sentence,
        field: Field::Body,
        revision: String::new(),
        forms: vec![],
        relevance: Default::default(),
    };
    let waiting = |number: usize| WaitingReport {
        entry: EntryId::from_stored(format!("e_{number}")),
        original: EntryId::from_stored(format!("e_{number}")),
        story: StoryId::from_stored("s_1"),
        alerted: None,
        outlet: "한강일보".into(),
        link: Some(url::Url::parse(&format!("https://hangang.example/news/{number}")).unwrap()),
        first_seen: Timestamp::from_millis(1_795_521_600_000),
        article: Article {
            kind: ArticleKind::Page,
            title: format!("세관 앞에 멈춘 버스 두 대, {number}번째 소식"),
            blocks: vec![Block { kind: BlockKind::Paragraph, text: text.clone() }],
            byline: String::new(),
            outlet: String::new(),
            agency: String::new(),
            published: None,
            lang: "ko".into(),
            canonical: None,
            removed: vec![],
            cut: false,
        },
        hits: vec![hit.clone()],
        copies: vec![],
        event: Vec::new(),
        news: Vec::new(),
        told: Vec::new(),
        told_in_its_language: false,
        related: None,
        speaks_of: String::new(),
        credits: Credits::default(),
    };
    let recipient = Recipient {
        id: RecipientId::from_stored("desk"),
        name: String::new(),
        email: "desk@ngo.example".into(),
        way: Default::default(),
        openpgp_key: None,
        watches: vec![watch],
        rhythm: Rhythm::Immediately,
        alerts: Alerts::default(),
        all_quiet: AllQuiet::Never,
        language: Language::English,
        alarms: false,
        neutral_subject: false,
        zone: jiff::tz::TimeZone::UTC,
    };
    let waiting: Vec<_> = (0..reports).map(waiting).collect();
    let window = (Timestamp::EPOCH, Timestamp::from_millis(1_795_521_600_000));
    let limits = digest::Limits::default();
    let waiting = (waiting.as_slice(), Vec::new());
    let composed = digest::compose(&recipient, &[], waiting, Coverage::default(), window, 1, &limits);
    assert!(composed.left_out.is_empty());
    digest::render(&composed.digest, &recipient)
}

// E14 E15
#[tokio::test]
async fn a_large_digest_is_sent_whole_and_its_html_is_below_what_mail_programs_clip() {
    let smtp = FakeSmtp::start();
    let mut full = mail("m_1");
    full.rendered = large(100);
    channel(&smtp).send(&full, &reader("ann@ngo.example")).await.unwrap();
    let kept = &smtp.kept()[0].data;
    let read = Part::parse(kept);
    assert_eq!(read.parts[0].text.trim_end(), full.rendered.text.trim_end());
    assert_eq!(read.parts[1].text.trim_end(), full.rendered.html.trim_end());
    let html_as_sent = kept.rsplit("--=_m_1\r\n").next().unwrap().len();
    assert!((60_000..80_500).contains(&html_as_sent), "{html_as_sent} bytes, the part's header included");
    assert!((0..100).all(|number| full.rendered.html.contains(&format!("/news/{number}\""))));
}

// E18 E19
#[tokio::test]
async fn nothing_of_a_mail_can_begin_a_header_or_a_command() {
    let smtp = FakeSmtp::start();
    let mut hostile = mail("m_1");
    hostile.rendered.subject = "Raid\r\nBcc: spy@evil.example\r\n\r\nbody\u{2028}x\u{202e}y\u{2066}z".into();
    hostile.rendered.text = "one\r\n.\r\nMAIL FROM:<spy@evil.example>\r\n\n.\n".into();
    hostile.rendered.html = format!("<p>{}</p>", "long line ".repeat(900));
    let to = Address::plain("Ann\r\nBcc: spy@evil.example", "ann@ngo.example");
    channel(&smtp).send(&hostile, &to).await.unwrap();
    let kept = smtp.kept();
    let read = Part::parse(&kept[0].data);
    assert_eq!((kept.len(), read.header("Bcc")), (1, None));
    let subject = read.header("Subject").unwrap();
    assert!(!subject.contains(['\u{202e}', '\u{2066}', '\n']), "{subject:?}");
    assert!(read.parts[0].text.contains("\n.\nMAIL FROM"), "{}", read.parts[0].text);
    assert!(kept[0].data.lines().all(|line| line.len() <= 998));
}

#[tokio::test]
async fn addresses_that_are_none_are_the_settings_fault_and_are_not_told() {
    let smtp = FakeSmtp::start();
    for email in ["", "ann", "ann@", "ann@ngo.example\r\nRCPT TO:<spy@evil.example>", "a b@ngo.example"] {
        let error = channel(&smtp).send(&mail("m_1"), &reader(email)).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::Misconfigured, "{email}");
        assert!(email.is_empty() || !format!("{error} {error:?}").contains(email));
    }
    let nobody = SmtpConfig { from: Sender { email: "nobody".into(), ..sender() }, ..config(25) };
    assert!(matches!(Channel::open(Config::Smtp(nobody)), Err(DeliverError::Address { .. })));
    assert!(smtp.heard().is_empty());
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_server_that_takes_it() {
    let plain = FakeSmtp::start();
    let error = channel(&plain).send(&mail("m_1"), &reader("김@ngo.example")).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::GiveUp, "{error}");
    channel(&plain).send(&mail("m_1"), &reader("kim@뉴스.example")).await.unwrap();
    assert_eq!(plain.kept()[0].to, "kim@xn--vg1b002a.example", "a domain has a form in ASCII");
    let modern = FakeSmtp::with(Habits { offers: vec!["8BITMIME", "SMTPUTF8"], ..Habits::default() });
    channel(&modern).send(&mail("m_1"), &reader("김@ngo.example")).await.unwrap();
    assert_eq!(modern.kept()[0].to, "김@ngo.example");
}

// E24
#[test]
fn without_tls_mail_goes_to_this_machine_only() {
    let open = |host: &str| Channel::open(Config::Smtp(SmtpConfig { host: host.into(), ..config(25) }));
    for host in ["smtp.news.example", "192.0.2.7", "0.0.0.0", "localhost.news.example"] {
        assert_eq!(open(host).unwrap_err().disposition(), Disposition::Misconfigured, "{host}");
    }
    for host in ["127.0.0.1", "::1", "localhost"] {
        assert!(open(host).is_ok(), "{host}");
    }
}

#[test]
fn a_certificate_file_that_is_none_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    let with_tls = SmtpConfig { tls: Tls::Implicit, ca_file: Some(ca.clone()), ..config(465) };
    let open = || Channel::open(Config::Smtp(with_tls.clone())).unwrap_err().to_string();
    assert!(open().contains("ca.pem"), "{}", open());
    std::fs::write(&ca, "a key, or the wrong file").unwrap();
    assert!(open().contains("ca.pem"), "{}", open());
    std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n").unwrap();
    assert!(open().contains("ca.pem"), "{}", open());
}

mod maildir {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;

    fn open(path: &Path) -> Channel {
        Channel::open(Config::Maildir(MaildirConfig { path: path.into(), from: sender() })).unwrap()
    }

    fn files(path: &Path) -> Vec<String> {
        let names = path.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[tokio::test]
    async fn a_mail_stands_there_whole_and_for_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/Maildir");
        open(&path).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
        let names = files(&path.join("new"));
        let raw = std::fs::read_to_string(path.join("new").join(&names[0])).unwrap();
        assert_eq!(Part::parse(&raw).header("Subject").unwrap(), SUBJECT);
        assert!(!raw.contains('\r'));
        assert!(files(&path.join("tmp")).is_empty());
        for folder in ["", "new", "cur", "tmp"] {
            assert_eq!(path.join(folder).metadata().unwrap().permissions().mode() & 0o777, 0o700, "{folder}");
        }
    }

    #[tokio::test]
    async fn a_delivery_sent_again_after_a_crash_stands_there_once_also_when_it_was_read_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let channel = open(dir.path());
        channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
        let name = files(&dir.path().join("new")).remove(0);
        // A crash before the rename leaves this, and the next try must not stumble over it.
        std::fs::write(dir.path().join("tmp").join(&name), "half a mai").unwrap();
        assert!(channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.is_ok());
        assert_eq!(files(&dir.path().join("new")), std::slice::from_ref(&name));
        std::fs::rename(dir.path().join("new").join(&name), dir.path().join(format!("cur/{name}:2,S"))).unwrap();
        assert!(channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.is_ok());
        assert!(files(&dir.path().join("new")).is_empty());
        channel.send(&mail("m_2"), &reader("ann@ngo.example")).await.unwrap();
        assert_eq!(files(&dir.path().join("new")).len(), 1);
    }

    #[tokio::test]
    async fn half_a_mail_left_by_a_crash_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let channel = open(dir.path());
        channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
        let name = files(&dir.path().join("new")).remove(0);
        let whole = std::fs::read(dir.path().join("new").join(&name)).unwrap();
        std::fs::remove_file(dir.path().join("new").join(&name)).unwrap();
        std::fs::write(dir.path().join("tmp").join(&name), vec![b'x'; whole.len() * 2]).unwrap();
        channel.send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap();
        assert_eq!(std::fs::read(dir.path().join("new").join(&name)).unwrap(), whole);
    }

    #[tokio::test]
    async fn a_folder_that_is_none_needs_a_person() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in-the-way");
        std::fs::write(&path, "").unwrap();
        let error = open(&path).send(&mail("m_1"), &reader("ann@ngo.example")).await.unwrap_err();
        assert_eq!(error.disposition(), Disposition::Misconfigured, "{error}");
    }
}
