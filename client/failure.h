#pragma once

#include <stdexcept>
#include <utility>

#include "engine/core/result.h"

namespace asterope {

/// What a loop over results throws, since it has no other way to tell an error.
class Failure : public std::runtime_error {
  public:
    explicit Failure(Error error) : std::runtime_error(error.text()), error_(std::move(error)) {}
    const Error& error() const { return error_; }

  private:
    Error error_;
};

}  // namespace asterope
