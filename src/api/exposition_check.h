// SPDX-License-Identifier: MIT
//
// A strict reader of what Prometheus reads, written from the format's description and knowing
// nothing of api/exposition.cc: finds what is wrong with a text.
#pragma once

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fithome::api {

struct Exposed {
  std::map<std::string, std::string> types;    // of families
  std::map<std::string, std::string> samples;  // "name{labels}" -> value
  std::vector<std::string> faults;
};

class ExpositionCheck {
 public:
  explicit ExpositionCheck(bool open_metrics) : open_metrics_(open_metrics) {}

  Exposed read(const std::string& text) {
    if (text.empty() || text.back() != '\n') fault("no newline at the end");
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
      if (ended_) fault("text after # EOF");
      if (line.empty()) {
        fault("blank line");
      } else if (line[0] == '#') {
        comment(line);
      } else {
        sample(line);
      }
    }
    if (open_metrics_ && !ended_) fault("no # EOF");
    for (const auto& [family, type] : found_.types) {
      if (!with_samples_.contains(family)) fault("no samples of " + family);
    }
    return std::move(found_);
  }

 private:
  void fault(const std::string& what) { found_.faults.push_back(what); }

  void comment(const std::string& line) {
    if (open_metrics_ && line == "# EOF") {
      ended_ = true;
      return;
    }
    static const std::regex kComment(R"(# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*))");
    std::smatch parts;
    if (!std::regex_match(line, parts, kComment)) return fault("comment: " + line);
    const std::string what = parts[1], family = parts[2], rest = parts[3];
    if (family != family_) {
      if (!families_.insert(family).second) fault("family in two places: " + family);
      family_ = family;
    }
    if (with_samples_.contains(family)) fault(what + " after samples of " + family);
    if (!told_.insert(what + " " + family).second) fault(what + " twice for " + family);
    if (what == "TYPE") type(family, rest);
    if (what == "UNIT") {
      if (!open_metrics_) fault("UNIT in 0.0.4");
      if (!family.ends_with("_" + rest)) fault(family + " does not end in its unit " + rest);
    }
    if (what == "HELP" && rest.find_first_of("\\\"") != std::string::npos) fault("HELP: " + rest);
  }

  void type(const std::string& family, const std::string& type) {
    static const std::set<std::string> kOpen{"counter", "gauge", "info"};
    static const std::set<std::string> kPlain{"counter", "gauge"};
    if (!(open_metrics_ ? kOpen : kPlain).contains(type)) fault("type " + type);
    const bool total = family.ends_with("_total");
    if (type == "counter" && total == open_metrics_) fault("name of counter " + family);
    if (type != "counter" && total) fault(family + " is no counter");
    if (open_metrics_ && family.ends_with("_info")) fault("name of info " + family);
    found_.types[family] = type;
  }

  std::string sample_name() const {
    if (!open_metrics_) return family_;
    const std::string& type = found_.types[family_];
    return family_ + (type == "counter" ? "_total" : type == "info" ? "_info" : "");
  }

  void sample(const std::string& line) {
    static const std::regex kSample(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? )re"
        R"re(([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?))re");
    std::smatch parts;
    if (!std::regex_match(line, parts, kSample)) return fault("sample: " + line);
    const std::string name = parts[1], labels = parts[3], value = parts[4];
    if (labels.ends_with(',')) fault("comma: " + line);
    if (labels.find("__") != std::string::npos) fault("label: " + line);
    if (family_.empty() || name != sample_name()) fault("sample outside its family: " + line);
    if (found_.types[family_] == "counter" && value.starts_with('-')) fault("falling: " + line);
    if (!found_.samples.emplace(labels.empty() ? name : name + "{" + labels + "}", value).second) {
      fault("twice: " + line);
    }
    with_samples_.insert(family_);
  }

  bool open_metrics_;
  bool ended_ = false;
  std::string family_;
  std::set<std::string> families_, told_, with_samples_;
  mutable Exposed found_;
};

}  // namespace fithome::api
