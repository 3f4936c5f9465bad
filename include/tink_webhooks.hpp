/**
 * \file
 * tink_webhooks.h for C++17 and later: objects that free themselves, `std::string_view`, exceptions in place of codes.
 *
 * It is a layer over the C functions, which stay usable beside it; what they promise about threads and lifetimes holds
 * here too. A `std::string_view` that is returned belongs to the event it was read from.
 *
 * \code
 *   auto hooks = tink::make_hooks([](tink_webhooks_builder *builder) {
 *       tink_webhooks_builder_allow_schemes(builder, TINK_WEBHOOKS_ALLOW_V1);
 *   });
 *   tink::on(*hooks, "refresh:finished", [](const tink_webhooks_event &event) {
 *       std::cout << tink::string(tink::data_at(event, "/credentialsStatus")).value_or("?") << '\n';
 *   });
 *
 *   // For each POST, on any thread.
 *   try {
 *       tink::handle_webhook(*hooks, body, signature);
 *   } catch (const tink::error &error) {
 *       status = error.http_status();
 *   }
 * \endcode
 */
#ifndef TINK_WEBHOOKS_HPP
#define TINK_WEBHOOKS_HPP

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tink_webhooks.h"

namespace tink {

/** Frees any object of the C library. */
struct deleter {
    void operator()(tink_webhooks_builder *builder) const noexcept { tink_webhooks_builder_free(builder); }
    void operator()(tink_webhooks *hooks) const noexcept { tink_webhooks_free(hooks); }
    void operator()(tink_webhooks_event *event) const noexcept { tink_webhooks_event_free(event); }
    void operator()(tink_webhooks_error *error) const noexcept { tink_webhooks_error_free(error); }
    void operator()(tink_webhooks_stream *stream) const noexcept { tink_webhooks_stream_free(stream); }
    void operator()(tink_webhooks_handlers *handlers) const noexcept { tink_webhooks_handlers_free(handlers); }
    void operator()(tink_webhooks_explanation *found) const noexcept { tink_webhooks_explanation_free(found); }
};

using builder_ptr = std::unique_ptr<tink_webhooks_builder, deleter>;
using hooks_ptr = std::unique_ptr<tink_webhooks, deleter>;
using event_ptr = std::unique_ptr<tink_webhooks_event, deleter>;
using error_ptr = std::unique_ptr<tink_webhooks_error, deleter>;
using stream_ptr = std::unique_ptr<tink_webhooks_stream, deleter>;
using handlers_ptr = std::unique_ptr<tink_webhooks_handlers, deleter>;
using explanation_ptr = std::unique_ptr<tink_webhooks_explanation, deleter>;

/** A call that failed. `what()` is the message; it contains neither a secret nor a body. */
class error : public std::runtime_error {
public:
    error(std::uint32_t code, const std::string &message) : std::runtime_error(message), code_(code) {}

    /** `TINK_WEBHOOKS_ERROR_...` */
    std::uint32_t code() const noexcept { return code_; }
    /** The name of the code, such as `missing_signature`. */
    const char *name() const noexcept { return tink_webhooks_code_name(code_); }
    /** The HTTP status to answer with. */
    std::uint32_t http_status() const noexcept { return tink_webhooks_code_http_status(code_); }

private:
    std::uint32_t code_;
};

/** Text or bytes of the C library; empty where there is nothing. */
inline std::string_view view(tink_webhooks_slice slice) noexcept {
    return {reinterpret_cast<const char *>(slice.ptr), slice.len};
}

/** The first byte of a text, as the C functions take it. */
inline const std::uint8_t *bytes(std::string_view text) noexcept {
    return reinterpret_cast<const std::uint8_t *>(text.data());
}

/**
 * Calls `call` with the address for an error object, and throws #error if the code it returns is not 0: for those C
 * functions that have no function here.
 */
template <typename Call> void check(Call &&call) {
    tink_webhooks_error *details = nullptr;
    const std::uint32_t code = std::forward<Call>(call)(&details);
    const error_ptr owner(details);
    if (code != TINK_WEBHOOKS_OK) {
        throw error(code, details != nullptr ? tink_webhooks_error_message(details) : tink_webhooks_code_message(code));
    }
}

/** Makes the object that handles deliveries. `configure` sets options of a `tink_webhooks_builder *`. */
template <typename Configure> hooks_ptr make_hooks(Configure &&configure) {
    const builder_ptr builder(tink_webhooks_builder_new());
    std::forward<Configure>(configure)(builder.get());
    tink_webhooks *hooks = nullptr;
    check([&](tink_webhooks_error **err) { return tink_webhooks_builder_build(builder.get(), &hooks, err); });
    return hooks_ptr(hooks);
}

/**
 * Registers a handler, which is called with a `const tink_webhooks_event &`, on any thread, and is destroyed as
 * #tink_webhooks_register_handler says of its `user_data`. A handler that throws has failed. Each call registers
 * another handler.
 */
template <typename Handler>
void on(tink_webhooks &hooks, std::string_view event_type, Handler &&handler, std::uint32_t flags = 0) {
    using function = std::function<void(const tink_webhooks_event &)>;
    auto owner = std::make_unique<function>(std::forward<Handler>(handler));
    const auto run = [](void *user_data, const tink_webhooks_event *event) noexcept -> std::uint32_t {
        try {
            (*static_cast<function *>(user_data))(*event);
            return 0;
        } catch (...) {
            return 1;
        }
    };
    const auto destroy = [](void *user_data) noexcept { delete static_cast<function *>(user_data); };
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_register_handler(&hooks, bytes(event_type), event_type.size(), flags, run, owner.get(),
                                              destroy, err);
    });
    static_cast<void>(owner.release());
}

