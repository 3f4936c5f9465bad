//! The search over bodies: each body behind what it may be wrapped in, and each way in which its JSON may have been
//! written before. From what is likely to what is rare, for the bounds may end it.

use crate::Core;
use crate::cause::Cause;
use crate::json::Value;
use crate::rewrite::{Escapes, Numbers, Space, Style, Traits, Writer, reorder};
use crate::search::{Claim, Hit, Search, Trials};
use crate::unwrap::{Base, bases};

/// A body that held, and what was undone to get it.
pub(crate) struct FoundBody {
    pub(crate) hit: Hit,
    pub(crate) body: Vec<u8>,
    pub(crate) causes: Vec<Cause>,
}

/// Ways to write numbers for every one of them: two decimals, one, none.
const ALL_ALIKE: [u32; 3] = [0x5555_5555, 0xAAAA_AAAA, u32::MAX];
/// Most numbers of which every combination is tried.
const FREE_NUMBERS: u32 = 4;
/// Most members at the top whose every order is tried.
const FREE_MEMBERS: usize = 4;

/// Tries every way back from this body. `level` is how far it goes: 0 wrappings alone, 1 the usual ways to write JSON, 2
/// every one.
pub(crate) fn find(
    body: &[u8],
    core: &Core<'_>,
    claims: &[Claim],
    trials: &Trials,
    search: &mut Search,
    level: usize,
) -> Option<FoundBody> {
    if trials.is_empty() || claims.is_empty() || search.exhausted {
        return None;
    }
    let bases = bases(body, search);
    for base in &bases {
        if let Some(hit) =
            search.is_new(&base.body).then(|| search.try_body(core, claims, trials, &base.body)).flatten()
        {
            return Some(FoundBody { hit, body: base.body.clone(), causes: base.causes.clone() });
        }
    }
    let mut run = Run { core, claims, trials, search, writer: Writer::default() };
    for stage in 0..level.min(2) {
        for base in &bases {
            let text = std::str::from_utf8(&base.body).unwrap_or_default();
            // With white space around it, it is behind that among the bases as well.
            let whole = Value::of(text).filter(|value| value.0.len() == text.len());
            let found = whole.filter(|value| value.is_object() || value.is_array());
            if let Some(found) = found.and_then(|value| run.json(base, value, stage)) {
                return Some(found);
            }
        }
    }
    None
}

struct Run<'a> {
    core: &'a Core<'a>,
    claims: &'a [Claim],
    trials: &'a Trials,
    search: &'a mut Search,
    writer: Writer,
}

