// SPDX-License-Identifier: MIT
#include "base/module.h"
#include "sinks/mongodb.h"

namespace fithome::sinks {

Result<MongodbModule*> load_mongodb(const std::string& version) {
  const Module of{kMongodbModule, kMongodbEntry, "fithome-mongodb"};
  const auto entry = load_module(of);
  if (!entry) return within("mongodb", entry.error());
  MongodbModule* module = reinterpret_cast<MongodbEntry>(*entry)(version.c_str());
  if (module == nullptr) return within("mongodb", other_version(of).error());
  return module;
}

}  // namespace fithome::sinks
