// SPDX-License-Identifier: MIT
//
// The addresses of the ATM90E32AS. Addresses only: what they hold is chip/register_table.h for the
// driver, and the simulator works it out for itself from the datasheet.
//
// Source:  datasheet Atmel-46003B, tables 5 to 15; docs/registers.md
#pragma once

#include <cstdint>

namespace fithome::chip {

/// The chip's own names. Where a quantity has a register per line, B and C follow A (see on_line).
enum class Reg : std::uint16_t {
  MeterEn = 0x00,
  ChannelMapI = 0x01,
  ChannelMapU = 0x02,
  SagPeakDetCfg = 0x05,
  OVth = 0x06,
  ZXConfig = 0x07,
  SagTh = 0x08,
  PhaseLossTh = 0x09,
  InWarnTh = 0x0A,
  OIth = 0x0B,
  FreqLoTh = 0x0C,
  FreqHiTh = 0x0D,
  PMPwrCtrl = 0x0E,
  IRQ0MergeCfg = 0x0F,
  DetectCtrl = 0x10,
  DetectTh1 = 0x11,
  DetectTh2 = 0x12,
  DetectTh3 = 0x13,
  IDCoffsetA = 0x14,
  IDCoffsetB = 0x15,
  IDCoffsetC = 0x16,
  UDCoffsetA = 0x17,
  UDCoffsetB = 0x18,
  UDCoffsetC = 0x19,
  UGainTAB = 0x1A,
  UGainTC = 0x1B,
  PhiFreqComp = 0x1C,
  LOGIrms0 = 0x20,
  LOGIrms1 = 0x21,
  F0 = 0x22,
  T0 = 0x23,
  PhiAIrms01 = 0x24,
  PhiAIrms2 = 0x25,
  GainAIrms01 = 0x26,
  GainAIrms2 = 0x27,
  PhiBIrms01 = 0x28,
  PhiBIrms2 = 0x29,
  GainBIrms01 = 0x2A,
  GainBIrms2 = 0x2B,
  PhiCIrms01 = 0x2C,
  PhiCIrms2 = 0x2D,
  GainCIrms01 = 0x2E,
  GainCIrms2 = 0x2F,
  PLconstH = 0x31,
  PLconstL = 0x32,
  MMode0 = 0x33,
  MMode1 = 0x34,
  PStartTh = 0x35,
  QStartTh = 0x36,
  SStartTh = 0x37,
  PPhaseTh = 0x38,
  QPhaseTh = 0x39,
  SPhaseTh = 0x3A,
  PoffsetA = 0x41,
  QoffsetA = 0x42,
  PoffsetB = 0x43,
  QoffsetB = 0x44,
  PoffsetC = 0x45,
  QoffsetC = 0x46,
  PQGainA = 0x47,
  PhiA = 0x48,
  PQGainB = 0x49,
  PhiB = 0x4A,
  PQGainC = 0x4B,
  PhiC = 0x4C,
  PoffsetAF = 0x51,
  PoffsetBF = 0x52,
  PoffsetCF = 0x53,
  PGainAF = 0x54,
  PGainBF = 0x55,
  PGainCF = 0x56,
  UgainA = 0x61,
  IgainA = 0x62,
  UoffsetA = 0x63,
  IoffsetA = 0x64,
  UgainB = 0x65,
  IgainB = 0x66,
  UoffsetB = 0x67,
  IoffsetB = 0x68,
  UgainC = 0x69,
  IgainC = 0x6A,
  UoffsetC = 0x6B,
  IoffsetC = 0x6C,
  SoftReset = 0x70,
  EMMState0 = 0x71,
  EMMState1 = 0x72,
  EMMIntState0 = 0x73,
  EMMIntState1 = 0x74,
  EMMIntEn0 = 0x75,
  EMMIntEn1 = 0x76,
  LastSPIData = 0x78,
  CRCErrStatus = 0x79,
  CRCDigest = 0x7A,
  CfgRegAccEn = 0x7F,
  // Energy since last read: reading clears. T, A, B, C each.
  APenergyT = 0x80,
  APenergyA = 0x81,
  ANenergyT = 0x84,
  ANenergyA = 0x85,
  RPenergyT = 0x88,
  RPenergyA = 0x89,
  RNenergyT = 0x8C,
  RNenergyA = 0x8D,
  SAenergyT = 0x90,
  SenergyA = 0x91,
  APenergyTF = 0xA0,
  ANenergyTF = 0xA4,
  APenergyTH = 0xA8,
  ANenergyTH = 0xAC,
  // Power, high words; the low words stand kLowWord above. T, A, B, C each.
  PmeanT = 0xB0,
  PmeanA = 0xB1,
  QmeanT = 0xB4,
  QmeanA = 0xB5,
  SmeanT = 0xB8,
  SmeanA = 0xB9,
  PFmeanT = 0xBC,
  PFmeanA = 0xBD,
  PmeanTF = 0xD0,
  PmeanTH = 0xD4,
  UrmsA = 0xD9,
  IrmsN = 0xDC,
  IrmsA = 0xDD,
  UPeakA = 0xF1,
  IPeakA = 0xF5,
  Freq = 0xF8,
  PAngleA = 0xF9,
  Temp = 0xFC,
  UangleA = 0xFD,
};

constexpr std::uint16_t address(Reg reg) { return static_cast<std::uint16_t>(reg); }

/// From the high word of a power or RMS value to its low word (B0 -> C0, D9 -> E9).
constexpr std::uint16_t kLowWord = 0x10;

constexpr int kLines = 3;  // A, B, C
/// As people write them: 'a' to 'c' for 0 to 2.
template <class Index>
constexpr char line_letter(Index line) {
  return static_cast<char>('a' + static_cast<int>(line));
}

/// The register of line `line` (0 A, 1 B, 2 C), `stride` addresses apart: 1 for measurements, 4 for
/// UgainA.., 2 for PoffsetA.. and PQGainA...
constexpr Reg on_line(Reg line_a, int line, int stride = 1) {
  return static_cast<Reg>(address(line_a) + line * stride);
}

constexpr Reg low_word(Reg high) { return static_cast<Reg>(address(high) + kLowWord); }

constexpr std::uint16_t kUnlockKey = 0x55AA;     // to CfgRegAccEn
constexpr std::uint16_t kSoftResetKey = 0x789A;  // to SoftReset

}  // namespace fithome::chip
