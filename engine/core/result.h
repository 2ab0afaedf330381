#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace asterope {

/// What the caller of a failed operation can do about it. Each boundary maps every code in one table:
/// errno (error.cc), process exit status (client), wire (client/wire).
enum class Errc : unsigned char {
    not_found,          ///< ENOENT: no such node, name, store, field
    exists,             ///< EEXIST
    not_dir,            ///< ENOTDIR
    is_dir,             ///< EISDIR
    not_empty,          ///< ENOTEMPTY
    invalid,            ///< EINVAL: the request can never succeed
    name_too_long,      ///< ENAMETOOLONG
    value_too_large,    ///< E2BIG: an attribute value above the limit
    buffer_too_small,   ///< ERANGE
    no_attribute,       ///< ENODATA
    no_space,           ///< ENOSPC
    file_too_large,     ///< EFBIG
    permission,         ///< EACCES
    not_permitted,      ///< EPERM
    read_only,          ///< EROFS
    busy,               ///< EBUSY: in use by another; later it may succeed
    conflict,           ///< EAGAIN: a transaction lost a race; run it again
    cross_device,       ///< EXDEV
    too_many_links,     ///< EMLINK
    loop,               ///< ELOOP
    unsupported,        ///< EOPNOTSUPP
    bad_handle,         ///< EBADF
    stale,              ///< ESTALE: the node is gone
    interrupted,        ///< EINTR: a stop was requested
    limit,              ///< EMFILE/EUSERS class: a named bound was reached
    parse,              ///< EINVAL: an expression, JSON or MessagePack text is malformed; message has line and caret
    format,             ///< not a store, or a newer format; nothing was written
    corrupt,            ///< EIO: bytes on disk are not what was written
    io,                 ///< EIO or the errno of the system call
    unavailable,        ///< ENOTCONN/ETIMEDOUT: the process or server does not answer
};
constexpr int kErrcCount = static_cast<int>(Errc::unavailable) + 1;

/// The errno of `code`. Total over Errc.
int errno_of(Errc code);
/// The nearest code for a Linux errno; `io` for what has none.
Errc errc_of(int sys_errno);
/// A stable lower-case word for `code` ("not_found"): used in JSON, logs and on the wire.
std::string_view name_of(Errc code);

struct Error {
    Errc code = Errc::io;
    std::string message;  ///< what happened, one line, no trailing full stop; empty when the code says it all
    int sys_errno = 0;    ///< the errno of the failed system call, 0 if none

    /// The errno to answer: the system call's own where there is one.
    int to_errno() const { return sys_errno != 0 ? sys_errno : errno_of(code); }
    /// "message" or the code's text when there is no message.
    std::string text() const;
};

/// Builds the Error of a system call that has just failed: "<what>: <strerror>".
Error system_error(int sys_errno, std::string_view what);

using Unexpected = tl::unexpected<Error>;

inline Unexpected fail(Errc code, std::string message = {}) {
    return Unexpected(Error{code, std::move(message), 0});
}
inline Unexpected fail_errno(int sys_errno, std::string_view what) {
    return Unexpected(system_error(sys_errno, what));
}

/// A value or an Error: the interface of std::expected.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;
    Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}

    using tl::expected<T, Error>::value;
    /// As std::expected<void, E>: throws if there is an error. (The library's own has no such function.)
    void value() const requires std::is_void_v<T> {
        if (!*this) throw tl::bad_expected_access<Error>(this->error());
    }
};
using Status = Result<void>;

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace asterope

/// Evaluates to the value of a Result, or returns its Error from the enclosing function. May be nested.
#define ASTEROPE_TRY(expr) ASTEROPE_TRY_NAMED(expr, ASTEROPE_CONCAT(asterope_try_, __COUNTER__))
#define ASTEROPE_TRY_NAMED(expr, result)                                               \
    __extension__({                                                                    \
        auto&& result = (expr);                                                        \
        if (!result) return ::asterope::Unexpected(std::move(result).error());         \
        std::move(result).value();                                                     \
    })
/// The same for a Status.
#define ASTEROPE_TRY_STATUS(expr) ASTEROPE_TRY_STATUS_NAMED(expr, ASTEROPE_CONCAT(asterope_try_, __COUNTER__))
#define ASTEROPE_TRY_STATUS_NAMED(expr, result)                                        \
    do {                                                                               \
        auto&& result = (expr);                                                        \
        if (!result) return ::asterope::Unexpected(std::move(result).error());         \
    } while (false)
#define ASTEROPE_CONCAT(a, b) ASTEROPE_CONCAT_EXPANDED(a, b)
#define ASTEROPE_CONCAT_EXPANDED(a, b) a##b
/// Aborts on a programmer's error. Never for bytes from disk, network or users.
#define ASTEROPE_CHECK(cond) \
    ((cond) ? static_cast<void>(0) : ::asterope::check_failed(#cond, __FILE__, __LINE__))
