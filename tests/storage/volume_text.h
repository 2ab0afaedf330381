#pragma once

#include <span>
#include <string>
#include <string_view>

#include "query/parser.h"
#include "tests/fs/volume_conformance.h"

/// Calls of a Volume on files in its root, with the outcome as text.
namespace asterope {

/// A content that is a blob.
inline std::string large(char fill) { return std::string(100'000, fill); }

inline std::string put(Volume& volume, std::string_view name, std::string_view content, Document document = {}) {
    PutRequest request;
    request.content = volume.stage().value();
    EXPECT_TRUE(request.content->append(std::as_bytes(std::span(content))));
    request.document = std::move(document);
    return outcome(volume.put(kRootNode, name, std::move(request)));
}

/// What is there under the name: its content, "-" for nothing, the error's name otherwise.
inline std::string get(Volume& volume, std::string_view name) {
    const auto attr = volume.lookup(kRootNode, name);
    if (!attr) return attr.error().code == Errc::not_found ? "-" : outcome(attr);
    const auto file = volume.open(attr->node, {});
    if (!file) return outcome(file);
    std::string bytes(attr->size, '\0');
    const auto size = (*file)->read(0, std::as_writable_bytes(std::span(bytes)));
    return size ? bytes.substr(0, *size) : outcome(size);
}

inline std::uint64_t count(Volume& volume, std::string_view expression) {
    return volume.count(query::parse_expression(expression).value(), {}).value();
}

}  // namespace asterope
