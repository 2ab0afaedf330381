#include "tests/fs/model_volume.h"

#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

class Model : public VolumeUnderTest {
  public:
    Volume& volume() override { return volume_; }

  private:
    ModelVolume volume_;
};

std::unique_ptr<VolumeUnderTest> make_model() {
    return std::make_unique<Model>();
}

INSTANTIATE_TEST_SUITE_P(Model, VolumeConformance, testing::Values(VolumeMaker{"fresh", make_model}),
                         maker_name);

}  // namespace
}  // namespace asterope
