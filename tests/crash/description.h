#pragma once

#include <string>

#include "engine/core/volume.h"

namespace asterope::crash {

/// All below directory `key`, a line each in order of the names: path, type, links, mode, size and digest of the content, fields, attributes.
/// What cannot be read is a line that says so, so that a comparison shows it.
std::string describe(Volume& volume, const std::string& key);

/// The part of a description that is told quickly, of the whole volume; and that part of a description.
std::string outline(Volume& volume);
std::string outline_of(const std::string& description);

/// What two descriptions differ in, at most a few lines.
std::string difference(const std::string& expected, const std::string& found);

/// Empty, or what is wrong with the index: the results of queries below directory `key` are compared with all documents there.
std::string index_problems(Volume& volume, const std::string& key);

}  // namespace asterope::crash
