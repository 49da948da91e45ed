// SPDX-License-Identifier: MIT
//
// /api/v1/export/NAME: a file of readings. While it is being made the answer is 202 and how far it
// is; then it is the file, whole or in ranges.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "api/answers.h"
#include "api/export_jobs.h"
#include "api/meters.h"
#include "base/number.h"

namespace fithome::api {
namespace {

constexpr std::size_t kPiece = 256 << 10;

Result<exports::Format> format_of(std::string_view name, const Query& query) {
  const auto said = query.get("format");
  std::optional<exports::Format> format = exports::format_of_file(name);
  if (said) {
    FITHOME_TRY(format, exports::format_of(*said));
  }
  if (!format) {
    return fail(Code::invalid,
                fmt::format("\"{}\" has no ending that is known: .pkl.zip, .csv, .csv.gz, "
                            ".npz or .parquet; or say format=",
                            name));
  }
  if (*format == exports::Format::nilmtk) {
    return fail(Code::invalid, "nilmtk is a folder of files; use fithome export --format nilmtk");
  }
  return *format;
}

Result<exports::Request> request_of(const Source& source, std::string_view name,
                                    const Query& query) {
  FITHOME_TRY_VOID(query.only({"meter", "from", "to", "channels", "every", "format"}));
  const Status status = source.live.status();
  const auto meters = meters_of(status);
  FITHOME_TRY(const auto asked, meter_asked(query, meters));
  const MeterStatus& meter = meters[asked.value_or(0)];
  exports::Request request;
  request.meter = meter.id;
  FITHOME_TRY(request.format, format_of(name, query));
  const UtcTime now = source.now();
  FITHOME_TRY(request.from, time_asked(query, "from", now, request.from));
  FITHOME_TRY(request.to, time_asked(query, "to", now, request.to));
  if (request.from >= request.to) return fail(Code::invalid, "from must be before to");
  const bool pandas = request.format == exports::Format::pandas;
  const std::string channels(query.get("channels").value_or(pandas ? "Pa,Pr" : "all"));
  FITHOME_TRY(request.wanted, exports::parse_wanted(channels, channels_in_use(meter.lines)));
  request.flags = !pandas || channels == "all";
  if (const auto every = query.get("every")) {
    const auto step = exports::parse_every(*every);
    if (!step) return fail(step.error().code, "every: " + step.error().what);
    request.every = *step;
  }
  request.interval_s = status.interval_s;
  return request;
}

Response being_made(const exports::Progress& progress) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("state").string("running");
  out.key("done")
      .number(progress.done, 3)
      .key("readings")
      .integer(static_cast<std::int64_t>(progress.rows));
  out.end_object();
  body += '\n';
  Response response = json(std::move(body));
  response.status = 202;
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

struct Part {
  std::uint64_t first, count;
};

// "bytes=0-99", "bytes=100-", "bytes=-100" (RFC 9110 14.1.2); nothing: several, or another unit,
// which means the whole. A part of no bytes: none of it is there.
std::optional<Part> part_of(std::string_view range, std::uint64_t bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) return {};
  range.remove_prefix(kUnit.size());
  const auto dash = range.find('-');
  if (dash == range.npos) return {};
  const auto first = parse_number<std::uint64_t>(range.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(range.substr(dash + 1));
  const bool open_end = dash + 1 == range.size();
  if (dash == 0) {
    if (!last) return {};
    const std::uint64_t count = std::min(*last, bytes);
    return Part{bytes - count, count};
  }
  if (!first || (!last && !open_end) || (last && *last < *first)) return {};
  if (*first >= bytes) return Part{bytes, 0};
  return Part{*first, std::min(last.value_or(bytes - 1), bytes - 1) - *first + 1};
}

Pull pieces_of(const ExportFile& file, Part part) {
  return [fd = file.fd, part](std::string& out) mutable -> Result<bool> {
    out.resize(std::min<std::uint64_t>(kPiece, part.count));
    const auto got = ::pread(fd->get(), out.data(), out.size(), static_cast<off_t>(part.first));
    if (got <= 0) return os_failure(Code::transient, "read an export", got < 0 ? errno : EIO);
    out.resize(static_cast<std::size_t>(got));
    part.first += out.size();
    part.count -= out.size();
    return part.count > 0;
  };
}

Response file_answer(const ExportFile& file, std::string_view name, const Request& request) {
  Response response;
  response.content_type = "application/octet-stream";
  response.headers = {{"Accept-Ranges", "bytes"},
                      {"ETag", file.tag},
                      {"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)}};
  Part part{0, file.bytes};
  const bool same = request.if_range.empty() || request.if_range == file.tag;
  if (const auto asked = part_of(request.range, file.bytes); asked && same) {
    part = *asked;
    if (part.count == 0) {
      response = failure(416, Code::invalid, fmt::format("the file has {} bytes", file.bytes));
      response.headers.push_back({"Content-Range", fmt::format("bytes */{}", file.bytes)});
      return response;
    }
    response.status = 206;
    response.headers.push_back(
        {"Content-Range",
         fmt::format("bytes {}-{}/{}", part.first, part.first + part.count - 1, file.bytes)});
  }
  response.length = part.count;
  response.body = pieces_of(file, part);
  return response;
}

// It becomes part of a header.
bool plain(std::string_view name) {
  return !name.empty() && name.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789._-") == name.npos;
}

}  // namespace

Response export_answer(const Source& source, std::string_view name, const Query& query,
                       const Request& request) {
  if (source.exports == nullptr) {
    return failure(404, Code::not_found, "exports are made by the daemon, or by fithome export");
  }
  if (!plain(name)) {
    return failure(
        400, Code::invalid,
        "name the file: /api/v1/export/aggregate.pkl.zip?from=-7d; letters, digits, . _ -");
  }
  const auto wanted = request_of(source, name, query);
  if (!wanted) return failure(wanted.error());
  const auto look = source.exports->look(std::string(request.target), *wanted);
  if (!look) return failure(look.error());
  return look->file ? file_answer(*look->file, name, request) : being_made(look->progress);
}

}  // namespace fithome::api
