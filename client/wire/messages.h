#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "client/wire/codec.h"

/// The requests of the protocol: one struct for each operation of Volume, with the type of its reply.
/// Lifetime: views point to what the sender holds, and at the receiver into the message.
/// Meaning:  as the method of the same name in engine/core/volume.h says; limits in client/wire/limits.h.
namespace asterope::wire {

constexpr std::uint32_t kProtocolVersion = 2;
constexpr std::string_view kProtocolName = "asterope";

/// An open file, staged content, result stream or view of a session.
enum class HandleId : std::uint64_t {};
/// The view that every request names: the volume itself, or what a transaction or a snapshot shows.
constexpr HandleId kVolumeItself{0};

/// The first message of a connection. The reply is a Welcome or an error.
/// Shape: `name` and `version` keep their places in every version of the protocol.
struct Hello {
    std::string_view name = kProtocolName;
    std::uint32_t version = kProtocolVersion;
    std::string_view session{};  ///< empty: begin one; else join it, so that its handles serve on this connection too
    static auto members(auto& v) { return std::tie(v.name, v.version, v.session); }
};
struct Welcome {
    std::uint32_t version = kProtocolVersion;
    std::string session{};
    static auto members(auto& v) { return std::tie(v.version, v.session); }
};

struct Info {
    using Reply = VolumeInfo;
    static auto members(auto&) { return std::tie(); }
};
struct Space {
    using Reply = SpaceInfo;
    static auto members(auto&) { return std::tie(); }
};

struct Lookup {
    using Reply = Attr;
    NodeId dir{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.dir, v.name); }
};
struct GetAttr {
    using Reply = Attr;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};
struct SetAttr {
    using Reply = Attr;
    NodeId node{};
    AttrChange change{};
    static auto members(auto& v) { return std::tie(v.node, v.change); }
};
struct Create {
    using Reply = Attr;
    NodeId dir{};
    std::string_view name{};
    NewNode what{};
    static auto members(auto& v) { return std::tie(v.dir, v.name, v.what); }
};
struct Unlink {
    using Reply = std::monostate;
    NodeId dir{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.dir, v.name); }
};
struct RemoveDir {
    using Reply = std::monostate;
    NodeId dir{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.dir, v.name); }
};
struct Rename {
    using Reply = std::monostate;
    Link from{}, to{};
    RenameMode mode = RenameMode::replace;
    static auto members(auto& v) { return std::tie(v.from, v.to, v.mode); }
};
struct MakeLink {
    using Reply = Attr;
    NodeId node{}, dir{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.node, v.dir, v.name); }
};
struct ReadLink {
    using Reply = std::string;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};
struct List {
    using Reply = std::vector<DirEntry>;
    NodeId dir{};
    std::uint64_t cookie = 0, count_max = 0;
    static auto members(auto& v) { return std::tie(v.dir, v.cookie, v.count_max); }
};
struct FirstLink {
    using Reply = Link;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};

struct OpenFile {
    using Reply = HandleId;
    NodeId node{};
    OpenOptions options{};
    static auto members(auto& v) { return std::tie(v.node, v.options); }
};
struct ReadFile {
    using Reply = Content;
    HandleId file{};
    std::uint64_t offset = 0, count = 0;
    static auto members(auto& v) { return std::tie(v.file, v.offset, v.count); }
};
struct WriteFile {
    using Reply = std::monostate;
    HandleId file{};
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes{};
    static auto members(auto& v) { return std::tie(v.file, v.offset, v.bytes); }
};
struct TruncateFile {
    using Reply = std::monostate;
    HandleId file{};
    std::uint64_t size = 0;
    static auto members(auto& v) { return std::tie(v.file, v.size); }
};
struct AllocateFile {
    using Reply = std::monostate;
    HandleId file{};
    std::int32_t mode = 0;
    std::uint64_t offset = 0, length = 0;
    static auto members(auto& v) { return std::tie(v.file, v.mode, v.offset, v.length); }
};
struct SeekFile {
    using Reply = std::uint64_t;
    HandleId file{};
    std::uint64_t offset = 0;
    std::int32_t whence = 0;
    static auto members(auto& v) { return std::tie(v.file, v.offset, v.whence); }
};
struct CommitFile {
    using Reply = std::monostate;
    HandleId file{};
    Durability durability = Durability::none;
    static auto members(auto& v) { return std::tie(v.file, v.durability); }
};
struct GetFileAttr {
    using Reply = Attr;
    HandleId file{};
    static auto members(auto& v) { return std::tie(v.file); }
};
/// Ends a file, staged content, result stream or view; a transaction's view ends the transaction, if it has no name.
struct Close {
    using Reply = std::monostate;
    HandleId handle{};
    static auto members(auto& v) { return std::tie(v.handle); }
};

