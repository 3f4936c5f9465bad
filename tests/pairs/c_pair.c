/*
 * One half of a pair in C: `c_pair put PORT LIST` or `c_pair take PORT LIST...`, as python_pair.py describes it. It speaks
 * Redis's protocol over a socket.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../must.h"
#include "tink_webhooks.h"

static FILE *to_redis, *from_redis;

static void open_redis(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int file = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MUST(connect(file, (struct sockaddr *)&address, sizeof address) == 0);
    MUST((to_redis = fdopen(file, "w")) != NULL && (from_redis = fdopen(dup(file), "r")) != NULL);
}

/* The number in the first line of a reply of that kind. */
static size_t reply(char kind) {
    char line[64];
    MUST(fflush(to_redis) == 0 && fgets(line, sizeof line, from_redis) != NULL && line[0] == kind);
    return strtoul(line + 1, NULL, 10);
}

static void put(const char *list) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *hooks = NULL;
    char *line = NULL, *body;
    size_t size = 0;
    ssize_t len;
    MUST(tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1 | TINK_WEBHOOKS_ALLOW_BODY) ==
         TINK_WEBHOOKS_OK);
    MUST(tink_webhooks_builder_build(builder, &hooks, NULL) == TINK_WEBHOOKS_OK);
    tink_webhooks_builder_free(builder);
    while ((len = getline(&line, &size, stdin)) > 0) {
        tink_webhooks_event *event = NULL;
        MUST(line[len - 1] == '\n' && (body = memchr(line, '\t', (size_t)len)) != NULL);
        body++;
        MUST(tink_webhooks_construct_event(hooks, (const uint8_t *)body, (size_t)(line + len - 1 - body),
                                           (const uint8_t *)line, (size_t)(body - 1 - line), &event,
                                           NULL) == TINK_WEBHOOKS_OK);
        size_t text_len = tink_webhooks_event_serialize(event, NULL, 0);
        uint8_t *text = malloc(text_len);
        MUST(text != NULL && tink_webhooks_event_serialize(event, text, text_len) == text_len);
        fprintf(to_redis, "*3\r\n$5\r\nRPUSH\r\n$%zu\r\n%s\r\n$%zu\r\n", strlen(list), list, text_len);
        fwrite(text, 1, text_len, to_redis);
        fputs("\r\n", to_redis);
        MUST(reply(':') > 0);
        free(text);
        tink_webhooks_event_free(event);
    }
    free(line);
    tink_webhooks_free(hooks);
}

static uint32_t show(void *user_data, const tink_webhooks_event *event) {
    tink_webhooks_slice data = tink_webhooks_event_data(event);
    tink_webhooks_verification proof;
    char key[TINK_WEBHOOKS_KEY_SIZE];
    bool is_v1;
    (void)user_data;
    MUST(tink_webhooks_event_verification(event, &proof));
    is_v1 = proof.scheme == TINK_WEBHOOKS_SCHEME_V1;
    printf("%s\t%" PRId64 "\t%s\t%s\t%" PRIu32 "\t", tink_webhooks_event_type_name(event),
           tink_webhooks_event_timestamp(event), tink_webhooks_event_idempotency_key(event, key) ? key : "-",
           is_v1 ? "v1" : "body", proof.secret_index);
    if (is_v1) {
        printf("%" PRId64 "\t%s\t", proof.signed_at, proof.delivery_id);
    } else {
        printf("-\t-\t");
    }
    printf("%.*s\n", (int)data.len, (const char *)data.ptr);
    return 0;
}

static void take(const tink_webhooks *work, const char *list) {
    fprintf(to_redis, "*4\r\n$6\r\nLRANGE\r\n$%zu\r\n%s\r\n$1\r\n0\r\n$2\r\n-1\r\n", strlen(list), list);
    for (size_t left = reply('*'); left > 0; left--) {
        tink_webhooks_event *event = NULL;
        size_t len = reply('$');
        uint8_t *text = malloc(len + 2);
        MUST(text != NULL && fread(text, 1, len + 2, from_redis) == len + 2);
        MUST(tink_webhooks_event_deserialize(text, len, &event, NULL) == TINK_WEBHOOKS_OK);
        MUST(tink_webhooks_dispatch(work, event, NULL) == TINK_WEBHOOKS_OK);
        tink_webhooks_event_free(event);
        free(text);
    }
}

int main(int count, char **given) {
    MUST(count > 3);
    open_redis((uint16_t)strtoul(given[2], NULL, 10));
    if (strcmp(given[1], "put") == 0) {
        put(given[3]);
        return 0;
    }
    tink_webhooks *work = tink_webhooks_dispatcher_new();
    MUST(getenv("TINK_WEBHOOK_SECRET") == NULL);
    MUST(tink_webhooks_register_handler(work, BYTES("*"), 0, show, NULL, NULL, NULL) == TINK_WEBHOOKS_OK);
    for (int i = 3; i < count; i++) {
        take(work, given[i]);
    }
    tink_webhooks_free(work);
    return 0;
}
