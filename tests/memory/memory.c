/*
 * Uses secrets in C, for test_memory.py to search the memory that is left: `memory SCENARIO`, with the secrets on
 * standard input, one per line. The scenarios are those of memory.rs. The program keeps the secrets in one place and
 * wipes it.
 */
#define _GNU_SOURCE
#include "../must.h"
#include <tink_webhooks.h>
#include <unistd.h>

static const char body[] = "{\"event\":\"account:updated\",\"context\":{\"userId\":\"u1\"},\"content\":{\"id\":\"a1\"}}";

static uint8_t input[8192], mistaken[8192];
static struct secret {
    const uint8_t *ptr;
    size_t len;
} secrets[16];
static size_t count;

static tink_webhooks_builder *with_secrets(size_t how_many) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    for (size_t i = 0; i < how_many; i++) {
        MUST(tink_webhooks_builder_add_secret(builder, secrets[i].ptr, secrets[i].len) == TINK_WEBHOOKS_OK);
    }
    return builder;
}

static tink_webhooks *built(tink_webhooks_builder *builder) {
    tink_webhooks *hooks;
    tink_webhooks_error *error;
    MUST(tink_webhooks_builder_build(builder, &hooks, &error) == TINK_WEBHOOKS_OK);
    tink_webhooks_builder_free(builder);
    return hooks;
}

static void fails(tink_webhooks_builder *builder) {
    tink_webhooks *hooks;
    tink_webhooks_error *error;
    char shown[512];
    MUST(tink_webhooks_builder_build(builder, &hooks, &error) != TINK_WEBHOOKS_OK && hooks == NULL);
    snprintf(shown, sizeof shown, "%s", tink_webhooks_error_message(error));
    tink_webhooks_error_free(error);
    tink_webhooks_builder_free(builder);
}

static void sign(size_t with, uint32_t scheme, char *header) {
    MUST(tink_webhooks_generate_signature(BYTES(body), secrets[with].ptr, secrets[with].len, scheme, TINK_WEBHOOKS_NOW,
                                          header, TINK_WEBHOOKS_SIGNATURE_SIZE, NULL) == TINK_WEBHOOKS_OK);
}