struct Stage {
    using Reply = HandleId;
    static auto members(auto&) { return std::tie(); }
};
struct Append {
    using Reply = std::monostate;
    HandleId content{};
    std::span<const std::byte> bytes{};
    static auto members(auto& v) { return std::tie(v.content, v.bytes); }
};
/// Takes the staged content, whether it succeeds or not.
struct Put {
    using Reply = Attr;
    NodeId dir{};
    std::string_view name{};
    std::uint32_t mode = 0, uid = 0, gid = 0;
    std::optional<HandleId> content{};
    std::optional<Document> document{};
    bool create_only = false;
    std::optional<std::uint64_t> if_version{};
    Durability durability = Durability::none;
    static auto members(auto& v) {
        return std::tie(v.dir, v.name, v.mode, v.uid, v.gid, v.content, v.document, v.create_only, v.if_version,
                        v.durability);
    }
};
struct GetChecksum {
    using Reply = std::optional<std::string>;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};

struct GetDocument {
    using Reply = Document;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};
struct ChangeDocument {
    using Reply = std::monostate;
    NodeId node{};
    std::vector<FieldChange> changes{};
    SetMode mode = SetMode::any;
    std::optional<std::uint64_t> if_version{};
    static auto members(auto& v) { return std::tie(v.node, v.changes, v.mode, v.if_version); }
};
struct GetAttribute {
    using Reply = std::string;
    NodeId node{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.node, v.name); }
};
struct ListAttributes {
    using Reply = std::vector<std::string>;
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.node); }
};
struct SetAttribute {
    using Reply = std::monostate;
    NodeId node{};
    std::string_view name{}, bytes{};
    SetMode mode = SetMode::any;
    static auto members(auto& v) { return std::tie(v.node, v.name, v.bytes, v.mode); }
};
struct RemoveAttribute {
    using Reply = std::monostate;
    NodeId node{};
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.node, v.name); }
};

/// Queries travel as their text in the expression form.
struct OpenQuery {
    using Reply = HandleId;
    std::string_view expression{};
    bool with_documents = false;
    static auto members(auto& v) { return std::tie(v.expression, v.with_documents); }
};
struct NextHits {
    using Reply = std::vector<Hit>;
    HandleId stream{};
    std::uint64_t count_max = 0;
    static auto members(auto& v) { return std::tie(v.stream, v.count_max); }
};
struct CountQuery {
    using Reply = std::uint64_t;
    std::string_view expression{};
    static auto members(auto& v) { return std::tie(v.expression); }
};
struct ExplainQuery {
    using Reply = std::string;
    std::string_view expression{};
    static auto members(auto& v) { return std::tie(v.expression); }
};
struct MatchesQuery {
    using Reply = bool;
    std::string_view expression{};
    NodeId node{};
    static auto members(auto& v) { return std::tie(v.expression, v.node); }
};

struct Begin {
    using Reply = HandleId;
    TransactionOptions options{};
    static auto members(auto& v) { return std::tie(v.options); }
};
/// Of the transaction whose view the request names.
struct Commit {
    using Reply = std::monostate;
    static auto members(auto&) { return std::tie(); }
};
struct Abort {
    using Reply = std::monostate;
    static auto members(auto&) { return std::tie(); }
};

/// Transactions that have names belong to the process, not to a session (engine/core/transaction_table.h).
struct BeginNamed {
    using Reply = std::monostate;
    std::string_view name{};
    TransactionOptions options{};
    static auto members(auto& v) { return std::tie(v.name, v.options); }
};
struct OpenNamed {
    using Reply = HandleId;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};
struct CommitNamed {
    using Reply = std::monostate;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};
struct AbortNamed {
    using Reply = std::monostate;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};
struct ListNamed {
    using Reply = std::vector<std::string>;
    static auto members(auto&) { return std::tie(); }
};

