/work/main/benchmarks/rust/target/release/deps/bench-b5da446f101e1ad6.d: src/main.rs

/work/main/benchmarks/rust/target/release/deps/bench-b5da446f101e1ad6: src/main.rs

src/main.rs:
