#include "query/built_in.h"

#include <array>
#include <utility>

namespace asterope::query {
namespace {

using Named = std::pair<std::string_view, BuiltIn>;
constexpr std::array<Named, 13> kNames{{{"sys.key", BuiltIn::key},
                                        {"sys.name", BuiltIn::name},
                                        {"sys.dir", BuiltIn::dir},
                                        {"sys.size", BuiltIn::size},
                                        {"sys.mtime", BuiltIn::mtime},
                                        {"sys.ctime", BuiltIn::ctime},
                                        {"sys.btime", BuiltIn::btime},
                                        {"sys.type", BuiltIn::type},
                                        {"sys.mode", BuiltIn::mode},
                                        {"sys.uid", BuiltIn::uid},
                                        {"sys.gid", BuiltIn::gid},
                                        {"sys.checksum", BuiltIn::checksum},
                                        {"sys.version", BuiltIn::version}}};

}  // namespace

std::optional<BuiltIn> built_in_of(std::string_view field) {
    if (!field.starts_with("sys.")) return std::nullopt;
    for (const auto& [name, built_in] : kNames)
        if (name == field) return built_in;
    return std::nullopt;
}

FieldType declared_type(BuiltIn field) {
    switch (field) {
        case BuiltIn::key:
        case BuiltIn::name:
        case BuiltIn::dir:
        case BuiltIn::type:
        case BuiltIn::checksum:
            return FieldType::text;
        case BuiltIn::size:
        case BuiltIn::mtime:
        case BuiltIn::ctime:
        case BuiltIn::btime:
        case BuiltIn::mode:
        case BuiltIn::uid:
        case BuiltIn::gid:
        case BuiltIn::version:
            return FieldType::undeclared;
    }
    return FieldType::undeclared;
}

}  // namespace asterope::query
