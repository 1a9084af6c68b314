//! A throw-away Postfix on loopback, from the system's own package: gone with the test program however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Makes the instance, says so, and takes it down when its input ends: when the test program is gone, killed or not.
const SUPERVISE: &str = r#"
set -u
chmod 755 "$DIR"
mkdir "$DIR/mail" "$DIR/spool"
chown nobody "$DIR/mail"
postfix -c "$DIR/etc" start > "$DIR/start" 2>&1 && echo ready || echo failed
cat > /dev/null
postfix -c "$DIR/etc" stop > /dev/null 2>&1
cd / && rm -rf "$DIR"
"#;

/// Every service that the mails of a test go through, none in a chroot.
const SERVICES: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";

pub struct Postfix {
    folder: PathBuf,
    pub port: u16,
    /// Its standard input keeps the instance up.
    _supervisor: Child,
}

impl Postfix {
    /// Takes mail for `kim@ngo.example` and `bounces@news.example` (with a `+` or not) into Maildirs, sends what is for
    /// `far.example` on to `relay`, and greylists every recipient once. `None` where there is no Postfix, or nobody who
    /// may start it.
    ///
    /// # Panics
    /// If it is missing in CI, or installed and does not start.
    pub fn start(relay: u16) -> Option<Postfix> {
        let Some(mut supervisor) = as_root("sh") else {
            assert!(
                std::env::var_os("CI").is_none(),
                "Postfix is not installed or root is out of reach, and CI must test on it"
            );
            // Not `eprintln!`, which the test harness keeps to itself.
            writeln!(std::io::stderr(), "skipped: tests on Postfix, which is not installed or not ours to start")
                .expect("stderr is open");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("newsvigil-postfix-").tempdir().unwrap().keep();
        let port = free_port();
        write_settings(&folder, port, relay, greylist());
        supervisor.args(["-c", SUPERVISE]).env("DIR", &folder).env("LC_ALL", "C");
        // Out of reach of a Ctrl-C on the tests, which must not end it before it has tidied up.
        supervisor.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut supervisor = supervisor.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(supervisor.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let postfix = Postfix { folder, port, _supervisor: supervisor };
        assert_eq!(said.trim(), "ready", "Postfix did not start: {}", postfix.said());
        Some(postfix)
    }

    /// What it told at its start and in its log.
    pub fn said(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("{}\n{}", read("start"), read("log"))
    }

    /// The mails of a mailbox, as they were written.
    pub fn mails(&self, mailbox: &str) -> Vec<String> {
        let listed = as_root("sh")
            .unwrap()
            .args(["-c", "cat \"$1\"/new/* 2>/dev/null", "sh"])
            .arg(self.folder.join("mail").join(mailbox))
            .output();
        let text = String::from_utf8(listed.unwrap().stdout).unwrap();
        let mut mails: Vec<String> = text.split("Return-Path: ").map(|mail| format!("Return-Path: {mail}")).collect();
        mails.remove(0);
        mails
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Debian keeps its programs where only root looks.
fn as_root(program: &str) -> Option<Command> {
    let installed = Path::new("/usr/sbin/postfix").is_file();
    let root = std::os::unix::fs::MetadataExt::uid(&Path::new("/proc/self").metadata().ok()?) == 0;
    let sudo = || Command::new("sudo").args(["-n", "true"]).output().is_ok_and(|output| output.status.success());
    let mut command = match (installed, root) {
        (false, _) => return None,
        (true, true) => Command::new(program),
        (true, false) if sudo() => {
            let mut command = Command::new("sudo");
            command.args(["-n", "--preserve-env=DIR,LC_ALL,PATH", program]);
            command
        }
        (true, false) => return None,
    };
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    Some(command)
}

fn write_settings(folder: &Path, port: u16, relay: u16, greylist: u16) {
    let etc = folder.join("etc");
    std::fs::create_dir(&etc).unwrap();
    let dir = folder.display();
    let main = format!(
        "compatibility_level = 3.6\n\
         queue_directory = {dir}/spool\ndata_directory = {dir}/data\n\
         maillog_file = {dir}/log\nmaillog_file_prefixes = {dir}\n\
         inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nsmtp_dns_support_level = disabled\n\
         myhostname = mx.relay.example\nmydestination =\nmynetworks = 127.0.0.0/8\nbiff = no\n\
         recipient_delimiter = +\n\
         virtual_mailbox_domains = ngo.example, news.example\nvirtual_mailbox_base = {dir}/mail\n\
         virtual_mailbox_maps = inline:{{kim@ngo.example=kim/, bounces@news.example=bounces/}}\n\
         virtual_minimum_uid = 1\nvirtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n\
         transport_maps = inline:{{ {{far.example=smtp:[127.0.0.1]:{relay}}} }}\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:{greylist}\n\
         smtpd_delay_reject = yes\n"
    );
    std::fs::write(etc.join("main.cf"), main).unwrap();
    std::fs::write(etc.join("master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}")).unwrap();
}

/// A policy service (<https://www.postfix.org/SMTPD_POLICY_README.html>) that puts each recipient off once.
fn greylist() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::<Mutex<Vec<String>>>::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || judge(stream, &seen));
        }
    });
    port
}

fn judge(stream: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut recipient = String::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(given) = line.trim_end().strip_prefix("recipient=") {
            recipient = given.to_owned();
        }
        if line.trim_end().is_empty() {
            let mut seen = seen.lock().unwrap();
            let known = seen.contains(&recipient);
            seen.push(std::mem::take(&mut recipient));
            let action = if known { "DUNNO" } else { "DEFER_IF_PERMIT 4.7.1 Greylisted, try again later" };
            reader.get_mut().write_all(format!("action={action}\n\n").as_bytes()).ok()?;
        }
    }
}