impl Run<'_> {
    fn json(&mut self, base: &Base, value: Value<'_>, stage: usize) -> Option<FoundBody> {
        let text = value.0;
        self.writer.write(text, &Style::default());
        let (traits, numbers) = (self.writer.traits, self.writer.numbers);
        let few = [0, numbers.amounts & ALL_ALIKE[0], ALL_ALIKE[0], numbers.amounts & ALL_ALIKE[1], ALL_ALIKE[1]];
        let usual_spaces =
            [Space::Compact, Space::Keep, Space::Spaced, Space::Indent(2), Space::Indent(4), Space::Tabs];
        if stage == 0 {
            return self.styles(base, text, None, &usual_spaces, traits, &few);
        }
        let many = number_choices(numbers);
        let found = self.styles(base, text, None, &[Space::Compact, Space::Spaced], traits, &many);
        if found.is_some() {
            return found;
        }
        let members = value.entries();
        let name = members.iter().find(|(key, _)| matches!(*key, "\"event\"" | "\"type\""));
        let name = name.and_then(|(_, name)| name.string()).unwrap_or_default();
        // The documented order: that of the example, which is used for nothing else.
        let example = (self.core.example)(&name).and_then(Value::of);
        let mut orders: Vec<Option<Vec<usize>>> = vec![None];
        if value.is_object() && members.len() <= FREE_MEMBERS {
            orders.extend(permutations(members.len()).into_iter().map(Some));
        }
        for template in [example, None] {
            for order in &orders {
                if !self.search.may_make(text.len()) {
                    return None;
                }
                let mut reordered = String::with_capacity(text.len());
                reorder(value, template, order.as_deref(), &mut reordered);
                let spaces = [Space::Compact, Space::Spaced];
                let found = self.styles(base, &reordered, Some(traits), &spaces, traits, &few);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Tries a text in every style that can differ from it. `reordered` has the traits of the received text, where this
    /// one is another.
    fn styles(
        &mut self,
        base: &Base,
        text: &str,
        reordered: Option<Traits>,
        spaces: &[Space],
        traits: Traits,
        numbers: &[u32],
    ) -> Option<FoundBody> {
        let unicode = escapes(traits.has(Traits::UNICODE_RAW), traits.has(Traits::UNICODE_ESCAPED));
        let html = escapes(traits.has(Traits::HTML_RAW), traits.has(Traits::HTML_ESCAPED));
        let slash = match (traits.has(Traits::SLASH_RAW), traits.has(Traits::SLASH_ESCAPED)) {
            (_, true) => &[Escapes::Raw, Escapes::Keep][..],
            (true, false) => &[Escapes::Keep, Escapes::Lower],
            (false, false) => &[Escapes::Keep],
        };
        // Numbers innermost: of a large body few styles can be tried, and each with the usual amounts.
        for &space in spaces {
            for &unicode in unicode {
                for &html in html {
                    for &slash in slash {
                        for &numbers in numbers {
                            let style = Style { space, unicode, html, slash, numbers, ..Style::default() };
                            let found = self.styled(base, text, reordered, &style);
                            if found.is_some() || self.search.exhausted {
                                return found;
                            }
                        }
                    }
                }
            }
        }
        None
    }

    fn styled(&mut self, base: &Base, text: &str, reordered: Option<Traits>, style: &Style) -> Option<FoundBody> {
        self.writer.write(text, style);
        let mut ends: &[&[u8]] = &[b""];
        if matches!(style.space, Space::Indent(_) | Space::Tabs) {
            // As files end, and `curl -d @file` drops line breaks.
            ends = &[b"", b"\n"];
        }
        for end in ends {
            self.writer.out.extend_from_slice(end);
            if !self.search.is_new(&self.writer.out) {
                continue;
            }
            let Some(hit) = self.search.try_body(self.core, self.claims, self.trials, &self.writer.out) else {
                continue;
            };
            let mut causes = base.causes.clone();
            let mut traits = self.writer.traits;
            if let Some(received) = reordered {
                causes.push(Cause::KeysReordered);
                traits.0 |= received.0 & (Traits::LINE_BREAKS | Traits::SPACES);
            }
            traits.causes(style.space, &mut causes);
            if causes.is_empty() {
                // White space, in a way that no style has.
                causes.push(if traits.has(Traits::LINE_BREAKS) { Cause::JsonIndented } else { Cause::JsonSpaced });
            }
            return Some(FoundBody { hit, body: self.writer.out.clone(), causes });
        }
        None
    }
}

/// The ways to write characters that are there as they are, or escaped.
const fn escapes(raw: bool, escaped: bool) -> &'static [Escapes] {
    match (raw, escaped) {
        (_, true) => &[Escapes::Raw, Escapes::Keep, Escapes::Lower, Escapes::Upper],
        (true, false) => &[Escapes::Keep, Escapes::Lower, Escapes::Upper],
        (false, false) => &[Escapes::Keep],
    }
}

/// Every combination of few numbers; of many, those of one number, and of one way for all.
fn number_choices(numbers: Numbers) -> Vec<u32> {
    if numbers.count <= FREE_NUMBERS {
        return (0..1 << (2 * numbers.count)).collect();
    }
    let single = (0..numbers.count).flat_map(|place| [1, 2, 3].map(|way| way << (2 * place)));
    let amounts = ALL_ALIKE.map(|way| way & (numbers.amounts | numbers.amounts << 1));
    amounts.into_iter().chain(ALL_ALIKE).chain(single).collect()
}

/// Every order of so few members but the one they are in.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|chosen: Vec<usize>| {
                (0..count)
                    .filter(|place| !chosen.contains(place))
                    .map(|place| {
                        let mut longer = chosen.clone();
                        longer.push(place);
                        longer
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_once() {
        let all = permutations(4);
        assert_eq!(all.len(), 24);
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), 24);
        assert_eq!(permutations(0), [Vec::<usize>::new()]);
    }
}
