#include <gtest/gtest.h>

#include "tests/crash/description.h"
#include "tests/crash/session.h"
#include "tests/crash/target.h"
#include "tests/fs/model_volume.h"
#include "tests/storage/temporary_store.h"
#include "tests/seed.h"

namespace asterope::crash {

/// What judge() takes for granted.
TEST(Steps, DoTheSameToAStoreAndToTheReference) {
    const std::uint64_t seed = seed_of_test();
    TemporaryStore store;
    for (int round = 0; round < 10; ++round) {
        const std::string directory = "round" + std::to_string(round);
        ASSERT_TRUE(store.volume().create(kRootNode, directory, {.type = NodeType::directory}));
        ModelVolume model;
        const auto here = volume_target(store.volume(), directory), there = volume_target(model, "");
        StepSource steps(seed + static_cast<std::uint64_t>(round), {});
        for (int i = 0; i < 400; ++i) {
            const Step step = steps.next();
            const Status mine = here->apply(step), reference = there->apply(step);
            ASSERT_EQ(mine.has_value(), reference.has_value()) << round << " " << i << " " << step.text();
            ASSERT_EQ(difference(describe(model, ""), describe(store.volume(), directory)), "") << round << " " << i << " " << step.text();
        }
    }
}

}  // namespace asterope::crash
