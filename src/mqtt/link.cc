// SPDX-License-Identifier: MIT
#include "mqtt/link.h"

#include "base/module.h"

namespace fithome::mqtt {

Result<std::unique_ptr<Link>> make_link(const Broker& broker, const std::string& client,
                                        const std::optional<Message>& will) {
  const Module module{kLinkModule, kLinkEntry, "fithome"};
  FITHOME_TRY(void* entry, load_module(module));
  std::unique_ptr<Link> link(
      reinterpret_cast<LinkEntry>(entry)(FITHOME_VERSION, broker, client, will));
  if (link == nullptr) return other_version(module);
  return link;
}

}  // namespace fithome::mqtt
