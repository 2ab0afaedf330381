#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/descriptor.h"

/// The system calls of the journal, with errors as values; and where tests make these and those of the blobs fail.
namespace asterope::kv {

/// Makes `path` if it is not there.
Status make_directory(const std::string& path);
/// Makes the entries of the directory durable.
Status sync_directory(const std::string& path);
Status write_all(int fd, std::string_view bytes, std::uint64_t offset);
/// Fewer bytes than asked for only at the end of the file.
Result<std::string> read_up_to(int fd, std::size_t bytes, std::uint64_t offset);
Status sync_data(int fd);
/// Reserves blocks for [offset, offset + bytes). A filesystem that cannot is no error: the file is then only made longer.
/// Errors: no_space · io
enum class Extend : bool { no, yes };
Status reserve(int fd, std::uint64_t offset, std::uint64_t bytes, Extend extend);

/// For tests: asked before every write, sync and reservation above and every call below that says so; an errno other than 0 makes the
/// call fail with it (a write after half of its bytes). An empty function ends that. Not to be changed while a store is in use by other threads.
enum class DiskCall { write, sync, reserve, link, rename };
void set_disk_fault(std::function<int(DiskCall)> fault);
/// What a call must fail with before it is made; 0 if it is to be made.
int disk_fault(DiskCall call);

}  // namespace asterope::kv
