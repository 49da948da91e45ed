// SPDX-License-Identifier: MIT
//
// A measurement of InfluxDB: asked of a server, or from a file of its line protocol.
//
// Flow:    server: pages of 10,000 points, one after the other
//          file (influx_inspect export; as it is or pressed by gzip): it has a field after the
//          other, so all of it is read before the first reading comes: into a Spool
// Shape:   a reading is what the named fields have at one instant, to the millisecond. One series:
//          where tags tell several apart, `tags` must pick one
// Errors:  invalid - no such measurement, field, series (what lists those there are), a value that
//          is no number; wrong password. transient - nobody answers
// Threads: one
// Source:  docs.influxdata.com, v1: HTTP API, InfluxQL
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "imports/source.h"

namespace fithome::imports {

struct InfluxOptions {
  std::string measurement = {};
  std::string fields = {};  // "p=power,u_a=voltage,q=kvar*1000"
  std::string tags = {};    // "host=pi,room=cellar"; empty: any
  // Of a server; plain HTTP, and nothing else.
  std::string url = {};  // http://HOST:PORT
  std::string database = {};
  std::string user = {};
  std::string password = {};  // without a user: a token
  // Of a file.
  std::filesystem::path file = {};
};

/// How much of a file was looked at, 0 to 1.
using Looked = std::function<void(double done)>;

Result<std::unique_ptr<Source>> influx_server_source(const InfluxOptions& options);
Result<std::unique_ptr<Source>> influx_file_source(const InfluxOptions& options,
                                                   const Looked& looked);

}  // namespace fithome::imports
