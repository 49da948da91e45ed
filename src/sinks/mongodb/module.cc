// SPDX-License-Identifier: MIT
#include "sinks/mongodb/module.h"

#include <mongoc/mongoc.h>

#include <string_view>

namespace fithome::sinks {
namespace {

class Module final : public MongodbModule {
 public:
  Module() {
    mongoc_init();
    mongoc_log_set_handler(nullptr, nullptr);  // what matters comes as an error
  }
  Result<std::unique_ptr<Sink>> sink(const MongodbOptions& options) override {
    return open_mongodb_sink(options);
  }
  Result<std::unique_ptr<MongodbReader>> reader(const MongodbOptions& options) override {
    return open_mongodb_reader(options);
  }
};

}  // namespace
}  // namespace fithome::sinks

extern "C" __attribute__((visibility("default"))) fithome::sinks::MongodbModule*
fithome_mongodb_module(const char* version) {
  if (std::string_view(version) != FITHOME_VERSION) return nullptr;
  static fithome::sinks::Module module;
  return &module;
}
