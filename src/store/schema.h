// SPDX-License-Identifier: MIT
//
// The tables of readings.db, their columns made from the channel table and the ledger's fields.
//
// Flow:    Database -> inspect -> create, or bring along, or use as it is
// Shape:   blocks of readings; format 2 widened `event`, format 3 put readings into blocks,
//          format 4 keeps roll-ups, format 5 a header in the journal
// Errors:  corrupt - damaged, or not ours;  unsupported - a newer format
// Threads: pure, but for the connection handed in
// Source:  docs/store-format.md
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reading/channels.h"
#include "reading/ledger.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace fithome::store {

constexpr int kFormat = 5;                  // PRAGMA user_version
constexpr int kApplicationId = 0x46697448;  // "FitH"
constexpr std::string_view kFileName = "readings.db";

enum class State { empty, older, ready };

/// Whose file this is. `file` is for the message.
Result<State> inspect(const Database& db, const std::filesystem::path& file);

/// Puts the path and what to do in front of an error that says the file is damaged.
Error explain(Error error, const std::filesystem::path& file);

/// All tables and the site's UUID, in one transaction.
Result<void> create(const Database& db);

/// Whether all tables are there that a store has.
Result<void> check_tables(const Database& db);

/// Brings a store of an older format along, whole or not at all.
Result<void> bring_along(const Database& db);

/// The site's UUID.
Result<std::string> read_site(const Database& db);
/// Of all meters, the house among them.
Result<std::vector<MeterId>> meter_ids(const Database& db);

/// A random UUID, version 4.
Result<std::string> make_uuid();

/// The columns of the tables `ledger` and `ledger_mark`, as they are bound and read.
std::string ledger_columns();
reading::Ledger read_ledger(const Rows& rows);
/// "?, ?, ?".
std::string placeholders(int count);

constexpr int kLedgerFields = 2 + 7 * (chip::kLines + 1) + 2 + chip::kEnergyCounters;

/// Calls f(kind, place, unit, number) for each number of a ledger, in the order of the columns
/// behind meter and time_ms; a column is named kind_place_unit.
template <class Ledger, class F>
constexpr void each_number(Ledger& ledger, F&& f) {
  const auto flows = [&f](auto& energy, std::string_view place) {
    f("active_import", place, "nwh", energy.active.imported.nwh);
    f("active_export", place, "nwh", energy.active.exported.nwh);
    f("reactive_import", place, "nvarh", energy.reactive.imported.nwh);
    f("reactive_export", place, "nvarh", energy.reactive.exported.nwh);
    f("apparent", place, "nvah", energy.apparent.nwh);
  };
  constexpr std::array<std::string_view, chip::kEnergyPerKind> places{"t", "a", "b", "c"};
  constexpr std::array<std::string_view, chip::kEnergyKinds> kinds{
      "booked_active_import", "booked_active_export", "booked_reactive_import",
      "booked_reactive_export", "booked_apparent"};
  for (std::size_t line = 0; line < chip::kLines; ++line) {
    flows(ledger.lines[line], places[line + 1]);
  }
  flows(ledger.net, "net");
  f("active_remainder", "net", "nwh", ledger.net_remainder[0]);
  f("reactive_remainder", "net", "nvarh", ledger.net_remainder[1]);
  for (std::size_t kind = 0; kind < chip::kEnergyKinds; ++kind) {
    for (std::size_t place = 0; place < chip::kEnergyPerKind; ++place) {
      f(kinds[kind], places[place], "counts", ledger.booked[kind * chip::kEnergyPerKind + place]);
    }
  }
  const auto corrected = [&f](auto& energy, std::string_view place) {
    f("corrected_import", place, "nwh", energy.corrected.imported.nwh);
    f("corrected_export", place, "nwh", energy.corrected.exported.nwh);
  };
  for (std::size_t line = 0; line < chip::kLines; ++line) {
    corrected(ledger.lines[line], places[line + 1]);
  }
  corrected(ledger.net, "net");
}

}  // namespace fithome::store
