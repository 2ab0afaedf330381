#include "tests/client/remote_fixture.h"
#include "tests/fs/volume_conformance.h"

namespace asterope {
namespace {

class Remote : public VolumeUnderTest {
  public:
    Volume& volume() override { return *remote_; }

  private:
    ServedModel served_;
    std::unique_ptr<RemoteVolume> remote_ = served_.connect();
};

INSTANTIATE_TEST_SUITE_P(Remote, VolumeConformance,
                         testing::Values(VolumeMaker{"socket", [] { return std::make_unique<Remote>(); }}), maker_name);

}  // namespace
}  // namespace asterope
