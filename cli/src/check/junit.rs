//! The report that continuous integration reads: the XML of `JUnit`.

use std::fmt::Write;

use crate::check::checked::Checked;

/// The report of all cases.
pub(crate) fn report(url: &str, checked: &[Checked]) -> String {
    let failures = checked.iter().filter(|one| !one.verdict.passed).count();
    let seconds: f64 = checked.iter().map(|one| one.verdict.duration.as_secs_f64()).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "<testsuites tests=\"{0}\" failures=\"{failures}\" errors=\"0\" time=\"{seconds:.3}\">\n\
         <testsuite name=\"tink-webhooks check {1}\" tests=\"{0}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"{seconds:.3}\">",
        checked.len(),
        escaped(url),
    );
    for Checked { case, verdict } in checked {
        let seconds = verdict.duration.as_secs_f64();
        let head = format!(
            "<testcase classname=\"tink-webhooks.check\" name=\"{}: {}\" time=\"{seconds:.3}\"",
            escaped(case.name),
            escaped(case.what)
        );
        let _ = if verdict.passed {
            writeln!(text, "{head}/>")
        } else {
            let status = verdict.status.map_or_else(|| "no answer".to_owned(), |status| format!("status {status}"));
            writeln!(
                text,
                "{head}><failure type=\"{}\" message=\"{}\">{}</failure></testcase>",
                case.expected.as_str(),
                escaped(&format!("expected to {} it: {status}", case.expected.as_str())),
                escaped(&verdict.what)
            )
        };
    }
    text.push_str("</testsuite>\n</testsuites>\n");
    text
}

/// Text in XML, in an element or an attribute. Characters that XML 1.0 does not have become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_attribute() {
        assert_eq!(escaped("a\"><b>&'\u{1b}\n"), "a&quot;&gt;&lt;b&gt;&amp;'\u{fffd} ");
    }
}
