// SPDX-License-Identifier: MIT
#include "api/routes.h"

#include <fmt/format.h>

#include <array>

#include "api/answers.h"
#include "api/host_guard.h"
#include "api/query.h"

namespace fithome::api {
namespace {

Response live_answer(const Source&, const Query& query) {
  if (const auto known = query.only({}); !known) return failure(known.error());
  Response response;
  response.content_type = "text/event-stream";
  // nginx would gather events until its buffer is full.
  response.headers.push_back({"X-Accel-Buffering", "no"});
  response.body = LiveStream{};
  return response;
}

struct Route {
  std::string_view path;
  Response (*answer)(const Source&, const Query&);
};
constexpr std::array<Route, 8> kRoutes{{
    {"/api/v1/now", now_answer},
    {"/api/v1/live", live_answer},
    {"/api/v1/readings", readings_answer},
    {"/api/v1/energy", energy_answer},
    {"/api/v1/events", events_answer},
    {"/api/v1/status", status_answer},
    {"/api/v1/channels", channels_answer},
    {"/api/v1/sinks", sinks_answer},
}};

Response unknown_address(std::string_view path) {
  std::string what = fmt::format("no address {}; there are /, /metrics, /api/v1/export/NAME", path);
  for (const Route& route : kRoutes) what += fmt::format(", {}", route.path);
  return failure(404, Code::not_found, what);
}

Response foreign_host(std::string_view host) {
  return failure(
      421, Code::invalid,
      fmt::format("this meter does not answer to the name \"{}\"; use its address (127.0.0.1), "
                  "localhost or a name ending in .local, or let your proxy send one of these",
                  host));
}

}  // namespace

Response Routes::answer(const Request& request) const {
  if (guard_host_ && !is_house_name(request.host)) return foreign_host(request.host);
  if (request.method != "GET" && request.method != "HEAD") {
    Response response =
        failure(405, Code::invalid,
                fmt::format("{} is not possible: this API only reads; use GET", request.method));
    response.headers.push_back({"Allow", "GET, HEAD"});
    return response;
  }
  const auto target = parse_target(request.target);
  if (!target) return failure(target.error());
  if (auto asset = asset_answer(target->path, request)) return std::move(*asset);

  const auto query = Query::parse(target->query);
  if (!query) return failure(query.error());
  if (target->path == "/metrics") return metrics_answer(source_, *query, request.accept);
  for (const Route& route : kRoutes) {
    if (route.path == target->path) return route.answer(source_, *query);
  }
  if (constexpr std::string_view kExport = "/api/v1/export/"; target->path.starts_with(kExport)) {
    return export_answer(source_, std::string_view(target->path).substr(kExport.size()), *query,
                         request);
  }
  return unknown_address(target->path);
}

std::optional<Routes::Event> Routes::newest_event() const {
  const auto newest = newest_time(source_.live.latest());
  if (!newest) return {};
  const auto object = now_object(source_);
  if (!object) return {};
  return Event{.time = *newest, .text = fmt::format("event: reading\ndata: {}\n\n", *object)};
}

}  // namespace fithome::api
