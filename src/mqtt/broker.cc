// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "mqtt/link.h"

namespace fithome::mqtt {

std::string Broker::text() const {
  return fmt::format("{}://{}{}{}:{}", tls ? "mqtts" : "mqtt", user, user.empty() ? "" : "@", host,
                     port);
}

}  // namespace fithome::mqtt
