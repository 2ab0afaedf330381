#pragma once

// The one place that includes libfuse, and the version of its interface that this folder is written for.
#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)
#include <fuse3/fuse_lowlevel.h>
