//! Deliveries on disk and in memory: `ID.json` is the record, `ID.body` the bytes as they came.
//!
//! The files are the user's alone (0600, in a folder of 0700), as deliveries hold what Tink says about people. No secret is in
//! them. The oldest go when there are too many.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tink_webhooks::chrono::{DateTime, Datelike, Timelike};
use tokio::sync::watch;

use super::random;
use super::record::{FORMAT, Record};
use crate::failure::{Failure, Outcome};

/// Most bytes of deliveries that are kept, in whatever number.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A record and when it changed.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) record: Arc<Record>,
    /// Counts arrivals.
    pub(crate) number: u64,
    /// Counts changes of all records.
    pub(crate) version: u64,
    /// Whether the cause is being searched for.
    pub(crate) explaining: bool,
}

/// What is kept, oldest first.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    most: usize,
    entries: Mutex<Entries>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<Entry>,
    last: u64,
    bytes: usize,
}

impl Store {
    /// Opens a folder, which is made where there is none, and reads what is in it. Of more than `most` deliveries the oldest
    /// are removed.
    ///
    /// # Errors
    /// Where the folder cannot be made or read.
    pub(crate) fn open(folder: &Path, most: usize) -> Outcome<Self> {
        make_folder(folder).map_err(|error| Failure::file(folder, &error))?;
        let store = Self { folder: folder.to_owned(), most, entries: Mutex::default(), version: watch::Sender::new(1) };
        let mut entries = store.entries();
        for record in records(folder)? {
            entries.push(record, 1, false);
        }
        store.evict(&mut entries);
        drop(entries);
        Ok(store)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the body of this delivery is.
    pub(crate) fn body_path(&self, id: &str) -> PathBuf {
        path(&self.folder, id, "body")
    }

    /// The body of a delivery that is kept.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn body(&self, id: &str) -> io::Result<Vec<u8>> {
        fs::read(self.body_path(id))
    }

    /// Keeps a delivery that has come. It is shown also where it cannot be written: the error is for the user to see.
    pub(crate) fn add(&self, mut record: Record, body: Option<&[u8]>, explaining: bool) -> io::Result<()> {
        let written = body
            .map_or(Ok(()), |body| write_new(&self.body_path(&record.id), body))
            .and_then(|()| write_record(&self.folder, &record));
        if written.is_err() {
            record.kept = false;
        }
        let mut entries = self.entries();
        entries.push(record, self.next(), explaining);
        self.evict(&mut entries);
        drop(entries);
        self.tell();
        written
    }

