/*
 * Holds the C binding to the shared vectors: cases in, one a line, answers out. See tests/README.md; build.sh compiles it:
 *
 *   cc -std=c11 tests/drivers/c_driver.c -o target/tests/c_driver $(pkg-config --cflags --libs tink_webhooks)
 *
 * With an argument it verifies the body in pieces, for the cases that verify: `stream` in a stream of one piece,
 * `bytes` in a stream byte by byte, `scattered` in slices of one byte and of none.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tink_webhooks.h>

enum { MAX_FIELDS = 32, MAX_LABELS = 64 };

struct bytes {
    uint8_t *ptr; /* NULL: the field is absent */
    size_t len;
};
struct field {
    const char *key, *value;
    int used;
};
/* One handler: what it writes down when it runs, and what it returns. */
struct label {
    const char *name;
    uint32_t result;
};

/* Everything of the case at hand. */
static struct field fields[MAX_FIELDS];
static size_t field_count;
static struct label labels[MAX_LABELS];
static size_t label_count;
static const char *ran[1024];
static size_t ran_count;
static int64_t now_millis;
static void *kept[4096]; /* memory that is freed behind the case */
static size_t kept_count;
static tink_webhooks_builder *builder;
static tink_webhooks *hooks;
static jmp_buf next_case;
static enum { WHOLE, STREAM, BYTES, SCATTERED } mode;

static void stop(const char *why, const char *what) {
    fprintf(stderr, "c_driver: %s: %s\n", why, what);
    exit(2);
}

static void *keep(void *memory) {
    if (memory == NULL || kept_count == sizeof kept / sizeof *kept) {
        stop("out of memory", "keep");
    }
    return kept[kept_count++] = memory;
}

/* Answers that C cannot express the case, and goes on with the next one. */
static void inexpressible(const char *why) {
    printf("\tinexpressible=");
    for (; *why != 0; why++) {
        printf("%02x", (unsigned char)*why);
    }
    longjmp(next_case, 1);
}

static const char *field(const char *key) {
    for (size_t i = 0; i < field_count; i++) {
        if (strcmp(fields[i].key, key) == 0) {
            fields[i].used = 1;
            return fields[i].value;
        }
    }
    return NULL;
}

static unsigned digit(char character) {
    const char *digits = "0123456789abcdef", *found = strchr(digits, character);
    if (character == 0 || found == NULL) {
        stop("not hex", "a field");
    }
    return (unsigned)(found - digits);
}

/* By hand, as the C library has no function for hex. */
static struct bytes unhex(const char *hex, size_t len) {
    struct bytes bytes = {NULL, len / 2};
    if (len % 2 != 0) {
        stop("half a byte of hex", hex);
    }
    /* Exactly as long as the bytes, so that a sanitizer sees a read behind them. */
    bytes.ptr = keep(malloc(bytes.len == 0 ? 1 : bytes.len));
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.ptr[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return bytes;
}

static struct bytes bytes_field(const char *key) {
    const char *value = field(key);
    return value == NULL ? (struct bytes){NULL, 0} : unhex(value, strlen(value));
}

static void put_hex(const char *key, const void *data, size_t len) {
    printf("\t%s=", key);
    for (size_t i = 0; i < len; i++) {
        printf("%02x", ((const uint8_t *)data)[i]);
    }
}

static void put_slice(const char *key, tink_webhooks_slice slice) {
    if (slice.ptr != NULL) {
        put_hex(key, slice.ptr, slice.len);
    }
}

static int64_t whole_number(const char *text) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || end == text) {
        inexpressible("the number is no int64_t");
    }
    return number;
}

static void put_said(const char *key, const char *text) {
    put_hex(key, text, strlen(text));
}

