// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/client.h"
#include "base/csv_columns.h"
#include "imports/channel_names.h"
#include "imports/influx.h"
#include "imports/influx_answer.h"
#include "imports/influx_tags.h"

namespace fithome::imports {
namespace {

constexpr std::size_t kPage = 10'000;  // points a query: a megabyte or so
constexpr std::chrono::seconds kPatience{60};

std::string in_url(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t n = 0; n < 3; ++n) {
      bits = bits << 8 | (at + n < text.size() ? static_cast<unsigned char>(text[at + n]) : 0U);
    }
    for (std::size_t n = 0; n < 4; ++n) {
      out += at + n <= text.size() ? kDigits[bits >> (18 - 6 * n) & 63] : '=';
    }
  }
  return out;
}

std::string authorization_of(const InfluxOptions& options) {
  if (!options.user.empty())
    return fmt::format("Basic {}", base64(options.user + ":" + options.password));
  return options.password.empty() ? "" : fmt::format("Token {}", options.password);
}

/// The server, and the measurement that is asked for.
class InfluxServer {
 public:
  explicit InfluxServer(const InfluxOptions& options) : options_(options) {
    while (options_.url.ends_with('/')) options_.url.pop_back();
  }

  /// The answer's JSON.
  Result<std::string> ask(const std::string& query) const;
  /// Adds to an error whom we spoke to.
  Failure refused(Error error) const {
    return within(fmt::format("InfluxDB at {}", options_.url), std::move(error));
  }
  Result<std::vector<std::string>> names(const std::string& query) const;
  Result<std::vector<InfluxSeries>> rows(const std::string& query, std::size_t columns) const;

 private:
  InfluxOptions options_;
};

Result<std::string> InfluxServer::ask(const std::string& query) const {
  FITHOME_TRY(api::Reply reply,
              api::get(fmt::format("{}/query?db={}&epoch=ns&q={}", options_.url,
                                   in_url(options_.database), in_url(query)),
                       kPatience, api::Other{"InfluxDB", authorization_of(options_)}));
  if (reply.status == 401 || reply.status == 403) {
    return refused({Code::invalid,
                    "it does not let us in; say --user and put the password into a file that "
                    "--password-file names, or into FITHOME_INFLUXDB_PASSWORD"});
  }
  return std::move(reply.body);
}

Result<std::vector<std::string>> InfluxServer::names(const std::string& query) const {
  FITHOME_TRY(const std::string body, ask(query));
  auto found = read_influx_names(body);
  if (!found) return refused(std::move(found).error());
  return found;
}

Result<std::vector<InfluxSeries>> InfluxServer::rows(const std::string& query,
                                                     std::size_t columns) const {
  FITHOME_TRY(const std::string body, ask(query));
  auto found = read_influx_rows(body, columns);
  if (!found) return refused(std::move(found).error());
  return found;
}

/// What the pages are asked for.
struct Query {
  std::string fields;  // quoted, with commas
  std::string from;    // FROM "m"
  std::string tags;    // AND "host" = 'pi'
  std::vector<Feeding> feedings;
  std::vector<std::string> columns;  // the field of each feeding
};

Result<Query> make_query(const InfluxServer& server, const InfluxOptions& options) {
  FITHOME_TRY(const InfluxTags tags, parse_influx_tags(options.tags));
  Query query;
  query.from = fmt::format("FROM {}", influx_name(options.measurement));
  for (const auto& [name, value] : tags) {
    query.tags += fmt::format(" AND {} = {}", influx_name(name), influx_text(value));
  }
  FITHOME_TRY(const auto names, server.names("SHOW FIELD KEYS " + query.from));
  if (names.empty()) {
    FITHOME_TRY(const auto others, server.names("SHOW MEASUREMENTS"));
    return fail(Code::invalid,
                fmt::format("no measurement \"{}\" in database {}; it has \"{}\"",
                            options.measurement, options.database, fmt::join(others, "\", \"")));
  }
  const csv::Heading heading{{names.begin(), names.end()}, "field", "measurement"};
  FITHOME_TRY(const csv::Columns found, csv::find_columns(options.fields, heading, known_channel));
  if (found.fed.empty()) {
    return fail(Code::invalid, fmt::format("say which field is which channel, as in --fields "
                                           "p=FIELD; {}",
                                           csv::what_there_is(heading)));
  }
  for (std::size_t n = 0; n < found.fed.size(); ++n) {
    const csv::Fed& fed = found.fed[n];
    query.columns.push_back(names[fed.column.field]);
    // An alias, for a field may feed several channels.
    query.fields +=
        fmt::format("{}{} AS c{}", n == 0 ? "" : ", ", influx_name(query.columns.back()), n);
    query.feedings.push_back({*channel_of(fed.name), {n, fed.column.factor}});
  }
  return query;
}

