#include "client/command/mount_table.h"

#include <fstream>
#include <sstream>

namespace asterope::command {
namespace {

bool is_octal(char c) {
    return c >= '0' && c <= '7';
}

/// Undoes the octal escapes of /proc/self/mountinfo: blanks, tabs, newlines and backslashes are \NNN.
std::string unescaped(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
                            is_octal(text[i + 3]);
        if (escape) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> store_mounted_at(const std::string& directory, std::istream& table) {
    std::optional<std::string> store;
    for (std::string line; std::getline(table, line);) {
        std::istringstream words(line);
        std::string id, parent, device, root, place, word, type, source;
        words >> id >> parent >> device >> root >> place;
        while (words >> word && word != "-") continue;
        words >> type >> source;
        if (unescaped(place) == directory)  // the last one is on top
            store = type == "fuse.asterope" ? std::optional(unescaped(source)) : std::nullopt;
    }
    return store;
}

std::optional<std::string> store_mounted_at(const std::string& directory) {
    std::ifstream table("/proc/self/mountinfo");
    return store_mounted_at(directory, table);
}

}  // namespace asterope::command
