#include "engine/serialization/msgpack.h"
#include "engine/storage/inspection.h"

/// Stages of an inspection: documents, fields, and the index that follows from them.
namespace asterope::storage {

using kv::Table;

void Inspection::read_fields() {
    walk(Table::fields, "fields", 0, [&](auto key, auto value) {
        const std::string name(key);
        const auto record = decode_field(value);
        if (!record || record->id == 0) return drop_row(Table::fields, key, "the record of field '" + name + "' is damaged");
        if (!field_names_.emplace(record->id, name).second)
            return drop_row(Table::fields, key, "field '" + name + "' has the number of another");
        fields_.emplace(name, *record);
        next_field_ = std::max(next_field_, record->id + 1);
    });
    const auto cursor = view_.reader().cursor(Table::index);
    cursor->seek_last();
    if (cursor->valid() && cursor->key().size() >= 12) next_field_ = std::max(next_field_, field_of_index_key(cursor->key()) + 1);
}

void Inspection::read_documents() {
    walk(Table::documents, "documents", node_rows_, [&](auto key, auto value) {
        ++report_.documents;
        const NodeId node{u64_of(key)};
        if (key.size() == 8 && (find(node) != nullptr || !is_whole(Table::nodes))) return inspect_document(node, value);
        drop_row(Table::documents, key, "document of node " + std::to_string(raw(node)) + ", which does not exist");
    });
}

void Inspection::inspect_document(NodeId id, std::string_view bytes) {
    const auto document = document_from_msgpack(bytes);
    if (!document) {
        unreadable_documents_.insert(id);
        return problem("document of " + label(id) + ": " + document.error().text(), "its bytes put into lost+found", [&](Mender& mender) {
            NodeRecord file = fresh_record(NodeId{mender.next_id()}, NodeType::file);
            file.content = ContentKind::inlined;
            file.attr.size = bytes.size();
            mender.batch().put(Table::inline_contents, node_key(file.attr.node), bytes);
            put_in_lost_and_found(file, "#document-" + std::to_string(raw(id)));
            mender.set_record(file);
            mender.batch().erase(Table::documents, node_key(id));
        });
    }
    const Node* const node = find(id);
    if (node == nullptr || node->type == NodeType::directory || node->nlink == 0) return;
    for (const IndexEntry& entry : entries_of(id, *document, true)) expected_index_.add(entry.key, entry.value);
}

/// The record of a field that a document has; nullptr if there is none.
const FieldRecord* Inspection::field_of(const std::string& name, NodeId node, query::ClassSet classes) {
    auto at = fields_.find(name);
    if (at == fields_.end()) {
        if (!is_whole(Table::fields)) return nullptr;
        at = fields_.emplace(name, FieldRecord{next_field_++, {}, classes}).first;
        problem(label(node) + ": field '" + name + "' is unknown to the index", "made known",
                [&](Mender& mender) { mender.batch().put(Table::fields, name, encode(at->second)); });
    } else if ((classes & ~at->second.primary_classes) != 0) {
        at->second.primary_classes |= classes;
        problem(label(node) + ": field '" + name + "' has a value of a class that the field is not known to have", "made known",
                [&](Mender& mender) { mender.batch().put(Table::fields, name, encode(at->second)); });
    }
    return &at->second;
}

/// What the index must have of a document. `inspecting`: also looks at the records of its fields.
std::vector<IndexEntry> Inspection::entries_of(NodeId node, const Document& document, bool inspecting) {
    std::vector<IndexEntry> entries;
    for (const auto& [name, value] : document) {
        if (name.size() > kv::kKeyBytesMax) continue;
        const auto known = fields_.find(name);
        const auto terms = query::terms_of(value, known == fields_.end() ? query::FieldType::undeclared : known->second.declared);
        const FieldRecord* const field = inspecting ? field_of(name, node, query::primary_classes(terms))
                                         : known == fields_.end() ? nullptr : &known->second;
        if (field == nullptr) continue;
        for (const query::Term& term : terms) entries.push_back(index_entry(field->id, term, node));
    }
    sort_index_entries(entries);
    return entries;
}

void Inspection::inspect_index() {
    SetPrint found;
    walk(Table::index, "index", expected_index_.count, [&](auto key, auto value) { found.add(key, value); });
    report_.index_entries = found.count;
    if (found == expected_index_ && is_whole(Table::index) && is_whole(Table::documents)) return;
    walk(Table::documents, "documents", node_rows_, [&](auto key, auto value) {
        const NodeId node{u64_of(key)};
        const Node* const owner = find(node);
        const auto document = document_from_msgpack(value);
        if (document && owner != nullptr && owner->type != NodeType::directory && owner->nlink > 0) inspect_terms(node, *document);
    });
    walk(Table::index, "index", found.count, [&](auto key, auto) { inspect_index_entry(key); });
}

void Inspection::inspect_terms(NodeId node, const Document& document) {
    for (const IndexEntry& entry : entries_of(node, document, false)) {
        const auto found = view_.reader().get(Table::index, entry.key);
        const auto field = [&] { return label(node) + ": field '" + field_names_[field_of_index_key(entry.key)] + "'"; };
        if (!found)
            problem(field() + ": " + found.error().text());
        else if (!*found || **found != entry.value)
            problem(field() + " is not in the index", "corrected",
                    [&](Mender& mender) { mender.batch().put(Table::index, entry.key, entry.value); });
    }
}

void Inspection::inspect_index_entry(std::string_view key) {
    if (key.size() < 12) return drop_row(Table::index, key, "index entry that is too short");
    const NodeId node{u64_of(key.substr(key.size() - 8))};
    if (unreadable_documents_.contains(node)) return;
    const auto document = view_.document(node);
    if (!document) {
        unreadable_documents_.insert(node);
        return problem("document of " + label(node) + ": " + document.error().text());
    }
    const Node* const owner = find(node);
    const bool is_indexed = owner != nullptr && owner->type != NodeType::directory && owner->nlink > 0;
    if (!is_indexed && !is_whole(Table::nodes)) return;
    const auto name = field_names_.find(field_of_index_key(key));
    const Value* const value = is_indexed && name != field_names_.end() ? document->find(name->second) : nullptr;
    bool is_wanted = false;
    if (value != nullptr)
        for (const query::Term& term : query::terms_of(*value, fields_.find(name->second)->second.declared))
            is_wanted = is_wanted || index_entry(name->first, term, node).key == key;
    if (!is_wanted)
        drop_row(Table::index, key, "index entry of field " + (name == field_names_.end() ? std::to_string(field_of_index_key(key)) : "'" + name->second + "'") +
                                        " for " + label(node) + " is not in its document");
}

}  // namespace asterope::storage
