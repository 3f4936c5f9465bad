/*
 * A receiver on libmicrohttpd: POST /webhooks/tink. The secret comes from TINK_WEBHOOK_SECRET, the port from PORT (8000).
 *
 *   cc -std=c11 receiver.c -o receiver $(pkg-config --cflags --libs tink_webhooks libmicrohttpd)
 *   TINK_WEBHOOK_SECRET=... ./receiver
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tink_webhooks.h>

/* The body of a request, as far as it has been received. */
struct request {
    uint8_t *body;
    size_t len, room;
    size_t received; /* also what was over the cap, and is not kept */
};

/* ---- What this program does with an event. Handlers may run on any thread of the server. ---- */

/* The text of the data at a JSON pointer, decoded into `buffer` if it has escapes; empty if there is none. */
static tink_webhooks_slice text_at(const tink_webhooks_event *event, const char *pointer, uint8_t *buffer, size_t size) {
    tink_webhooks_value value;
    tink_webhooks_slice text = {NULL, 0};
    tink_webhooks_event_data_get(event, (const uint8_t *)pointer, strlen(pointer), &value);
    if (tink_webhooks_value_string(&value, buffer, size, &text) != TINK_WEBHOOKS_OK) {
        text.len = 0; /* longer than the buffer */
    }
    return text;
}

/* A refresh of credentials ended, well or not. */
static uint32_t refreshed(void *user_data, const tink_webhooks_event *event) {
    uint8_t buffer[64];
    tink_webhooks_slice user = tink_webhooks_event_user_id(event);
    tink_webhooks_slice status = text_at(event, "/credentialsStatus", buffer, sizeof buffer);
    (void)user_data;
    printf("refresh of user %.*s: %.*s\n", (int)user.len, (const char *)user.ptr, (int)status.len,
           (const char *)status.ptr);
    return 0; /* any other number is a failure: the answer is 500, and Tink delivers again */
}

/* A payment has a new status. It may be older than one you have: store it only if its "updated" is newer. */
static uint32_t paid(void *user_data, const tink_webhooks_event *event) {
    uint8_t buffers[2][64];
    tink_webhooks_slice id = text_at(event, "/id", buffers[0], sizeof buffers[0]);
    tink_webhooks_slice status = text_at(event, "/status", buffers[1], sizeof buffers[1]);
    (void)user_data;
    printf("payment %.*s: %.*s\n", (int)id.len, (const char *)id.ptr, (int)status.len, (const char *)status.ptr);
    return 0;
}

static const struct {
    const char *event_type;
    tink_webhooks_handler_fn handler;
} handlers[] = {{"refresh:finished", refreshed}, {"payment:updated", paid}};

static tink_webhooks *make_hooks(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_error *error = NULL;
    tink_webhooks *hooks = NULL;
    uint32_t code;
    tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
    code = tink_webhooks_builder_build(builder, &hooks, &error);
    tink_webhooks_builder_free(builder);
    for (size_t i = 0; code == TINK_WEBHOOKS_OK && i < sizeof handlers / sizeof *handlers; i++) {
        const char *key = handlers[i].event_type;
        code = tink_webhooks_register_handler(hooks, (const uint8_t *)key, strlen(key), 0, handlers[i].handler,
                                              NULL, NULL, &error);
    }
    if (code != TINK_WEBHOOKS_OK) {
        fprintf(stderr, "%s\n", tink_webhooks_error_message(error));
        tink_webhooks_error_free(error);
        tink_webhooks_free(hooks);
        return NULL;
    }
    return hooks;
}

/* ---- HTTP ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *text) {
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued;
    if (response == NULL) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
    }
    queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Keeps a piece of the body, unless that would be more than the cap: then nothing of it is kept. */
static int keep(struct request *request, const char *piece, size_t len, size_t cap) {
    request->received += len;
    if (request->received > cap) {
        free(request->body);
        request->body = NULL;
        request->len = request->room = 0;
        return 1;
    }
    if (request->len + len > request->room) {
        size_t room = 2 * (request->len + len);
        uint8_t *body = realloc(request->body, room);
        if (body == NULL) {
            return 0;
        }
        request->body = body;
        request->room = room;
    }
    memcpy(request->body + request->len, piece, len);
    request->len += len;
    return 1;
}

static enum MHD_Result handle(const tink_webhooks *hooks, struct MHD_Connection *connection, struct request *request) {
    const char *signature = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Tink-Signature");
    tink_webhooks_error *error = NULL;
    uint32_t code = TINK_WEBHOOKS_ERROR_BODY_TOO_LARGE;
    if (request->received == request->len) {
        code = tink_webhooks_handle_webhook(hooks, request->body, request->len, (const uint8_t *)signature,
                                            signature == NULL ? 0 : strlen(signature), NULL, &error);
    }
    if (code != TINK_WEBHOOKS_OK) {
        const char *message = error == NULL ? tink_webhooks_code_message(code) : tink_webhooks_error_message(error);
        fprintf(stderr, "%s: %s\n", tink_webhooks_code_name(code), message);
        tink_webhooks_error_free(error);
    }
    return answer(connection, tink_webhooks_code_http_status(code), tink_webhooks_code_name(code));
}

/* Called once for the header, once per piece of the body, and once more at its end. */
static enum MHD_Result on_request(void *hooks, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_len, void **state) {
    struct request *request = *state;
    size_t cap = tink_webhooks_max_body_bytes(hooks);
    (void)version;
    if (request == NULL) {
        *state = calloc(1, sizeof *request);
        return *state == NULL ? MHD_NO : MHD_YES;
    }
    if (*piece_len > 0) {
        int kept = keep(request, piece, *piece_len, cap);
        *piece_len = 0;
        /* A little over the cap is read to its end, so that the sender sees the answer; a flood is cut off. */
        return kept && request->received / 2 <= cap ? MHD_YES : MHD_NO;
    }
    if (strcmp(url, "/webhooks/tink") != 0) {
        return answer(connection, MHD_HTTP_NOT_FOUND, "not_found");
    }
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
        return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed");
    }
    return handle(hooks, connection, request);
}

static void on_completed(void *hooks, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
    struct request *request = *state;
    (void)hooks;
    (void)connection;
    (void)how;
    if (request != NULL) {
        free(request->body);
        free(request);
    }
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    const char *port = getenv("PORT");
    struct MHD_Daemon *daemon;
    tink_webhooks *hooks;
    sigset_t signals;
    int received;

    setvbuf(stdout, NULL, _IOLBF, 0);
    /* Before the server starts its threads, which inherit the mask: only sigwait below sees these signals. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    hooks = make_hooks();
    if (hooks == NULL) {
        return EXIT_FAILURE;
    }
    address.sin_port = htons((uint16_t)(port != NULL ? atoi(port) : 8000));
    daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, hooks,
                              MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                              MHD_OPTION_CONNECTION_TIMEOUT, 10U, MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "cannot listen on port %d\n", ntohs(address.sin_port));
        tink_webhooks_free(hooks);
        return EXIT_FAILURE;
    }
    printf("listening on port %d\n", ntohs(address.sin_port));
    sigwait(&signals, &received);
    MHD_stop_daemon(daemon);
    tink_webhooks_free(hooks);
    return EXIT_SUCCESS;
}
