// SPDX-License-Identifier: MIT
#include "app/config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

// All of the library is compiled here, so the sanitizers and the fuzzer see it too.
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#if __has_include(<toml++/toml.hpp>)
#include <toml++/toml.hpp>
#else
#include <toml++/toml.h>
#endif

namespace fithome::app {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024;
constexpr int kMostDots = 100;  // the library frees nested tables by recursion

int as_int(toml::source_index index) { return static_cast<int>(index); }

// A file that was cut short, or that a power cut filled with zeros, can be good TOML with a wrong
// value in it (371 for 37106): it is refused, though only its end looks odd.
std::optional<Problem> check_whole(const ConfigText& text) {
  const std::string_view bytes = text.text();
  const auto lines = static_cast<int>(std::ranges::count(bytes, '\n')) + 1;
  if (bytes.empty()) {
    return text.problem(0, 0,
                        "the file is empty: it was not written to its end. Put it back, or remove "
                        "it to run on the defaults");
  }
  if (bytes.size() > kLargestFile) {
    return text.problem(0, 0, "larger than 64 KiB: this is no configuration of fithome");
  }
  if (const auto zero = bytes.find('\0'); zero != bytes.npos) {
    const auto line = static_cast<int>(std::ranges::count(bytes.substr(0, zero), '\n')) + 1;
    return text.problem(line, 0, "zero bytes from here on: the file is damaged; put it back");
  }
  if (bytes.back() != '\n') {
    return text.problem(lines, 0,
                        "the last line does not end: the file may be half-written. Complete it, "
                        "then end it with a line break");
  }
  return {};
}

// No value of ours is nested; something that nests very deep is an attack or a cat on the keyboard.
std::optional<Problem> check_depth(const ConfigText& text) {
  int line = 1;
  int dots = 0;
  for (const char c : text.text()) {
    if (c == '\n') {
      ++line;
      dots = 0;
    }
    if (c == '.' && ++dots > kMostDots) {
      return text.problem(line, 0, "too many dots in one line: no key of fithome is so deep");
    }
  }
  return {};
}

// What a name may begin with, and what the library (3.3) sees to itself.
bool begins_name(char c) {
  constexpr std::string_view kOthers = "_-\"']";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != kOthers.npos;
}

// "[#meter]" would fail an assertion of the library and so end the process.
std::optional<Problem> check_headings(const ConfigText& text) {
  std::string_view rest = text.text();
  for (int line = 1; !rest.empty(); ++line) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
    const std::size_t open = whole.find_first_not_of(" \t\r");
    if (open == whole.npos || whole[open] != '[') continue;
    std::size_t name = open + 1;
    if (name < whole.size() && whole[name] == '[') ++name;
    name = whole.find_first_not_of(" \t", name);
    if (name != whole.npos && begins_name(whole[name])) continue;
    return text.problem(line, static_cast<int>(open) + 1,
                        "a table begins with its name in brackets: [site] or [[meter]]");
  }
  return {};
}

// "Error while parsing key-value pair: expected '='" -> "expected '='"
std::string syntax_text(std::string_view what) {
  constexpr std::string_view kOpening = "Error while parsing ";
  if (what.starts_with(kOpening)) {
    if (const auto colon = what.find(": "); colon != what.npos) what.remove_prefix(colon + 2);
  }
  return fmt::format("not as TOML is written: {}", what);
}

class Walk {
 public:
  Walk(const ConfigText& text, const std::vector<Key>& keys, Settings& settings, Problems& problems)
      : text_(text),
        keys_(keys),
        tables_(config_tables()),
        settings_(settings),
        problems_(problems) {}

  void table(const toml::table& table, const std::string& prefix) {
    for (auto&& [name, node] : table) {
      const std::string path = prefix + std::string(name.str());
      if (path == "meter") {
        meters(name, node);
      } else if (std::ranges::find(tables_, path) != tables_.end()) {
        subtable(name, node, path);
      } else if (const Key* known = find(path)) {
        value(*known, node);
      } else {
        unknown(name, prefix);
      }
    }
  }

 private:
  void report(toml::source_position at, std::string what) {
    problems_.push_back(text_.problem(as_int(at.line), as_int(at.column), std::move(what)));
  }

