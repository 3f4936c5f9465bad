// include/tink_webhooks.hpp: objects that free themselves, views, exceptions. Run under the address sanitizer as well.
#include <tink_webhooks.hpp>

#include <vector>

#include "check.h"

template <typename Call> static std::uint32_t thrown(Call &&call) {
    try {
        call();
        return TINK_WEBHOOKS_OK;
    } catch (const tink::error &error) {
        CHECK(std::string(error.what()).size() > 10 && error.http_status() >= 400);
        return error.code();
    }
}

int main() {
    const std::string_view text = R"({"event":"refresh:finished","context":{"userId":"u1"},"content":{}})";
    const auto secret = [](tink_webhooks_builder *builder) {
        CHECK_OK(tink_webhooks_builder_add_secret(builder, TEXT("s3cret")));
    };
    const auto hooks = tink::make_hooks(secret);
    const std::string header = tink::generate_signature(text, "s3cret");

    int ran = 0;
    auto alive = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = alive;
    tink::on(*hooks, "refresh:finished", [&ran, alive = std::move(alive)](const tink_webhooks_event &event) {
        ran += tink::view(tink_webhooks_event_user_id(&event)) == "u1" ? 1 : 100;
    });
    CHECK_OK(thrown([&] { tink::handle_webhook(*hooks, text, header); }));
    CHECK(ran == 1 && !watched.expired());

    const auto event = tink::construct_event(*hooks, text, header);
    CHECK(tink::view(tink_webhooks_event_raw_body(event.get())) == text);
    CHECK(tink::view(tink_webhooks_event_external_user_id(event.get())).empty());
    CHECK(tink::verify_signature(*hooks, text, header).scheme == TINK_WEBHOOKS_SCHEME_V1);
    tink::dispatch(*hooks, *tink::parse_event(*hooks, text));
    CHECK(ran == 2);

    const auto listed =
        tink::parse_event(*hooks, R"({"event":"a:b","content":{"ids":["x","\u00e9\"",7],"n":{"m":8}}})");
    std::vector<std::optional<std::string>> ids;
    tink::for_each(tink::data_at(*listed, "/ids"),
                   [&](const tink_webhooks_value &id) { ids.push_back(tink::string(id)); });
    CHECK((ids == std::vector<std::optional<std::string>>{"x", "\xC3\xA9\"", std::nullopt}));
    CHECK(tink::int64(tink::data_at(*listed, "/ids/2")) == 7 && !tink::int64(tink::data_at(*listed, "/ids/0")));
    tink::for_each(tink::data_at(*listed, "/n"), [](const tink_webhooks_value &n) { CHECK(tink::int64(n) == 8); });
    CHECK(!tink::string(tink::data_at(*listed, "/missing")));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, thrown([&] { tink::data_at(*listed, "ids"); }));
    const auto worker = tink::make_dispatcher();
    tink::on(*worker, "refresh:finished", [&ran](const tink_webhooks_event &) { ran += 10; });
    const auto back = tink::deserialize(tink::serialize(*event));
    tink::dispatch(*worker, *back);
    CHECK(ran == 12 && tink::serialize(*back) == tink::serialize(*event));
    ran -= 10;
    CHECK(tink::idempotency_key(*event).empty());
    CHECK(tink::idempotency_key(*tink::parse_event(*hooks, tink::view(tink_webhooks_example_body(108)))).size() == 32);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_INVALID_OPTION, thrown([] { tink::deserialize("{}"); }));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, thrown([&] { tink::parse_event(*worker, text); }));

    const std::string_view key = "67abc1e08fb64c92b450a13e0876330b";
    const std::string_view compact = R"({"event":"a:b","content":{"n":23.00}})";
    const std::string_view rewritten = R"({"event":"a:b","content":{"n":23}})";
    const std::string signature = tink::generate_signature(compact, key, TINK_WEBHOOKS_SCHEME_V1, SIGNED_AT);
    const auto found = tink::explain(rewritten, signature, {"another", key}, SIGNED_AT);
    CHECK((tink::causes(*found) == std::vector<std::string_view>{"numbers_rewritten"}));
    CHECK(tink_webhooks_explanation_proved(found.get()) && tink::secret_index(*found) == 1);
    CHECK(tink::view(tink_webhooks_explanation_original_body(found.get())) == compact);
    const auto none = tink::explain({}, {}, {});
    CHECK(tink::causes(*none).at(0) == "header_missing" && !tink::secret_index(*none));
    const auto known = tink::make_hooks([key](tink_webhooks_builder *builder) {
        CHECK_OK(tink_webhooks_builder_add_secret(builder, tink::bytes(key), key.size()));
    });
    CHECK(tink::secret_index(*tink::explain_refusal(*known, rewritten, signature, SIGNED_AT)) == 0);
    const auto old = tink::explain_refusal(*known, compact, signature, SIGNED_AT + 301);
    CHECK(tink::causes(*old).at(0) == "timestamp_too_old");
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED, thrown([&] { tink::explain_refusal(*worker, text, {}); }));

    tink::on(*hooks, "*", [](const tink_webhooks_event &) { throw 1; });
    CHECK_CODE(TINK_WEBHOOKS_ERROR_HANDLER_FAILED, thrown([&] { tink::dispatch(*hooks, *event); }));
    CHECK(ran == 3);
    CHECK_CODE(TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE, thrown([&] { tink::handle_webhook(*hooks, text, {}); }));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SIGNATURE_MISMATCH, thrown([&] { tink::construct_event(*hooks, "{}", header); }));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_NOT_AN_OBJECT, thrown([&] { tink::parse_event(*hooks, "[]"); }));
    CHECK_CODE(TINK_WEBHOOKS_ERROR_SECRET_NOT_CONFIGURED,
               thrown([] { tink::make_hooks([](tink_webhooks_builder *) {}); }));
    // A refused handler is not kept.
    auto refused = std::make_shared<int>(0);
    const std::weak_ptr<int> released = refused;
    CHECK_CODE(TINK_WEBHOOKS_ERROR_UNKNOWN_EVENT_TYPE, thrown([&] {
                   tink::on(*hooks, "refresh:finishe", [kept = std::move(refused)](const tink_webhooks_event &) {});
               }));
    CHECK(released.expired());
    CHECK_OK(tink_webhooks_unregister_handlers(hooks.get(), TEXT("refresh:finished"), nullptr, nullptr));
    CHECK(watched.expired());
    return report("C++");
}
