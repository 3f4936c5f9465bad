// A receiver on libmicrohttpd: `c_receiver library|peer|none`, with the secret in TINK_WEBHOOK_SECRET. It prints where
// it listens; `GET /handled` gives the number of deliveries whose data was read. Everything runs on one thread.
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>

#include <ctime>
#include <memory>

#include "../c_peer.h"
#include "../c_read.h"

namespace {

std::string secret;
tink_webhooks *hooks = nullptr;
simdjson::ondemand::parser parser;
std::string message;
long handled = 0;

// Reads the event's data without another parser.
uint32_t on_event(void *, const tink_webhooks_event *event) {
    if (Reader(event).read().strings == 0) return 1;
    handled += 1;
    return 0;
}

// ---- The cases: each gives the status to answer with ----

unsigned library(const std::string &body, std::string_view signature) {
    return tink_webhooks_code_http_status(tink_webhooks_handle_webhook(
        hooks, bytes(body), body.size(), bytes(signature), signature.size(), nullptr, nullptr));
}

unsigned peer(const std::string &body, std::string_view signature) {
    const size_t comma = signature.find(",v1=");
    unsigned char claimed[32];
    if (signature.substr(0, 2) != "t=" || comma == signature.npos || !unhex(signature.substr(comma + 4), claimed)) {
        return 400;
    }
    const std::string t(signature.substr(2, comma - 2));
    if (std::llabs(std::time(nullptr) - std::atoll(t.c_str())) > 300) return 400;
    if (!openssl_holds(secret, t, body, claimed, message)) return 400;
    try {
        const simdjson::padded_string_view padded(body.data(), body.size(), body.capacity());
        if (read_by_hand(parser, padded).strings == 0) return 500;
    } catch (const simdjson::simdjson_error &) {
        return 400;
    }
    handled += 1;
    return 200;
}

unsigned none(const std::string &, std::string_view) { return 200; }

unsigned (*check)(const std::string &body, std::string_view signature) = nullptr;

// ---- HTTP ----

MHD_Result answer(MHD_Connection *connection, unsigned status, std::string text) {
    MHD_Response *response = MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
    const MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

std::string_view header(MHD_Connection *connection, const char *name) {
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? std::string_view() : value;
}

// Called once for the headers, once per piece of the body, and once more at its end.
MHD_Result on_request(void *, MHD_Connection *connection, const char *, const char *method, const char *,
                      const char *piece, size_t *piece_size, void **state) {
    auto *body = static_cast<std::string *>(*state);
    if (body == nullptr) {
        *state = body = new std::string;
        const long size = std::atol(std::string(header(connection, "Content-Length")).c_str());
        if (size > 0 && size <= 2 << 20) body->reserve(static_cast<size_t>(size) + simdjson::SIMDJSON_PADDING);
        return MHD_YES;
    }
    if (*piece_size > 0) {
        body->append(piece, *piece_size);
        *piece_size = 0;
        return MHD_YES;
    }
    if (std::string_view(method) == "GET") return answer(connection, 200, std::to_string(handled));
    const unsigned status = check(*body, header(connection, "X-Tink-Signature"));
    return answer(connection, status, status == 200 ? "ok\n" : "refused\n");
}

void on_completed(void *, MHD_Connection *, void **state, MHD_RequestTerminationCode) {
    delete static_cast<std::string *>(*state);
}

}  // namespace

int main(int count, char **arguments) {
    must(count == 2 && std::getenv("TINK_WEBHOOK_SECRET") != nullptr, "c_receiver library|peer|none");
    const std::string_view name = arguments[1];
    check = name == "library" ? library : name == "peer" ? peer : none;
    secret = std::getenv("TINK_WEBHOOK_SECRET");
    hooks = make_hooks({secret});
    for (const std::string_view event : {"refresh:finished", "actionable-insights:created"}) {
        must(tink_webhooks_register_handler(hooks, bytes(event), event.size(), 0, on_event, nullptr, nullptr,
                                            nullptr) == TINK_WEBHOOKS_OK,
             "register");
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, nullptr, nullptr,
                                          on_request, nullptr, MHD_OPTION_SOCK_ADDR, &address,
                                          MHD_OPTION_NOTIFY_COMPLETED, on_completed, nullptr, MHD_OPTION_END);
    must(daemon != nullptr, "listen");
    std::printf("listening on http://127.0.0.1:%d/\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    std::fflush(stdout);
    int received;
    sigwait(&signals, &received);
    MHD_stop_daemon(daemon);
    tink_webhooks_free(hooks);
}
