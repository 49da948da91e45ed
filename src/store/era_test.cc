// SPDX-License-Identifier: MIT
//
// The clock is set: what was stamped before moves in time, all of it or nothing, and once.
#include "store/era.h"

#include <gtest/gtest.h>

#include "store/test_support.h"

namespace fithome::store {
namespace {

using namespace std::chrono_literals;
using reading::bit;
using reading::Flag;

// Ten readings that are final, then ten of an era whose clock was not set.
class EraInTheStore : public testing::Test {
 protected:
  EraInTheStore() {
    EXPECT_TRUE(store_.append({.readings = readings_of(1, 10), .ledger = &old_ledger_}));
    auto unset = readings_of(11, 20);
    for (auto& reading : unset) reading.flags = bit(Flag::clock_unset) | bit(Flag::late);
    const Event events[] = {
        {.kind = "gap", .begin = kStart + 9500ms, .end = kStart + 10s, .cause = "was off"},
        {.kind = "start", .begin = kStart + 10s, .end = kStart + 10s, .cause = "began"},
        {.kind = "start", .begin = kStart + 15s, .end = kStart + 15s, .cause = "began again"},
        {.kind = "sag", .begin = kStart + 12s, .cause = "lasts", .channel = u_a_, .worst = 9000}};
    EXPECT_TRUE(
        store_.append({.readings = unset, .ledger = &new_ledger_, .events = events, .era = &era_}));
  }
  Restamp by(std::chrono::milliseconds time) const {
    Era to = era_;
    to.offset += time;
    to.first += time;
    to.trust = Trust::unvouched;
    return {.from = era_,
            .to = to,
            .last = kStart + 20s,
            .by = time,
            .clear = bit(Flag::clock_unset),
            .set = bit(Flag::clock_unsynced)};
  }

  TemporaryDirectory directory_;
  Store store_ = open_store(directory_.path());
  const reading::ChannelId u_a_ = *reading::find_channel("u_a");
  const reading::Ledger old_ledger_ = ledger_of(10);
  const reading::Ledger new_ledger_ = ledger_of(20);
  const Era era_{.boot = "boot",
                 .offset = 1790000000000ms,
                 .first = kStart + 10s,
                 .before = kStart + 9s,
                 .trust = Trust::unset};
};

TEST_F(EraInTheStore, MovesWithAllThatBelongsToIt) {
  ASSERT_TRUE(store_.restamp(by(8h)));

  const Reader reader = open_reader(directory_.path());
  const auto kept = read_all(reader);
  ASSERT_EQ(kept.size(), 20U);
  for (std::size_t n = 0; n < kept.size(); ++n) {
    const bool moved = n >= 10;
    EXPECT_EQ(kept[n].sequence, n + 1);
    EXPECT_EQ(kept[n].reading.time, kStart + std::chrono::seconds(n) + (moved ? 8h : 0h));
    if (moved) {
      EXPECT_EQ(kept[n].reading.flags, bit(Flag::clock_unsynced) | bit(Flag::late));
    }
    EXPECT_EQ(kept[n].reading.steps, reading_of(n + 1).steps);
  }
  EXPECT_EQ(reader.ledger().value().time, kStart + 19s + 8h);
  const auto events = reader.events(kStart, kStart + 24h).value();
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0].begin, kStart + 9500ms) << "the gap before it begins where it did";
  EXPECT_EQ(events[0].end, kStart + 10s + 8h) << "and ends where the era now begins";
  EXPECT_EQ(events[1].begin, kStart + 10s + 8h);
  EXPECT_EQ(events[1].end, events[1].begin);
  EXPECT_EQ(events[2].kind, "sag");
  EXPECT_EQ(events[2].begin, kStart + 12s + 8h);
  EXPECT_EQ(events[2].worst, 9000);
  EXPECT_EQ(reader.era().value(), by(8h).to);
}

TEST_F(EraInTheStore, MovesOnceThoughAskedTwice) {
  ASSERT_TRUE(store_.restamp(by(8h)));
  ASSERT_TRUE(store_.restamp(by(8h)));
  EXPECT_EQ(read_all(open_reader(directory_.path())).back().reading.time, kStart + 19s + 8h);
}

TEST_F(EraInTheStore, LeavesReadingsOfAnotherEraAlone) {
  Restamp other = by(8h);
  other.from.boot = "another boot";
  ASSERT_TRUE(store_.restamp(other));
  EXPECT_EQ(read_all(open_reader(directory_.path())).back().reading.time, kStart + 19s);
}

TEST_F(EraInTheStore, MovesByLessThanItsOwnLengthToo) {
  Restamp there = by(1s);
  Restamp back = by(-1s);
  back.from = there.to;
  back.to = era_;
  back.last += 1s;
  ASSERT_TRUE(store_.restamp(there));
  ASSERT_TRUE(store_.restamp(back));

  const auto kept = read_all(open_reader(directory_.path()));
  for (std::size_t n = 0; n < kept.size(); ++n) {
    EXPECT_EQ(kept[n].reading.time, kStart + std::chrono::seconds(n));
  }
  EXPECT_EQ(open_reader(directory_.path()).events(kStart, kStart + 1h)->size(), 4U);
}

TEST_F(EraInTheStore, WhatFlowedBeforeItIsKnownWhereverItEndsUp) {
  ASSERT_TRUE(store_.restamp(by(8h)));
  const Reader reader = open_reader(directory_.path());
  EXPECT_EQ(reader.ledger_at(kStart + 4h).value(), old_ledger_) << "midnight was in between";
  EXPECT_EQ(reader.ledger_at(kStart + 9h).value().lines, new_ledger_.lines);
}

TEST_F(EraInTheStore, EventsWithoutAnEndAreFoundWheneverTheyBegan) {
  const auto open = open_reader(directory_.path()).open_events().value();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].kind, "sag");
  EXPECT_EQ(open[0].channel, u_a_);
}

TEST_F(EraInTheStore, EventsOfTwoLinesMayBeginTogetherAndAreFoundByKind) {
  const Event events[] = {
      {.kind = "sag", .begin = kStart, .end = kStart, .channel = u_a_, .worst = 1},
      {.kind = "sag", .begin = kStart, .end = kStart, .channel = *reading::find_channel("u_c")},
      {.kind = "outage", .begin = kStart, .end = kStart, .reason = "grid"}};
  ASSERT_TRUE(store_.append({.events = events}));

  const Reader reader = open_reader(directory_.path());
  const std::vector<std::string> kinds{"sag", "outage"};
  EXPECT_EQ(reader.events(kStart, kStart + 1s, 100, kinds)->size(), 3U);
  EXPECT_EQ(reader.events(kStart, kStart + 1s, 100, std::span(kinds).last(1))->at(0).reason,
            "grid");
}

TEST(EraText, IsReadBackAndOtherTextIsNone) {
  for (const Trust trust : {Trust::unset, Trust::unvouched, Trust::vouched}) {
    Era era{.boot = "b", .offset = -5ms, .first = kStart, .before = {}, .trust = trust};
    EXPECT_EQ(parse_era(to_text(era)), era);
    era.before = kStart - 1s;
    EXPECT_EQ(parse_era(to_text(era)), era);
  }
  for (const char* text : {"", "b", "b 1 2 -", "b 1 2 - sure", "b x 2 - unset", "b 1 2 y unset"}) {
    EXPECT_FALSE(parse_era(text)) << text;
  }
}

}  // namespace
}  // namespace fithome::store