/* An explanation, which is never an error. */
static uint32_t why(void) {
    struct bytes body = bytes_field("body"), signature = bytes_field("signature");
    const char *list = field("secrets"), *now = field("now"), *word;
    tink_webhooks_slice secrets[64], original;
    tink_webhooks_explanation *found = NULL;
    size_t count = 0, index = 0;
    for (const char *item = list; item != NULL && strcmp(list, "[]") != 0; count++) {
        size_t len = strcspn(item, ",");
        struct bytes secret = unhex(item, len);
        if (count == sizeof secrets / sizeof *secrets) {
            stop("too many secrets", list);
        }
        secrets[count].ptr = secret.ptr;
        secrets[count].len = secret.len;
        item = item[len] == ',' ? item + len + 1 : NULL;
    }
    uint32_t code = tink_webhooks_explain(body.ptr, body.len, signature.ptr, signature.len, secrets, count,
                                          now == NULL ? TINK_WEBHOOKS_NOW : whole_number(now), &found);
    if (code != TINK_WEBHOOKS_OK) {
        return code;
    }
    printf("\tok=1\tcause=%s\tcauses=", tink_webhooks_explanation_cause(found, 0));
    for (; (word = tink_webhooks_explanation_cause(found, index)) != NULL; index++) {
        printf("%s%s", index > 0 ? "," : "", word);
    }
    printf("\tproved=%d", tink_webhooks_explanation_proved(found));
    put_said("where", tink_webhooks_explanation_where(found));
    put_said("fix", tink_webhooks_explanation_fix(found));
    put_said("text", tink_webhooks_explanation_text(found));
    if (tink_webhooks_explanation_secret_index(found, &index)) {
        printf("\tsecret_index=%zu", index);
    }
    original = tink_webhooks_explanation_original_body(found);
    if (original.ptr != NULL) {
        put_hex("original", original.ptr, original.len);
    }
    tink_webhooks_explanation_free(found);
    return code;
}

/* Seconds with a fraction as whole milliseconds, rounded down. */
static int64_t milliseconds(const char *text) {
    char *end;
    errno = 0;
    long long seconds = strtoll(text, &end, 10);
    if (end == text || (*end != 0 && *end != '.')) {
        inexpressible("the clock of C gives whole milliseconds, never NaN and never infinity");
    }
    if (errno != 0 || seconds > INT64_MAX / 1000 - 1 || seconds < INT64_MIN / 1000 + 1) {
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    }
    int64_t fraction = 0, unit = 100;
    int below = 0;
    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10) {
            fraction += unit * (*end - '0');
            below |= unit == 0 && *end != '0';
        }
    }
    return text[0] == '-' ? seconds * 1000 - fraction - below : seconds * 1000 + fraction;
}

static void put_error(uint32_t code, tink_webhooks_error *error) {
    int64_t age;
    uint64_t tolerance;
    if (code != tink_webhooks_error_code(error) || strcmp(tink_webhooks_code_kind(code), "invalid_call") == 0) {
        const char *name = tink_webhooks_code_name(code);
        put_hex("crash", name, strlen(name));
        tink_webhooks_error_free(error);
        return;
    }
    printf("\tkind=%s\treason=%s", tink_webhooks_code_kind(code), tink_webhooks_code_name(code));
    printf("\tstatus=%" PRIu32 "\tcode=%" PRIu32, tink_webhooks_code_http_status(code), code);
    if (tink_webhooks_error_age(error, &age)) {
        printf("\tage=%" PRId64, age);
    }
    if (tink_webhooks_error_tolerance(error, &tolerance)) {
        printf("\ttolerance=%" PRIu64, tolerance);
    }
    if (tink_webhooks_error_hint(error) != NULL) {
        put_hex("hint", tink_webhooks_error_hint(error), strlen(tink_webhooks_error_hint(error)));
    }
    if (code == TINK_WEBHOOKS_ERROR_HANDLER_FAILED) {
        printf("\tfailures=%zu", tink_webhooks_error_failure_count(error));
    }
    tink_webhooks_error_free(error);
}

static void put_verification(const tink_webhooks_verification *proof) {
    printf("\tscheme=%s\tsecret_index=%" PRIu32, proof->scheme == TINK_WEBHOOKS_SCHEME_V1 ? "v1" : "body",
           proof->secret_index);
    if (proof->scheme == TINK_WEBHOOKS_SCHEME_V1) {
        printf("\tsigned_at=%" PRId64 "\tdelivery_id=%s", proof->signed_at, proof->delivery_id);
    }
}

/* The event's text; an event that is made again of the parts must have the same. */
static void put_text(const tink_webhooks_event *event) {
    tink_webhooks_slice body = tink_webhooks_event_raw_body(event);
    size_t len = tink_webhooks_event_serialize(event, NULL, 0);
    uint8_t *text = keep(malloc(len)), *again = keep(malloc(len));
    tink_webhooks_verification proof;
    tink_webhooks_event *restored = NULL;
    tink_webhooks_event_verification(event, &proof);
    if (tink_webhooks_event_serialize(event, text, len) != len ||
        tink_webhooks_event_restore_borrowed(body.ptr, body.len, tink_webhooks_event_timestamp(event), &proof,
                                             &restored, NULL) != TINK_WEBHOOKS_OK ||
        tink_webhooks_event_serialize(restored, again, len) != len || memcmp(text, again, len) != 0) {
        stop("an event of its parts is another one", (const char *)body.ptr);
    }
    tink_webhooks_event_free(restored);
    put_hex("serialized", text, len);
}

