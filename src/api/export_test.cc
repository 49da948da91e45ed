// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <thread>

#include "api/export_jobs.h"
#include "api/test_house.h"

namespace fithome::api {
namespace {

using nlohmann::json;

class Exports : public TestHouse {
 protected:
  Exports() : jobs(directory.path()), exporting({live, clock, directory.path(), &jobs}, true) {}

  Response look(std::string_view target, std::string_view range = {},
                std::string_view if_range = {}) {
    return exporting.answer(
        {.target = target, .host = "localhost:8080", .range = range, .if_range = if_range});
  }
  /// Asks until it is there, as a client does.
  Response made(std::string_view target, std::string_view range = {},
                std::string_view if_range = {}) {
    for (int n = 0; n < 1000; ++n) {
      Response response = look(target, range, if_range);
      if (response.status != 202) return response;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << target << " is never made";
    return {};
  }
  std::string why_not(Response response, int status) {
    EXPECT_EQ(response.status, status);
    return json::parse(body_text(response))["error"]["what"];
  }

  ExportJobs jobs;
  Routes exporting;
};

constexpr std::string_view kCsv = "/api/v1/export/hour.csv?channels=p,q";

TEST_F(Exports, AreMadeInTheBackgroundAndThenAFile) {
  store_readings(2);
  Response first = look(kCsv);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(header(first, "Retry-After"), "1");
  EXPECT_EQ(json::parse(body_text(first))["state"], "running");

  Response file = made(kCsv);
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(header(file, "Content-Disposition"), "attachment; filename=\"hour.csv\"");
  const std::string text = body_text(file);
  EXPECT_EQ(text,
            "time,p,q,flags\n"
            "2026-11-22T22:39:58.000Z,1.00,,simulated\n"
            "2026-11-22T22:39:59.000Z,2.00,,simulated\n");
  EXPECT_EQ(file.length, text.size());
}

TEST_F(Exports, AreServedInRangesOfOneUnchangingFile) {
  store_readings(500);
  Response whole = made(kCsv);
  const std::string text = body_text(whole);
  const std::string tag = header(whole, "ETag");
  store_readings(1);  // the file stays as it was made

  Response part = made(kCsv, "bytes=5-9", tag);
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(body_text(part), text.substr(5, 5));
  EXPECT_EQ(header(part, "Content-Range"), "bytes 5-9/" + std::to_string(text.size()));
  Response end = made(kCsv, "bytes=-7");
  EXPECT_EQ(body_text(end), text.substr(text.size() - 7));
  Response rest = made(kCsv, "bytes=100-");
  EXPECT_EQ(body_text(rest), text.substr(100));
  Response beyond = made(kCsv, "bytes=999999-");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(header(beyond, "Content-Range"), "bytes */" + std::to_string(text.size()));
}

TEST_F(Exports, AreWholeWhereARangeIsOddOrOfAnotherFile) {
  store_readings(2);
  for (const std::string_view range :
       {"bytes=9-5", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=x-"}) {
    EXPECT_EQ(made(kCsv, range).status, 200) << range;
  }
  EXPECT_EQ(made(kCsv, "bytes=0-1", "\"another\"").status, 200);
}

TEST_F(Exports, SayWhatIsWrong) {
  store_readings(2);
  EXPECT_NE(why_not(look("/api/v1/export/hour.xls"), 400).find(".parquet"), std::string::npos);
  EXPECT_NE(why_not(look("/api/v1/export/a.csv?channels=px"), 400).find("p_a"), std::string::npos);
  EXPECT_NE(why_not(look("/api/v1/export/a.csv?from=soon"), 400).find("from: "), std::string::npos);
  EXPECT_NE(why_not(look("/api/v1/export/a.csv?from=now&to=-1h"), 400).find("before"),
            std::string::npos);
  EXPECT_NE(why_not(look("/api/v1/export/a%22b.csv"), 400).find("letters"), std::string::npos);
  EXPECT_NE(why_not(look("/api/v1/export/folder.nilmtk"), 400).find("fithome export"),
            std::string::npos);
  EXPECT_NE(why_not(ask(kCsv), 404).find("daemon"), std::string::npos);  // of a store alone
}

TEST_F(Exports, TellAFailureOnceAndMayBeAskedForAgain) {
  store_readings(2);
  const std::string_view target = "/api/v1/export/a.csv?from=2025-01-01&to=2025-01-02";
  EXPECT_NE(why_not(made(target), 404).find("there are some from 2026-11-22"), std::string::npos);
  EXPECT_EQ(look(target).status, 202);
}

TEST_F(Exports, LeaveTheDiskToTheReadings) {
  store_readings(2);
  ExportJobs careful(directory.path(), std::uintmax_t{1} << 62);
  const Routes its({live, clock, directory.path(), &careful}, true);
  EXPECT_NE(why_not(its.answer({.target = kCsv, .host = "localhost"}), 503).find("MB are free"),
            std::string::npos);
}

TEST_F(Exports, LeaveNothingBehind) {
  store_readings(2);
  {
    ExportJobs passing(directory.path());
    const Routes its({live, clock, directory.path(), &passing}, true);
    EXPECT_EQ(its.answer({.target = kCsv, .host = "localhost"}).status, 202);
  }
  EXPECT_FALSE(std::filesystem::exists(directory.path() / ".export-jobs"));
}

}  // namespace
}  // namespace fithome::api
