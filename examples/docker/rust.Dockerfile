# examples/rust in a container. From a folder with Cargo.toml, Cargo.lock and src/.
FROM rust:1.88-slim-trixie AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src ./src
RUN cargo build --release --locked && mv target/release/receiver /receiver

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /receiver /receiver
USER 65532:65532
EXPOSE 8000
CMD ["/receiver"]
