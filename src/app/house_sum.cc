// SPDX-License-Identifier: MIT
#include "app/house_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/config_file.h"
#include "app/config_keys.h"

namespace fithome::app {
namespace {

// Bytes of UTF-8 beyond ASCII are letters to us.
bool name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
}

class SumText {
 public:
  SumText(std::string_view text, const std::vector<MeterConfig>& meters)
      : text_(text), meters_(meters) {}

  std::expected<reading::HouseSum, SumError> sum() {
    reading::HouseSum terms;
    do {
      auto term = this->term(terms.empty());
      if (!term) return std::unexpected(term.error());
      if (const auto twice = overlap(terms, *term)) return std::unexpected(*twice);
      terms.push_back(*term);
      skip_blanks();
    } while (at_ < text_.size());
    return terms;
  }

 private:
  using Term = std::expected<reading::HouseTerm, SumError>;

  std::unexpected<SumError> wrong(std::size_t at, std::string what) const {
    return std::unexpected(
        SumError{static_cast<std::size_t>(characters(text_.substr(0, at))), std::move(what)});
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  Term term(bool first) {
    reading::HouseTerm term;
    skip_blanks();
    const bool sign = at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-');
    if (!sign && !first) return wrong(at_, "takes + or - between two meters");
    if (sign) term.sign = text_[at_++] == '-' ? -1 : 1;
    skip_blanks();
    begin_ = at_;
    const std::string_view name = word();
    if (name.empty()) return wrong(at_, "takes a meter here; " + known_meters());
    const auto meter = std::ranges::find(meters_, name, &MeterConfig::name);
    if (meter == meters_.end()) {
      return wrong(begin_, fmt::format("no meter is called {}; {}", name, known_meters()));
    }
    term.meter = static_cast<std::size_t>(meter - meters_.begin());
    if (at_ == text_.size() || text_[at_] != '.') return term;
    const std::size_t line_at = ++at_;
    const std::string_view line_name = word();
    term.line = line_of(*meter, line_name);
    if (term.line) return term;
    return wrong(line_at, fmt::format("meter {} measures no line {}; {}", name, line_name,
                                      known_lines(*meter)));
  }

  // A minus within a word belongs to it, one behind it does not.
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size()) {
      const bool joins = text_[at_] == '-' && at_ > begin && at_ + 1 < text_.size() &&
                         name_character(text_[at_ + 1]);
      if (!joins && !name_character(text_[at_])) break;
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  static std::optional<int> line_of(const MeterConfig& meter, std::string_view name) {
    const auto used = chip::lines_of(meter.chip.wiring);
    for (std::size_t line = 0; line < used.size(); ++line) {
      const bool meant = name == std::string_view("abc").substr(line, 1) ||
                         (!name.empty() && name == meter.line_names[line]);
      if (meant && used[line]) return static_cast<int>(line);
    }
    return {};
  }

  std::string known_meters() const {
    std::string text = "there ";
    text += meters_.size() == 1 ? "is" : "are";
    for (const MeterConfig& meter : meters_) {
      text += (&meter == &meters_.front() ? " " : ", ") + meter.name;
    }
    return text;
  }

  static std::string known_lines(const MeterConfig& meter) {
    std::string text = "it has";
    const auto used = chip::lines_of(meter.chip.wiring);
    for (std::size_t line = 0; line < used.size(); ++line) {
      if (!used[line]) continue;
      text += fmt::format("{}{}", text.ends_with("has") ? " " : ", ", chip::line_letter(line));
      if (!meter.line_names[line].empty()) text += fmt::format(" ({})", meter.line_names[line]);
    }
    return text;
  }

  std::optional<SumError> overlap(const reading::HouseSum& terms,
                                  const reading::HouseTerm& term) const {
    for (const reading::HouseTerm& other : terms) {
      if (other.meter != term.meter) continue;
      if (other.line && term.line && other.line != term.line) continue;
      return wrong(begin_,
                   fmt::format("{} is in the sum already", text_.substr(begin_, at_ - begin_)))
          .error();
    }
    return {};
  }

  std::string_view text_;
  const std::vector<MeterConfig>& meters_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the name at hand
};

}  // namespace

bool good_name(std::string_view name) {
  constexpr std::size_t kLongest = 40;
  if (name.empty() || name.size() > kLongest) return false;
  if (name.front() == '-' || name.back() == '-') return false;
  return std::ranges::all_of(name, [](char c) { return c == '-' || name_character(c); }) &&
         name.find("--") == name.npos;
}

std::expected<reading::HouseSum, SumError> parse_house_sum(std::string_view text,
                                                           const std::vector<MeterConfig>& meters) {
  if (text.empty()) return reading::HouseSum{{}};
  return SumText(text, meters).sum();
}

std::string house_sum_text(const reading::HouseSum& sum, const std::vector<MeterConfig>& meters) {
  std::string text;
  for (const reading::HouseTerm& term : sum) {
    if (term.sign < 0) text += text.empty() ? "-" : " - ";
    if (term.sign > 0 && !text.empty()) text += " + ";
    const MeterConfig& meter = meters[term.meter];
    text += meter.name;
    if (!term.line) continue;
    const std::string& line = meter.line_names[static_cast<std::size_t>(*term.line)];
    text += '.' + (line.empty() ? std::string(1, chip::line_letter(*term.line)) : line);
  }
  return text;
}

std::string house_sum_by_letters(const reading::HouseSum& sum, std::vector<MeterConfig> meters) {
  for (MeterConfig& meter : meters) meter.line_names = {};
  return house_sum_text(sum, meters);
}

}  // namespace fithome::app