/// Two series would be mixed into one.
Result<void> check_one_series(const InfluxServer& server, const Query& query) {
  for (const std::string& column : query.columns) {
    FITHOME_TRY(const auto series,
                server.rows(fmt::format("SELECT {} {} WHERE time > 0{} GROUP BY * LIMIT 1",
                                        influx_name(column), query.from, query.tags),
                            1));
    if (series.size() < 2) continue;
    return fail(Code::invalid,
                fmt::format("{} has several series, {} and {}; pick one, as in --tags '{}'", column,
                            series[0].tags, series[1].tags, series[0].tags));
  }
  return {};
}

class InfluxPages final : public OneByOne {
 public:
  InfluxPages(InfluxServer server, Query query, std::int64_t first, std::int64_t last)
      : server_(std::move(server)),
        query_(std::move(query)),
        first_(first),
        last_(last),
        at_(first - 1) {}

  double done() const override {
    if (last_ <= first_) return 1;
    return std::clamp(static_cast<double>(at_ - first_) / static_cast<double>(last_ - first_), 0.0,
                      1.0);
  }

 private:
  Result<std::optional<reading::Reading>> next_one() override {
    if (row_ == rows_.size()) FITHOME_TRY_VOID(next_page());
    if (rows_.empty()) return std::optional<reading::Reading>{};
    FITHOME_TRY(const reading::Reading reading, reading_of(rows_[row_]));
    at_ = rows_[row_++].ns;
    return reading;
  }

  Result<void> next_page() {
    rows_.clear();
    row_ = 0;
    FITHOME_TRY(
        auto series,
        server_.rows(fmt::format("SELECT {} {} WHERE time > {} AND time <= {}{} "
                                 "ORDER BY time ASC LIMIT {}",
                                 query_.fields, query_.from, at_, last_, query_.tags, kPage),
                     query_.columns.size()));
    if (!series.empty()) rows_ = std::move(series[0].rows);
    return {};
  }

  Result<reading::Reading> reading_of(const InfluxRow& row) const {
    reading::Reading reading;
    reading.time =
        std::chrono::floor<std::chrono::milliseconds>(UtcInstant(std::chrono::nanoseconds(row.ns)));
    for (const Feeding& feeding : query_.feedings) {
      const auto& value = row.values[feeding.from.field];
      if (!value) continue;
      if (auto set = set_value(reading, feeding, *value); !set) {
        return within(
            fmt::format("field {} at {}", query_.columns[feeding.from.field], to_iso(reading.time)),
            std::move(set).error());
      }
    }
    return reading;
  }

  InfluxServer server_;
  Query query_;
  std::int64_t first_, last_, at_;  // ns; at_: of the last that was handed out
  std::vector<InfluxRow> rows_;
  std::size_t row_ = 0;
};

Result<std::optional<std::int64_t>> end_of(const InfluxServer& server, const Query& query,
                                           std::string_view order) {
  FITHOME_TRY(const auto series,
              server.rows(fmt::format("SELECT {} {} WHERE time > 0{} ORDER BY time {} LIMIT 1",
                                      query.fields, query.from, query.tags, order),
                          query.columns.size()));
  if (series.empty() || series[0].rows.empty()) return std::optional<std::int64_t>{};
  return std::optional(series[0].rows[0].ns);
}

}  // namespace

Result<std::unique_ptr<Source>> influx_server_source(const InfluxOptions& options) {
  if (options.url.contains('@')) {
    return fail(
        Code::invalid,
        "no user and no password in --url; say --user, and --password-file for the password");
  }
  const InfluxServer server(options);
  FITHOME_TRY(Query query, make_query(server, options));
  FITHOME_TRY_VOID(check_one_series(server, query));
  FITHOME_TRY(const auto first, end_of(server, query, "ASC"));
  FITHOME_TRY(const auto last, end_of(server, query, "DESC"));
  if (!first || !last) {
    return fail(Code::not_found, fmt::format("InfluxDB at {}: no point of \"{}\" with these fields "
                                             "and tags",
                                             options.url, options.measurement));
  }
  return std::unique_ptr<Source>(
      std::make_unique<InfluxPages>(server, std::move(query), *first, *last));
}

}  // namespace fithome::imports