  void meters(const toml::key& name, const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || !list->is_array_of_tables()) {
      return report(name.source().begin,
                    "meter: begin the meter with [[meter]], in two brackets; [meter.line.a] and "
                    "its like come after it");
    }
    for (std::size_t n = 0; n < list->size(); ++n) {
      const toml::node& one = *list->get(n);
      if (n == 0) {
        table(*one.as_table(), "meter.");
      } else {
        report(one.source().begin,
               "meter: a second meter is not possible yet; leave one [[meter]]");
      }
    }
  }

  void subtable(const toml::key& name, const toml::node& node, const std::string& path) {
    if (const toml::table* inner = node.as_table()) return table(*inner, path + ".");
    report(name.source().begin,
           fmt::format("{}: takes keys of its own, below a line [{}]", name.str(), path));
  }

  const Key* find(std::string_view path) const {
    const auto found = std::ranges::find(keys_, path, &Key::path);
    return found == keys_.end() ? nullptr : &*found;
  }

  void value(const Key& key, const toml::node& node) {
    std::optional<Value> value;
    if (const auto* text = node.as_string()) value = text->get();
    if (const auto* whole = node.as_integer()) value = whole->get();
    if (const auto* number = node.as_floating_point()) value = number->get();
    if (const auto* flag = node.as_boolean()) value = flag->get();
    const auto begin = node.source().begin;
    if (!value) return report(begin, fmt::format("{}: takes {}", key.name(), key.takes));
    if (const auto set = key.set(settings_.config, *value); !set) {
      return report(begin, fmt::format("{}: {}", key.name(), set.error().what));
    }
    settings_.origin[key.path] = text_.place(as_int(begin.line));
  }

  void unknown(const toml::key& name, const std::string& prefix) {
    std::vector<std::string> here;
    for (const Key& key : keys_) {
      if (key.path.size() - key.name().size() == prefix.size() && key.path.starts_with(prefix)) {
        here.emplace_back(key.name());
      }
    }
    for (const std::string& table : tables_) {
      if (table.starts_with(prefix) && table.find('.', prefix.size()) == table.npos) {
        here.push_back(table.substr(prefix.size()));
      }
    }
    const std::string_view word = name.str();
    std::string hint = "see docs/configuration.md";
    if (const auto near = nearest(word, here)) {
      hint = fmt::format("did you mean {}?", *near);
    } else if (const auto elsewhere = std::ranges::find(keys_, word, &Key::name);
               elsewhere != keys_.end()) {
      hint = belongs(*elsewhere);
    }
    report(name.source().begin, fmt::format("{}: no such key; {}", quoted_if_odd(word), hint));
  }

  static std::string belongs(const Key& key) {
    if (key.path == key.name()) return "it belongs at the top of the file, above all [tables]";
    const std::string table = key.path.substr(0, key.path.size() - key.name().size() - 1);
    return table == "meter" ? "it belongs below [[meter]]"
                            : fmt::format("it belongs below [{}]", table);
  }

  static std::string quoted_if_odd(std::string_view word) {
    constexpr std::size_t kLongest = 60;
    const bool plain = std::ranges::all_of(word, [](unsigned char c) { return c > 0x20; });
    return plain && !word.empty() && word.size() <= kLongest ? std::string(word) : "this name";
  }

  const ConfigText& text_;
  const std::vector<Key>& keys_;
  const std::vector<std::string> tables_;
  Settings& settings_;
  Problems& problems_;
};

}  // namespace

std::string_view ConfigText::line_text(int line) const {
  std::string_view rest = text_;
  for (int n = 1; n < line; ++n) {
    const auto end = rest.find('\n');
    if (end == rest.npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

Problem ConfigText::problem(int line, int column, std::string what) const {
  return {std::move(what), file_, line, column, std::string(line > 0 ? line_text(line) : "")};
}

std::string ConfigText::place(int line) const { return fmt::format("{}:{}", file_, line); }

void apply_file(const ConfigText& text, const std::vector<Key>& keys, Settings& settings,
                Problems& problems) {
  for (const auto& check : {check_whole(text), check_depth(text), check_headings(text)}) {
    if (!check) continue;
    problems.push_back(*check);
    return;
  }
  try {
    const toml::table parsed = toml::parse(text.text());
    Walk(text, keys, settings, problems).table(parsed, "");
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    problems.push_back(
        text.problem(as_int(at.line), as_int(at.column), syntax_text(error.description())));
  }
}

}  // namespace fithome::app
