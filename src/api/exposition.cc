// SPDX-License-Identifier: MIT
#include "api/exposition.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace fithome::api {
namespace {

// Both formats escape alike: backslash and newline, and in labels the double quote too.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"') {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view suffix(Exposition::Type type) {
  switch (type) {
    case Exposition::Type::counter:
      return "_total";
    case Exposition::Type::info:
      return "_info";
    case Exposition::Type::gauge:
      return "";
  }
  return "";
}

std::string_view type_name(Exposition::Type type, bool open_metrics) {
  if (type == Exposition::Type::counter) return "counter";
  return type == Exposition::Type::info && open_metrics ? "info" : "gauge";
}

}  // namespace

MetricsFormat metrics_format(std::string_view accept) {
  // A scraper that names it can read it; quality values only order what it likes better.
  return accept.find("application/openmetrics-text") != std::string_view::npos
             ? MetricsFormat::open_metrics
             : MetricsFormat::prometheus;
}

std::string_view content_type(MetricsFormat format) {
  return format == MetricsFormat::open_metrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

Exposition& Exposition::family(std::string_view name, Type type, std::string_view unit,
                               std::string_view help) {
  sample_name_ = fmt::format("{}{}", name, suffix(type));
  const std::string_view family_name = open_metrics() ? name : std::string_view(sample_name_);
  const auto out = std::back_inserter(out_);
  fmt::format_to(out, "# TYPE {} {}\n", family_name, type_name(type, open_metrics()));
  if (open_metrics() && !unit.empty()) fmt::format_to(out, "# UNIT {} {}\n", family_name, unit);
  fmt::format_to(out, "# HELP {} {}\n", family_name, help);
  return *this;
}

void Exposition::begin_sample(Labels labels) {
  out_ += sample_name_;
  char before = '{';
  const auto add = [&](const Label& label) {
    out_ += std::exchange(before, ',');
    fmt::format_to(std::back_inserter(out_), "{}=\"{}\"", label.name, escaped(label.value));
  };
  if (!meter_.empty()) add({"meter", meter_});
  for (const Label& label : labels) add(label);
  out_ += before == '{' ? " " : "} ";
}

Exposition& Exposition::sample(Labels labels, double value) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
  return *this;
}

Exposition& Exposition::sample(Labels labels, std::uint64_t value) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
  return *this;
}

Exposition& Exposition::sample(Labels labels, std::string_view number) {
  begin_sample(labels);
  out_ += number;
  out_ += '\n';
  return *this;
}

std::string Exposition::finish() {
  if (open_metrics()) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace fithome::api
