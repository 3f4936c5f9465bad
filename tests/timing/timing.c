/* `timing WAY`: refuses forged deliveries in C, with the cases on standard input. As timing.rs. */
#define _GNU_SOURCE
#include "../must.h"
#include <tink_webhooks.h>

enum { ROUNDS = 3, PIECE = 40, LARGEST = 100000 };

static uint8_t body[LARGEST];
static size_t body_len;
static tink_webhooks_slice pieces[LARGEST / PIECE + 1];
static size_t count;
static tink_webhooks *hooks;

static uint32_t whole(const char *header, tink_webhooks_error **error) {
    return tink_webhooks_verify_signature(hooks, body, body_len, BYTES(header), NULL, error);
}

static uint32_t scattered(const char *header, tink_webhooks_error **error) {
    return tink_webhooks_verify_signature_scattered(hooks, pieces, count, BYTES(header), NULL, error);
}

static uint32_t streamed(const char *header, tink_webhooks_error **error) {
    tink_webhooks_stream *stream;
    uint32_t code = tink_webhooks_stream_begin(hooks, BYTES(header), &stream, error);
    for (size_t i = 0; code == TINK_WEBHOOKS_OK && i < count; i++) {
        code = tink_webhooks_stream_update(stream, pieces[i].ptr, pieces[i].len, error);
    }
    if (code == TINK_WEBHOOKS_OK) {
        code = tink_webhooks_stream_finish(stream, NULL, error);
    }
    tink_webhooks_stream_free(stream);
    return code;
}

typedef uint32_t verify_fn(const char *header, tink_webhooks_error **error);

/* Callgrind counts the instructions of this function only. */
static __attribute__((noinline)) uint32_t measured(verify_fn *verify, const char *header) {
    tink_webhooks_error *error;
    uint32_t code = verify(header, &error);
    tink_webhooks_error_free(error);
    return code;
}

static uint8_t value(char digit) { return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10); }

static void read_body(const char *digits) {
    body_len = strlen(digits) / 2;
    MUST(body_len <= LARGEST);
    for (size_t i = 0; i < body_len; i++) {
        body[i] = (uint8_t)(value(digits[2 * i]) << 4 | value(digits[2 * i + 1]));
    }
    count = 0;
    for (size_t at = 0; at < body_len; at += PIECE) {
        pieces[count++] = (tink_webhooks_slice){body + at, body_len - at < PIECE ? body_len - at : PIECE};
    }
}

static tink_webhooks *with_secrets(char *secrets) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *made;
    for (char *secret; (secret = strsep(&secrets, ",")) != NULL;) {
        MUST(tink_webhooks_builder_add_secret(builder, BYTES(secret)) == TINK_WEBHOOKS_OK);
    }
    MUST(tink_webhooks_builder_build(builder, &made, NULL) == TINK_WEBHOOKS_OK);
    tink_webhooks_builder_free(builder);
    return made;
}

int main(int argc, char **argv) {
    verify_fn *verify = NULL;
    char *line = NULL;
    size_t size = 0;
    MUST(argc == 2);
    verify = strcmp(argv[1], "whole") == 0       ? whole
             : strcmp(argv[1], "scattered") == 0 ? scattered
             : strcmp(argv[1], "stream") == 0    ? streamed
                                                 : NULL;
    MUST(verify != NULL);
    for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
        char *rest = line, *secrets, *sent, header[4096];
        line[strcspn(line, "\n")] = 0;
        secrets = strsep(&rest, "\t");
        sent = strsep(&rest, "\t");
        MUST(rest != NULL && strlen(sent) < sizeof header);
        strcpy(header, sent);
        read_body(rest);
        hooks = with_secrets(secrets);
        for (int i = 0; i < ROUNDS; i++) {
            MUST(measured(verify, header) == TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
        }
        tink_webhooks_free(hooks);
    }
    free(line);
    return 0;
}
