/*
 * Writes authentic deliveries into a folder, for workers to read: what a proxy or a queue does. On libmicrohttpd.
 *
 * The body is verified while it arrives and is never held in memory. It gets its final name, the delivery id, only once
 * the signature has held, so an exact copy of a delivery is stored once. The same event can come under another delivery
 * id, from a second endpoint for example: the worker has to expect it. tink_webhooks_parse_event tells the worker
 * whether it is an event or the test ping. The secrets come from TINK_WEBHOOK_SECRET.
 *
 *   cc -std=c11 spool.c -o spool $(pkg-config --cflags --libs tink_webhooks libmicrohttpd)
 *   TINK_WEBHOOK_SECRET=... ./spool folder 8080        (port 0: a free one)
 */
#define _XOPEN_SOURCE 700

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tink_webhooks.h>
#include <unistd.h>

struct request {
    tink_webhooks_stream *stream;
    int file;        /* -1: none is open */
    char name[32];   /* of the file, while it is not known to be authentic */
    size_t received; /* bytes of the body, also those that were not kept */
    unsigned status; /* 0 until the answer is decided; from then on nothing of the body is kept */
    const char *text;
};

static int folder; /* where deliveries go */

/* ---- Files ---- */

static int open_file(struct request *request) {
    static const char digits[] = "0123456789abcdef";
    for (int tries = 0; tries < 100; tries++) {
        uint8_t random[8];
        int source = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
        ssize_t len = source < 0 ? -1 : read(source, random, sizeof random);
        if (source >= 0) {
            close(source);
        }
        if (len != (ssize_t)sizeof random) {
            return 0;
        }
        strcpy(request->name, ".incoming-");
        for (size_t i = 0; i < sizeof random; i++) {
            request->name[10 + 2 * i] = digits[random[i] >> 4];
            request->name[11 + 2 * i] = digits[random[i] & 15];
        }
        request->name[26] = 0;
        request->file = openat(folder, request->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (request->file >= 0 || errno != EEXIST) {
            break;
        }
    }
    return request->file >= 0;
}

static int write_all(int file, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t written = write(file, bytes, len);
        if (written < 0 && errno != EINTR) {
            return 0;
        }
        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
    }
    return 1;
}

/* Lets go of everything but the answer. A file that still has its first name is removed. */
static void drop(struct request *request) {
    tink_webhooks_stream_free(request->stream);
    request->stream = NULL;
    if (request->file >= 0) {
        close(request->file);
        unlinkat(folder, request->name, 0);
        request->file = -1;
    }
}

/* Decides what to answer. */
static void settle(struct request *request, unsigned status, const char *text) {
    request->status = status;
    request->text = text;
    drop(request);
}

static void refuse(struct request *request, uint32_t code) {
    fprintf(stderr, "%s: %s\n", tink_webhooks_code_name(code), tink_webhooks_code_message(code));
    settle(request, tink_webhooks_code_http_status(code), tink_webhooks_code_name(code));
}

/* ---- A delivery: its header, its pieces, its end ---- */

static void begin(const tink_webhooks *hooks, struct request *request, const char *signature) {
    uint32_t code = tink_webhooks_stream_begin(hooks, (const uint8_t *)signature,
                                               signature == NULL ? 0 : strlen(signature), &request->stream, NULL);
    if (code != TINK_WEBHOOKS_OK) {
        refuse(request, code);
    } else if (!open_file(request)) {
        settle(request, 500, "cannot_store");
    }
}

static void take(struct request *request, const char *piece, size_t len) {
    uint32_t code = tink_webhooks_stream_update(request->stream, (const uint8_t *)piece, len, NULL);
    if (code != TINK_WEBHOOKS_OK) {
        refuse(request, code); /* more than the cap: nothing of it is kept */
    } else if (!write_all(request->file, piece, len)) {
        settle(request, 500, "cannot_store");
    }
}

static void finish(struct request *request) {
    tink_webhooks_verification proof;
    char name[sizeof proof.delivery_id + sizeof ".json"];
    uint32_t code = tink_webhooks_stream_finish(request->stream, &proof, NULL);
    if (code != TINK_WEBHOOKS_OK) {
        refuse(request, code);
        return;
    }
    snprintf(name, sizeof name, "%s.json", proof.delivery_id);
    /* 500: Tink delivers again. */
    if (fsync(request->file) != 0 || renameat(folder, request->name, folder, name) != 0 || fsync(folder) != 0) {
        settle(request, 500, "cannot_store");
        return;
    }
    close(request->file);
    request->file = -1;
    printf("stored %s\n", name);
    settle(request, 200, "ok");
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

/* Called once for the header, once per piece of the body, and once more at its end. */
static enum MHD_Result on_request(void *hooks, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_len, void **state) {
    struct request *request = *state;
    (void)url;
    (void)version;
    if (request == NULL) {
        request = *state = calloc(1, sizeof *request);
        if (request == NULL) {
            return MHD_NO;
        }
        request->file = -1;
        if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
            settle(request, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed");
        } else {
            begin(hooks, request, MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Tink-Signature"));
        }
        return MHD_YES;
    }
    if (*piece_len > 0) {
        request->received += *piece_len;
        if (request->status == 0) {
            take(request, piece, *piece_len);
        }
        *piece_len = 0;
        /* A refused body is read to its end, so that the sender sees the answer; a flood is cut off. */
        return request->received / 2 <= tink_webhooks_max_body_bytes(hooks) ? MHD_YES : MHD_NO;
    }
    if (request->status == 0) {
        finish(request);
    }
    return answer(connection, request->status, request->text);
}

/* Also when the sender hung up halfway: what was not finished has proven nothing, and is removed. */
static void on_completed(void *hooks, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
    struct request *request = *state;
    (void)hooks;
    (void)connection;
    (void)how;
    if (request != NULL) {
        drop(request);
        free(request);
    }
}

static tink_webhooks *make_hooks(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks_error *error = NULL;
    tink_webhooks *hooks = NULL;
    /* A bare signature has no delivery id, and can be replayed for ever. */
    tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
    if (tink_webhooks_builder_build(builder, &hooks, &error) != TINK_WEBHOOKS_OK) {
        fprintf(stderr, "%s\n", tink_webhooks_error_message(error));
        tink_webhooks_error_free(error);
    }
    tink_webhooks_builder_free(builder);
    return hooks;
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = NULL;
    tink_webhooks *hooks;
    sigset_t signals;
    int received;

    folder = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0) {
        fprintf(stderr, "usage: spool FOLDER [PORT]\n");
        return EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* Before the server starts its threads, which inherit the mask: only sigwait below sees these signals. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    hooks = make_hooks();
    if (hooks != NULL) {
        address.sin_port = htons((uint16_t)(argc > 2 ? atoi(argv[2]) : 8080));
        daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, hooks,
                                  MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                                  MHD_OPTION_CONNECTION_TIMEOUT, 10U, MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);
    }
    if (daemon != NULL) {
        printf("listening on http://127.0.0.1:%d/\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
        sigwait(&signals, &received);
        MHD_stop_daemon(daemon);
    }
    tink_webhooks_free(hooks);
    close(folder);
    return daemon != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
