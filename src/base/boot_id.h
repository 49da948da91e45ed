// SPDX-License-Identifier: MIT
//
// Which boot of the machine this is: what counts since boot means nothing in another.
//
// Source:  /proc/sys/kernel/random/boot_id
// Threads: any
#pragma once

#include <string>

namespace fithome {

/// A UUID of 36 characters; empty where the kernel tells none.
std::string boot_id();

}  // namespace fithome
