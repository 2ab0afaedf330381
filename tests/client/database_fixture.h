#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <asterope/asterope.h>
#include <memory>
#include <optional>
#include <string>

#include "daemon/socket_server.h"
#include "tests/storage/temporary_store.h"

namespace asterope {

/// How a program comes to a database: it opens the store itself, or another process has it open.
enum class Way { local, socket };

inline std::string way_name(const testing::TestParamInfo<Way>& info) {
    return info.param == Way::local ? "local" : "socket";
}

/// A new store, opened by the public API in one of the ways. (The other "process" is this one.)
class DatabaseTest : public testing::TestWithParam<Way> {
  protected:
    DatabaseTest() {
        if (GetParam() == Way::local)
            store_.close();
        else
            serve();
        db_.emplace(open(store_.path()).value());
    }

    Database& db() { return *db_; }
    bool is_local() const { return GetParam() == Way::local; }

    /// "PatientID=12345 dose=50"
    std::string fields(std::string_view key) {
        std::string text;
        const Document document = db().document(key).value();
        for (const auto& [name, value] : document)
            text += (text.empty() ? "" : " ") + name + "=" + to_json_like(value);
        return text;
    }
    /// The names in a directory, with spaces between.
    std::string names(std::string_view key = "") {
        std::string text;
        const auto entries = db().list(key).value();
        for (const DirEntry& entry : entries) text += (text.empty() ? "" : " ") + entry.name;
        return text;
    }
    /// The keys of results in their order, with spaces between; or the error's name in brackets.
    template <class R>
    static std::string keys(R results) {
        const auto hits = results.all();
        if (!hits) return "[" + std::string(name_of(hits.error().code)) + "]";
        std::string text;
        for (const auto& hit : *hits) text += (text.empty() ? "" : " ") + hit.key;
        return text;
    }

  private:
    static std::string to_json_like(const Value& value) {
        return value.get_if<double>() != nullptr ? to_text(*value.get_if<double>()) + "f"
                                                 : to_xattr_bytes(value);
    }
    void serve() {
        transactions_.emplace(store_.volume());
        service_.emplace(store_.volume(), *transactions_);
        server_ = daemon::SocketServer::start(*service_, socket_path(store_.path()), ::getuid()).value();
    }

    TemporaryStore store_;
    std::optional<TransactionTable> transactions_;
    std::optional<daemon::VolumeService> service_;
    std::unique_ptr<daemon::SocketServer> server_;
    std::optional<Database> db_;
};

/// The word of an operation's outcome: "ok" or the error's name.
template <class R>
std::string word(const R& result) {
    return result ? "ok" : std::string(name_of(result.error().code));
}

}  // namespace asterope