static void put_event(const tink_webhooks_event *event) {
    tink_webhooks_verification proof;
    char key[TINK_WEBHOOKS_KEY_SIZE];
    printf("\ttype=%s\ttimestamp=%" PRId64, tink_webhooks_event_type_name(event), tink_webhooks_event_timestamp(event));
    put_slice("name", tink_webhooks_event_name(event));
    put_slice("data", tink_webhooks_event_data(event));
    put_slice("raw", tink_webhooks_event_raw_body(event));
    put_slice("context", tink_webhooks_event_context(event));
    put_slice("user_id", tink_webhooks_event_user_id(event));
    put_slice("external_user_id", tink_webhooks_event_external_user_id(event));
    if (tink_webhooks_event_verification(event, &proof)) {
        put_verification(&proof);
    }
    if (tink_webhooks_event_idempotency_key(event, key)) {
        printf("\tidempotency_key=%s", key);
    }
    put_text(event);
}

static int64_t clock_of_case(void *user_data) {
    (void)user_data;
    return now_millis;
}

static void give_secrets(void) {
    const char *one = field("secret"), *list = field("secrets");
    struct bytes environment = bytes_field("env");
    unsetenv("TINK_WEBHOOK_SECRET");
    if (environment.ptr != NULL) {
        char *text = keep(malloc(environment.len + 1));
        memcpy(text, environment.ptr, environment.len);
        text[environment.len] = 0;
        if (strlen(text) != environment.len) {
            inexpressible("an environment variable holds no NUL");
        }
        setenv("TINK_WEBHOOK_SECRET", text, 1);
    }
    if (one != NULL) {
        struct bytes secret = {NULL, 0}; /* the null of C */
        if (strcmp(one, "null") != 0) {
            secret = unhex(one, strlen(one));
        }
        tink_webhooks_builder_add_secret(builder, secret.ptr, secret.len);
    }
    if (list != NULL && strcmp(list, "[]") == 0) {
        tink_webhooks_builder_set_environment(builder, NULL, 0);
    } else if (list != NULL) {
        if (*list == 0) {
            inexpressible("C tells one secret from a list by their number; this list has one, and it is empty");
        }
        for (size_t len;; list += len + 1) {
            len = strcspn(list, ",");
            struct bytes secret = unhex(list, len);
            tink_webhooks_builder_add_secret(builder, secret.ptr, secret.len);
            if (list[len] == 0) {
                break;
            }
        }
    }
}

static void allow_schemes(const char *names) {
    uint32_t flags = 0;
    for (size_t len = 0; *names != 0; names += len + (names[len] == ',')) {
        len = strcspn(names, ",");
        if (len == 2 && memcmp(names, "v1", 2) == 0) {
            flags |= TINK_WEBHOOKS_ALLOW_V1;
        } else if (len == 4 && memcmp(names, "body", 4) == 0) {
            flags |= TINK_WEBHOOKS_ALLOW_BODY;
        } else {
            flags |= UINT32_C(1) << 31; /* a scheme C has no flag for */
        }
    }
    tink_webhooks_builder_allow_schemes(builder, flags);
}

static void give_options(void) {
    const char *tolerance = field("tolerance"), *schemes = field("schemes"), *cap = field("max_body_bytes"),
               *now = field("now");
    if (tolerance != NULL && strcmp(tolerance, "none") == 0) {
        tink_webhooks_builder_disable_window(builder);
    } else if (tolerance != NULL) {
        tink_webhooks_builder_set_tolerance(builder, strtod(tolerance, NULL));
    }
    if (schemes != NULL) {
        allow_schemes(schemes);
    }
    if (cap != NULL) {
        int64_t bytes = whole_number(cap);
        if (bytes < 0) {
            inexpressible("a size_t is not negative");
        }
        tink_webhooks_builder_set_max_body_bytes(builder, (size_t)bytes);
    }
    if (now != NULL) {
        now_millis = milliseconds(now);
        tink_webhooks_builder_set_clock(builder, clock_of_case, NULL, NULL);
    }
}

