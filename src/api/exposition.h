// SPDX-License-Identifier: MIT
//
// The two text formats that Prometheus reads, from the same calls.
//
// Use:     family(...) once for each name, then its samples, then the next family; finish()
// Shape:   `name` is without "_total" (counter) and "_info": they are put where each format wants
//          them; a unit ends the name
// Source:  Prometheus text format 0.0.4; OpenMetrics 1.0
// Threads: one
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fithome::api {

enum class MetricsFormat { prometheus, open_metrics };

/// OpenMetrics where the Accept header names it and does not refuse it.
MetricsFormat metrics_format(std::string_view accept);
std::string_view content_type(MetricsFormat format);

class Exposition {
 public:
  enum class Type { counter, gauge, info };
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  using Labels = std::initializer_list<Label>;

  explicit Exposition(MetricsFormat format) : format_(format) {}

  Exposition& family(std::string_view name, Type type, std::string_view unit,
                     std::string_view help);
  /// Samples from here on are of this meter, and have it as a label; empty: of none.
  void about_meter(std::string_view name) { meter_ = name; }
  Exposition& sample(Labels labels, double value);
  Exposition& sample(Labels labels, std::uint64_t value);
  /// `number` is decimal text already.
  Exposition& sample(Labels labels, std::string_view number);

  /// The whole text.
  std::string finish();

 private:
  bool open_metrics() const { return format_ == MetricsFormat::open_metrics; }
  void begin_sample(Labels labels);

  MetricsFormat format_;
  std::string sample_name_;  // of the present family
  std::string meter_;
  std::string out_;
};

}  // namespace fithome::api
