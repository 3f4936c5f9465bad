// This library and others in C: `c_bench ROUNDS SECRET BODY…` prints a line of JSON per case and body.
// It is C++ because simdjson is; this library is called as from C.
#include <simdjson.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <vector>

#include "c_peer.h"
#include "c_read.h"

namespace {

constexpr const char *OTHER_SECRET = "another secret, of an endpoint that is gone";

uint32_t nothing(void *, const tink_webhooks_event *event) { return tink_webhooks_event_type(event) == 0; }

tink_webhooks *make(const std::string &secret, int handlers) {
    tink_webhooks *hooks = make_hooks({secret});
    static char slots[100];  // the same function with other user data is another handler
    for (int index = 0; index < handlers; index += 1) {
        must(tink_webhooks_register_handler(hooks, bytes("*"), 1, 0, nothing, &slots[index], nullptr, nullptr) ==
                 TINK_WEBHOOKS_OK,
             "register");
    }
    return hooks;
}

struct Case {
    const char *name;
    std::function<void()> run;
};

void measure(int rounds, const std::string &secret, const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    must(tink_webhooks_generate_signature(bytes(body), body.size(), bytes(secret), secret.size(),
                                          TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_NOW, header, sizeof header,
                                          nullptr) == TINK_WEBHOOKS_OK,
         "sign");
    const std::string signature = header;
    const std::string t = signature.substr(2, 10);
    unsigned char claimed[32];
    must(unhex(signature.substr(16), claimed), "hex");
    tink_webhooks *hooks = make(secret, 0);
    // Of two secrets the second is the one that matches.
    tink_webhooks *two_secrets = make_hooks({OTHER_SECRET, secret});
    tink_webhooks *one = make(secret, 1), *ten = make(secret, 10), *hundred = make(secret, 100);
    std::string message;
    const auto openssl = [&] { must(openssl_holds(secret, t, body, claimed, message), "mismatch"); };
    simdjson::dom::parser parser;
    simdjson::ondemand::parser on_demand;
    const simdjson::padded_string padded(body);
    const Reading expected = read_by_hand(on_demand, padded);
    must(expected.strings > 0, "read by hand");
    const auto by_hand = [&] { must(read_by_hand(on_demand, padded) == expected, "read by hand"); };
    // The body stays where it is until the event is freed, as it does by hand.
    const auto construct_and_read = [&](tink_webhooks *of) {
        tink_webhooks_event *event = nullptr;
        must(tink_webhooks_construct_event_borrowed(of, bytes(body), body.size(), bytes(signature), signature.size(),
                                                    &event, nullptr) == TINK_WEBHOOKS_OK,
             "construct");
        must(Reader(event).read() == expected, "read");
        tink_webhooks_event_free(event);
    };
    const auto handle = [&](tink_webhooks *handlers) {
        must(tink_webhooks_handle_webhook(handlers, bytes(body), body.size(), bytes(signature), signature.size(),
                                          nullptr, nullptr) == TINK_WEBHOOKS_OK,
             "handle");
    };
    const std::vector<Case> cases = {
        {"verify",
         [&] {
             must(tink_webhooks_verify_signature(hooks, bytes(body), body.size(), bytes(signature), signature.size(),
                                                 nullptr, nullptr) == TINK_WEBHOOKS_OK,
                  "verify");
         }},
        {"construct",
         [&] {
             tink_webhooks_event *event = nullptr;
             must(tink_webhooks_construct_event(hooks, bytes(body), body.size(), bytes(signature), signature.size(),
                                                &event, nullptr) == TINK_WEBHOOKS_OK,
                  "construct");
             tink_webhooks_event_free(event);
         }},
        {"construct, data read", [&] { construct_and_read(hooks); }},
        {"construct, data read, 2 secrets", [&] { construct_and_read(two_secrets); }},
        {"OpenSSL HMAC() + CRYPTO_memcmp", openssl},
        {"OpenSSL HMAC() + CRYPTO_memcmp + simdjson",
         [&] {
             openssl();
             must(parser.parse(padded).error() == simdjson::SUCCESS, "parse");
         }},
        {"OpenSSL HMAC() + CRYPTO_memcmp + simdjson On-Demand",
         [&] {
             openssl();
             by_hand();
         }},
        {"OpenSSL HMAC() + CRYPTO_memcmp + simdjson On-Demand, 2 secrets",
         [&] {
             must(!openssl_holds(OTHER_SECRET, t, body, claimed, message), "match");
             openssl();
             by_hand();
         }},
        {"handle, 1 handlers", [&] { handle(one); }},
        {"handle, 10 handlers", [&] { handle(ten); }},
        {"handle, 100 handlers", [&] { handle(hundred); }},
    };
    const int calls = std::max<int>(3, static_cast<int>(2000000 / (body.size() + 500)));
    std::vector<std::vector<double>> samples(cases.size());
    for (int round = 0; round < rounds + 2; round += 1) {
        for (size_t index = 0; index < cases.size(); index += 1) {
            const auto begin = std::chrono::steady_clock::now();
            for (int call = 0; call < calls; call += 1) cases[index].run();
            const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
            if (round >= 2) samples[index].push_back(taken.count() / calls);
        }
    }
    for (size_t index = 0; index < cases.size(); index += 1) {
        std::printf("{\"case\": \"%s\", \"bytes\": %zu, \"ns\": [", cases[index].name, body.size());
        for (size_t at = 0; at < samples[index].size(); at += 1) {
            std::printf("%s%.2f", at == 0 ? "" : ", ", samples[index][at]);
        }
        std::printf("]}\n");
    }
    for (tink_webhooks *made : {hooks, two_secrets, one, ten, hundred}) tink_webhooks_free(made);
}

}  // namespace

int main(int count, char **arguments) {
    must(count > 3, "c_bench ROUNDS SECRET BODY…");
    for (int index = 3; index < count; index += 1) measure(std::atoi(arguments[1]), arguments[2], arguments[index]);
}
