#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/attr.h"
#include "engine/core/document.h"
#include "engine/core/ids.h"
#include "engine/core/result.h"
#include "query/typing.h"

/// What a storage offers to the query engine: one consistent state of its indexes, documents and tree.
namespace asterope::query {

enum class FieldId : std::uint32_t {};

struct FieldInfo {
    FieldId id{};
    FieldType declared = FieldType::undeclared;
    ClassSet primary_classes = kAllClasses;  ///< no primary term of the field is of another class
};

/// One index entry as a scan meets it.
struct Posting {
    NodeId node{};
    bool primary = true;  ///< the term that sorts this value (query/typing.h); false for a second reading of
                          ///< the same value
    bool cut = false;  ///< the value was longer than the index keeps: only the document can tell if it is in
                       ///< the range
};

/// A range of terms [begin, end) of one field, over encoded terms (class byte first; query/typing.h).
/// Shape: no bound is a term with something behind it, so index keys that are a term and a suffix compare
/// with it as the term does.
///        A range of one term is [term, after(term)) (query/encoding.h).
struct TermRange {
    FieldId field{};
    std::string begin;
    std::string end;  ///< empty = to the end of the field
};

enum class Direction { ascending, descending };

class PostingCursor {
  public:
    virtual ~PostingCursor() = default;
    /// Fills `out` with the next postings in order of (term, node), or descending; 0 = end.
    virtual Result<std::size_t> next(std::span<Posting> out) = 0;
    /// Skips to the first posting with a node >= `node`. Only for a range of one term, ascending.
    virtual Status skip_to(NodeId node) = 0;
};

/// Walks the files (every node that is not a directory) in one order.
class FileCursor {
  public:
    virtual ~FileCursor() = default;
    virtual Result<std::size_t> next(std::span<NodeId> out) = 0;
};

/// Postings are of files only: the documents of directories are not in them.
/// Threads:  one at a time (each evaluation has its own).
/// Lifetime: cursors must go before their source.
class IndexSource {
  public:
    virtual ~IndexSource() = default;
    /// nullopt: no file has ever had that field.
    virtual Result<std::optional<FieldInfo>> field(std::string_view name) = 0;
    virtual Result<std::unique_ptr<PostingCursor>> scan(const TermRange& range, Direction direction) = 0;
    /// The number of postings in `range`, counted up to `count_max` and then stopped.
    virtual Result<std::uint64_t> count(const TermRange& range, std::uint64_t count_max) = 0;
    /// An estimate of the number of files.
    virtual std::uint64_t file_count_estimate() = 0;
    virtual std::unique_ptr<FileCursor> files_by_node() = 0;
    /// In key order: component by component, each by bytes, a directory's contents at its name's place.
    virtual std::unique_ptr<FileCursor> files_by_key() = 0;
    /// Errors: not_found (the node is not in this state, or is a directory)
    virtual Result<Document> document(NodeId node) = 0;
    virtual Result<Attr> attr(NodeId node) = 0;
    virtual Result<std::string> key(NodeId node) = 0;
    /// sys.checksum as lower-case hex; nullopt when none is known.
    virtual Result<std::optional<std::string>> checksum(NodeId node) = 0;
};

}  // namespace asterope::query
