// SPDX-License-Identifier: MIT
#include "app/store_command.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "api/json.h"
#include "app/carry_over.h"
#include "app/client_watch.h"
#include "app/print_text.h"
#include "app/progress_line.h"
#include "store/store.h"

namespace fithome::app {
namespace {

namespace fs = std::filesystem;
using api::JsonWriter;

std::string counted(std::uint64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

// Calls `work` with what shows its progress and hears Ctrl-C.
Result<void> shown(const Terminal& terminal, const std::string& doing,
                   const std::function<Result<void>(const store::Went&)>& work) {
  return until_told({}, [&](std::stop_token stop) {
    ProgressLine line(terminal.err);
    return work([&](double done) {
      line.show(done, doing);
      return !stop.stop_requested();
    });
  });
}

Result<store::Info> info_of(const fs::path& data) {
  FITHOME_TRY(const auto reader, store::Reader::open(data));
  return reader.info();
}

std::string info_json(const store::Info& info, const fs::path& data) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("data").string(data.string()).key("format").integer(info.format);
  json.key("site")
      .string(info.site)
      .key("readings")
      .integer(static_cast<std::int64_t>(info.readings));
  json.key("bytes").integer(static_cast<std::int64_t>(info.bytes));
  if (info.first)
    json.key("first").string(to_iso(*info.first)).key("last").string(to_iso(*info.last));
  json.end_object();
  return out + "\n";
}

std::string info_text(const store::Info& info, const fs::path& data) {
  std::string out = fmt::format("{} (format {}, site {})\n", data.string(), info.format, info.site);
  if (!info.first) return out + "no readings yet\n";
  out += fmt::format("readings   {} from {} to {}\n", counted(info.readings), to_iso(*info.first),
                     to_iso(*info.last));
  return out + fmt::format("on disk    {}, {:.1f} bytes a reading\n",
                           bytes_text(static_cast<double>(info.bytes)),
                           static_cast<double>(info.bytes) / static_cast<double>(info.readings));
}

std::string check_json(const store::Checked& found) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("good").boolean(found.good());
  json.key("blocks").integer(static_cast<std::int64_t>(found.blocks));
  json.key("readings").integer(static_cast<std::int64_t>(found.readings));
  json.key("bad").begin_array();
  for (const auto& bad : found.bad) {
    json.begin_object().key("meter").integer(bad.meter).key("first").string(to_iso(bad.first));
    json.key("last").string(to_iso(bad.last));
    json.key("readings").integer(static_cast<std::int64_t>(bad.readings));
    json.key("what").string(bad.what).end_object();
  }
  json.end_array().key("wrong").begin_array();
  for (const std::string& wrong : found.wrong) json.string(wrong);
  json.end_array().end_object();
  return out + "\n";
}

std::string check_text(const store::Checked& found) {
  std::string out;
  for (const auto& bad : found.bad) {
    out += fmt::format("bad: {} ({} readings)\n", bad.what, bad.readings);
  }
  for (const std::string& wrong : found.wrong) out += fmt::format("bad: {}\n", wrong);
  out += fmt::format("{} readings in {} blocks and the journal: {}\n", counted(found.readings),
                     counted(found.blocks),
                     found.good() ? "all good" : "see above; the rest is served as before");
  if (!found.good()) {
    out +=
        "A copy may have what is bad here: fithome store restore COPY. What is to be done: "
        "docs/store.md\n";
  }
  return out;
}

Result<store::Checked> check(const fs::path& data, const Terminal& terminal) {
  FITHOME_TRY(const auto reader, store::Reader::open(data));
  store::Checked found;
  FITHOME_TRY_VOID(shown(terminal, "checked", [&](const store::Went& went) -> Result<void> {
    FITHOME_TRY(found, reader.check(went));
    return {};
  }));
  return found;
}

Result<store::BackedUp> copy(const fs::path& from, const fs::path& to, const Terminal& terminal) {
  FITHOME_TRY(const auto reader, store::Reader::open(from));
  store::BackedUp done;
  FITHOME_TRY_VOID(shown(terminal, "copied", [&](const store::Went& went) -> Result<void> {
    FITHOME_TRY(done, reader.back_up(to, went));
    return {};
  }));
  return done;
}

// A copy nobody has read is a hope.
Result<int> back_up(const fs::path& data, const fs::path& to, const Terminal& terminal) {
  FITHOME_TRY(const auto done, copy(data, to, terminal));
  FITHOME_TRY(const store::Checked found, check(to, terminal));
  fmt::print(terminal.out, "{}: {} readings, {}; {} blocks copied, {} were there\n", to.string(),
             counted(done.readings), bytes_text(static_cast<double>(done.bytes)),
             counted(done.copied), counted(done.kept));
  if (!found.good()) fmt::print(terminal.out, "{}", check_text(found));
  return found.good() ? EX_OK : kExitFaults;
}

Result<int> rebuild(const fs::path& data, const Terminal& terminal) {
  store::Rebuilt done;
  FITHOME_TRY_VOID(shown(terminal, "rebuilt", [&](const store::Went& went) -> Result<void> {
    FITHOME_TRY(done, store::rebuild(data, went));
    return {};
  }));
  for (const std::string& bad : done.bad) {
    fmt::print(terminal.out, "bad: {}; its roll-ups are as they were\n", bad);
  }
  fmt::print(terminal.out,
             "{} blocks read, {} had other minutes or none; hours and days are anew\n",
             counted(done.blocks), counted(done.mended));
  return done.bad.empty() ? EX_OK : kExitFaults;
}

Result<fs::path> move_aside(const fs::path& data, UtcTime now, const Terminal& terminal) {
  std::string stamp = to_iso(now).substr(0, sizeof "2026-11-22T22:40:00" - 1);
  std::erase(stamp, ':');
  const fs::path aside = data / ("before-restore-" + stamp);
  FITHOME_TRY_VOID(store::move_aside(data, aside));
  fmt::print(terminal.out, "what was there is now in {}\n", aside.string());
  return aside;
}

// What flowed since the copy is in the totals of the store that it replaces, if they can be read.
void go_on_from(const fs::path& aside, const fs::path& data, const Terminal& terminal) {
  const auto all = carry_over(aside, data);
  if (!all) {
    fmt::print(terminal.err,
               "the energy totals of what was there cannot be carried over ({}): they go on as in "
               "the copy, and fall by what has flowed since. Where others have them already, as "
               "Home Assistant: docs/home-assistant.md, \"When a number looks wrong\"\n",
               all.error().what);
    return;
  }
  for (const Carried& one : *all) {
    const std::string whose =
        one.meter == store::kHouse ? "the house" : fmt::format("meter {}", one.meter);
    if (one.lower) {
      fmt::print(terminal.err,
                 "energy totals of {}: lower in what was there than in the copy, so they go on as "
                 "in the copy\n",
                 whose);
      continue;
    }
    fmt::print(terminal.out,
               "energy totals of {}: they go on as they stood there, {:.3f} kWh from the grid and "
               "{:.3f} to it (in the copy {:.3f} and {:.3f})\n",
               whose, one.now.net.active.imported.wh() / 1000,
               one.now.net.active.exported.wh() / 1000, one.before.net.active.imported.wh() / 1000,
               one.before.net.active.exported.wh() / 1000);
  }
}

Result<bool> holds_store(const fs::path& data) {
  std::error_code error;
  const bool there =
      fs::exists(data / "readings.db", error) || (!error && fs::exists(data / "journal", error));
  if (error) return os_failure(Code::invalid, "look into " + data.string(), error.value());
  return there;
}

Result<int> restore(const fs::path& from, const fs::path& data, bool replace, UtcTime now,
                    const Terminal& terminal) {
  FITHOME_TRY(const store::Checked found, check(from, terminal));
  if (!found.good()) {
    return fail(Code::corrupt, fmt::format("{} is damaged, nothing was changed:\n{}", from.string(),
                                           check_text(found)));
  }
  FITHOME_TRY(const bool there, holds_store(data));
  if (there && !replace) {
    return fail(Code::invalid,
                fmt::format("{} holds a store; --replace moves it aside first", data.string()));
  }
  fs::path aside;
  if (there) {
    FITHOME_TRY_VOID(store::check_free(data));
    FITHOME_TRY(aside, move_aside(data, now, terminal));
  }
  FITHOME_TRY(const auto done, copy(from, data, terminal));
  if (there) go_on_from(aside, data, terminal);
  fmt::print(terminal.out, "{}: {} readings restored; start the daemon\n", data.string(),
             counted(done.readings));
  return EX_OK;
}

}  // namespace

