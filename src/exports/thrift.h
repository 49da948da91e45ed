// SPDX-License-Identifier: MIT
//
// Thrift's compact protocol, as much of it as the metadata of a Parquet file needs.
//
// Threads: plain values
// Source:  the compact protocol's specification in Apache Thrift's documents
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fithome::exports {

class ThriftWriter {
 public:
  ThriftWriter& i32(int field, std::int32_t value) { return integer(field, kI32, value); }
  ThriftWriter& i64(int field, std::int64_t value) { return integer(field, kI64, value); }
  ThriftWriter& i8(int field, std::int8_t value) {
    header(field, kByte);
    out_ += static_cast<char>(value);
    return *this;
  }
  ThriftWriter& boolean(int field, bool value) {
    header(field, value ? kTrue : kFalse);
    return *this;
  }
  ThriftWriter& binary(int field, std::string_view bytes) {
    header(field, kBinary);
    return item(bytes);
  }
  ThriftWriter& begin_struct(int field) {
    header(field, kStruct);
    return begin_item();
  }
  ThriftWriter& end_struct() {
    out_ += '\0';
    last_.pop_back();
    return *this;
  }
  ThriftWriter& begin_structs(int field, std::size_t count) { return list(field, kStruct, count); }
  ThriftWriter& begin_i32s(int field, std::size_t count) { return list(field, kI32, count); }
  ThriftWriter& begin_binaries(int field, std::size_t count) { return list(field, kBinary, count); }
  /// Of a list.
  ThriftWriter& begin_item() {
    last_.push_back(0);
    return *this;
  }
  ThriftWriter& item(std::int32_t value) {
    zigzag(value);
    return *this;
  }
  ThriftWriter& item(std::string_view bytes) {
    varint(bytes.size());
    out_ += bytes;
    return *this;
  }
  /// The whole, which is a struct itself.
  std::string finish() {
    out_ += '\0';
    return std::move(out_);
  }

 private:
  enum Type : std::uint8_t {
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kI32 = 5,
    kI64 = 6,
    kBinary = 8,
    kList = 9,
    kStruct = 12
  };

  ThriftWriter& integer(int field, Type type, std::int64_t value) {
    header(field, type);
    zigzag(value);
    return *this;
  }
  ThriftWriter& list(int field, Type type, std::size_t count) {
    constexpr std::size_t kShort = 15;
    header(field, kList);
    out_ += static_cast<char>((count < kShort ? count : kShort) << 4 | type);
    if (count >= kShort) varint(count);
    return *this;
  }
  // Fields come in rising order, so that each is the step from the one before it.
  void header(int field, Type type) {
    out_ += static_cast<char>((field - last_.back()) << 4 | type);
    last_.back() = field;
  }
  void zigzag(std::int64_t value) {
    varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string out_;
  std::vector<int> last_{0};  // field, of each struct that is open
};

}  // namespace fithome::exports
