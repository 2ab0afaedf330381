#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/descriptor.h"

/// The system calls of the journal, with errors as values.
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

/// For tests: asked before every write, sync and reservation above; an errno other than 0 makes the call fail with it
/// (a write after half of its bytes). An empty function ends that. Not to be changed while a store is in use by other threads.
enum class DiskCall { write, sync, reserve };
void set_disk_fault(std::function<int(DiskCall)> fault);

}  // namespace asterope::kv
