// SPDX-License-Identifier: MIT
//
// One column of a block as bytes: what the others at the same instant and the past leave over of
// it.
//
// Flow:    steps -> less what relation.h says -> less what predict.h says -> Rice groups (rice.h)
// Shape:   a number a reading, 1 to kChunkReadings; at least one is present. All columns of a block
//          are equally long
// Units:   whole steps; absent ones are 0 in memory and take no bits
// Source:  docs/block-format.md#columns
// Threads: pure functions
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "store/predict.h"
#include "store/relation.h"

namespace fithome::store {

/// What a column may be reckoned from.
struct Kinship {
  Relation relation = Relation::none;
  std::array<std::uint8_t, kMostOperands> operands{};  // numbers of columns in front of it
  std::uint8_t count = 0;                              // of operands

  std::span<const std::uint8_t> columns() const { return {operands.data(), count}; }
  friend bool operator==(const Kinship&, const Kinship&) = default;
};

/// How a column is written.
struct ColumnCode {
  Predictor predictor = Predictor::last;
  Kinship kinship{};
  bool gaps = false;  // some of it is absent
  friend bool operator==(const ColumnCode&, const ColumnCode&) = default;
};

struct ColumnView {
  std::span<const std::int32_t> steps;
  std::span<const std::uint8_t> present;  // empty: all are
};

/// The cheapest predictor and kinship, found on samples. `kin`: what to try besides the past.
/// `columns`: those in front of this one.
ColumnCode choose_code(const ColumnView& column, std::span<const Kinship> kin,
                       std::span<const ColumnView> columns);

/// `code.gaps` must say whether anything is absent.
void append_column(const ColumnView& column, const ColumnCode& code,
                   std::span<const ColumnView> columns, std::vector<std::byte>& out);

struct DecodedColumn {
  std::vector<std::int32_t> steps;    // 0 where absent
  std::vector<std::uint8_t> present;  // empty: all are
  ColumnView view() const { return {steps, present}; }
};

/// `bytes` are all of the column. `columns` must hold the kin, decoded. Returns what is wrong with
/// the bytes, or nothing: then `out` has `count` steps.
std::string_view read_column(std::span<const std::byte> bytes, const ColumnCode& code,
                             std::span<const ColumnView> columns, std::size_t count,
                             DecodedColumn& out);

}  // namespace fithome::store
