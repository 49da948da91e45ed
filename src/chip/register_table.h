// SPDX-License-Identifier: MIT
//
// The register map of the ATM90E32AS, whole, once. docs/registers.md is printed from it.
//
// Shape:   one row a register, by address; a long value's high word names its low one
// Units:   value = signed or unsigned content x weight, in the unit. Of a long value the weight is
//          that of its low word's lowest bit for powers, and of the high word's for RMS values
// Source:  datasheet Atmel-46003B tables 5 to 15, checked against three other drivers; where they
//          disagree the meaning says so
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "chip/registers.h"

namespace fithome::chip {

enum class Access { read, read_write, write, read_clears, write_1_clears };

enum class Sign {
  bits,             // fields, no number
  positive,         // unsigned
  twos_complement,  // of 16 bits, or of 32 with the low word
  sign_magnitude,   // bit 15 is the sign
};

struct Register {
  std::uint16_t address;
  std::string_view name;
  Access access;
  Sign sign;
  std::uint16_t low_word;                // address of the low word of a long value, 0 for others
  std::string_view unit;                 // "" for ratios, bits and raw scales
  double weight;                         // of one count
  std::optional<std::uint16_t> initial;  // after power-on and reset, where it is defined
  std::string_view meaning;
};

namespace detail {
constexpr auto r = Access::read;
constexpr auto rw = Access::read_write;
constexpr auto w = Access::write;
constexpr auto rc = Access::read_clears;
constexpr auto w1c = Access::write_1_clears;
constexpr auto bits = Sign::bits;
constexpr auto uns = Sign::positive;
constexpr auto twos = Sign::twos_complement;
constexpr auto mag = Sign::sign_magnitude;
constexpr double kPower = 0.00032;
constexpr double kPerUnity = 1.0 / 32768;
constexpr double kCount = 3.125;  // 0.01 CF at 3200 pulses per kWh
constexpr std::nullopt_t unknown = std::nullopt;

// clang-format off
inline constexpr std::array kRegisterRows = std::to_array<Register>({
    {0x00, "MeterEn", rw, bits, 0, "", 1, 0x0000, "any of bits 7..0: energy is metered; RMS and power are measured anyway"},
    {0x01, "ChannelMapI", rw, bits, 0, "", 1, 0x0210, "which input feeds IA [2:0], IB [6:4], IC [10:8]; part of the presence test"},
    {0x02, "ChannelMapU", rw, bits, 0, "", 1, 0x0654, "the same for UA, UB, UC; part of the presence test"},
    {0x05, "SagPeakDetCfg", rw, bits, 0, "", 1, 0x143F, "[15:8] period of the peak detector, [7:0] of sag and phase loss, in ms"},
    {0x06, "OVth", rw, uns, 0, "", 1, 0xC000, "over-voltage threshold; raw scale of the converter: Th = counts x sqrt2 x 16384 / gain"},
    {0x07, "ZXConfig", rw, bits, 0, "", 1, 0x0001, "zero-crossing pins; bit 0 turns them off"},
    {0x08, "SagTh", rw, uns, 0, "", 1, 0x1000, "sag threshold, as OVth"},
    {0x09, "PhaseLossTh", rw, uns, 0, "", 1, 0x0400, "phase-loss threshold, as OVth"},
    {0x0A, "InWarnTh", rw, uns, 0, "A", 0.001, 0xFFFF, "threshold of the calculated neutral current"},
    {0x0B, "OIth", rw, uns, 0, "", 1, 0xC000, "over-current threshold, as OVth with Igain"},
    {0x0C, "FreqLoTh", rw, uns, 0, "Hz", 0.01, 0x1324, "frequency too low below this"},
    {0x0D, "FreqHiTh", rw, uns, 0, "Hz", 0.01, 0x13EC, "frequency too high above this; at 60 Hz the default is always exceeded"},
    {0x0E, "PMPwrCtrl", rw, bits, 0, "", 1, 0x010F, "Partial mode only; left alone"},
    {0x0F, "IRQ0MergeCfg", rw, bits, 0, "", 1, 0x0000, "bit 0 IRQ1 to IRQ0, bit 1 WARN to IRQ0 (Microchip's header has both at bit 0)"},
    {0x10, "DetectCtrl", rw, bits, 0, "", 1, unknown, "current detector; outlives resets, never written"},
    {0x11, "DetectTh1", rw, uns, 0, "", 1, 0x0000, "current detector; left alone"},
    {0x12, "DetectTh2", rw, uns, 0, "", 1, 0x0000, "current detector; left alone"},
    {0x13, "DetectTh3", rw, uns, 0, "", 1, 0x0000, "current detector; left alone"},
    {0x14, "IDCoffsetA", rw, twos, 0, "", 1, 0x0000, "DC offset of current A, in the decimator"},
    {0x15, "IDCoffsetB", rw, twos, 0, "", 1, 0x0000, "DC offset of current B, in the decimator"},
    {0x16, "IDCoffsetC", rw, twos, 0, "", 1, 0x0000, "DC offset of current C, in the decimator"},
    {0x17, "UDCoffsetA", rw, twos, 0, "", 1, 0x0000, "DC offset of voltage A, in the decimator"},
    {0x18, "UDCoffsetB", rw, twos, 0, "", 1, 0x0000, "DC offset of voltage B, in the decimator"},
    {0x19, "UDCoffsetC", rw, twos, 0, "", 1, 0x0000, "DC offset of voltage C, in the decimator"},
    {0x1A, "UGainTAB", rw, bits, 0, "", 1, 0x0000, "signed bytes: temperature coefficient of UgainA [7:0], UgainB [15:8]"},
    {0x1B, "UGainTC", rw, bits, 0, "", 1, 0x0000, "signed byte: temperature coefficient of UgainC [7:0]"},
    {0x1C, "PhiFreqComp", rw, bits, 0, "", 1, 0x0000, "signed byte: frequency compensation of the phase"},
    {0x20, "LOGIrms0", rw, bits, 0, "", 1, 0x0000, "[7:0] 16 x log2(Irms) at a corner of the current segments"},
    {0x21, "LOGIrms1", rw, bits, 0, "", 1, 0x0000, "[7:0] 16 x log2(Irms) at a corner of the current segments"},
    {0x22, "F0", rw, uns, 0, "Hz", 0.01, 0x1388, "nominal frequency; decimal 5000, not 0x5000"},
    {0x23, "T0", rw, uns, 0, "°C", 1, 0x0019, "nominal temperature; decimal 25, not 0x25"},
    {0x24, "PhiAIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: phase compensation of line A by current segment"},
    {0x25, "PhiAIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x26, "GainAIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: gain compensation of line A by current segment"},
    {0x27, "GainAIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x28, "PhiBIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: phase compensation of line B by current segment"},
    {0x29, "PhiBIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x2A, "GainBIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: gain compensation of line B by current segment"},
    {0x2B, "GainBIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x2C, "PhiCIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: phase compensation of line C by current segment"},
    {0x2D, "PhiCIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x2E, "GainCIrms01", rw, bits, 0, "", 1, 0x0000, "signed bytes: gain compensation of line C by current segment"},
    {0x2F, "GainCIrms2", rw, bits, 0, "", 1, 0x0000, "signed byte: the same, third segment"},
    {0x31, "PLconstH", rw, uns, 0x32, "", 1, 0x0861, "pulse constant, 450 000 000 000 / pulses per kWh: 140 625 000"},
    {0x32, "PLconstL", rw, uns, 0, "", 1, 0xC468, "low word of PLconst; keep a multiple of 4"},
    {0x33, "MMode0", rw, bits, 0, "", 1, 0x0087, "12 60 Hz, 11 high-pass off, 10 Rogowski, 8 3P3W, 7 CF2 var, 4/3 absolute sums, 2..0 lines A B C in totals"},
    {0x34, "MMode1", rw, bits, 0, "", 1, 0x0000, "PGA [1:0] A, [3:2] B, [5:4] C: 00 1x, 01 2x, 10 4x; not undone by the chip"},
    {0x35, "PStartTh", rw, uns, 0, "W", kPower, 0x0000, "no energy at all while |sum of P| is not above this, lines included"},
    {0x36, "QStartTh", rw, uns, 0, "var", kPower, 0x0000, "no energy at all while |sum of Q| is not above this, lines included"},
    {0x37, "SStartTh", rw, uns, 0, "VA", kPower, 0x0000, "no energy at all while |sum of S| is not above this, lines included"},
    {0x38, "PPhaseTh", rw, uns, 0, "W", kPower, 0x0000, "a line counts no energy while its |P|+|Q| is not above this"},
    {0x39, "QPhaseTh", rw, uns, 0, "var", kPower, 0x0000, "a line counts no energy while its |P|+|Q| is not above this"},
    {0x3A, "SPhaseTh", rw, uns, 0, "VA", kPower, 0x0000, "a line counts no energy while its |P|+|Q| is not above this"},
    {0x41, "PoffsetA", rw, twos, 0, "W", kPower, 0x0000, "active power offset of line A"},
    {0x42, "QoffsetA", rw, twos, 0, "var", kPower, 0x0000, "reactive power offset of line A"},
    {0x43, "PoffsetB", rw, twos, 0, "W", kPower, 0x0000, "active power offset of line B"},
    {0x44, "QoffsetB", rw, twos, 0, "var", kPower, 0x0000, "reactive power offset of line B"},
    {0x45, "PoffsetC", rw, twos, 0, "W", kPower, 0x0000, "active power offset of line C"},
    {0x46, "QoffsetC", rw, twos, 0, "var", kPower, 0x0000, "reactive power offset of line C"},
    {0x47, "PQGainA", rw, twos, 0, "", kPerUnity, 0x0000, "power gain of line A, beyond 1"},
    {0x48, "PhiA", rw, mag, 0, "cycles", 1, 0x0000, "delay of line A in cycles of 2.048 MHz, [7:0]; bit 15: of the voltage, else of the current"},
    {0x49, "PQGainB", rw, twos, 0, "", kPerUnity, 0x0000, "power gain of line B, beyond 1"},
    {0x4A, "PhiB", rw, mag, 0, "cycles", 1, 0x0000, "delay of line B in cycles of 2.048 MHz, [7:0]; bit 15: of the voltage, else of the current"},
    {0x4B, "PQGainC", rw, twos, 0, "", kPerUnity, 0x0000, "power gain of line C, beyond 1"},
    {0x4C, "PhiC", rw, mag, 0, "cycles", 1, 0x0000, "delay of line C in cycles of 2.048 MHz, [7:0]; bit 15: of the voltage, else of the current"},
    {0x51, "PoffsetAF", rw, twos, 0, "W", kPower, 0x0000, "fundamental power offset of line A"},
    {0x52, "PoffsetBF", rw, twos, 0, "W", kPower, 0x0000, "fundamental power offset of line B"},
    {0x53, "PoffsetCF", rw, twos, 0, "W", kPower, 0x0000, "fundamental power offset of line C"},
    {0x54, "PGainAF", rw, twos, 0, "", kPerUnity, 0x0000, "fundamental power gain of line A, beyond 1"},
    {0x55, "PGainBF", rw, twos, 0, "", kPerUnity, 0x0000, "fundamental power gain of line B, beyond 1"},
    {0x56, "PGainCF", rw, twos, 0, "", kPerUnity, 0x0000, "fundamental power gain of line C, beyond 1"},
    {0x61, "UgainA", rw, uns, 0, "", kPerUnity, 0x8000, "voltage gain of line A; the sentinel: 0x8000 again after a reset"},
    {0x62, "IgainA", rw, uns, 0, "", kPerUnity, 0x8000, "current gain of line A; belongs to one PGA"},
    {0x63, "UoffsetA", rw, twos, 0, "µV", 19.53125, 0x0000, "voltage offset of line A"},
    {0x64, "IoffsetA", rw, twos, 0, "µA", 1.953125, 0x0000, "current offset of line A"},
    {0x65, "UgainB", rw, uns, 0, "", kPerUnity, 0x8000, "voltage gain of line B"},
    {0x66, "IgainB", rw, uns, 0, "", kPerUnity, 0x8000, "current gain of line B; belongs to one PGA"},
    {0x67, "UoffsetB", rw, twos, 0, "µV", 19.53125, 0x0000, "voltage offset of line B"},
    {0x68, "IoffsetB", rw, twos, 0, "µA", 1.953125, 0x0000, "current offset of line B"},
    {0x69, "UgainC", rw, uns, 0, "", kPerUnity, 0x8000, "voltage gain of line C"},
    {0x6A, "IgainC", rw, uns, 0, "", kPerUnity, 0x8000, "current gain of line C; belongs to one PGA"},
    {0x6B, "UoffsetC", rw, twos, 0, "µV", 19.53125, 0x0000, "voltage offset of line C"},
    {0x6C, "IoffsetC", rw, twos, 0, "µA", 1.953125, 0x0000, "current offset of line C"},
    {0x6E, "IoffsetN", rw, twos, 0, "", 1, unknown, "of the ATM90E36; not in this chip's datasheet, never touched"},
    {0x70, "SoftReset", w, bits, 0, "", 1, 0x0000, "0x789A resets all but 0x10..0x13; reads 0"},
    {0x71, "EMMState0", r, bits, 0, "", 1, 0x0000, "live: over-current, over-voltage, sequence, no-load, CF direction"},
    {0x72, "EMMState1", r, bits, 0, "", 1, 0x0000, "live: frequency, sag, phase loss, direction of energy"},
    {0x73, "EMMIntState0", w1c, bits, 0, "", 1, 0x0000, "bits of EMMState0 that changed, either way; reading clears nothing"},
    {0x74, "EMMIntState1", w1c, bits, 0, "", 1, 0x0000, "bits of EMMState1 that changed, either way; reading clears nothing"},
    {0x75, "EMMIntEn0", rw, bits, 0, "", 1, 0x0000, "which latches drive pin IRQ0; the latches work without"},
    {0x76, "EMMIntEn1", rw, bits, 0, "", 1, 0x0000, "which latches drive pin IRQ1"},
    {0x78, "LastSPIData", r, bits, 0, "", 1, 0x0000, "data of the last read or write; reading it leaves it (table 10 says W1C: not so)"},
    {0x79, "CRCErrStatus", r, bits, 0, "", 1, 0x0000, "bit 0 settings changed since locked, bit 1 internal"},
    {0x7A, "CRCDigest", r, bits, 0, "", 1, 0x0000, "CRC of 0x00..0x6F; seed and order unknown, so never computed"},
    {0x7F, "CfgRegAccEn", rw, bits, 0, "", 1, 0x0000, "0x55AA unlocks 0x00..0x6F; anything else locks and starts the CRC watch"},
    {0x80, "APenergyT", rc, uns, 0, "mWh", kCount, 0x0000, "active import, all lines"},
    {0x81, "APenergyA", rc, uns, 0, "mWh", kCount, 0x0000, "active import, line A"},
    {0x82, "APenergyB", rc, uns, 0, "mWh", kCount, 0x0000, "active import, line B"},
    {0x83, "APenergyC", rc, uns, 0, "mWh", kCount, 0x0000, "active import, line C"},
    {0x84, "ANenergyT", rc, uns, 0, "mWh", kCount, 0x0000, "active export, all lines"},
    {0x85, "ANenergyA", rc, uns, 0, "mWh", kCount, 0x0000, "active export, line A"},
    {0x86, "ANenergyB", rc, uns, 0, "mWh", kCount, 0x0000, "active export, line B"},
    {0x87, "ANenergyC", rc, uns, 0, "mWh", kCount, 0x0000, "active export, line C"},
    {0x88, "RPenergyT", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive import, all lines"},
    {0x89, "RPenergyA", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive import, line A"},
    {0x8A, "RPenergyB", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive import, line B"},
    {0x8B, "RPenergyC", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive import, line C"},
    {0x8C, "RNenergyT", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive export, all lines"},
    {0x8D, "RNenergyA", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive export, line A"},
    {0x8E, "RNenergyB", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive export, line B"},
    {0x8F, "RNenergyC", rc, uns, 0, "mvarh", kCount, 0x0000, "reactive export, line C"},
    {0x90, "SAenergyT", rc, uns, 0, "mVAh", kCount, 0x0000, "apparent energy, all lines"},
    {0x91, "SenergyA", rc, uns, 0, "mVAh", kCount, 0x0000, "apparent energy, line A"},
    {0x92, "SenergyB", rc, uns, 0, "mVAh", kCount, 0x0000, "apparent energy, line B"},
    {0x93, "SenergyC", rc, uns, 0, "mVAh", kCount, 0x0000, "apparent energy, line C"},
    {0xA0, "APenergyTF", rc, uns, 0, "mWh", kCount, 0x0000, "active import of the fundamental, all lines"},
    {0xA1, "APenergyAF", rc, uns, 0, "mWh", kCount, 0x0000, "active import of the fundamental, line A"},
    {0xA2, "APenergyBF", rc, uns, 0, "mWh", kCount, 0x0000, "active import of the fundamental, line B"},
    {0xA3, "APenergyCF", rc, uns, 0, "mWh", kCount, 0x0000, "active import of the fundamental, line C"},
    {0xA4, "ANenergyTF", rc, uns, 0, "mWh", kCount, 0x0000, "active export of the fundamental, all lines"},
    {0xA5, "ANenergyAF", rc, uns, 0, "mWh", kCount, 0x0000, "active export of the fundamental, line A"},
    {0xA6, "ANenergyBF", rc, uns, 0, "mWh", kCount, 0x0000, "active export of the fundamental, line B"},
    {0xA7, "ANenergyCF", rc, uns, 0, "mWh", kCount, 0x0000, "active export of the fundamental, line C"},
    {0xA8, "APenergyTH", rc, uns, 0, "mWh", kCount, 0x0000, "active import of harmonics, all lines"},
    {0xA9, "APenergyAH", rc, uns, 0, "mWh", kCount, 0x0000, "active import of harmonics, line A"},
    {0xAA, "APenergyBH", rc, uns, 0, "mWh", kCount, 0x0000, "active import of harmonics, line B"},
    {0xAB, "APenergyCH", rc, uns, 0, "mWh", kCount, 0x0000, "active import of harmonics, line C"},
    {0xAC, "ANenergyTH", rc, uns, 0, "mWh", kCount, 0x0000, "active export of harmonics, all lines"},
    {0xAD, "ANenergyAH", rc, uns, 0, "mWh", kCount, 0x0000, "active export of harmonics, line A"},
    {0xAE, "ANenergyBH", rc, uns, 0, "mWh", kCount, 0x0000, "active export of harmonics, line B"},
    {0xAF, "ANenergyCH", rc, uns, 0, "mWh", kCount, 0x0000, "active export of harmonics, line C"},
    {0xB0, "PmeanT", r, twos, 0xC0, "W", kPower, 0x0000, "active power, total"},
    {0xB1, "PmeanA", r, twos, 0xC1, "W", kPower, 0x0000, "active power, line A"},
    {0xB2, "PmeanB", r, twos, 0xC2, "W", kPower, 0x0000, "active power, line B"},
    {0xB3, "PmeanC", r, twos, 0xC3, "W", kPower, 0x0000, "active power, line C"},
    {0xB4, "QmeanT", r, twos, 0xC4, "var", kPower, 0x0000, "reactive power, total"},
    {0xB5, "QmeanA", r, twos, 0xC5, "var", kPower, 0x0000, "reactive power, line A"},
    {0xB6, "QmeanB", r, twos, 0xC6, "var", kPower, 0x0000, "reactive power, line B"},
    {0xB7, "QmeanC", r, twos, 0xC7, "var", kPower, 0x0000, "reactive power, line C"},
    {0xB8, "SmeanT", r, twos, 0xC8, "VA", kPower, 0x0000, "apparent power (never negative), total"},
    {0xB9, "SmeanA", r, twos, 0xC9, "VA", kPower, 0x0000, "apparent power (never negative), line A"},
    {0xBA, "SmeanB", r, twos, 0xCA, "VA", kPower, 0x0000, "apparent power (never negative), line B"},
    {0xBB, "SmeanC", r, twos, 0xCB, "VA", kPower, 0x0000, "apparent power (never negative), line C"},
    {0xBC, "PFmeanT", r, twos, 0, "", 0.001, 0x0000, "power factor, total; -1000..1000"},
    {0xBD, "PFmeanA", r, twos, 0, "", 0.001, 0x0000, "power factor, line A; -1000..1000"},
    {0xBE, "PFmeanB", r, twos, 0, "", 0.001, 0x0000, "power factor, line B; -1000..1000"},
    {0xBF, "PFmeanC", r, twos, 0, "", 0.001, 0x0000, "power factor, line C; -1000..1000"},
    {0xC0, "PmeanTLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanT"},
    {0xC1, "PmeanALSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanA"},
    {0xC2, "PmeanBLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanB"},
    {0xC3, "PmeanCLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanC"},
    {0xC4, "QmeanTLSB", r, uns, 0, "var", kPower, 0x0000, "low word of QmeanT"},
    {0xC5, "QmeanALSB", r, uns, 0, "var", kPower, 0x0000, "low word of QmeanA"},
    {0xC6, "QmeanBLSB", r, uns, 0, "var", kPower, 0x0000, "low word of QmeanB"},
    {0xC7, "QmeanCLSB", r, uns, 0, "var", kPower, 0x0000, "low word of QmeanC"},
    {0xC8, "SmeanTLSB", r, uns, 0, "VA", kPower, 0x0000, "low word of SmeanT"},
    {0xC9, "SmeanALSB", r, uns, 0, "VA", kPower, 0x0000, "low word of SmeanA"},
    {0xCA, "SmeanBLSB", r, uns, 0, "VA", kPower, 0x0000, "low word of SmeanB"},
    {0xCB, "SmeanCLSB", r, uns, 0, "VA", kPower, 0x0000, "low word of SmeanC"},
    {0xD0, "PmeanTF", r, twos, 0xE0, "W", kPower, 0x0000, "active power of the fundamental, total"},
    {0xD1, "PmeanAF", r, twos, 0xE1, "W", kPower, 0x0000, "active power of the fundamental, line A"},
    {0xD2, "PmeanBF", r, twos, 0xE2, "W", kPower, 0x0000, "active power of the fundamental, line B"},
    {0xD3, "PmeanCF", r, twos, 0xE3, "W", kPower, 0x0000, "active power of the fundamental, line C"},
    {0xD4, "PmeanTH", r, twos, 0xE4, "W", kPower, 0x0000, "active power of harmonics, total"},
    {0xD5, "PmeanAH", r, twos, 0xE5, "W", kPower, 0x0000, "active power of harmonics, line A"},
    {0xD6, "PmeanBH", r, twos, 0xE6, "W", kPower, 0x0000, "active power of harmonics, line B"},
    {0xD7, "PmeanCH", r, twos, 0xE7, "W", kPower, 0x0000, "active power of harmonics, line C"},
    {0xD9, "UrmsA", r, uns, 0xE9, "V", 0.01, 0x0000, "voltage of line A"},
    {0xDA, "UrmsB", r, uns, 0xEA, "V", 0.01, 0x0000, "voltage of line B"},
    {0xDB, "UrmsC", r, uns, 0xEB, "V", 0.01, 0x0000, "voltage of line C"},
    {0xDC, "IrmsN", r, uns, 0, "A", 0.001, 0x0000, "calculated neutral, |iA+iB+iC|; 0xD8 is the ATM90E36's; means nothing with one voltage adapter"},
    {0xDD, "IrmsA", r, uns, 0xED, "A", 0.001, 0x0000, "current of line A; ends at 65.535 A, has no direction"},
    {0xDE, "IrmsB", r, uns, 0xEE, "A", 0.001, 0x0000, "current of line B; ends at 65.535 A, has no direction"},
    {0xDF, "IrmsC", r, uns, 0xEF, "A", 0.001, 0x0000, "current of line C; ends at 65.535 A, has no direction"},
    {0xE0, "PmeanTFLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanTF"},
    {0xE1, "PmeanAFLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanAF"},
    {0xE2, "PmeanBFLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanBF"},
    {0xE3, "PmeanCFLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanCF"},
    {0xE4, "PmeanTHLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanTH"},
    {0xE5, "PmeanAHLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanAH"},
    {0xE6, "PmeanBHLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanBH"},
    {0xE7, "PmeanCHLSB", r, uns, 0, "W", kPower, 0x0000, "low word of PmeanCH"},
    {0xE9, "UrmsALSB", r, uns, 0, "V", 0.01 / 65536, 0x0000, "low word of UrmsA; only [15:8] count"},
    {0xEA, "UrmsBLSB", r, uns, 0, "V", 0.01 / 65536, 0x0000, "low word of UrmsB; only [15:8] count"},
    {0xEB, "UrmsCLSB", r, uns, 0, "V", 0.01 / 65536, 0x0000, "low word of UrmsC; only [15:8] count"},
    {0xED, "IrmsALSB", r, uns, 0, "A", 0.001 / 65536, 0x0000, "low word of IrmsA; only [15:8] count"},
    {0xEE, "IrmsBLSB", r, uns, 0, "A", 0.001 / 65536, 0x0000, "low word of IrmsB; only [15:8] count"},
    {0xEF, "IrmsCLSB", r, uns, 0, "A", 0.001 / 65536, 0x0000, "low word of IrmsC; only [15:8] count"},
    {0xF1, "UPeakA", r, twos, 0, "Ugain V", 1.0 / 819200, 0x0000, "voltage peak of line A: times Ugain; the size counts; THD on the ATM90E36"},
    {0xF2, "UPeakB", r, twos, 0, "Ugain V", 1.0 / 819200, 0x0000, "voltage peak of line B: times Ugain; the size counts; THD on the ATM90E36"},
    {0xF3, "UPeakC", r, twos, 0, "Ugain V", 1.0 / 819200, 0x0000, "voltage peak of line C: times Ugain; the size counts; THD on the ATM90E36"},
    {0xF5, "IPeakA", r, twos, 0, "Igain A", 1.0 / 8192000, 0x0000, "current peak of line A: times Igain; the size counts"},
    {0xF6, "IPeakB", r, twos, 0, "Igain A", 1.0 / 8192000, 0x0000, "current peak of line B: times Igain; the size counts"},
    {0xF7, "IPeakC", r, twos, 0, "Igain A", 1.0 / 8192000, 0x0000, "current peak of line C: times Igain; the size counts"},
    {0xF8, "Freq", r, uns, 0, "Hz", 0.01, 0x0000, "frequency, each cycle; 0 when every voltage is lost"},
    {0xF9, "PAngleA", r, uns, 0, "°", 0.1, 0x0000, "current of line A behind its voltage, 0..3600 (table 17's sign is the ATM90E36's; both are understood)"},
    {0xFA, "PAngleB", r, uns, 0, "°", 0.1, 0x0000, "current of line B behind its voltage, 0..3600 (table 17's sign is the ATM90E36's; both are understood)"},
    {0xFB, "PAngleC", r, uns, 0, "°", 0.1, 0x0000, "current of line C behind its voltage, 0..3600 (table 17's sign is the ATM90E36's; both are understood)"},
    {0xFC, "Temp", r, twos, 0, "°C", 1, 0x0000, "temperature of the chip"},
    {0xFD, "UangleA", r, uns, 0, "°", 0.1, 0x0000, "always 0"},
    {0xFE, "UangleB", r, uns, 0, "°", 0.1, 0x0000, "voltage B against A, 0..3600"},
    {0xFF, "UangleC", r, uns, 0, "°", 0.1, 0x0000, "voltage C against A, 0..3600"},
    {0x201, "Trim201", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x202, "Trim202", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x203, "Trim203", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x204, "Trim204", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x205, "Trim205", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x206, "Trim206", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x207, "Trim207", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x208, "Trim208", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x209, "Trim209", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x216, "Trim216", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x219, "Trim219", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
    {0x2FF, "Trim2FF", w, bits, 0, "", 1, unknown, "hidden trim of reference and temperature (application note 7.1); never written"},
});
// clang-format on
}  // namespace detail

/// By address, ascending.
inline constexpr auto& kRegisters = detail::kRegisterRows;

/// The row of an address, or null where nothing is known to be.
constexpr const Register* find_register(std::uint16_t address) {
  const auto row = std::ranges::lower_bound(kRegisters, address, {}, &Register::address);
  return row != kRegisters.end() && row->address == address ? row : nullptr;
}

constexpr const Register* find_register(std::string_view name) {
  const auto row = std::ranges::find(kRegisters, name, &Register::name);
  return row != kRegisters.end() ? row : nullptr;
}

}  // namespace fithome::chip
