// SPDX-License-Identifier: MIT
//
// The original's collection: Pa and Pr of the house.
//
// Errors:  those of sinks::MongodbReader
// Threads: one
// Source:  docs/mongodb.md
#pragma once

#include <memory>

#include "imports/source.h"
#include "sinks/mongodb.h"

namespace fithome::imports {

Result<std::unique_ptr<Source>> mongodb_source(std::unique_ptr<sinks::MongodbReader> reader);

}  // namespace fithome::imports
