// SPDX-License-Identifier: MIT
//
// How anything here says that it failed: a Result holds a value or an Error.
//
// Shape:   Result<T> is std::expected<T, Error>; dropping one is a compiler warning
// Errors:  each level adds what it knows in front ("store: append 12 readings: disk full"), so that
//          the end of the chain is one sentence a householder can act on
// Threads: plain values
// Source:  docs/decisions/0001-language-and-result.md
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace fithome {

enum class Code : std::uint8_t {
  transient,    // may work if tried again: bus noise, no chip, database busy
  not_found,    // a valid question with an empty answer
  invalid,      // the request or the configuration is wrong; only a person can mend it
  corrupt,      // bytes that break a stated format or checksum
  unsupported,  // a newer format, or a chip we do not know
};

/// The code's name as it stands in JSON and logs: "transient", "not_found", ...
std::string_view name(Code code);

struct Error {
  Code code;
  std::string
      what;    // one line, no full stop: "open /dev/spidev0.0: no such device; enable SPI ..."
  int os = 0;  // errno, where the system gave one
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

using Failure = std::unexpected<Error>;

inline Failure fail(Code code, std::string what, int os = 0) {
  return Failure(Error{code, std::move(what), os});
}

/// The same error with what this level knows put in front of it.
inline Failure within(std::string_view context, Error error) {
  error.what = std::string(context) + ": " + error.what;
  return Failure(std::move(error));
}

/// An Error from errno: "CONTEXT: No such file or directory".
Failure os_failure(Code code, std::string_view context, int os);

/// Ends the process: an invariant of ours is broken. Never for input from outside.
[[noreturn]] void check_failed(const char* condition, std::string_view why, const char* file,
                               int line);

}  // namespace fithome

/// FITHOME_TRY(auto word, read(reg)): returns the error to our caller, or declares `word`.
#define FITHOME_TRY(declaration, ...) \
  FITHOME_TRY_NAMED(FITHOME_JOIN(fithome_try_, __LINE__), declaration, __VA_ARGS__)
#define FITHOME_TRY_NAMED(temporary, declaration, ...)                     \
  auto temporary = (__VA_ARGS__);                                          \
  if (!temporary) return ::fithome::Failure(std::move(temporary).error()); \
  declaration = *std::move(temporary)
#define FITHOME_JOIN(a, b) FITHOME_JOIN_EXPANDED(a, b)
#define FITHOME_JOIN_EXPANDED(a, b) a##b

/// FITHOME_TRY_VOID(bus.transfer(frames)): returns the error to our caller, or goes on.
#define FITHOME_TRY_VOID(...)                           \
  if (auto fithome_done = (__VA_ARGS__); !fithome_done) \
  return ::fithome::Failure(std::move(fithome_done).error())

#define FITHOME_CHECK(condition, why) \
  ((condition) ? void() : ::fithome::check_failed(#condition, why, __FILE__, __LINE__))
