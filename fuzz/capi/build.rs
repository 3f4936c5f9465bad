//! What `bindings-c/build/main.rs` does for the library itself, less the name of the shared object.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

#[path = "../../bindings-c/build/header.rs"]
mod header;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../../include/tink_webhooks.h");
    println!("cargo:rerun-if-changed=../../bindings-c/build/header.rs");
    let header = header::parse(&fs::read_to_string("../../include/tink_webhooks.h")?)?;
    header.write_rust(Path::new(&env::var("OUT_DIR")?))?;
    Ok(())
}
