//! A delivery from outside: the body from a file, from standard input, or from the dump of an HTTP request.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::{Failure, Outcome};

/// Most bytes of an input that are read: far above what any receiver takes.
const MOST: u64 = 64 << 20;

/// Where the delivery comes from.
#[derive(Debug, Args)]
pub(crate) struct EventArgs {
    /// The body: a file, or `-` for standard input. The dump of a whole HTTP request is taken apart
    #[arg(value_name = "BODY", default_value = "-")]
    pub(crate) body: PathBuf,
    /// The value of the `X-Tink-Signature` header; a dump has its own
    #[arg(long, value_name = "HEADER")]
    pub(crate) signature: Option<String>,
    /// Take the input for the body, even if it begins like an HTTP request
    #[arg(long)]
    pub(crate) raw: bool,
}

/// A delivery as it came, and what was noticed while it was read.
#[derive(Default)]
pub(crate) struct Received {
    pub(crate) body: Vec<u8>,
    /// The value of the header `X-Tink-Signature`, several joined with commas.
    pub(crate) signature: Option<Vec<u8>>,
    /// The headers of a dump in their order; of a body alone there are none.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// What a person should know of the input.
    pub(crate) notes: Vec<String>,
}

impl EventArgs {
    /// Reads it.
    pub(crate) fn read(&self) -> Outcome<Received> {
        let input = read(&self.body)?;
        let mut received = if self.raw { None } else { dump(&input) }
            .unwrap_or_else(|| Received { body: input, ..Received::default() });
        if let Some(given) = &self.signature {
            received.signature = Some(header_value(given).as_bytes().to_vec());
        }
        Ok(received)
    }
}

/// All of a file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    let mut input = Vec::new();
    let result = if path.as_os_str() == "-" {
        if io::stdin().is_terminal() {
            return Err(Failure::usage("no body: name a file, or pipe it to standard input"));
        }
        io::stdin().lock().take(MOST + 1).read_to_end(&mut input)
    } else {
        File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut input))
    };
    result.map_err(|error| Failure::file(path, &error))?;
    if input.len() as u64 > MOST {
        return Err(Failure::unable(format!("{}: larger than {} MiB", path.display(), MOST >> 20)));
    }
    Ok(input)
}

/// The value of a header that may have been given with its name.
fn header_value(given: &str) -> &str {
    match given.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("x-tink-signature") => value.trim(),
        _ => given,
    }
}

/// Takes an HTTP/1 request apart: request line, which may be missing, headers, an empty line and the body. None for
/// what does not begin like one.
pub(crate) fn dump(input: &[u8]) -> Option<Received> {
    let mut lines = Lines(input);
    let first = lines.next_line()?;
    let mut headers = Vec::new();
    if !is_request_line(first) {
        headers.push(header(first)?);
    }
    loop {
        let line = lines.next_line()?;
        if line.is_empty() {
            break;
        }
        match (header(line), line.first(), headers.last_mut()) {
            (_, Some(b' ' | b'\t'), Some((_, value))) => {
                // A folded header.
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            (found, ..) => headers.push(found?),
        }
    }
    let mut received = Received { body: lines.0.to_vec(), headers, ..Received::default() };
    received.unframe();
    let signatures: Vec<&[u8]> = received.values("x-tink-signature").collect();
    received.signature = (!signatures.is_empty()).then(|| signatures.join(&b','));
    Some(received)
}

impl Received {
    /// The values of a header, in any case of its name.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// Takes off how the body was framed: chunks, and what lies behind the length that the header states.
    fn unframe(&mut self) {
        let is_chunked = self.values("transfer-encoding").any(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
        if is_chunked {
            match chunks(&self.body) {
                Some(body) => self.body = body,
                None => self.notes.push("the dump says that the body is chunked, and it is not: taken as it is".into()),
            }
            return;
        }
        let stated = self.values("content-length").next().and_then(|value| str::from_utf8(value).ok()?.parse().ok());
        let Some(stated): Option<usize> = stated else { return };
        let there = self.body.len();
        if there < stated {
            self.notes.push(format!(
                "the dump has {there} bytes of body and states {stated}: {} are missing",
                stated - there
            ));
        } else if there > stated {
            self.notes.push(format!("the {} bytes behind the stated length of the body are not taken", there - stated));
            self.body.truncate(stated);
        }
    }
}

fn is_request_line(line: &[u8]) -> bool {
    let parts: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    matches!(parts[..], [method, target, version]
        if !method.is_empty() && method.iter().all(u8::is_ascii_uppercase) && !target.is_empty() && version.starts_with(b"HTTP/"))
}

/// `Name: value`.
fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = str::from_utf8(&line[..colon]).ok()?;
    let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_token.then(|| (name.to_owned(), line[colon + 1..].trim_ascii().to_vec()))
}

/// The chunks of `Transfer-Encoding: chunked`, joined; none unless they are whole.
fn chunks(framed: &[u8]) -> Option<Vec<u8>> {
    let mut lines = Lines(framed);
    let mut body = Vec::new();
    loop {
        let line = str::from_utf8(lines.next_line()?).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, rest) = lines.0.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        lines.0 = rest;
        if !lines.next_line()?.is_empty() {
            return None;
        }
    }
}

