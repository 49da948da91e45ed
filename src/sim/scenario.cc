// SPDX-License-Identifier: MIT
#include "sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "base/number.h"
#include "base/time.h"
#include "sim/register_file.h"

namespace fithome::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostActs = 10'000;
constexpr Nanoseconds kLongest = 24h * 3660;  // ten years

/// How a trouble is written. Words in capitals stand for what is chosen.
struct Form {
  std::string_view words;
  Trouble trouble;
  double value = 0;
};

constexpr Form kForms[] = {
    {"chip absent high", Trouble::chip_absent, 1},
    {"chip absent low", Trouble::chip_absent, 0},
    {"chip absent random", Trouble::chip_floating},
    {"miso stuck high", Trouble::miso_stuck, 1},
    {"miso stuck low", Trouble::miso_stuck, 0},
    {"mosi stuck high", Trouble::mosi_stuck, 1},
    {"mosi stuck low", Trouble::mosi_stuck, 0},
    {"bits flip PROBABILITY", Trouble::bits_flip},
    {"writes lost", Trouble::writes_lost},
    {"bus slow", Trouble::bus_slow},
    {"bus hangs", Trouble::bus_hangs},
    {"brownout", Trouble::brown_out},
    {"config flips ADDRESS BIT", Trouble::config_flips},
    {"power lost", Trouble::power_lost},
    {"adapter missing", Trouble::adapter_missing},
    {"adapter LINE missing", Trouble::adapter_missing},
    {"adapter LINE turned", Trouble::adapter_turned},
    {"board gives FACTOR times", Trouble::board_gives},
    {"ct LINE unplugged", Trouble::ct_unplugged},
    {"ct LINE reversed", Trouble::ct_reversed},
    {"cts LINE OTHER swapped", Trouble::cts_swapped},
    {"outage", Trouble::outage},
    {"voltage PERCENT", Trouble::voltage},
    {"voltage LINE PERCENT", Trouble::voltage},
    {"frequency HERTZ", Trouble::frequency},
    {"frequency drifts to HERTZ", Trouble::frequency_drifts},
    {"load LINE WATTS", Trouble::load},
};

struct Token {
  std::string_view text;
  int column;
};

std::vector<Token> tokens_of(std::string_view text) {
  text = text.substr(0, text.find('#'));
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<Token> tokens;
  for (std::size_t at = text.find_first_not_of(kBlanks); at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    tokens.push_back({text.substr(at, end - at), static_cast<int>(at) + 1});
    at = text.find_first_not_of(kBlanks, end);
  }
  return tokens;
}

/// What is wrong, at a token; column 0 is behind the last one.
struct Wrong {
  std::string what;
  int column;
};
template <class T>
using Or = std::expected<T, Wrong>;

std::unexpected<Wrong> wrong(const Token& token, std::string what) {
  return std::unexpected(Wrong{std::move(what), token.column});
}

Or<double> number(const Token& token, std::string_view unit, double least, double most,
                  std::string_view example) {
  std::string_view text = token.text;
  if (!unit.empty() && text.ends_with(unit)) text.remove_suffix(unit.size());
  const auto value = parse_number<double>(text);
  if (!value || !(*value >= least && *value <= most)) {
    return wrong(token, fmt::format("\"{}\": takes {:g} to {:g}{}, such as {}", token.text, least,
                                    most, unit, example));
  }
  return *value;
}

Or<int> line_of(const Token& token) {
  if (token.text.size() == 1 && token.text[0] >= 'a' && token.text[0] <= 'c') {
    return token.text[0] - 'a';
  }
  return wrong(token, fmt::format("\"{}\": there are the lines a, b and c", token.text));
}

Or<std::uint16_t> address_of(const Token& token) {
  std::string_view text = token.text;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    const auto value = parse_number<std::uint16_t>(text, 16);
    if (value && *value < kConfigEnd) return *value;
  }
  return wrong(token, fmt::format("\"{}\": takes the address of a setting, 0x00 to 0x6F, such as "
                                  "0x61 (UgainA)",
                                  token.text));
}

