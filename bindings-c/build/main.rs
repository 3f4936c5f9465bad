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
    name_library(number(&header, "TINK_WEBHOOKS_ABI_VERSION")?)
}

/// The value of a macro that stands for a number.
fn number<'h>(header: &'h header::Header, name: &str) -> Result<&'h str, String> {
    let found = header.constants.iter().find(|(constant, kind, _)| constant == name && *kind == "u32");
    found.map(|(_, _, value)| value.as_str()).ok_or_else(|| format!("tink_webhooks.h: no number {name}"))
}

/// The name that programs ask for carries the version of the ABI, not that of the package: it changes when, and only
/// when, a program that was linked before would no longer work.
fn name_library(abi: &str) -> Result<(), Box<dyn Error>> {
    match env::var("CARGO_CFG_TARGET_OS")?.as_str() {
        "macos" => println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libtink_webhooks.{abi}.dylib"),
        "windows" => {}
        _ => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libtink_webhooks.so.{abi}"),
    }
    Ok(())
}
