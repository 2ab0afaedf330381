#include "client/remote_contents.h"

#include <algorithm>
#include <cstring>

#include "client/remote_call.h"
#include "client/wire/limits.h"

namespace asterope {

RemoteFile::~RemoteFile() {
    remote_close(transport_, handle_);
}

Result<std::size_t> RemoteFile::read(std::uint64_t offset, std::span<std::byte> buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const std::size_t wanted = std::min(buffer.size() - done, wire::limits::kContentBytes);
        const auto content =
            ASTEROPE_TRY(remote_call(transport_, wire::ReadFile{handle_, offset + done, wanted}));
        if (content.bytes.size() > wanted) return fail(Errc::parse, "more bytes came than were asked for");
        std::memcpy(buffer.data() + done, content.bytes.data(), content.bytes.size());
        done += content.bytes.size();
        if (content.bytes.size() < wanted) break;
    }
    return done;
}

Status RemoteFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    do {
        const auto part = bytes.first(std::min(bytes.size(), wire::limits::kContentBytes));
        ASTEROPE_TRY_STATUS(remote_do(transport_, wire::WriteFile{handle_, offset, part}));
        offset += part.size();
        bytes = bytes.subspan(part.size());
    } while (!bytes.empty());
    return {};
}

Status RemoteFile::truncate(std::uint64_t size) {
    return remote_do(transport_, wire::TruncateFile{handle_, size});
}
Status RemoteFile::allocate(int mode, std::uint64_t offset, std::uint64_t length) {
    return remote_do(transport_, wire::AllocateFile{handle_, mode, offset, length});
}
Result<std::uint64_t> RemoteFile::seek(std::uint64_t offset, int whence) {
    return remote_call(transport_, wire::SeekFile{handle_, offset, whence});
}
Status RemoteFile::commit(Durability durability) {
    return remote_do(transport_, wire::CommitFile{handle_, durability});
}
Result<Attr> RemoteFile::getattr() {
    return remote_call(transport_, wire::GetFileAttr{handle_});
}

RemoteStaged::~RemoteStaged() {
    if (!taken_) remote_close(transport_, handle_);
}

Status RemoteStaged::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), wire::limits::kContentBytes));
        ASTEROPE_TRY_STATUS(remote_do(transport_, wire::Append{handle_, part}));
        size_ += part.size();
        bytes = bytes.subspan(part.size());
    }
    return {};
}

wire::HandleId RemoteStaged::take() {
    taken_ = true;
    return handle_;
}

RemoteStream::~RemoteStream() {
    remote_close(transport_, handle_);
}

Result<std::vector<Hit>> RemoteStream::next(std::size_t count_max) {
    return remote_call(transport_, wire::NextHits{handle_, count_max}, Pace::waiting, stop_);
}

}  // namespace asterope