template <class T, class U>
std::optional<Wrong> put(U& to, const Or<T>& from) {
  if (!from) return from.error();
  to = static_cast<U>(*from);
  return {};
}

/// Fills the place of a word in capitals.
std::optional<Wrong> fill(Act& act, std::string_view place, const Token& token) {
  if (place == "LINE") return put(act.line, line_of(token));
  if (place == "OTHER") return put(act.other, line_of(token));
  if (place == "ADDRESS") return put(act.address, address_of(token));
  if (place == "BIT") return put(act.bit, number(token, "", 0, 15, "14"));
  if (place == "PROBABILITY") return put(act.value, number(token, "", 0, 1, "0.001"));
  if (place == "FACTOR") return put(act.value, number(token, "", 0.01, 100, "9.5"));
  if (place == "HERTZ") return put(act.value, number(token, "Hz", 10, 100, "50Hz"));
  if (place == "WATTS") return put(act.value, number(token, "W", -1e5, 1e5, "9000W"));
  const auto percent = number(token, "%", 0, 300, "70%");
  if (!percent) return percent.error();
  act.value = *percent / 100;
  return {};
}

constexpr bool is_place(std::string_view word) { return word[0] >= 'A' && word[0] <= 'Z'; }

std::vector<std::string_view> words_of(std::string_view form) {
  std::vector<std::string_view> words;
  for (const Token& token : tokens_of(form)) words.push_back(token.text);
  return words;
}

bool fits(std::span<const std::string_view> form, std::span<const Token> tokens) {
  return form.size() == tokens.size() &&
         std::ranges::equal(form, tokens, [](std::string_view word, const Token& token) {
           return is_place(word) || word == token.text;
         });
}

/// Of the same first word, those there are; else all first words.
std::string possible(const Token& first) {
  std::vector<std::string_view> same;
  std::vector<std::string_view> all;
  for (const Form& form : kForms) {
    const std::string_view begin = words_of(form.words).front();
    if (begin == first.text) same.push_back(form.words);
    if (all.empty() || all.back() != begin) all.push_back(begin);
  }
  if (same.empty()) return fmt::format("a trouble begins with {}", fmt::join(all, ", "));
  return fmt::format("there is: {}", fmt::join(same, "; "));
}

Or<Nanoseconds> after_start(const Token& token) {
  const auto after = parse_duration(token.text.substr(1));
  if (!after || *after < 0ms) {
    return wrong(token, fmt::format("\"{}\": no time; such as +10s or +1h30m", token.text));
  }
  if (*after > kLongest) return wrong(token, "later than ten years after the start");
  return Nanoseconds(*after);
}

Or<Nanoseconds> by_calendar(const Token& token) {
  constexpr UtcTime kFirst{};
  constexpr UtcTime kLast = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);
  Result<UtcTime> at = fail(Code::invalid, "");
  if (token.text.size() >= 10 && token.text[4] == '-') at = parse_time(token.text, kFirst);
  if (at && *at >= kFirst && *at < kLast) return Nanoseconds(at->time_since_epoch());
  return wrong(token, fmt::format("\"{}\": no time; say +1h30m from the start, or "
                                  "2026-06-01T12:00:00Z",
                                  token.text));
}

/// Takes "for DURATION" off the end.
Or<Nanoseconds> end_of(std::vector<Token>& words, Nanoseconds begin) {
  if (words.size() < 2 || words[words.size() - 2].text != "for") return kForEver;
  const Token token = words.back();
  const auto lasts = parse_duration(token.text);
  if (!lasts || *lasts <= 0ms || *lasts > kLongest) {
    return wrong(token,
                 fmt::format("\"{}\": no duration; such as 500ms, 30s or 1h30m", token.text));
  }
  words.resize(words.size() - 2);
  return begin + *lasts;
}

