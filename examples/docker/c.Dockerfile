# examples/c in a container. From a folder with receiver.c and the unpacked archive of the C library as tink_webhooks/.
FROM debian:trixie-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libmicrohttpd-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY tink_webhooks /opt/tink_webhooks
COPY receiver.c .
# The library itself is linked in; only libmicrohttpd is needed at run time.
RUN gcc -O2 -o /receiver receiver.c -I/opt/tink_webhooks/include /opt/tink_webhooks/lib/libtink_webhooks.a \
    -lmicrohttpd -lpthread -lm -ldl

FROM debian:trixie-slim
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmicrohttpd12t64 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /receiver /usr/local/bin/receiver
USER 65532:65532
EXPOSE 8000
CMD ["/usr/local/bin/receiver"]
