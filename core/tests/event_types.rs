//! The catalogue of event types, through the public API.

use tink_webhooks::{Error, EventType, Verifier, clock};

#[test]
fn examples_are_events_of_their_types() -> Result<(), Error> {
    let verifier = Verifier::builder().secret("s3cret").build()?;
    for &event_type in EventType::ALL.iter().chain(&[EventType::Unknown]) {
        let example = event_type.example();
        let delivery = verifier.parse(example.as_bytes(), clock::now)?;
        assert_eq!(delivery.payload.event_type, event_type);
        assert_eq!(example, example.trim());
    }
    Ok(())
}
