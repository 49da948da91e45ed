// SPDX-License-Identifier: MIT
#include "app/control.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace fithome::app {
namespace {

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Lines final : public Reply {
 public:
  explicit Lines(std::function<Result<void>(std::string_view)>& write) : write_(write) {}
  Result<void> data(const Json& line) override {
    auto done = write_(text_of({{"data", line}}));
    gone_ = !done;
    return done;
  }
  bool gone() const { return gone_; }

 private:
  bool gone_ = false;
  std::function<Result<void>(std::string_view)>& write_;
};

Json error_line(const Error& error) {
  return {{"error", {{"code", name(error.code)}, {"what", error.what}}}};
}

}  // namespace

void Operations::add(std::string name, Operation operation) {
  const bool added = known_.emplace(std::move(name), std::move(operation)).second;
  FITHOME_CHECK(added, "two operations of one name");
}

Result<void> Operations::answer(std::string_view line,
                                std::function<Result<void>(std::string_view)> write,
                                std::stop_token stop) const {
  Lines reply(write);
  Result<void> done;
  try {
    done = perform(line, reply, stop);
  } catch (const Json::exception& error) {
    done = fail(Code::invalid, error.what());
  }
  if (!done && reply.gone()) return done;
  if (!done) return write(text_of(error_line(done.error())));
  return write(R"({"done":true})");
}

Result<void> Operations::perform(std::string_view line, Reply& reply, std::stop_token stop) const {
  const Json request = Json::parse(line, nullptr, false);
  if (!request.is_object()) {
    return fail(Code::invalid, "a request is one JSON object in a line: {\"op\":\"ping\"}");
  }
  FITHOME_TRY(const std::string op, text_field(request, "op"));
  const auto found = known_.find(op);
  if (found == known_.end()) {
    std::string names;
    for (const auto& [name, operation] : known_) names += " " + name;
    return fail(Code::unsupported,
                fmt::format("op \"{}\" is not known to this daemon; it knows{}. Is it an older "
                            "fithome? Restart it: sudo systemctl restart fithome",
                            op, names));
  }
  return found->second(request, reply, stop);
}

Result<std::string> text_field(const Json& request, std::string_view name) {
  const auto field = request.find(name);
  if (field == request.end() || !field->is_string()) {
    return fail(Code::invalid, fmt::format("\"{}\" must be a text", name));
  }
  return field->get<std::string>();
}

Result<std::int64_t> whole_field(const Json& request, std::string_view name, std::int64_t least,
                                 std::int64_t most, std::int64_t otherwise) {
  const auto field = request.find(name);
  if (field == request.end()) return otherwise;
  // Unsigned beyond the signed range would wrap.
  const bool fits = field->is_number_integer() &&
                    (!field->is_number_unsigned() || field->get<std::uint64_t>() <= INT64_MAX);
  if (!fits || field->get<std::int64_t>() < least || field->get<std::int64_t>() > most) {
    return fail(Code::invalid,
                fmt::format("\"{}\" must be a whole number, {} to {}", name, least, most));
  }
  return field->get<std::int64_t>();
}

}  // namespace fithome::app
