// SPDX-License-Identifier: MIT
#include "reading/aggregate.h"

namespace fithome::reading {

Summary::Value Summary::in_unit(ChannelId channel) const {
  if (count_ == 0) return {};
  const double unit = step(channel);
  return {count_, min_ * unit, static_cast<double>(sum_) / count_ * unit, max_ * unit};
}

}  // namespace fithome::reading
