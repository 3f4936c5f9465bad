/*
 * A receiver that writes each payment to a database: `receiver PORT DATABASE`. As receiver.py, on libmicrohttpd and
 * SQLite.
 */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tink_webhooks.h>
#include <unistd.h>

#define BYTES(text) (const uint8_t *)(text), strlen(text)

enum { ROOM = 65536 };

struct request {
    size_t len;
    uint8_t body[ROOM];
};

/* SQLite's mutex serialises the calls of the server's threads; one statement is one transaction. */
static sqlite3 *database;
static sqlite3_stmt *insert;

static int run(const char *sql) {
    char *message = NULL;
    int code = sqlite3_exec(database, sql, NULL, NULL, &message);
    if (code != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", sql, message);
    }
    sqlite3_free(message);
    return code;
}

/* With the trigger, the row and the balance are written by one statement, and so in one transaction. */
static int prepare(const char *path) {
    if (sqlite3_open(path, &database) != SQLITE_OK) {
        return SQLITE_ERROR;
    }
    sqlite3_busy_timeout(database, 30000);
    if (run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS payments (delivery_id TEXT PRIMARY KEY, id TEXT NOT NULL, amount INTEGER NOT NULL);"
            "CREATE TABLE IF NOT EXISTS balance (one INTEGER PRIMARY KEY CHECK (one = 1), amount INTEGER NOT NULL);"
            "INSERT OR IGNORE INTO balance VALUES (1, 0);"
            "CREATE TRIGGER IF NOT EXISTS book AFTER INSERT ON payments BEGIN"
            "  UPDATE balance SET amount = amount + new.amount; END;") != SQLITE_OK) {
        return SQLITE_ERROR;
    }
    return sqlite3_prepare_v2(database,
                              "INSERT OR IGNORE INTO payments VALUES (?1, json_extract(?2, '$.id'),"
                              " json_extract(?2, '$.amount'))",
                              -1, &insert, NULL);
}

static uint32_t book(void *user_data, const tink_webhooks_event *event) {
    tink_webhooks_slice data = tink_webhooks_event_data(event);
    tink_webhooks_verification verification;
    int code;
    (void)user_data;
    if (!tink_webhooks_event_verification(event, &verification)) {
        return 1;
    }
    sqlite3_mutex_enter(sqlite3_db_mutex(database));
    sqlite3_bind_text(insert, 1, verification.delivery_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, (const char *)data.ptr, (int)data.len, SQLITE_STATIC);
    code = sqlite3_step(insert);
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    sqlite3_mutex_leave(sqlite3_db_mutex(database));
    return code == SQLITE_DONE ? 0 : 1;
}

static enum MHD_Result on_request(void *hooks, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_len, void **state) {
    struct request *request = *state;
    struct MHD_Response *response;
    const char *signature;
    enum MHD_Result queued;
    uint32_t code;
    (void)url;
    (void)method;
    (void)version;
    if (request == NULL) {
        *state = calloc(1, sizeof *request);
        return *state == NULL ? MHD_NO : MHD_YES;
    }
    if (*piece_len > 0) {
        if (*piece_len > ROOM - request->len) {
            return MHD_NO;
        }
        memcpy(request->body + request->len, piece, *piece_len);
        request->len += *piece_len;
        *piece_len = 0;
        return MHD_YES;
    }
    signature = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Tink-Signature");
    code = tink_webhooks_handle_webhook(hooks, request->body, request->len, (const uint8_t *)signature,
                                        signature == NULL ? 0 : strlen(signature), NULL, NULL);
    response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    queued = MHD_queue_response(connection, tink_webhooks_code_http_status(code), response);
    MHD_destroy_response(response);
    return queued;
}

static void on_completed(void *hooks, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how) {
    (void)hooks;
    (void)connection;
    (void)how;
    free(*state);
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    struct MHD_Daemon *daemon;
    tink_webhooks *hooks;
    if (argc != 3 || prepare(argv[2]) != SQLITE_OK) {
        return EXIT_FAILURE;
    }
    tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
    if (tink_webhooks_builder_build(builder, &hooks, NULL) != TINK_WEBHOOKS_OK ||
        tink_webhooks_register_handler(hooks, BYTES("payment:updated"), 0, book, NULL, NULL, NULL) != TINK_WEBHOOKS_OK) {
        return EXIT_FAILURE;
    }
    tink_webhooks_builder_free(builder);
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, hooks, MHD_OPTION_SOCK_ADDR,
                              &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_THREAD_POOL_SIZE, 4U,
                              MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
    if (daemon == NULL) {
        return EXIT_FAILURE;
    }
    printf("%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    for (;;) {
        pause(); /* until it is killed */
    }
}