/// Lines that end with LF or CRLF, and what is behind the last one read.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    /// The next line without its end; none if there is no end.
    fn next_line(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&byte| byte == b'\n')?;
        let line = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(input: &str) -> Option<(String, Option<String>, usize)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        dump(input.as_bytes()).map(|found| (text(found.body), found.signature.map(text), found.notes.len()))
    }

    #[test]
    fn a_request_is_taken_apart() {
        let whole = "POST / HTTP/1.1\r\nHost: a\r\nx-tink-signature:  t=1,v1=a \r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(taken(whole), Some(("{}".into(), Some("t=1,v1=a".into()), 0)));
        assert_eq!(taken(&whole.replace('\r', "")), Some(("{}".into(), Some("t=1,v1=a".into()), 0)));
        assert_eq!(taken(&format!("{whole}\n")), Some(("{}".into(), Some("t=1,v1=a".into()), 1)));
        assert_eq!(taken(&whole.replace(": 2", ": 3")), Some(("{}".into(), Some("t=1,v1=a".into()), 1)));
        assert_eq!(
            taken("X-Tink-Signature: t=1\nx-tink-signature: v1=a\n\n[]\n"),
            Some(("[]\n".into(), Some("t=1,v1=a".into()), 0))
        );
        assert_eq!(
            taken("POST / HTTP/1.1\nX-Tink-Signature: t=1,\n v1=a\n\n"),
            Some((String::new(), Some("t=1, v1=a".into()), 0))
        );
    }

    #[test]
    fn chunks_are_joined() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(
            taken(&format!("{head}3\r\n{{\"a\r\n4;x=y\r\n\":1}}\r\n0\r\n\r\n")),
            Some(("{\"a\":1}".into(), None, 0))
        );
        assert_eq!(taken(&format!("{head}{{}}")), Some(("{}".into(), None, 1)));
    }

    #[test]
    fn a_body_is_left_alone() {
        for body in ["", "{}", "{\"a\":\n1}\n\n", "[1,\n2]\n", "not: a dump", "a b\n\nc", "event=x\n\n"] {
            assert_eq!(taken(body), None, "{body}");
        }
    }

    #[test]
    fn the_name_of_the_header_may_be_given_too() {
        assert_eq!(header_value("x-tink-signature: t=1"), "t=1");
        assert_eq!(header_value("t=1,v1=a"), "t=1,v1=a");
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_that_comes_is_too_odd(head in "(POST / HTTP/1.1|[A-Za-z-]{1,9}: .{0,9})?\r?\n", rest in any::<Vec<u8>>()) {
            let input = [head.into_bytes(), rest].concat();
            if let Some(found) = dump(&input) {
                prop_assert!(found.body.len() <= input.len());
            }
        }

        #[test]
        fn a_body_comes_out_as_it_went_in(body in any::<Vec<u8>>(), cuts in prop::collection::vec(1_usize..40, 0..9)) {
            let head = "POST / HTTP/1.1\r\nX-Tink-Signature: t=1\r\n";
            let stated = [format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes(), body.clone()].concat();
            prop_assert_eq!(dump(&stated).map(|found| found.body), Some(body.clone()));
            let mut framed = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
            let mut rest = body.as_slice();
            for size in cuts.into_iter().chain([body.len()]) {
                let (chunk, behind) = rest.split_at(size.min(rest.len()));
                if !chunk.is_empty() {
                    framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    framed.extend_from_slice(chunk);
                    framed.extend_from_slice(b"\r\n");
                }
                rest = behind;
            }
            framed.extend_from_slice(b"0\r\n\r\n");
            prop_assert_eq!(dump(&framed).map(|found| found.body), Some(body));
        }
    }
}
