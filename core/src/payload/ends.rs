//! Where the longest arrays and objects of a text end, so that whoever looks for something behind them need not go
//! through them again.

/// Most containers inside each other, the outermost counted as 1.
pub(crate) const MAX_DEPTH: usize = 128;

/// How many are kept.
const KEPT: usize = 4;
/// A shorter one is passed over as quickly as it is looked up.
const LONG: usize = 1_024;

/// The places of some containers inside the values that the scanner passes over: first byte, and behind the last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ends([(u32, u32); KEPT]);

impl Ends {
    #[inline]
    pub(crate) fn note(&mut self, start: usize, end: usize) {
        if end - start >= LONG {
            self.keep(start, end);
        }
    }

    #[cold]
    fn keep(&mut self, start: usize, end: usize) {
        let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return };
        let [first, others @ ..] = &mut self.0;
        let shortest =
            others.iter_mut().fold(first, |one, other| if length(*other) < length(*one) { other } else { one });
        if length((start, end)) > length(*shortest) {
            *shortest = (start, end);
        }
    }

    /// Behind the container that begins here, if it is one of those.
    #[inline]
    pub(crate) fn of(&self, start: usize) -> Option<usize> {
        let found = self.0.iter().find(|&&(known, end)| known as usize == start && end > 0);
        found.map(|&(_, end)| end as usize)
    }
}

const fn length((start, end): (u32, u32)) -> u32 {
    end - start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_are_kept() {
        let mut ends = Ends::default();
        let noted = [(10, 1_500), (0, 1_023), (2_000, 3_024), (5, 1_505), (4_000, 9_000), (3_999, 9_001), (0, 10_000)];
        for (start, end) in noted {
            ends.note(start, end);
        }
        for (start, end) in [(5, 1_505), (4_000, 9_000), (3_999, 9_001), (0, 10_000)] {
            assert_eq!(ends.of(start), Some(end));
        }
        assert_eq!((ends.of(10), ends.of(2_000), ends.of(1)), (None, None, None));
        assert_eq!(Ends::default().of(0), None);
    }

    #[test]
    fn a_place_that_does_not_fit_is_not_kept() {
        let mut ends = Ends::default();
        ends.note(7, usize::MAX);
        assert_eq!(ends.of(7), (usize::BITS == 32).then_some(usize::MAX));
    }
}
