#include "fs/posix_acl.h"

#include <endian.h>

#include <algorithm>
#include <cstring>

namespace asterope::fs {
namespace {

constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kEntryBytes = 8;

template <class Number>
Number load(std::string_view bytes, std::size_t at) {
    Number number{};
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

template <class Number>
void append(std::string& bytes, Number number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace

Result<PosixAcl> PosixAcl::parse(std::string_view bytes) {
    if (bytes.size() < kHeaderBytes || (bytes.size() - kHeaderBytes) % kEntryBytes != 0)
        return fail(Errc::invalid);
    if (le32toh(load<std::uint32_t>(bytes, 0)) != kVersion) return fail(Errc::invalid);
    PosixAcl acl;
    for (std::size_t at = kHeaderBytes; at < bytes.size(); at += kEntryBytes) {
        acl.entries_.push_back({le16toh(load<std::uint16_t>(bytes, at)),
                                le16toh(load<std::uint16_t>(bytes, at + 2)),
                                le32toh(load<std::uint32_t>(bytes, at + 4))});
        if (acl.entries_.back().perm > 7) return fail(Errc::invalid);
    }
    const bool whole =
        acl.find(user_obj) != nullptr && acl.find(group_obj) != nullptr && acl.find(other) != nullptr;
    const bool named = acl.find(user) != nullptr || acl.find(group) != nullptr;
    if (!whole || (named && acl.find(mask) == nullptr)) return fail(Errc::invalid);
    return acl;
}

std::string PosixAcl::to_attribute() const {
    std::string bytes;
    append(bytes, htole32(kVersion));
    for (const auto& entry : entries_) {
        append(bytes, htole16(entry.tag));
        append(bytes, htole16(entry.perm));
        append(bytes, htole32(entry.id));
    }
    return bytes;
}

PosixAcl::Entry* PosixAcl::find(Tag tag) {
    const auto it =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.tag == tag; });
    return it == entries_.end() ? nullptr : &*it;
}

bool PosixAcl::is_minimal() const {
    return entries_.size() == 3;
}

std::uint32_t PosixAcl::mode() const {
    const std::uint32_t group_bits = const_cast<PosixAcl*>(this)->group_class()->perm;
    return std::uint32_t{find(user_obj)->perm} << 6 | group_bits << 3 | find(other)->perm;
}

void PosixAcl::set_mode(std::uint32_t mode) {
    find(user_obj)->perm = static_cast<std::uint16_t>(mode >> 6 & 7);
    group_class()->perm = static_cast<std::uint16_t>(mode >> 3 & 7);
    find(other)->perm = static_cast<std::uint16_t>(mode & 7);
}

std::uint32_t PosixAcl::restrict_to(std::uint32_t mode) {
    const std::uint32_t granted = this->mode() & mode & 0777;
    set_mode(granted);
    return (mode & ~std::uint32_t{0777}) | granted;
}

bool PosixAcl::allows(const Caller& caller, std::uint32_t owner, std::uint32_t owning_group,
                      std::uint32_t wanted) const {
    const auto grants = [&](std::uint32_t perm) { return (perm & wanted) == wanted; };
    if (caller.uid == owner) return grants(find(user_obj)->perm);
    const std::uint32_t limit = find(mask) != nullptr ? find(mask)->perm : 7u;
    for (const auto& entry : entries_) {
        if (entry.tag == user && entry.id == caller.uid) return grants(entry.perm & limit);
    }
    bool member = false;
    for (const auto& entry : entries_) {
        if (entry.tag != group_obj && entry.tag != group) continue;
        if (!caller.in_group(entry.tag == group ? entry.id : owning_group)) continue;
        if (grants(entry.perm & limit)) return true;
        member = true;
    }
    return !member && grants(find(other)->perm);
}

Result<std::optional<PosixAcl>> stored_acl(Volume& volume, NodeId node, std::string_view name) {
    const auto attribute = volume.attribute(node, name);
    if (!attribute && attribute.error().code == Errc::no_attribute) return std::nullopt;
    if (!attribute) return Unexpected(attribute.error());
    return std::optional(ASTEROPE_TRY(PosixAcl::parse(*attribute)));
}

}  // namespace asterope::fs