Result<int> run_store(const StoreCommand& command, const Config& config, UtcTime now,
                      const Terminal& terminal) {
  const fs::path data = command.data.value_or(config.data);
  using Task = StoreCommand::What;
  switch (command.what) {
    case Task::info: {
      FITHOME_TRY(const store::Info info, info_of(data));
      fmt::print(terminal.out, "{}", command.json ? info_json(info, data) : info_text(info, data));
      return EX_OK;
    }
    case Task::check: {
      FITHOME_TRY(const store::Checked found, check(data, terminal));
      fmt::print(terminal.out, "{}", command.json ? check_json(found) : check_text(found));
      return found.good() ? EX_OK : kExitFaults;
    }
    case Task::back_up:
      return back_up(data, command.other, terminal);
    case Task::restore:
      return restore(command.other, data, command.replace, now, terminal);
    case Task::rebuild:
      return rebuild(data, terminal);
    case Task::compact: {
      FITHOME_TRY(const store::Info before, info_of(data));
      FITHOME_TRY_VOID(store::compact(data));
      FITHOME_TRY(const store::Info after, info_of(data));
      fmt::print(terminal.out, "{} before, {} now\n", bytes_text(static_cast<double>(before.bytes)),
                 bytes_text(static_cast<double>(after.bytes)));
      return EX_OK;
    }
  }
  return EX_OK;
}

}  // namespace fithome::app