static uint32_t run_handler(void *user_data, const tink_webhooks_event *event) {
    const struct label *label = user_data;
    (void)event;
    if (ran_count < sizeof ran / sizeof *ran) {
        ran[ran_count++] = label->name;
    }
    return label->result;
}

/* The same label is the same handler: one function, told apart by its user_data. */
static struct label *find_label(const char *name, uint32_t result) {
    for (size_t i = 0; i < label_count; i++) {
        if (strcmp(labels[i].name, name) == 0) {
            return &labels[i];
        }
    }
    if (label_count == MAX_LABELS) {
        stop("too many handlers", name);
    }
    labels[label_count] = (struct label){name, result};
    return &labels[label_count++];
}

static uint32_t register_all(tink_webhooks_error **error) {
    uint32_t code = TINK_WEBHOOKS_OK;
    const char *handlers = field("handlers"), *keys = field("unregister");
    char *rest_of_items = NULL, *rest_of_item = NULL;
    char *items = handlers == NULL ? NULL : keep(strdup(handlers));
    for (char *item = items == NULL ? NULL : strtok_r(items, ",", &rest_of_items); item != NULL && code == 0;
         item = strtok_r(NULL, ",", &rest_of_items)) {
        /* The key may be empty, which strtok_r would pass over. */
        size_t key_len = strcspn(item, ":");
        struct bytes key = unhex(item, key_len);
        char *name = item[key_len] == 0 ? NULL : strtok_r(item + key_len, ":", &rest_of_item);
        char *mode = name == NULL ? NULL : strtok_r(NULL, ":", &rest_of_item);
        if (mode == NULL) {
            stop("not KEY:LABEL:MODE", handlers);
        }
        uint32_t flags = mode[strlen(mode) - 1] == '+' ? TINK_WEBHOOKS_REGISTER_ALLOW_UNKNOWN : 0;
        struct label *label = find_label(name, strncmp(mode, "fail", 4) == 0 ? 13 : 0);
        code = tink_webhooks_register_handler(hooks, key.ptr, key.len, flags, run_handler, label, NULL, error);
    }
    char *list = keys == NULL ? NULL : keep(strdup(keys));
    for (char *item = list == NULL ? NULL : strtok_r(list, ",", &rest_of_items); item != NULL && code == 0;
         item = strtok_r(NULL, ",", &rest_of_items)) {
        struct bytes key = unhex(item, strlen(item));
        code = tink_webhooks_unregister_handlers(hooks, key.ptr, key.len, NULL, error);
    }
    return code;
}

static uint32_t configure(tink_webhooks_error **error) {
    builder = tink_webhooks_builder_new();
    give_secrets();
    give_options();
    uint32_t code = tink_webhooks_builder_build(builder, &hooks, error);
    return code == TINK_WEBHOOKS_OK ? register_all(error) : code;
}

static uint32_t list_handlers(tink_webhooks_error **error) {
    tink_webhooks_handlers *handlers;
    tink_webhooks_slice last = {NULL, 0};
    uint32_t code = tink_webhooks_get_handlers(hooks, &handlers, error);
    printf("\tok=1\thandlers=");
    for (size_t i = 0; code == TINK_WEBHOOKS_OK && i < tink_webhooks_handlers_count(handlers); i++) {
        tink_webhooks_slice key = {NULL, 0};
        void *label = NULL;
        code = tink_webhooks_handlers_get(handlers, i, &key, NULL, &label);
        if (last.ptr != NULL && key.len == last.len && memcmp(key.ptr, last.ptr, key.len) == 0) {
            printf(" %s", ((struct label *)label)->name);
        } else {
            printf(i == 0 ? "" : ",");
            for (size_t at = 0; at < key.len; at++) {
                printf("%02x", key.ptr[at]);
            }
            printf(":%s", ((struct label *)label)->name);
        }
        last = key;
    }
    tink_webhooks_handlers_free(handlers);
    return code;
}

