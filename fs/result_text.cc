#include "fs/result_text.h"

#include <set>

#include "engine/serialization/json.h"

namespace asterope::fs {
namespace {

/// Fields that a table may have: the set of names is the only memory that grows.
constexpr std::size_t kCsvColumnsMax = 65536;

/// Text that is one function of each result.
class ResultText : public TextSource {
  public:
    ResultText(Volume& volume, std::shared_ptr<const query::Query> query, const Caller& caller,
               Visible visible)
        : scan_(volume, std::move(query), caller, visible) {}

    Result<std::string> next(const std::stop_token& stop) override {
        std::string text;
        while (text.empty()) {
            const auto hits = ASTEROPE_TRY(scan_.next(stop));
            if (hits.empty()) break;
            for (const auto& hit : hits) append(text, hit);
        }
        return text;
    }
    void restart() override { scan_.restart(); }

  protected:
    virtual void append(std::string& text, const Hit& hit) const = 0;
    ResultScan& scan() { return scan_; }

  private:
    ResultScan scan_;
};

class JsonText : public ResultText {
    using ResultText::ResultText;
    void append(std::string& text, const Hit& hit) const override {
        text += "{\"key\":" + json_quote(hit.key) +
                ",\"document\":" + to_json(hit.document.value_or(Document{})) + "}\n";
    }
};

class PathsText : public ResultText {
  public:
    PathsText(const Options& options, Volume& volume, std::shared_ptr<const query::Query> query,
              const Caller& caller)
        : ResultText(volume, std::move(query), caller, Visible::name),
          prefix_(options.mountpoint.empty() ? "" : options.mountpoint + "/") {}

  private:
    void append(std::string& text, const Hit& hit) const override {
        text += prefix_ + hit.key;
        text.push_back('\0');
    }
    const std::string prefix_;
};

void append_csv(std::string& text, std::string_view value) {
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
        text += value;
        return;
    }
    text.push_back('"');
    for (const char c : value) {
        if (c == '"') text.push_back('"');
        text.push_back(c);
    }
    text.push_back('"');
}

class CsvText : public ResultText {
  public:
    using ResultText::ResultText;

    Result<std::string> next(const std::stop_token& stop) override {
        if (header_given_) return ResultText::next(stop);
        ASTEROPE_TRY_STATUS(find_columns(stop));
        std::string header = "key";
        for (const auto& column : columns_) append_csv(header += ',', column);
        header_given_ = true;
        return header += '\n';
    }
    void restart() override {
        header_given_ = false;
        ResultText::restart();
    }

  private:
    Status find_columns(const std::stop_token& stop) {
        columns_.clear();
        for (;;) {
            const auto hits = ASTEROPE_TRY(scan().next(stop));
            if (hits.empty()) break;
            for (const auto& hit : hits) {
                for (const auto& [name, value] : hit.document.value_or(Document{})) columns_.insert(name);
            }
            if (columns_.size() > kCsvColumnsMax)
                return fail(Errc::file_too_large, "too many fields for a table");
        }
        scan().restart();
        return {};
    }
    void append(std::string& text, const Hit& hit) const override {
        append_csv(text, hit.key);
        for (const auto& column : columns_) {
            text.push_back(',');
            const Value* value = hit.document ? hit.document->find(column) : nullptr;
            if (value != nullptr) append_csv(text, to_xattr_bytes(*value));
        }
        text.push_back('\n');
    }

    std::set<std::string> columns_;
    bool header_given_ = false;
};

}  // namespace

std::unique_ptr<TextSource> make_result_text(Volume& volume, const Options& options, ControlKind kind,
                                             std::shared_ptr<const query::Query> query,
                                             const Caller& caller) {
    switch (kind) {
        case ControlKind::json:
            return std::make_unique<JsonText>(volume, std::move(query), caller, Visible::document);
        case ControlKind::csv:
            return std::make_unique<CsvText>(volume, std::move(query), caller, Visible::document);
        default:
            return std::make_unique<PathsText>(options, volume, std::move(query), caller);
    }
}

}  // namespace asterope::fs