Or<Act> act_of(std::vector<Token> words) {
  Act act;
  const Token when = words.front();
  act.calendar = !when.text.starts_with('+');
  const auto begin = act.calendar ? by_calendar(when) : after_start(when);
  if (!begin) return std::unexpected(begin.error());
  act.begin = *begin;
  words.erase(words.begin());
  const auto end = end_of(words, act.begin);
  if (!end) return std::unexpected(end.error());
  act.end = *end;
  if (words.empty()) return wrong(when, "a time, but no trouble; such as +10s brownout");
  for (const Form& form : kForms) {
    const auto places = words_of(form.words);
    if (!fits(places, words)) continue;
    act.trouble = form.trouble;
    act.value = form.value;
    for (std::size_t n = 0; n < places.size(); ++n) {
      if (!is_place(places[n])) continue;
      if (auto failed = fill(act, places[n], words[n])) return std::unexpected(*failed);
    }
    if (act.trouble == Trouble::cts_swapped && act.line == act.other) {
      return wrong(words[2], "a transformer cannot be swapped with itself");
    }
    if (momentary(act.trouble)) {
      if (act.end != kForEver) return wrong(words.front(), "is over at once: leave out \"for\"");
      act.end = act.begin;
    }
    const bool must_end =
        act.trouble == Trouble::frequency_drifts || act.trouble == Trouble::bus_hangs;
    if (must_end && act.end == kForEver) return wrong(words.front(), "how long? Add \"for 10m\"");
    return act;
  }
  return wrong(words.front(), "no such trouble; " + possible(words.front()));
}

}  // namespace

std::expected<Scenario, std::vector<ScenarioProblem>> parse_scenario(std::string_view text) {
  Scenario scenario;
  std::vector<ScenarioProblem> problems;
  for (int line = 1; !text.empty(); ++line) {
    const std::string_view source = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(source.size() + 1, text.size()));
    const auto tokens = tokens_of(source);
    if (tokens.empty()) continue;
    const auto problem = [&](const Wrong& found) {
      problems.push_back({found.what, line, found.column, std::string(source)});
    };
    if (tokens.front().text == "seed") {
      const auto seed = tokens.size() == 2 ? number(tokens[1], "", 0, 1e15, "7")
                                           : wrong(tokens.front(), "takes one number: seed 7");
      if (seed) scenario.seed = static_cast<std::uint64_t>(std::floor(*seed));
      if (!seed) problem(seed.error());
      continue;
    }
    auto act = act_of(tokens);
    if (!act) {
      problem(act.error());
      continue;
    }
    act->source_line = line;
    scenario.acts.push_back(*act);
    if (scenario.acts.size() > kMostActs) {
      problem({fmt::format("more than {} troubles", kMostActs), 1});
      break;
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return scenario;
}

Result<Scenario> started(Scenario scenario, UtcInstant start) {
  for (Act& act : scenario.acts) {
    if (!act.calendar) continue;
    act.calendar = false;
    act.begin -= start.time_since_epoch();
    if (act.end != kForEver) act.end -= start.time_since_epoch();
    if (act.begin >= 0ns && act.begin <= kLongest) continue;
    return fail(Code::invalid, fmt::format("scenario, line {}: is {} (that is {})", act.source_line,
                                           act.begin < 0ns ? "before the simulation starts"
                                                           : "later than ten years after the start",
                                           to_iso(to_stamp(start))));
  }
  std::ranges::sort(scenario.acts, [](const Act& one, const Act& other) {
    return std::pair(one.begin, one.source_line) < std::pair(other.begin, other.source_line);
  });
  return scenario;
}

std::vector<std::string> known_troubles() {
  std::vector<std::string> all;
  for (const Form& form : kForms) all.emplace_back(form.words);
  return all;
}

}  // namespace fithome::sim
