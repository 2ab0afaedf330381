#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/volume.h"
#include "fs/access.h"
#include "fs/caller.h"

namespace asterope::fs {

/// What of a result its reader must be allowed to see.
enum class Visible {
    name,      ///< the directories above let the caller through
    document,  ///< and the file itself may be read
};

/// One evaluation of a query for one caller: the results that the caller may see, in order, in batches.
/// Threads:  one at a time.
class ResultScan {
  public:
    /// `caller` is copied, its groups are read now: the process may be gone when the scan goes on.
    ResultScan(Volume& volume, std::shared_ptr<const query::Query> query, const Caller& caller,
               Visible visible);

    /// Further results; empty = end. The first call evaluates.
    /// Errors: interrupted (`stop`). After an error the scan is at its start again.
    Result<std::vector<Hit>> next(const std::stop_token& stop);
    void restart();

  private:
    Status begin();
    bool is_visible(const Hit& hit);

    Volume& volume_;
    const std::shared_ptr<const query::Query> query_;
    const Caller caller_;
    const Visible visible_;
    std::stop_source stop_;
    std::optional<AccessCheck> access_;
    std::unique_ptr<ResultStream> stream_;
};

}  // namespace asterope::fs