static uint32_t sign(tink_webhooks_error **error) {
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    const char *scheme = field("scheme"), *timestamp = field("timestamp"), *given = field("secret");
    struct bytes body = bytes_field("body"), secret = {NULL, 0};
    uint32_t number = TINK_WEBHOOKS_SCHEME_V1;
    if (given != NULL && strcmp(given, "null") != 0) {
        secret = unhex(given, strlen(given));
    }
    if (scheme != NULL && strcmp(scheme, "v1") != 0) {
        number = strcmp(scheme, "body") == 0 ? TINK_WEBHOOKS_SCHEME_BODY : UINT32_MAX;
    }
    uint32_t code = tink_webhooks_generate_signature(body.ptr, body.len, secret.ptr, secret.len, number,
                                                     timestamp == NULL ? TINK_WEBHOOKS_NOW : whole_number(timestamp),
                                                     header, sizeof header, error);
    if (code == TINK_WEBHOOKS_OK) {
        printf("\tok=1");
        put_hex("header", header, strlen(header));
    }
    return code;
}

static uint32_t verify_stream(struct bytes body, struct bytes signature, tink_webhooks_verification *proof,
                              tink_webhooks_error **error) {
    tink_webhooks_stream *stream = NULL;
    size_t len = mode == BYTES ? 1 : body.len;
    uint32_t code = tink_webhooks_stream_begin(hooks, signature.ptr, signature.len, &stream, error);
    if (code != TINK_WEBHOOKS_OK && body.len > tink_webhooks_max_body_bytes(hooks)) {
        tink_webhooks_error_free(*error);
        inexpressible("a stream sees the header before it can count the body");
    }
    if (code != TINK_WEBHOOKS_OK) {
        return code;
    }
    for (size_t at = 0; at < body.len; at += len) {
        tink_webhooks_stream_update(stream, body.ptr + at, len, NULL);
    }
    code = tink_webhooks_stream_finish(stream, proof, error);
    tink_webhooks_stream_free(stream);
    return code;
}

static uint32_t verify_scattered(struct bytes body, struct bytes signature, tink_webhooks_verification *proof,
                                 tink_webhooks_error **error) {
    tink_webhooks_slice *slices = keep(calloc(2 * body.len + 1, sizeof *slices));
    for (size_t at = 0; at < body.len; at++) {
        slices[2 * at + 1] = (tink_webhooks_slice){body.ptr + at, 1};
    }
    return tink_webhooks_verify_signature_scattered(hooks, slices, 2 * body.len + 1, signature.ptr, signature.len,
                                                    proof, error);
}

static uint32_t verify(struct bytes body, struct bytes signature, tink_webhooks_verification *proof,
                       tink_webhooks_error **error) {
    switch (mode) {
    case STREAM:
    case BYTES:
        return verify_stream(body, signature, proof, error);
    case SCATTERED:
        return verify_scattered(body, signature, proof, error);
    default:
        return tink_webhooks_verify_signature(hooks, body.ptr, body.len, signature.ptr, signature.len, proof, error);
    }
}

static uint32_t run(const char *op, tink_webhooks_error **error) {
    struct bytes body = bytes_field("body"), signature = bytes_field("signature");
    tink_webhooks_event *event = NULL;
    tink_webhooks_verification proof;
    uint32_t code;
    if (strcmp(op, "configure") == 0) {
        return list_handlers(error);
    }
    if (strcmp(op, "verify") == 0) {
        code = verify(body, signature, &proof, error);
        if (code == TINK_WEBHOOKS_OK) {
            printf("\tok=1");
            put_verification(&proof);
        }
        return code;
    }
    if (mode != WHOLE) {
        /* The pieces are verified first; what is not signed rightly does not get as far as the payload. */
        code = verify(body, signature, &proof, error);
        if (code != TINK_WEBHOOKS_OK) {
            return code;
        }
    }
    if (strcmp(op, "construct") == 0) {
        code = tink_webhooks_construct_event(hooks, body.ptr, body.len, signature.ptr, signature.len, &event, error);
    } else if (strcmp(op, "parse") == 0) {
        code = tink_webhooks_parse_event(hooks, body.ptr, body.len, &event, error);
    } else {
        code = tink_webhooks_handle_webhook(hooks, body.ptr, body.len, signature.ptr, signature.len, &event, error);
    }
    if (code == TINK_WEBHOOKS_OK) {
        tink_webhooks_verification whole;
        printf("\tok=1");
        put_event(event);
        if (mode != WHOLE && (!tink_webhooks_event_verification(event, &whole) || memcmp(&proof, &whole, sizeof proof))) {
            stop("the pieces prove something else than the whole", op);
        }
    }
    tink_webhooks_event_free(event);
    return code;
}

