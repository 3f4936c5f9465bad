// What a handler reads of each event that is measured: by hand with simdjson's On-Demand, and with this library.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "c_peer.h"

// What was read. Two ways to read are compared by it, so that neither reads less.
struct Reading {
    size_t strings = 0, bytes = 0;
    double numbers = 0;
    void add(std::string_view text) {
        strings += 1;
        bytes += text.size();
    }
    bool operator==(const Reading &other) const {
        return strings == other.strings && bytes == other.bytes && numbers == other.numbers;
    }
};

// Reads an authentic body, and looks at nothing else in it. Throws simdjson_error for what is not there.
inline Reading read_by_hand(simdjson::ondemand::parser &parser, simdjson::padded_string_view body) {
    Reading reading;
    simdjson::ondemand::document document = parser.iterate(body);
    const std::string_view name = document["event"];
    simdjson::ondemand::object content = document["content"];
    if (name == "refresh:finished") {
        reading.add(content["credentialsId"].get_string());
        reading.add(content["credentialsStatus"].get_string());
        reading.numbers += static_cast<double>(int64_t(content["finished"]));
    } else if (name == "payment:updated") {
        reading.add(content["id"].get_string());
        reading.numbers += double(content["amount"]);
        reading.add(content["status"].get_string());
        reading.numbers += static_cast<double>(int64_t(content["updated"]));
    } else if (name == "actionable-insights:created") {
        for (simdjson::ondemand::object insight : content["insights"]) {
            reading.add(insight["id"].get_string());
            reading.add(insight["type"].get_string());
        }
    } else if (name == "account-transactions:deleted") {
        reading.add(content["account"]["id"].get_string());
        for (std::string_view id : content["transactions"]["ids"]) reading.add(id);
    }
    return reading;
}

// The same from an event of this library.
class Reader {
    template <typename... Key> static auto keys(Key... key) {
        return std::array<tink_webhooks_slice, sizeof...(key)>{
            tink_webhooks_slice{bytes(key), std::char_traits<char>::length(key)}...};
    }

    template <size_t count>
    static auto members(const tink_webhooks_value &object, const std::array<tink_webhooks_slice, count> &keys) {
        std::array<tink_webhooks_value, count> found;
        tink_webhooks_value_members(&object, keys.data(), count, found.data());
        return found;
    }

    // What has an escape, or is no string, is passed by itself.
    void strings(const tink_webhooks_value &array) {
        tink_webhooks_iterator iterator = tink_webhooks_value_iterate(&array);
        std::array<tink_webhooks_slice, 64> texts;
        tink_webhooks_value element;
        do {
            while (const size_t found = tink_webhooks_iterator_next_strings(&iterator, texts.data(), texts.size())) {
                for (size_t at = 0; at < found; at += 1) {
                    reading_.add({reinterpret_cast<const char *>(texts[at].ptr), texts[at].len});
                }
            }
            if (!tink_webhooks_iterator_next(&iterator, nullptr, &element)) return;
            string(element);
        } while (true);
    }

    template <size_t count, typename Use>
    static void for_each_members(const tink_webhooks_value &array, const std::array<tink_webhooks_slice, count> &keys,
                                 Use use) {
        tink_webhooks_iterator iterator = tink_webhooks_value_iterate(&array);
        std::array<tink_webhooks_value, count> found;
        while (tink_webhooks_iterator_next_members(&iterator, keys.data(), count, found.data())) use(found);
    }

    tink_webhooks_value data(std::string_view pointer) const {
        tink_webhooks_value found;
        tink_webhooks_event_data_get(event_, bytes(pointer), pointer.size(), &found);
        return found;
    }

    void string(const tink_webhooks_value &value) {
        uint8_t buffer[256];
        tink_webhooks_slice text;
        if (tink_webhooks_value_string(&value, buffer, sizeof buffer, &text) != TINK_WEBHOOKS_OK || !text.ptr) return;
        reading_.add({reinterpret_cast<const char *>(text.ptr), text.len});
    }

    void integer(const tink_webhooks_value &value) {
        int64_t integer = 0;
        tink_webhooks_value_int64(&value, &integer);
        reading_.numbers += static_cast<double>(integer);
    }

    void number(const tink_webhooks_value &value) {
        double number = 0;
        tink_webhooks_value_double(&value, &number);
        reading_.numbers += number;
    }

    const tink_webhooks_event *event_;
    Reading reading_;

public:
    explicit Reader(const tink_webhooks_event *event) : event_(event) {}

    Reading read() {
        switch (tink_webhooks_event_type(event_)) {
        case TINK_WEBHOOKS_TYPE_REFRESH_FINISHED: {
            const auto [id, status, finished] = members(data(""), keys("credentialsId", "credentialsStatus", "finished"));
            string(id), string(status), integer(finished);
            break;
        }
        case TINK_WEBHOOKS_TYPE_PAYMENT_UPDATED: {
            const auto [id, amount, status, updated] = members(data(""), keys("id", "amount", "status", "updated"));
            string(id), number(amount), string(status), integer(updated);
            break;
        }
        case TINK_WEBHOOKS_TYPE_ACTIONABLE_INSIGHTS_CREATED:
            for_each_members(data("/insights"), keys("id", "type"), [&](const auto &found) {
                string(found[0]), string(found[1]);
            });
            break;
        case TINK_WEBHOOKS_TYPE_ACCOUNT_TRANSACTIONS_DELETED:
            string(data("/account/id"));
            strings(data("/transactions/ids"));
            break;
        default:
            break;
        }
        return reading_;
    }
};
