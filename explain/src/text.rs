//! What was found, for people.

use std::fmt::Write as _;

use crate::{Cause, Found};

impl Found {
    /// The text, of several lines. It holds neither a secret nor a MAC nor anything of the body. `age` is in seconds,
    /// where the time is what is the matter.
    #[inline(never)]
    pub fn text(&self, age: Option<i64>) -> String {
        let mut text = String::new();
        let verifies = self.causes == [Cause::Verifies];
        let certainty = match (self.proved, verifies) {
            (true, _) => "proved",
            (false, true) => "not proved",
            (false, false) => "likely",
        };
        for (index, cause) in self.causes.iter().enumerate() {
            if index == 0 {
                // Writing to a String cannot fail.
                let _ = write!(text, "{} ({certainty}): ", cause.as_str());
            } else {
                text.push_str("; and ");
            }
            text.push_str(cause.what());
        }
        if let Some(age) = age {
            let _ = write!(text, ", {} seconds {}", age.unsigned_abs(), if age > 0 { "ago" } else { "ahead" });
        }
        if let Some(index) = self.secret_index {
            let _ = write!(text, "\n  secret: number {index} of those given, counted from 0");
            if !self.proved {
                text.push_str("; it has fewer than 16 bytes, so that anybody may have guessed it");
            }
        }
        for cause in &self.causes {
            text.push_str("\n  where: ");
            text.push_str(cause.place());
        }
        let mut seen: Vec<&str> = Vec::new();
        for line in self.causes.iter().flat_map(|cause| cause.fixes()).flat_map(|fix| fix.lines()) {
            if !seen.contains(&line) {
                seen.push(line);
                text.push_str("\n  fix: ");
                text.push_str(line);
            }
        }
        if self.exhausted && !self.proved {
            text.push_str(
                "\n  the search stopped at its bounds: with fewer secrets, or a smaller delivery, it goes further",
            );
        }
        text
    }
}