/* A worker: it has no secret. */
static uint32_t restore(const char *op, tink_webhooks_error **error) {
    struct bytes text = bytes_field("body");
    tink_webhooks_event *event = NULL;
    hooks = tink_webhooks_dispatcher_new();
    uint32_t code = register_all(error);
    if (code == TINK_WEBHOOKS_OK) {
        code = tink_webhooks_event_deserialize(text.ptr, text.len, &event, error);
    }
    if (code == TINK_WEBHOOKS_OK && strcmp(op, "dispatch") == 0) {
        code = tink_webhooks_dispatch(hooks, event, error);
    }
    if (code == TINK_WEBHOOKS_OK) {
        printf("\tok=1");
        put_event(event);
    }
    tink_webhooks_event_free(event);
    return code;
}

static int is_one_of(const char *op, const char *one, const char *other) {
    return strcmp(op, one) == 0 || strcmp(op, other) == 0;
}

static void answer(void) {
    static const char *const ops[] = {"verify", "construct", "parse",       "handle",
                                      "sign",   "configure", "deserialize", "dispatch", "explain"};
    tink_webhooks_error *error = NULL;
    const char *op = field("op");
    size_t known = 0;
    if (op != NULL && strcmp(op, "mac") == 0) {
        inexpressible("there is no HMAC of arbitrary keys");
    }
    while (op != NULL && known < sizeof ops / sizeof *ops && strcmp(op, ops[known]) != 0) {
        known++;
    }
    if (op == NULL || known == sizeof ops / sizeof *ops) {
        stop("unknown op", op == NULL ? "none" : op);
    }
    uint32_t code;
    if (strcmp(op, "sign") == 0) {
        code = sign(&error);
    } else if (strcmp(op, "explain") == 0) {
        code = why();
    } else if (is_one_of(op, "deserialize", "dispatch")) {
        code = restore(op, &error);
    } else {
        code = configure(&error);
        if (code == TINK_WEBHOOKS_OK) {
            code = run(op, &error);
        }
    }
    for (size_t i = 0; i < field_count && code == TINK_WEBHOOKS_OK; i++) {
        if (!fields[i].used) {
            stop("a field is of no use here", fields[i].key);
        }
    }
    if (code != TINK_WEBHOOKS_OK) {
        put_error(code, error);
    }
    if (is_one_of(op, "handle", "dispatch") && hooks != NULL) {
        printf("\tran=");
        for (size_t i = 0; i < ran_count; i++) {
            printf(i == 0 ? "%s" : ",%s", ran[i]);
        }
    }
}

/* Cuts the line into its fields; a key this driver does not know ends it. */
static void read_fields(char *line) {
    static const char *const known[] = {"id",   "op",        "secret",    "secrets",  "env",        "tolerance",
                                        "now",  "schemes",   "body",      "handlers", "unregister", "max_body_bytes",
                                        "timestamp", "signature", "scheme"};
    char *rest = NULL;
    field_count = label_count = ran_count = 0;
    for (char *item = strtok_r(line, "\t", &rest); item != NULL; item = strtok_r(NULL, "\t", &rest)) {
        char *value = strchr(item, '=');
        size_t at = 0;
        if (value == NULL || field_count == MAX_FIELDS) {
            stop("not a field", item);
        }
        *value++ = 0;
        while (at < sizeof known / sizeof *known && strcmp(item, known[at]) != 0) {
            at++;
        }
        if (at == sizeof known / sizeof *known) {
            stop("unknown field", item);
        }
        fields[field_count++] = (struct field){item, value, 0};
    }
}

int main(int argc, char **argv) {
    static const char *const modes[] = {"whole", "stream", "bytes", "scattered"};
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while (argc > 1 && strcmp(argv[1], modes[mode]) != 0) {
        if (mode++ == SCATTERED) {
            stop("no such mode", argv[1]);
        }
    }
    while ((len = getline(&line, &size, stdin)) != -1) {
        if (len > 0 && line[len - 1] == '\n') {
            line[len - 1] = 0;
        }
        read_fields(line);
        const char *id = field("id");
        if (id == NULL) {
            stop("no id", line);
        }
        printf("id=%s", id);
        if (setjmp(next_case) == 0) {
            answer();
        }
        printf("\n");
        fflush(stdout);
        tink_webhooks_builder_free(builder);
        tink_webhooks_free(hooks);
        builder = NULL;
        hooks = NULL;
        while (kept_count > 0) {
            free(kept[--kept_count]);
        }
    }
    free(line);
    return 0;
}