    /// Changes a record, if it is still kept, and says what it is now.
    pub(crate) fn change(&self, id: &str, change: impl FnOnce(&mut Record, &mut bool)) -> Option<Arc<Record>> {
        let mut entries = self.entries();
        let entry = entries.kept.iter_mut().rfind(|entry| entry.record.id == id)?;
        let before = entry.record.weight();
        let mut record = Record::clone(&entry.record);
        change(&mut record, &mut entry.explaining);
        let (after, record) = (record.weight(), Arc::new(record));
        entry.record = Arc::clone(&record);
        entry.version = self.next();
        entries.bytes = entries.bytes + after - before;
        self.evict(&mut entries);
        // Under the lock, so that the newest state is the one that stays.
        let on_disk = !record.kept || entries.kept.iter().any(|entry| entry.record.id == id);
        if on_disk {
            // It was written when it came; an answer that cannot be added to it is shown all the same.
            let _ = write_record(&self.folder, &record);
        }
        drop(entries);
        self.tell();
        Some(record)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Entry> {
        self.entries().kept.iter().rfind(|entry| entry.record.id == id).cloned()
    }

    /// What changed after that version; the version now; and the number of the oldest that is kept.
    pub(crate) fn changes(&self, after: u64) -> (Vec<Entry>, u64, u64) {
        let entries = self.entries();
        let changed = entries.kept.iter().filter(|entry| entry.version > after).cloned().collect();
        let first = entries.kept.front().map_or(entries.last + 1, |entry| entry.number);
        (changed, *self.version.borrow(), first)
    }

    /// Gets each new version.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// The version that the next change has. Asked for under the lock; [`tell`](Self::tell) makes it known.
    fn next(&self) -> u64 {
        *self.version.borrow() + 1
    }

    fn tell(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn evict(&self, entries: &mut Entries) {
        while entries.kept.len() > self.most || (entries.bytes > MOST_BYTES && entries.kept.len() > 1) {
            let Some(entry) = entries.kept.pop_front() else { break };
            entries.bytes -= entry.record.weight();
            for extension in ["json", "body"] {
                // One that is gone already is what is wanted; another one is removed with the next start.
                let _ = fs::remove_file(path(&self.folder, &entry.record.id, extension));
            }
        }
    }
}

impl Entries {
    fn push(&mut self, record: Record, version: u64, explaining: bool) {
        self.last += 1;
        self.bytes += record.weight();
        self.kept.push_back(Entry { record: Arc::new(record), number: self.last, version, explaining });
    }
}

/// The folder where deliveries are kept unless the user names another.
///
/// # Errors
/// Where the environment names no home.
pub(crate) fn default_folder() -> Outcome<PathBuf> {
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || of("HOME").map(|home| home.join(".local/state"));
    let state = if cfg!(windows) { of("LOCALAPPDATA") } else { of("XDG_STATE_HOME").or_else(home) };
    let state = state.ok_or_else(|| Failure::usage("no home for deliveries: name a folder with --store"))?;
    Ok(state.join("tink-webhooks").join("deliveries"))
}

/// A name for a delivery that has come now: it sorts by time, and its end cannot be guessed.
///
/// # Errors
/// Where the system gives no random bytes.
pub(crate) fn new_id(received_at: i64) -> Outcome<String> {
    let at = DateTime::from_timestamp_millis(received_at).unwrap_or_default();
    let (day, time) = (at.date_naive(), at.time());
    let day = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
    let time = format!("{:02}{:02}{:02}", time.hour(), time.minute(), time.second());
    Ok(format!("{day}-{time}-{}", random::hex::<4>()?))
}

/// Whether this is the name of a delivery, and so of a file in the folder and nothing else.
pub(crate) fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-');
    text.len() == 24 && text.bytes().all(is_part)
}

/// The records in a folder, oldest first. What is not one of ours is passed over.
///
/// # Errors
/// Where the folder cannot be read.
pub(crate) fn records(folder: &Path) -> Outcome<Vec<Record>> {
    let failed = |error: io::Error| Failure::file(folder, &error);
    let mut found = Vec::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let name = file.map_err(failed)?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.strip_suffix(".json")).filter(|id| is_id(id)) else {
            continue;
        };
        let Some(record) = read_record(folder, id) else { continue };
        found.push(record);
    }
    found.sort_by(|one, other| (one.received_at, &one.id).cmp(&(other.received_at, &other.id)));
    Ok(found)
}

fn read_record(folder: &Path, id: &str) -> Option<Record> {
    let record: Record = serde_json::from_slice(&fs::read(path(folder, id, "json")).ok()?).ok()?;
    (record.format == FORMAT && record.id == id).then_some(record)
}

fn path(folder: &Path, id: &str, extension: &str) -> PathBuf {
    folder.join(format!("{id}.{extension}"))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that was not there, for the user alone. A link that somebody has put there is not followed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)
}

/// Puts the record in the place of the one before it, whole or not at all.
fn write_record(folder: &Path, record: &Record) -> io::Result<()> {
    let (new, place) = (path(folder, &record.id, "new"), path(folder, &record.id, "json"));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_new(&new, &serde_json::to_vec(record)?)?;
    fs::rename(&new, &place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_name_files() {
        let id = new_id(1_767_225_600_000).unwrap();
        assert!(is_id(&id) && id.starts_with("20260101-000000-"), "{id}");
        for wrong in ["", "..", "../../../../etc/passwd00", "20260101-000000-0000000/", "20260101-000000-0000000G"] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