/** #tink_webhooks_handle_webhook. */
inline void handle_webhook(const tink_webhooks &hooks, std::string_view body, std::string_view signature) {
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_handle_webhook(&hooks, bytes(body), body.size(), bytes(signature), signature.size(),
                                            nullptr, err);
    });
}

/** #tink_webhooks_construct_event: the event has a copy of the body. */
inline event_ptr construct_event(const tink_webhooks &hooks, std::string_view body, std::string_view signature) {
    tink_webhooks_event *event = nullptr;
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_construct_event(&hooks, bytes(body), body.size(), bytes(signature), signature.size(),
                                             &event, err);
    });
    return event_ptr(event);
}

/** #tink_webhooks_verify_signature. */
inline tink_webhooks_verification verify_signature(const tink_webhooks &hooks, std::string_view body,
                                                   std::string_view signature) {
    tink_webhooks_verification proof{};
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_verify_signature(&hooks, bytes(body), body.size(), bytes(signature), signature.size(),
                                              &proof, err);
    });
    return proof;
}

/** #tink_webhooks_parse_event: reads a body WITHOUT CHECKING ANY SIGNATURE. */
inline event_ptr parse_event(const tink_webhooks &hooks, std::string_view body) {
    tink_webhooks_event *event = nullptr;
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_parse_event(&hooks, bytes(body), body.size(), &event, err);
    });
    return event_ptr(event);
}

/** #tink_webhooks_dispatcher_new: for workers, which have no secret. */
inline hooks_ptr make_dispatcher() { return hooks_ptr(tink_webhooks_dispatcher_new()); }

/** #tink_webhooks_event_idempotency_key: 32 hex digits, or empty. */
inline std::string idempotency_key(const tink_webhooks_event &event) {
    char key[TINK_WEBHOOKS_KEY_SIZE];
    static_cast<void>(tink_webhooks_event_idempotency_key(&event, key));
    return key;
}

/** #tink_webhooks_event_serialize: the event as text, for a queue. */
inline std::string serialize(const tink_webhooks_event &event) {
    std::string text(tink_webhooks_event_serialize(&event, nullptr, 0), '\0');
    static_cast<void>(
        tink_webhooks_event_serialize(&event, reinterpret_cast<std::uint8_t *>(&text[0]), text.size()));
    return text;
}

/** #tink_webhooks_event_deserialize. CHECKS NO SIGNATURE: the event is as trustworthy as the queue. */
inline event_ptr deserialize(std::string_view text) {
    tink_webhooks_event *event = nullptr;
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_event_deserialize(bytes(text), text.size(), &event, err);
    });
    return event_ptr(event);
}

/** #tink_webhooks_dispatch. */
inline void dispatch(const tink_webhooks &hooks, const tink_webhooks_event &event) {
    check([&](tink_webhooks_error **err) { return tink_webhooks_dispatch(&hooks, &event, err); });
}

