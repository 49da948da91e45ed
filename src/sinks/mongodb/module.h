// SPDX-License-Identifier: MIT
//
// What the module's parts hand to its entry.
//
// Threads: any
#pragma once

#include <memory>

#include "sinks/mongodb.h"

namespace fithome::sinks {

Result<std::unique_ptr<Sink>> open_mongodb_sink(const MongodbOptions& options);
Result<std::unique_ptr<MongodbReader>> open_mongodb_reader(const MongodbOptions& options);

}  // namespace fithome::sinks