static void uses(tink_webhooks *hooks, size_t how_many) {
    for (size_t i = 0; i < how_many; i++) {
        char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
        tink_webhooks_event *event, *copy;
        tink_webhooks_error *error;
        sign(i, TINK_WEBHOOKS_SCHEME_V1, header);
        MUST(tink_webhooks_verify_signature(hooks, BYTES(body), BYTES(header), NULL, NULL) == TINK_WEBHOOKS_OK);
        MUST(tink_webhooks_verify_signature(hooks, BYTES("another"), BYTES(header), NULL, &error) ==
             TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
        tink_webhooks_error_free(error);
        MUST(tink_webhooks_construct_event(hooks, BYTES(body), BYTES(header), &event, NULL) == TINK_WEBHOOKS_OK);
        copy = tink_webhooks_event_clone(event);
        tink_webhooks_event_free(event);
        MUST(tink_webhooks_dispatch(hooks, copy, NULL) == TINK_WEBHOOKS_OK);
        tink_webhooks_event_free(copy);
    }
    tink_webhooks_free(hooks);
}

static uint32_t away(void *user_data, const tink_webhooks_event *event) {
    (void)user_data;
    (void)event;
    return 7;
}

static void handles(void) {
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    tink_webhooks *hooks = built(with_secrets(count));
    tink_webhooks_error *error;
    MUST(tink_webhooks_register_handler(hooks, BYTES("account:updated"), 0, away, NULL, NULL, NULL) == 0);
    sign(0, TINK_WEBHOOKS_SCHEME_V1, header);
    MUST(tink_webhooks_handle_webhook(hooks, BYTES(body), BYTES(header), NULL, &error) ==
         TINK_WEBHOOKS_ERROR_HANDLER_FAILED);
    tink_webhooks_error_free(error);
    tink_webhooks_free(hooks);
}

/* A stream that was fed byte by byte, and so went through every state. */
static tink_webhooks_stream *fed(const tink_webhooks *hooks, const char *header, const char *text) {
    tink_webhooks_stream *stream;
    MUST(tink_webhooks_stream_begin(hooks, BYTES(header), &stream, NULL) == TINK_WEBHOOKS_OK);
    for (; *text != 0; text++) {
        MUST(tink_webhooks_stream_update(stream, (const uint8_t *)text, 1, NULL) == TINK_WEBHOOKS_OK);
    }
    return stream;
}

static void finishes(tink_webhooks_stream *stream, uint32_t expected) {
    tink_webhooks_error *error;
    MUST(tink_webhooks_stream_finish(stream, NULL, &error) == expected);
    tink_webhooks_error_free(error);
    tink_webhooks_stream_free(stream);
}

static void finishes_streams(void) {
    tink_webhooks_builder *builder = with_secrets(count);
    tink_webhooks_slice whole = {BYTES(body)};
    tink_webhooks_stream *last = NULL;
    tink_webhooks *hooks;
    tink_webhooks_builder_set_max_body_bytes(builder, strlen(body));
    hooks = built(builder);
    for (size_t i = 0; i < count; i++) {
        char header[TINK_WEBHOOKS_SIGNATURE_SIZE], bare[TINK_WEBHOOKS_SIGNATURE_SIZE];
        tink_webhooks_stream *large;
        sign(i, TINK_WEBHOOKS_SCHEME_V1, header);
        sign(i, TINK_WEBHOOKS_SCHEME_BODY, bare);
        finishes(fed(hooks, header, body), TINK_WEBHOOKS_OK);
        finishes(fed(hooks, bare, body), TINK_WEBHOOKS_OK);
        MUST(tink_webhooks_verify_signature_scattered(hooks, &whole, 1, BYTES(header), NULL, NULL) == TINK_WEBHOOKS_OK);
        finishes(fed(hooks, header, "another"), TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
        /* A body that begins with a digit, or is too large, is refused before all of it has come. */
        finishes(fed(hooks, bare, "1"), TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
        large = fed(hooks, header, body);
        MUST(tink_webhooks_stream_update(large, BYTES("1"), NULL) == TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE);
        finishes(large, TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE);
        tink_webhooks_stream_free(last);
        last = fed(hooks, header, body);
    }
    tink_webhooks_free(hooks); /* which the stream outlives */
    finishes(last, TINK_WEBHOOKS_OK);
}

static void drops_streams(void) {
    static const uint32_t schemes[] = {TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_SCHEME_BODY};
    const char *fed_so_far[] = {"", "{", body};
    tink_webhooks *hooks = built(with_secrets(count));
    for (size_t i = 0; i < 2; i++) {
        char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
        sign(0, schemes[i], header);
        for (size_t j = 0; j < 3; j++) {
            tink_webhooks_stream_free(fed(hooks, header, fed_so_far[j]));
        }
    }
    tink_webhooks_free(hooks);
}

static void refused(void) {
    tink_webhooks_builder *builder = with_secrets(1);
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    memcpy(mistaken, secrets[0].ptr, secrets[0].len);
    mistaken[secrets[0].len] = '\n';
    tink_webhooks_builder_add_secret(builder, mistaken, secrets[0].len + 1);
    tink_webhooks_builder_add_secret(builder, secrets[1].ptr, secrets[1].len);
    fails(builder);
    builder = tink_webhooks_builder_new();
    tink_webhooks_builder_add_secret(builder, mistaken, secrets[0].len + 1);
    fails(builder);
    builder = with_secrets(count);
    tink_webhooks_builder_set_tolerance(builder, -1);
    fails(builder);
    builder = with_secrets(count);
    tink_webhooks_builder_set_clock(builder, NULL, NULL, NULL); /* the setter fails, and building then does */
    fails(builder);
    MUST(tink_webhooks_generate_signature(BYTES(body), mistaken, secrets[0].len + 1, TINK_WEBHOOKS_SCHEME_V1, 0, header,
                                          sizeof header, NULL) == TINK_WEBHOOKS_ERROR_INVALID_SECRET);
    MUST(tink_webhooks_generate_signature(BYTES(body), secrets[0].ptr, secrets[0].len, TINK_WEBHOOKS_SCHEME_V1, 0,
                                          header, 3, NULL) == TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL);
}

static void ends(tink_webhooks_explanation *explanation, const char *cause) {
    MUST(strcmp(tink_webhooks_explanation_cause(explanation, 0), cause) == 0);
    tink_webhooks_explanation_free(explanation);
}

static void explains(void) {
    for (size_t i = 0; i < count; i++) {
        char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
        tink_webhooks_slice given[] = {{BYTES("another secret")}, {secrets[i].ptr, secrets[i].len}};
        tink_webhooks_explanation *explanation;
        sign(i, TINK_WEBHOOKS_SCHEME_V1, header);
        MUST(tink_webhooks_explain(BYTES(body), BYTES(header), given, 2, TINK_WEBHOOKS_NOW, &explanation) == 0);
        ends(explanation, "verifies");
        memcpy(mistaken, secrets[i].ptr, secrets[i].len);
        mistaken[secrets[i].len] = '\n';
        given[1] = (tink_webhooks_slice){mistaken, secrets[i].len + 1};
        MUST(tink_webhooks_explain(BYTES(body), BYTES(header), given, 2, TINK_WEBHOOKS_NOW, &explanation) == 0);
        ends(explanation, "secret_whitespace");
    }
}

static void explains_refusals(void) {
    tink_webhooks *hooks = built(with_secrets(count));
    for (size_t i = 0; i < count; i++) {
        char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
        tink_webhooks_explanation *explanation;
        sign(i, TINK_WEBHOOKS_SCHEME_V1, header);
        MUST(tink_webhooks_explain_refusal(hooks, BYTES(body), BYTES(header), TINK_WEBHOOKS_NOW, &explanation) == 0);
        ends(explanation, "verifies");
        MUST(tink_webhooks_explain_refusal(hooks, BYTES("{}"), BYTES(header), TINK_WEBHOOKS_NOW, &explanation) == 0);
        ends(explanation, "secret_other");
    }
    tink_webhooks_free(hooks);
}

static void run(const char *scenario) {
    if (strcmp(scenario, "nothing") == 0) {
        free(malloc(1));
    } else if (strcmp(scenario, "leak") == 0) {
        char *volatile copy = malloc(secrets[0].len);
        memcpy(copy, secrets[0].ptr, secrets[0].len);
        free(copy);
    } else if (strcmp(scenario, "one") == 0) {
        uses(built(with_secrets(1)), 1);
    } else if (strcmp(scenario, "several") == 0) {
        uses(built(with_secrets(count)), count);
    } else if (strcmp(scenario, "rotated") == 0) {
        for (size_t some = 1; some <= count; some++) {
            uses(built(with_secrets(some)), some);
        }
    } else if (strcmp(scenario, "never built") == 0) {
        tink_webhooks_builder_free(with_secrets(count));
    } else if (strcmp(scenario, "refused") == 0) {
        refused();
    } else if (strcmp(scenario, "environment") == 0) {
        uses(built(tink_webhooks_builder_new()), count);
    } else if (strcmp(scenario, "broken environment") == 0) {
        fails(tink_webhooks_builder_new());
    } else if (strcmp(scenario, "given environment") == 0) {
        tink_webhooks_builder *builder = tink_webhooks_builder_new();
        tink_webhooks_builder_set_environment(builder, BYTES("another"));
        tink_webhooks_builder_set_environment(builder, input, strlen((char *)input));
        uses(built(builder), count);
    } else if (strcmp(scenario, "streams finished") == 0) {
        finishes_streams();
    } else if (strcmp(scenario, "streams dropped") == 0) {
        drops_streams();
    } else if (strcmp(scenario, "handler") == 0) {
        handles();
    } else if (strcmp(scenario, "explained") == 0) {
        explains();
    } else if (strcmp(scenario, "refusals explained") == 0) {
        explains_refusals();
    } else {
        fprintf(stderr, "no scenario %s\n", scenario);
        exit(2);
    }
}

int main(int argc, char **argv) {
    MUST(argc == 2 && read(0, input, sizeof input - 1) >= 0);
    for (const uint8_t *line = input; *line != 0;) {
        size_t len = strcspn((const char *)line, "\n");
        secrets[count++] = (struct secret){line, len};
        line += len + (line[len] == '\n');
    }
    run(argv[1]);
    explicit_bzero(input, sizeof input);
    explicit_bzero(mistaken, sizeof mistaken);
    return 0;
}
