#include <algorithm>

#include "engine/core/path.h"
#include "tests/crash/target.h"

namespace asterope::crash {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class VolumeTarget final : public Target {
  public:
    VolumeTarget(Volume& volume, std::string directory) : volume_(volume), directory_(std::move(directory)) {}

    Status apply(const Step& step) override {
        switch (step.kind) {
            case StepKind::make_directory: return create(step, {.type = NodeType::directory, .mode = 0755});
            case StepKind::create: return create(step, {});
            case StepKind::symlink: return create(step, {.type = NodeType::symlink, .mode = 0777, .target = step.bytes});
            case StepKind::put: return put(step);
            case StepKind::overwrite: return overwrite(step);
            case StepKind::patch: return patch(step);
            case StepKind::rename: return rename(step);
            case StepKind::link: return link(step);
            case StepKind::unlink: return at(step.path, [&](const Place& p) { return volume_.unlink(p.dir, p.name); });
            case StepKind::remove_directory: return at(step.path, [&](const Place& p) { return volume_.rmdir(p.dir, p.name); });
            case StepKind::set_fields: return set_fields(step);
            case StepKind::set_attribute: return set_attribute(step);
            case StepKind::change_mode: return change_mode(step);
            case StepKind::sync: return volume_.sync();
        }
        return fail(Errc::invalid);
    }

  private:
    std::string key(const std::string& path) const { return directory_ + "/" + path; }

    template <class Do>
    Status at(const std::string& path, Do&& action) {
        const Place place = ASTEROPE_TRY(resolve_parent(volume_, key(path)));
        return action(place);
    }
    Status create(const Step& step, const NewNode& what) {
        return at(step.path, [&](const Place& place) -> Status {
            ASTEROPE_TRY(volume_.create(place.dir, place.name, what));
            return {};
        });
    }
    Status put(const Step& step) {
        const Place place = ASTEROPE_TRY(resolve_parent(volume_, key(step.path)));
        PutRequest request;
        request.content = ASTEROPE_TRY(volume_.stage());
        constexpr std::size_t kChunk = 50'000;
        for (std::size_t done = 0; done < step.bytes.size(); done += kChunk)
            ASTEROPE_TRY_STATUS(request.content->append(bytes_of(std::string_view(step.bytes).substr(done, kChunk))));
        if (!step.fields.empty()) {
            request.document.emplace();
            for (const FieldChange& field : step.fields)
                if (field.value) request.document->set(field.name, *field.value);
        }
        if (step.durable) request.durability = Durability::sync;
        ASTEROPE_TRY(volume_.put(place.dir, place.name, std::move(request)));
        return {};
    }
    Status overwrite(const Step& step) {
        const Attr attr = ASTEROPE_TRY(resolve(volume_, key(step.path)));
        const auto file = ASTEROPE_TRY(volume_.open(attr.node, {.mode = OpenMode::write, .truncate = true}));
        ASTEROPE_TRY_STATUS(file->write(0, bytes_of(step.bytes)));
        return file->commit(step.durable ? Durability::sync : Durability::none);
    }
    Status patch(const Step& step) {
        const Attr attr = ASTEROPE_TRY(resolve(volume_, key(step.path)));
        if (attr.type == NodeType::file && attr.size > kPatchableBytes) return fail(Errc::file_too_large);
        const auto file = ASTEROPE_TRY(volume_.open(attr.node, {.mode = OpenMode::write}));
        ASTEROPE_TRY_STATUS(file->write(step.offset, bytes_of(step.bytes)));
        return file->commit(step.durable ? Durability::sync : Durability::none);
    }
    Status rename(const Step& step) {
        const Place from = ASTEROPE_TRY(resolve_parent(volume_, key(step.path)));
        const Place to = ASTEROPE_TRY(resolve_parent(volume_, key(step.other)));
        return volume_.rename({from.dir, from.name}, {to.dir, to.name}, step.mode);
    }
    Status link(const Step& step) {
        const Attr attr = ASTEROPE_TRY(resolve(volume_, key(step.path)));
        return at(step.other, [&](const Place& place) -> Status {
            ASTEROPE_TRY(volume_.link(attr.node, place.dir, place.name));
            return {};
        });
    }
    /// What has attributes in a mount, too.
    Result<Attr> file_or_directory(const Step& step) {
        const Attr attr = ASTEROPE_TRY(resolve(volume_, key(step.path)));
        if (attr.type == NodeType::symlink) return fail(Errc::not_permitted);
        return attr;
    }
    Status set_fields(const Step& step) {
        return volume_.change_document(ASTEROPE_TRY(file_or_directory(step)).node, step.fields);
    }
    Status set_attribute(const Step& step) {
        return volume_.set_attribute(ASTEROPE_TRY(file_or_directory(step)).node, "trusted.note", step.bytes, SetMode::any);
    }
    Status change_mode(const Step& step) {
        AttrChange change;
        change.mode = step.permissions;
        ASTEROPE_TRY(volume_.setattr(ASTEROPE_TRY(file_or_directory(step)).node, change));
        return {};
    }

    Volume& volume_;
    const std::string directory_;
};

}  // namespace

std::unique_ptr<Target> volume_target(Volume& volume, std::string directory) {
    return std::make_unique<VolumeTarget>(volume, std::move(directory));
}

}  // namespace asterope::crash
