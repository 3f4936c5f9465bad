/* `soak COUNT`: COUNT deliveries in C; prints `DONE RESIDENT_KIB` at intervals. As soak.rs. */
#define _GNU_SOURCE
#include "../must.h"
#include <pthread.h>
#include <tink_webhooks.h>
#include <unistd.h>

enum { SAMPLES = 50, ANEW = 5000, MOST = 16 };

static const char *const secrets[] = {"67abc1e08fb64c92b450a13e0876330b", "5a1d9c3e7b2f48069e0c4d8b6a3f1e27"};
static unsigned long ran, destroyed, registered;

static struct delivery {
    char *body;
    size_t len;
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    uint32_t code;
} deliveries[MOST];
static size_t known;

static void add(const char *body, size_t len, const char *signed_body, size_t signed_len, size_t secret, uint32_t scheme,
                int64_t at, uint32_t code) {
    struct delivery *made = &deliveries[known++];
    made->body = strndup(body, len);
    made->len = len;
    made->code = code;
    MUST(tink_webhooks_generate_signature((const uint8_t *)signed_body, signed_len, BYTES(secrets[secret]), scheme, at,
                                          made->header, sizeof made->header, NULL) == TINK_WEBHOOKS_OK);
}

static void add_signed(const char *body, size_t len, size_t secret, uint32_t code) {
    add(body, len, body, len, secret, TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_NOW, code);
}

static void make_deliveries(void) {
    static const char escaped[] =
        "{\"event\":\"a\\u003ab\",\"context\":{\"userId\":\"u\\u00e41\"},\"content\":{\"x\":[1,2,{\"y\":null}]}}";
    static const char test[] = "{\"event\":\"test\"}";
    static char large[11000];
    tink_webhooks_slice payment = tink_webhooks_example_body(TINK_WEBHOOKS_TYPE_PAYMENT_UPDATED);
    tink_webhooks_slice failing = tink_webhooks_example_body(TINK_WEBHOOKS_TYPE_ACCOUNT_UPDATED);
    const char *paid = (const char *)payment.ptr;
    snprintf(large, sizeof large, "{\"event\":\"payment:updated\",\"content\":{\"padding\":\"%010000d\"}}", 0);
    add_signed(paid, payment.len, 0, TINK_WEBHOOKS_OK);
    add_signed(paid, payment.len, 1, TINK_WEBHOOKS_OK);
    add(paid, payment.len, paid, payment.len, 0, TINK_WEBHOOKS_SCHEME_BODY, TINK_WEBHOOKS_NOW, TINK_WEBHOOKS_OK);
    add_signed(escaped, strlen(escaped), 0, TINK_WEBHOOKS_OK);
    add_signed(large, strlen(large), 0, TINK_WEBHOOKS_OK);
    add_signed((const char *)failing.ptr, failing.len, 0, TINK_WEBHOOKS_ERROR_HANDLER_FAILED);
    add(paid, payment.len, "another", 7, 0, TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_NOW,
        TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH);
    add(paid, payment.len, paid, payment.len, 0, TINK_WEBHOOKS_SCHEME_V1, 1, TINK_WEBHOOKS_ERROR_TIMESTAMP_TOO_OLD);
    add_signed("{", 1, 0, TINK_WEBHOOKS_ERROR_INVALID_JSON);
    add_signed(test, strlen(test), 0, TINK_WEBHOOKS_ERROR_TEST_WEBHOOK);
}

static uint32_t every(void *user_data, const tink_webhooks_event *event) {
    tink_webhooks_slice data = tink_webhooks_event_data(event), user = tink_webhooks_event_user_id(event);
    ++*(unsigned long *)user_data;
    return data.len == 0 || (user.ptr != NULL && user.len == 0);
}

static uint32_t away(void *user_data, const tink_webhooks_event *event) {
    (void)user_data;
    (void)event;
    return 7;
}

static void let_go(void *user_data) {
    destroyed++;
    ran += *(unsigned long *)user_data;
    free(user_data);
}

static void add_handlers(tink_webhooks *hooks) {
    MUST(tink_webhooks_register_handler(hooks, BYTES("*"), 0, every, calloc(1, sizeof ran), let_go, NULL) == 0);
    MUST(tink_webhooks_register_handler(hooks, BYTES("account:updated"), 0, away, NULL, NULL, NULL) == 0);
    registered++;
}

static tink_webhooks *make(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *hooks;
    tink_webhooks_builder_add_secret(builder, BYTES(secrets[0]));
    tink_webhooks_builder_add_secret(builder, BYTES(secrets[1]));
    tink_webhooks_builder_set_tolerance(builder, 1000000);
    MUST(tink_webhooks_builder_build(builder, &hooks, NULL) == TINK_WEBHOOKS_OK);
    tink_webhooks_builder_free(builder);
    add_handlers(hooks);
    return hooks;
}

static void sample(unsigned long done) {
    unsigned long size, resident;
    FILE *statm = fopen("/proc/self/statm", "r");
    MUST(statm != NULL && fscanf(statm, "%lu %lu", &size, &resident) == 2);
    fclose(statm);
    printf("%lu %lu\n", done, resident * ((unsigned long)sysconf(_SC_PAGESIZE) / 1024));
    fflush(stdout);
}

int main(int argc, char **argv) {
    unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, expected = 0;
    unsigned long often = count > SAMPLES ? count / SAMPLES : 1;
    tink_webhooks *hooks;
    MUST(count > 0);
    make_deliveries();
    hooks = make();
    for (unsigned long done = 1; done <= count; done++) {
        const struct delivery *one = &deliveries[(done - 1) % known];
        tink_webhooks_event *event = NULL;
        tink_webhooks_error *error = NULL;
        uint32_t code = tink_webhooks_handle_webhook(hooks, (const uint8_t *)one->body, one->len, BYTES(one->header),
                                                     done % 2 ? &event : NULL, &error);
        MUST(code == one->code && (error == NULL) == (code == TINK_WEBHOOKS_OK));
        expected += code == TINK_WEBHOOKS_OK || code == TINK_WEBHOOKS_ERROR_HANDLER_FAILED;
        tink_webhooks_error_free(error);
        if (event != NULL) {
            tink_webhooks_event *copy = tink_webhooks_event_clone(event);
            tink_webhooks_event_free(event);
            MUST(tink_webhooks_event_raw_body(copy).len == one->len);
            tink_webhooks_event_free(copy);
        }
        if (done % (10 * ANEW) == 0) {
            tink_webhooks_free(hooks);
            hooks = make();
        } else if (done % ANEW == 0) {
            MUST(tink_webhooks_unregister_handlers(hooks, BYTES("*"), NULL, NULL) == 0);
            MUST(tink_webhooks_unregister_handlers(hooks, BYTES("account:updated"), NULL, NULL) == 0);
            add_handlers(hooks);
        }
        if (done % often == 0) {
            sample(done);
        }
    }
    tink_webhooks_free(hooks);
    MUST(ran == expected && destroyed == registered);
    return 0;
}
