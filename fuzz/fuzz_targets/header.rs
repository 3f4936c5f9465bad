//! The header's grammar. The input is a header, in which `{v1}` and its like stand for true signatures; core and the
//! model must give the same verdict and reason, with the time window off and with either scheme alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use models::signature::{Options, assert_same, expand, verdict};
use tink_webhooks::{Error, Scheme, Verifier};

const BODY: &[u8] = br#"{"event":"refresh:finished","content":{}}"#;

fuzz_target!(|input: &[u8]| {
    let secrets = vec![b"67abc1e08fb64c92b450a13e0876330b".to_vec(), b"old".to_vec()];
    let header = expand(input, BODY, &secrets);
    for schemes in [vec![Scheme::V1, Scheme::Body], vec![Scheme::V1], vec![Scheme::Body]] {
        let verifier = Verifier::builder().secrets(&secrets).schemes(schemes.clone()).tolerance(None).build();
        let verifier = verifier.expect("these options are right");
        let options = Options {
            secrets: secrets.clone(),
            schemes,
            tolerance: None,
            max_body_bytes: verifier.max_body_bytes(),
            now_millis: 0,
        };
        let actual = verifier.verify_signature(BODY, Some(&header), || Ok::<_, Error>(0));
        assert_same(&verdict(&options, BODY, &header), &actual, &header);
    }
});
