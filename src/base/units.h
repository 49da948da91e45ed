// SPDX-License-Identifier: MIT
//
// Numbers that know their unit. Watts + VoltAmps does not compile, and a test keeps it so.
//
// Units:   the SI unit of the name, without prefix (prefixes belong to display)
// Threads: plain values
// Source:  docs/decisions/0002-units.md
#pragma once

#include <chrono>
#include <compare>

namespace fithome {

template <class Tag>
struct Quantity {
  double value{};

  constexpr Quantity() = default;
  constexpr explicit Quantity(double v) : value(v) {}

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity{a.value + b.value};
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity{a.value - b.value};
  }
  friend constexpr Quantity operator-(Quantity a) { return Quantity{-a.value}; }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity{a.value * k}; }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity{a.value * k}; }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity{a.value / k}; }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
  constexpr Quantity& operator+=(Quantity b) {
    value += b.value;
    return *this;
  }
};

using Volts = Quantity<struct VoltsTag>;
using Amps = Quantity<struct AmpsTag>;
using Watts = Quantity<struct WattsTag>;          // active power
using Vars = Quantity<struct VarsTag>;            // reactive power
using VoltAmps = Quantity<struct VoltAmpsTag>;    // apparent power
using WattHours = Quantity<struct WattHoursTag>;  // active energy
using Hertz = Quantity<struct HertzTag>;
using Celsius = Quantity<struct CelsiusTag>;
using Degrees = Quantity<struct DegreesTag>;  // of phase angle

/// Apparent power, never active: that needs the angle.
constexpr VoltAmps operator*(Volts u, Amps i) { return VoltAmps{u.value * i.value}; }

/// The energy of a power held for a time.
constexpr WattHours energy(Watts p, std::chrono::duration<double> t) {
  return WattHours{p.value * t.count() / 3600.0};
}

}  // namespace fithome