/** #tink_webhooks_event_data_get. Throws #error for what is no JSON pointer. */
inline tink_webhooks_value data_at(const tink_webhooks_event &event, std::string_view pointer) {
    tink_webhooks_value value{};
    const std::uint32_t code = tink_webhooks_event_data_get(&event, bytes(pointer), pointer.size(), &value);
    if (code != TINK_WEBHOOKS_OK) {
        throw error(code, tink_webhooks_code_message(code));
    }
    return value;
}

/** The text of a string, its escapes decoded; nothing for a value of another kind, and for none. */
inline std::optional<std::string> string(const tink_webhooks_value &value) {
    std::string buffer(value.escaped != 0 ? value.json.len : 0, '\0');
    tink_webhooks_slice text;
    auto *place = buffer.empty() ? nullptr : reinterpret_cast<std::uint8_t *>(&buffer[0]);
    const std::uint32_t code = tink_webhooks_value_string(&value, place, buffer.size(), &text);
    if (code != TINK_WEBHOOKS_OK || text.ptr == nullptr) {
        return std::nullopt;
    }
    return std::string(view(text));
}

/** The value if it is an integer that fits (#tink_webhooks_value_int64), otherwise nothing. */
inline std::optional<std::int64_t> int64(const tink_webhooks_value &value) noexcept {
    std::int64_t number = 0;
    return tink_webhooks_value_int64(&value, &number) ? std::optional(number) : std::nullopt;
}

/** Calls `use` with each element of an array, or each member's value of an object, a `const tink_webhooks_value &`. */
template <typename Use> void for_each(const tink_webhooks_value &value, Use &&use) {
    tink_webhooks_iterator iterator = tink_webhooks_value_iterate(&value);
    tink_webhooks_value element{};
    while (tink_webhooks_iterator_next(&iterator, nullptr, &element)) {
        use(static_cast<const tink_webhooks_value &>(element));
    }
}

/**
 * #tink_webhooks_explain: why a delivery does not verify. `secrets` are those that it may have been signed with; `now`
 * is in unix seconds. `tink_webhooks_explanation_text` has the text for people.
 */
inline explanation_ptr explain(std::string_view body, std::string_view signature,
                               const std::vector<std::string_view> &secrets, std::int64_t now = TINK_WEBHOOKS_NOW) {
    std::vector<tink_webhooks_slice> slices;
    for (const std::string_view secret : secrets) {
        slices.push_back({bytes(secret), secret.size()});
    }
    tink_webhooks_explanation *found = nullptr;
    check([&](tink_webhooks_error **) {
        return tink_webhooks_explain(bytes(body), body.size(), bytes(signature), signature.size(), slices.data(),
                                     slices.size(), now, &found);
    });
    return explanation_ptr(found);
}

/** #tink_webhooks_explain_refusal: the same under the secrets of a handler object. */
inline explanation_ptr explain_refusal(const tink_webhooks &hooks, std::string_view body, std::string_view signature,
                                       std::int64_t now = TINK_WEBHOOKS_NOW) {
    tink_webhooks_explanation *found = nullptr;
    check([&](tink_webhooks_error **) {
        return tink_webhooks_explain_refusal(&hooks, bytes(body), body.size(), bytes(signature), signature.size(), now,
                                             &found);
    });
    return explanation_ptr(found);
}

/** The words of the causes, the cause first. They live as long as the explanation. */
inline std::vector<std::string_view> causes(const tink_webhooks_explanation &found) {
    std::vector<std::string_view> words;
    while (const char *word = tink_webhooks_explanation_cause(&found, words.size())) {
        words.emplace_back(word);
    }
    return words;
}

/** Which of the secrets it is; none where nothing was proved. */
inline std::optional<std::size_t> secret_index(const tink_webhooks_explanation &found) noexcept {
    std::size_t index = 0;
    return tink_webhooks_explanation_secret_index(&found, &index) ? std::optional(index) : std::nullopt;
}

/** #tink_webhooks_generate_signature, for tests. */
inline std::string generate_signature(std::string_view body, std::string_view secret,
                                      std::uint32_t scheme = TINK_WEBHOOKS_SCHEME_V1,
                                      std::int64_t signed_at = TINK_WEBHOOKS_NOW) {
    char header[TINK_WEBHOOKS_SIGNATURE_SIZE];
    check([&](tink_webhooks_error **err) {
        return tink_webhooks_generate_signature(bytes(body), body.size(), bytes(secret), secret.size(), scheme,
                                                signed_at, header, sizeof header, err);
    });
    return header;
}

} // namespace tink

#endif
