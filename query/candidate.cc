#include "query/candidate.h"

#include <array>
#include <charconv>

#include "query/built_in.h"

namespace asterope::query {
namespace {

/// Permission bits as chmod writes them: the number 644, and the text 0644.
Value mode_value(std::uint32_t mode) {
    std::array<char, 16> octal{};
    const auto end = std::to_chars(octal.data(), octal.data() + octal.size(), mode, 8).ptr;
    const std::string digits(octal.data(), end);
    return Value(Array{Value(std::stol(digits)),
                       Value(std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits)});
}

/// The key of one field in one direction: the smallest primary term, or the largest with its bytes inverted.
/// Terms are prefix-free, so keys can follow each other. A missing field is the byte 0, below every class.
std::string one_sort_key(const std::vector<Term>& terms, bool descending) {
    const std::string* chosen = nullptr;
    for (const Term& term : terms)
        if (term.primary && (chosen == nullptr || (descending ? term.bytes > *chosen : term.bytes < *chosen)))
            chosen = &term.bytes;
    std::string key = chosen != nullptr ? *chosen : std::string(1, '\0');
    if (descending)
        for (char& c : key) c = static_cast<char>(~static_cast<unsigned char>(c));
    return key;
}

}  // namespace

Result<const Attr*> Candidate::attr() {
    if (!attr_) attr_ = ASTEROPE_TRY(source_.attr(node_));
    return &*attr_;
}

Result<const std::string*> Candidate::key() {
    if (!key_) key_ = ASTEROPE_TRY(source_.key(node_));
    return &*key_;
}

Result<Value> Candidate::built_in_value(BuiltIn field) {
    if (field == BuiltIn::key || field == BuiltIn::name || field == BuiltIn::dir) {
        const std::string& key = *ASTEROPE_TRY(this->key());
        const std::size_t slash = key.rfind('/');
        if (field == BuiltIn::key) return Value(key);
        if (field == BuiltIn::name) return Value(slash == std::string::npos ? key : key.substr(slash + 1));
        return Value(slash == std::string::npos ? std::string() : key.substr(0, slash));
    }
    const Attr& attr = *ASTEROPE_TRY(this->attr());
    switch (field) {
        case BuiltIn::size:
            return Value(attr.size);
        case BuiltIn::mtime:
            return Value(attr.mtime);
        case BuiltIn::ctime:
            return Value(attr.ctime);
        case BuiltIn::btime:
            return Value(attr.btime);
        case BuiltIn::type:
            return Value(name_of(attr.type));
        case BuiltIn::mode:
            return mode_value(attr.mode);
        case BuiltIn::uid:
            return Value(attr.uid);
        case BuiltIn::gid:
            return Value(attr.gid);
        default:
            return Value(attr.version);
    }
}

Result<std::vector<Term>> Candidate::built_in_terms(BuiltIn field) {
    if (field != BuiltIn::checksum)
        return terms_of(ASTEROPE_TRY(built_in_value(field)), declared_type(field));
    const auto checksum = ASTEROPE_TRY(source_.checksum(node_));
    return checksum ? terms_of(Value(*checksum), declared_type(field)) : std::vector<Term>();
}

Result<std::vector<Term>> Candidate::terms(const BoundField& field) {
    if (field.built_in) return built_in_terms(*field.built_in);
    if (!document_) document_ = ASTEROPE_TRY(source_.document(node_));
    const Value* const value = document_->find(field.name);
    return value != nullptr ? terms_of(*value, field.declared) : std::vector<Term>();
}

Result<bool> evaluate(const Bound& predicate, Candidate& file) {
    return std::visit(
        Overload{[&](const Leaf& leaf) -> Result<bool> {
                     return leaf.holds(ASTEROPE_TRY(file.terms(leaf.field)));
                 },
                 [&](const BoundNot& n) -> Result<bool> { return !ASTEROPE_TRY(evaluate(*n.operand, file)); },
                 [&](const BoundAnd& a) -> Result<bool> {
                     for (const Bound& operand : a.operands)
                         if (!ASTEROPE_TRY(evaluate(operand, file))) return false;
                     return true;
                 },
                 [&](const BoundOr& o) -> Result<bool> {
                     for (const Bound& operand : o.operands)
                         if (ASTEROPE_TRY(evaluate(operand, file))) return true;
                     return false;
                 }},
        predicate.node);
}

Result<std::string> sort_key(const std::vector<BoundOrder>& order, Candidate& file) {
    std::string key;
    for (const BoundOrder& by : order) {
        const std::vector<Term> terms = ASTEROPE_TRY(file.terms(by.field));
        key += one_sort_key(terms, by.descending);
    }
    return key;
}

}  // namespace asterope::query
