#pragma once

#include <string>

#include "engine/core/path.h"

namespace asterope::command {

/// A directory that this user makes.
NewNode new_directory();

/// Where `key` is to be, its directories made. Errors: invalid (the root) · not_dir
Result<Place> make_place(Volume& volume, const std::string& key);

/// `name` in the directory `key` ("" is the root).
std::string join_key(const std::string& key, const std::string& name);
/// The last component: "ct.dcm" of "study/ct.dcm/"; empty for the root.
std::string base_name(const std::string& path);

/// Where sources of cp and mv go: into `target` if it is a directory, ends in '/', or there are several sources.
/// Errors: not_dir (several sources, and `target` is a file)
struct Target {
    std::string key;
    bool is_directory = false;

    std::string for_source(const std::string& source) const {
        return is_directory ? join_key(key, base_name(source)) : key;
    }
};
Result<Target> target_of(Volume& volume, const std::string& key, std::size_t source_count);

}  // namespace asterope::command
