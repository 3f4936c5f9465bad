//! Names the shared library (SONAME), and turns `include/tink_webhooks.h` into Rust that only compiles if the header and
//! the implementation agree.

#![expect(clippy::print_stdout, reason = "how a build script talks to cargo")]

mod header;

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest_dir = env::var("CARGO_MANIFEST_DIR")?;
    let header = Path::new(&manifest_dir).join("../include/tink_webhooks.h");
    let symbols = Path::new(&manifest_dir).join("symbols.txt");
    for input in [&header, &symbols] {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    println!("cargo:rerun-if-changed=build");

    let header = header::parse(&fs::read_to_string(header)?)?;
    let listed = fs::read_to_string(symbols)?;
    if !header.functions.iter().map(|function| function.name.as_str()).eq(listed.lines()) {
        return Err("symbols.txt is not the list of the header's functions, in the header's order".into());
    }
    header.write_rust(Path::new(&env::var("OUT_DIR")?))?;
    name_library()
}

/// The rule of cargo-c: before 1.0 every minor version is another interface.
fn name_library() -> Result<(), Box<dyn Error>> {
    let (major, minor) = (env::var("CARGO_PKG_VERSION_MAJOR")?, env::var("CARGO_PKG_VERSION_MINOR")?);
    let suffix = if major == "0" { format!("0.{minor}") } else { major };
    match env::var("CARGO_CFG_TARGET_OS")?.as_str() {
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libtink_webhooks.{suffix}.dylib"),
        "windows" => {}
        _ => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtink_webhooks.so.{suffix}"),
    }
    Ok(())
}