struct MakeSnapshot {
    using Reply = SnapshotInfo;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};
struct DropSnapshot {
    using Reply = std::monostate;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};
struct ListSnapshots {
    using Reply = std::vector<SnapshotInfo>;
    static auto members(auto&) { return std::tie(); }
};
struct OpenSnapshot {
    using Reply = HandleId;
    std::string_view name{};
    static auto members(auto& v) { return std::tie(v.name); }
};

struct GetChanges {
    using Reply = std::vector<Change>;
    Sequence since{};
    std::uint64_t count_max = 0, wait_ms = 0;
    static auto members(auto& v) { return std::tie(v.since, v.count_max, v.wait_ms); }
};
struct GetSequence {
    using Reply = Sequence;
    static auto members(auto&) { return std::tie(); }
};
struct Sync {
    using Reply = std::monostate;
    static auto members(auto&) { return std::tie(); }
};

/// What a process that has a store open can do besides Volume ("check", "scrub"): arguments and reply are JSON text.
struct Admin {
    using Reply = std::string;
    std::string_view name{}, arguments{};
    static auto members(auto& v) { return std::tie(v.name, v.arguments); }
};

/// A request's number on the wire is its place here. New ones go to the end; another change is a new protocol version.
using Request =
    std::variant<Info, Space, Lookup, GetAttr, SetAttr, Create, Unlink, RemoveDir, Rename, MakeLink, ReadLink, List,
                 FirstLink, OpenFile, ReadFile, WriteFile, TruncateFile, AllocateFile, SeekFile, CommitFile, GetFileAttr,
                 Close, Stage, Append, Put, GetChecksum, GetDocument, ChangeDocument, GetAttribute, ListAttributes,
                 SetAttribute, RemoveAttribute, OpenQuery, NextHits, CountQuery, ExplainQuery, MatchesQuery, GetChanges,
                 GetSequence, Sync, Admin, Begin, Commit, Abort, BeginNamed, OpenNamed, CommitNamed, AbortNamed,
                 ListNamed, MakeSnapshot, DropSnapshot, ListSnapshots, OpenSnapshot>;

/// [view, number, request]
std::string encode_request(const Request& request, HandleId view = kVolumeItself);
/// A request and what its views point into besides the message.
class DecodedRequest {
  public:
    DecodedRequest(Decoder decoder, HandleId view, Request request)
        : decoder_(std::move(decoder)), view_(view), request_(std::move(request)) {}
    HandleId view() const { return view_; }
    Request& operator*() { return request_; }

  private:
    Decoder decoder_;
    HandleId view_;
    Request request_;
};
/// Lifetime: views in the result point into `message`.
/// Errors: parse
Result<DecodedRequest> decode_request(std::string_view message);

/// One struct alone: Hello, Welcome.
template <Struct T>
std::string encode_message(const T& value) {
    Encoder out;
    encode(out, value);
    return std::move(out).take();
}
/// Lifetime: views in the result point into `message`.
/// Errors: parse
template <Struct T>
Result<T> decode_message(std::string_view message) {
    Decoder in = ASTEROPE_TRY(Decoder::parse(message));
    T value{};
    decode(in, value);
    ASTEROPE_TRY_STATUS(in.finish());
    return value;
}

/// [code, message, errno]: replies begin with 0 for a value and 1 for an error.
std::string encode_error(const Error& error);
Error decode_error(Decoder& in);

template <class T>
std::string encode_reply(const T& value) {
    Encoder out;
    out.array(2);
    out.natural(0);
    encode(out, value);
    return std::move(out).take();
}
/// The value of a reply, or the error that it carries. Errors: parse, and every error of the operation
template <class T>
Result<T> decode_reply(std::string_view message) {
    Decoder in = ASTEROPE_TRY(Decoder::parse(message));
    if (in.enter() != 2) in.fail("a reply is a kind and its content");
    const std::uint64_t kind = in.natural();
    if (kind == 1) {
        Error error = decode_error(in);
        in.leave();
        ASTEROPE_TRY_STATUS(in.finish());
        return Unexpected(std::move(error));
    }
    if (kind != 0) in.fail("a reply has an unknown kind");
    T value{};
    decode(in, value);
    in.leave();
    ASTEROPE_TRY_STATUS(in.finish());
    return value;
}

}  // namespace asterope::wire
