// SPDX-License-Identifier: MIT
//
// A reading as a document that the original's readers understand, and back.
//
// Flow:    store::Numbered -> append_document -> BSON; BSON of the original -> read_document
// Shape:   {_id, Pa, Pr, ts, meter, quality, and by option p_a_W, u_a_V, f_Hz ...}
// Units:   Pa is watts, Pr is var, both of the whole meter; ts is a BSON date
// Threads: pure functions
// Source:  docs/mongodb.md
#pragma once

#include <bson/bson.h>

#include <optional>
#include <string>

#include "sinks/mongodb.h"

namespace fithome::sinks {

/// The second of the reading, then 3 bytes of site and meter, then the number in 5 bytes: a reading
/// has the same one each time, no two have the same, and the last 8 bytes are never all zeros.
bson_oid_t object_id(const std::string& site, const store::Numbered& one);

struct DocumentOptions {
  std::string site;
  std::string meter;  // its name
  bool all_channels = false;
};
void append_document(bson_t& to, const store::Numbered& one, const DocumentOptions& options);

/// Nothing where the document is no reading: its _id is no ObjectId, or it has neither Pa nor Pr.
std::optional<OldReading> read_document(const bson_t& document);

}  // namespace fithome::sinks
