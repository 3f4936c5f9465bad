//! Prints the public API of the crate whose rustdoc JSON is the argument: one line for each item, sorted.

use public_api::Builder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: public_api FILE")?;
    // What every type has of itself is left out.
    let api = Builder::from_rustdoc_json(path).omit_blanket_impls(true).build()?;
    for item in api.items() {
        println!("{item}");
    }
    Ok(())
}
