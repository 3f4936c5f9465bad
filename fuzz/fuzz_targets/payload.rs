//! The payload. The input is a body. What core reads from it must be what the tree that `serde_json` builds has, and
//! each offset that core gives must point at the value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use models::json::{Tree, brackets, interpret, longest_number};
use tink_webhooks::{EventType, Payload, Reason, Span};

/// serde_json recurses; beyond this many brackets only the refusal is asserted.
const DEPTH_TO_COMPARE: usize = 500;

fuzz_target!(|body: &[u8]| {
    let result = Payload::parse(body);
    let reason = result.as_ref().err().map(tink_webhooks::Error::reason);
    let Ok(text) = std::str::from_utf8(body) else {
        assert_eq!(reason, Some(Reason::InvalidUtf8));
        return;
    };
    let broken = matches!(reason, Some(Reason::InvalidJson | Reason::TooDeep));
    if brackets(text) > DEPTH_TO_COMPARE {
        assert!(result.is_err());
        return;
    }
    let Some(tree) = Tree::parse(text) else {
        assert!(broken, "serde_json refuses it, core says {reason:?}");
        return;
    };
    let too_deep = tree.depth() > 128;
    let long_number = longest_number(text) > 4_000;
    if too_deep || long_number {
        assert!(broken, "too deep or a long number, core says {reason:?}");
        assert!(too_deep || reason == Some(Reason::InvalidJson));
        assert!(long_number || reason == Some(Reason::TooDeep));
        return;
    }
    let (expected, payload) = match (interpret(&tree), result) {
        (Ok(expected), Ok(payload)) => (expected, payload),
        (Err(expected), Err(error)) => {
            assert_eq!(expected, error.reason());
            return;
        }
        (expected, result) => panic!("the model says {expected:?}, core says {result:?}"),
    };

    assert_eq!(payload.name(text), expected.name);
    assert_eq!(payload.name.decode(text), expected.name);
    assert_eq!(payload.event_type, EventType::from_name(expected.name));
    assert_eq!(payload.user_id.map(|found| found.decode(text)).as_deref(), expected.user_id);
    assert_eq!(payload.external_user_id.map(|found| found.decode(text)).as_deref(), expected.external_user_id);
    for (span, value) in [(payload.data, expected.data), (payload.context, expected.context)] {
        assert_eq!(span.is_some(), value.is_some());
        if let (Some(span), Some(value)) = (span, value) {
            let cut = inside(span, text);
            assert_eq!(cut, cut.trim_ascii(), "no white space at the ends");
            assert_eq!(Tree::parse(cut).as_ref(), Some(value));
        }
    }
    for found in [Some(payload.name), payload.user_id, payload.external_user_id].into_iter().flatten() {
        inside(found.span, text);
        assert_eq!(&text[found.span.start - 1..found.span.start], "\"");
        assert_eq!(&text[found.span.end..=found.span.end], "\"");
    }
    let years = -62_135_596_800_000..=253_402_300_799_999;
    assert!(payload.timestamp_millis.is_none_or(|millis| years.contains(&millis)));
    if let Some(Tree::Number(number)) = tree.get("timestamp") {
        let whole = number.fract() == 0.0 && (-62_135_596_800_000.0..=253_402_300_799_999.0).contains(number);
        if let Some(millis) = payload.timestamp_millis {
            #[expect(clippy::cast_precision_loss, reason = "within 2^53")]
            let stated = millis as f64;
            assert!(whole && stated == *number);
        }
    }
});

fn inside(span: Span, text: &str) -> &str {
    assert!(span.start <= span.end && span.end <= text.len());
    let cut = &text[span.start..span.end];
    assert_eq!(cut, span.of(text));
    cut
}
