// SPDX-License-Identifier: MIT
//
// What the doctor found, for people and programs.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/control.h"
#include "app/doctor.h"
#include "app/print_text.h"

namespace fithome::app {
namespace {

constexpr std::size_t kGradeWidth = 10;
constexpr std::size_t kLeastCheckWidth = 15;

std::string grade_text(Grade grade, Style style) {
  const std::string text = left(name(grade), kGradeWidth);
  if (grade == Grade::bad) return style.red(style.bold(text));
  return grade == Grade::doubtful ? style.bold(text) : text;
}

}  // namespace

std::string doctor_text(const Diagnosed& diagnosed, Style style) {
  std::string out;
  std::size_t width = kLeastCheckWidth;
  for (const Finding& finding : diagnosed.findings) {
    width = std::max(width, finding.about().size() + 2);
  }
  for (const Finding& finding : diagnosed.findings) {
    out += grade_text(finding.grade, style) + left(finding.about(), width) + finding.what + "\n";
    if (!finding.remedy.empty()) {
      out += left("", kGradeWidth) + left("", width) + "-> " + finding.remedy + "\n";
    }
  }
  if (!diagnosed.not_checked.empty()) {
    out += left("", kGradeWidth) +
           style.dim(fmt::format("not checked: {}", fmt::join(diagnosed.not_checked, ", "))) + "\n";
  }
  return out + "\n" + style.bold("Next: ") + diagnosed.next + "\n";
}

std::string doctor_json(const Diagnosed& diagnosed) {
  Json findings = Json::array();
  for (const Finding& finding : diagnosed.findings) {
    Json row{{"check", finding.check},
             {"grade", name(finding.grade)},
             {"what", finding.what},
             {"remedy", finding.remedy}};
    if (!finding.meter.empty()) row["meter"] = finding.meter;
    findings.push_back(std::move(row));
  }
  const Json json{{"grade", name(diagnosed.worst())},
                  {"findings", findings},
                  {"not_checked", diagnosed.not_checked},
                  {"next", diagnosed.next}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fithome::app
