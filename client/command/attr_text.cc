#include "client/command/attr_text.h"

#include <grp.h>
#include <pwd.h>

#include <array>
#include <cstdio>

#include "engine/serialization/json.h"

namespace asterope::command {
namespace {

std::string user_name(std::uint32_t uid) {
    const passwd* const entry = ::getpwuid(uid);
    return entry != nullptr ? entry->pw_name : std::to_string(uid);
}
std::string group_name(std::uint32_t gid) {
    const group* const entry = ::getgrgid(gid);
    return entry != nullptr ? entry->gr_name : std::to_string(gid);
}

char type_letter(NodeType type) {
    switch (type) {
        case NodeType::file: return '-';
        case NodeType::directory: return 'd';
        case NodeType::symlink: return 'l';
        case NodeType::fifo: return 'p';
        case NodeType::socket: return 's';
        case NodeType::char_device: return 'c';
        case NodeType::block_device: return 'b';
    }
    return '?';
}

}  // namespace

std::string mode_text(NodeType type, std::uint32_t mode) {
    std::string text = "-rwxrwxrwx";
    text[0] = type_letter(type);
    for (std::size_t i = 0; i < 9; ++i) {
        if ((mode >> (8 - i) & 1) == 0) text[i + 1] = '-';
    }
    if ((mode & 04000) != 0) text[3] = text[3] == 'x' ? 's' : 'S';
    if ((mode & 02000) != 0) text[6] = text[6] == 'x' ? 's' : 'S';
    if ((mode & 01000) != 0) text[9] = text[9] == 'x' ? 't' : 'T';
    return text;
}

std::string attr_line(const Attr& attr) {
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "%s %2u %-8s %-8s %14llu %s", mode_text(attr.type, attr.mode).c_str(),
                  attr.nlink, user_name(attr.uid).c_str(), group_name(attr.gid).c_str(),
                  static_cast<unsigned long long>(attr.size), to_rfc3339({attr.mtime.seconds, 0}).c_str());
    return line.data();
}

std::string attr_json(const Attr& attr) {
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", attr.mode & 07777);
    std::string text = "\"node\":" + std::to_string(raw(attr.node));
    text += ",\"type\":" + json_quote(name_of(attr.type));
    text += ",\"mode\":" + json_quote(mode.data());
    text += ",\"uid\":" + std::to_string(attr.uid) + ",\"gid\":" + std::to_string(attr.gid);
    text += ",\"links\":" + std::to_string(attr.nlink);
    text += ",\"size\":" + std::to_string(attr.size);
    text += ",\"mtime\":" + json_quote(to_rfc3339(attr.mtime));
    text += ",\"ctime\":" + json_quote(to_rfc3339(attr.ctime));
    text += ",\"btime\":" + json_quote(to_rfc3339(attr.btime));
    text += ",\"version\":" + std::to_string(attr.version);
    return text;
}

}  // namespace asterope::command
