#pragma once

#include "tests/fs/mount_fixture.h"
#include "tests/storage/temporary_store.h"

namespace asterope::fs {

/// A new store that the kernel has mounted at path("").
class MountedStoreTest : public MountTest {
  protected:
    LocalVolume& volume() { return store_.volume(); }
    Volume& mounted_volume() override { return store_.volume(); }

    TemporaryStore store_;
};

}  // namespace asterope::fs
