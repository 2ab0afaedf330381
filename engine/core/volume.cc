#include "engine/core/volume.h"

namespace asterope {

Result<std::unique_ptr<Transaction>> Volume::begin(const TransactionOptions&) { return fail(Errc::unsupported); }

}  // namespace asterope
