//! Sets the linker flags of a Node addon.

fn main() {
    napi_build::setup();
    // Without a name, macOS's linker writes the path that it was built at.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/tink-webhooks.node");
    }
}
