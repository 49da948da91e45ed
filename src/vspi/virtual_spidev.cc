// SPDX-License-Identifier: MIT
#define FUSE_USE_VERSION 35
#include "vspi/virtual_spidev.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fuse_lowlevel.h>
#include <linux/spi/spidev.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "vspi/spi_wire.h"

namespace fithome::vspi {
namespace {

// As the kernel's: 4,096 bytes, in which a transfer begins at a multiple of 128 (arm64).
constexpr std::size_t kBuffer = 4096;
constexpr std::size_t kAlignment = 128;
constexpr std::uint32_t kModesOfController =
    SPI_CPHA | SPI_CPOL | SPI_CS_HIGH | SPI_LSB_FIRST | SPI_NO_CS;

struct Session {
  void operator()(fuse_session* session) const { fuse_session_destroy(session); }
};

/// Between a client's memory and ours; 0 or an errno.
int copy(pid_t client, std::span<std::uint8_t> ours, std::uint64_t theirs, bool to_client) {
  if (theirs == 0 || ours.empty()) return 0;
  const iovec local{ours.data(), ours.size()};
  const iovec remote{reinterpret_cast<void*>(static_cast<std::uintptr_t>(theirs)), ours.size()};
  const auto moved = to_client ? ::process_vm_writev(client, &local, 1, &remote, 1, 0)
                               : ::process_vm_readv(client, &local, 1, &remote, 1, 0);
  if (moved == static_cast<ssize_t>(ours.size())) return 0;
  return moved < 0 && errno == EPERM ? EPERM : EFAULT;
}

Result<void> check_machine() {
  if (::geteuid() != 0) {
    return fail(Code::invalid,
                "a simulated spidev needs root, for it reads and writes the memory of its clients; "
                "run it with sudo");
  }
  if (::access("/dev/fuse", R_OK | W_OK) != 0) {
    return fail(Code::invalid,
                "/dev/fuse is not there: load the kernel's module (sudo modprobe fuse); in a "
                "container, hand it in (--device /dev/fuse, and --cap-add SYS_ADMIN)");
  }
  return {};
}

Result<struct stat> ordinary_file(const std::string& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) {
    const int error = errno;
    if (error == ENOENT) {
      return fail(Code::invalid,
                  fmt::format("{}: no such file; the device is put over an ordinary file, so make "
                              "one: sudo touch {}",
                              file, file),
                  error);
    }
    if (error == ENOTCONN) {
      return fail(Code::invalid,
                  fmt::format("{}: what was simulated there is dead; take it away: sudo umount {}",
                              file, file),
                  error);
    }
    return os_failure(Code::invalid, file, error);
  }
  if (S_ISCHR(found.st_mode)) {
    return fail(Code::invalid, file + ": a real device; choose a file of another name");
  }
  if (!S_ISREG(found.st_mode)) return fail(Code::invalid, file + ": not an ordinary file");
  return found;
}

class FuseSpidev final : public VirtualSpidev {
 public:
  FuseSpidev(sim::Wire& wire, Misuse& misuse) : wire_(wire, misuse) {}
  ~FuseSpidev() override {
    if (!mounted_) return;
    const std::uint64_t one = 1;
    if (::write(stop_.get(), &one, sizeof one) != sizeof one) std::abort();
    server_.join();
    fuse_session_unmount(session_.get());
  }

  Result<void> start(const std::string& file);
  std::uint32_t mode() const override { return mode_; }
  int messages() const override { return messages_; }

  void attributes(fuse_req_t request) const { fuse_reply_attr(request, &attributes_, 1.0); }
  void control(fuse_req_t request, unsigned command, std::span<const std::uint8_t> in);
  void half_duplex(fuse_req_t request, std::span<std::uint8_t> bytes, bool write);

 private:
  void serve();
  void message(fuse_req_t request, std::span<const std::uint8_t> in);
  int exchange(pid_t client, std::span<const spi_ioc_transfer> transfers);
  int set(unsigned command, std::uint32_t value);
  template <class T>
  void tell(fuse_req_t request, T value) const {
    fuse_reply_ioctl(request, 0, &value, sizeof value);
  }

  SpiWire wire_;
  std::atomic<std::uint32_t> mode_{SPI_MODE_0};
  std::uint32_t speed_ = 500'000;
  std::atomic<int> messages_{0};
  struct stat attributes_{};
  UniqueFd stop_;
  std::unique_ptr<fuse_session, Session> session_;
  bool mounted_ = false;
  std::jthread server_;
};

FuseSpidev& device_of(fuse_req_t request) {
  return *static_cast<FuseSpidev*>(fuse_req_userdata(request));
}

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops ops{};
  ops.getattr = [](fuse_req_t request, fuse_ino_t, fuse_file_info*) {
    device_of(request).attributes(request);
  };
  ops.setattr = [](fuse_req_t request, fuse_ino_t, struct stat*, int, fuse_file_info*) {
    device_of(request).attributes(request);  // a shell's > truncates first
  };
  ops.open = [](fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
    file->direct_io = 1;
    file->nonseekable = 1;
    fuse_reply_open(request, file);
  };
  ops.ioctl = [](fuse_req_t request, fuse_ino_t, unsigned command, void*, fuse_file_info*, unsigned,
                 const void* in, std::size_t in_size, std::size_t) {
    device_of(request).control(request, command, {static_cast<const std::uint8_t*>(in), in_size});
  };
  ops.read = [](fuse_req_t request, fuse_ino_t, std::size_t size, off_t, fuse_file_info*) {
    std::vector<std::uint8_t> bytes(size);
    device_of(request).half_duplex(request, bytes, false);
  };
  ops.write = [](fuse_req_t request, fuse_ino_t, const char* data, std::size_t size, off_t,
                 fuse_file_info*) {
    std::vector<std::uint8_t> bytes(data, data + size);
    device_of(request).half_duplex(request, bytes, true);
  };
  return ops;
}

Result<void> FuseSpidev::start(const std::string& file) {
  FITHOME_TRY_VOID(check_machine());
  FITHOME_TRY(attributes_, ordinary_file(file));
  attributes_.st_ino = FUSE_ROOT_ID;
  attributes_.st_size = 0;
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!stop_) return os_failure(Code::transient, "eventfd", errno);

  std::array<char*, 3> words{const_cast<char*>("virtual-spidev"), const_cast<char*>("-o"),
                             const_cast<char*>("allow_other,default_permissions")};
  fuse_args arguments = FUSE_ARGS_INIT(static_cast<int>(words.size()), words.data());
  const auto ops = operations();
  session_.reset(fuse_session_new(&arguments, &ops, sizeof ops, this));
  fuse_opt_free_args(&arguments);
  if (!session_ || fuse_session_mount(session_.get(), file.c_str()) != 0) {
    return fail(Code::invalid, file + ": cannot be mounted over; FUSE says why above");
  }
  // A request may be withdrawn between poll and read: then there is nothing to wait for.
  const int fd = fuse_session_fd(session_.get());
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
    const int error = errno;
    fuse_session_unmount(session_.get());
    return os_failure(Code::transient, file + ": fcntl", error);
  }
  mounted_ = true;
  server_ = std::jthread([this] { serve(); });
  return {};
}

void FuseSpidev::serve() {
  std::array<pollfd, 2> waiting{
      {{fuse_session_fd(session_.get()), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
  fuse_buf request{};
  while (!fuse_session_exited(session_.get())) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
    if (waiting[1].revents) break;
    const int size = fuse_session_receive_buf(session_.get(), &request);
    if (size == -EINTR || size == -EAGAIN) continue;
    if (size <= 0) break;
    fuse_session_process_buf(session_.get(), &request);
  }
  std::free(request.mem);
}

void FuseSpidev::control(fuse_req_t request, unsigned command, std::span<const std::uint8_t> in) {
  if (_IOC_TYPE(command) != SPI_IOC_MAGIC) {
    fuse_reply_err(request, ENOTTY);
    return;
  }
  if (_IOC_NR(command) == 0 && _IOC_DIR(command) == _IOC_WRITE) return message(request, in);
  switch (command) {
    case SPI_IOC_RD_MODE:
      return tell(request, static_cast<std::uint8_t>(mode_));
    case SPI_IOC_RD_MODE32:
      return tell(request, mode_.load());
    case SPI_IOC_RD_LSB_FIRST:
      return tell(request, static_cast<std::uint8_t>((mode_ & SPI_LSB_FIRST) != 0));
    case SPI_IOC_RD_BITS_PER_WORD:
      return tell(request, std::uint8_t{8});
    case SPI_IOC_RD_MAX_SPEED_HZ:
      return tell(request, speed_);
    default:
      break;
  }
  std::uint32_t value = 0;
  if (in.empty() || in.size() > sizeof value) {
    fuse_reply_err(request, ENOTTY);
    return;
  }
  std::memcpy(&value, in.data(), in.size());
  const int error = set(command, value);
  if (error == 0) {
    fuse_reply_ioctl(request, 0, nullptr, 0);
  } else {
    fuse_reply_err(request, error);
  }
}

int FuseSpidev::set(unsigned command, std::uint32_t value) {
  switch (command) {
    case SPI_IOC_WR_MODE:
    case SPI_IOC_WR_MODE32:
      if (value & ~kModesOfController) return EINVAL;
      mode_ = value;
      return 0;
    case SPI_IOC_WR_LSB_FIRST:
      mode_ = (mode_ & ~static_cast<std::uint32_t>(SPI_LSB_FIRST)) | (value ? SPI_LSB_FIRST : 0U);
      return 0;
    case SPI_IOC_WR_BITS_PER_WORD:
      return value == 0 || value == 8 ? 0 : EINVAL;
    case SPI_IOC_WR_MAX_SPEED_HZ:
      if (value == 0) return EINVAL;
      speed_ = value;
      return 0;
    default:
      return ENOTTY;
  }
}

void FuseSpidev::message(fuse_req_t request, std::span<const std::uint8_t> in) {
  if (in.size() % sizeof(spi_ioc_transfer) != 0) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  std::vector<spi_ioc_transfer> transfers(in.size() / sizeof(spi_ioc_transfer));
  if (!in.empty()) std::memcpy(transfers.data(), in.data(), in.size());
  const int done = exchange(fuse_req_ctx(request)->pid, transfers);
  if (done < 0) {
    fuse_reply_err(request, -done);
  } else {
    fuse_reply_ioctl(request, done, nullptr, 0);
  }
}

/// All is fetched before the first clock and handed back after the last one, as in the kernel.
int FuseSpidev::exchange(pid_t client, std::span<const spi_ioc_transfer> transfers) {
  std::size_t room = 0;
  std::vector<std::vector<std::uint8_t>> buffers;
  for (const auto& one : transfers) {
    room += (one.len + kAlignment - 1) / kAlignment * kAlignment;
    if (room > kBuffer) return -EMSGSIZE;
    if (one.bits_per_word != 0 && one.bits_per_word != 8) return -EINVAL;
    if (const int error = copy(client, buffers.emplace_back(one.len), one.tx_buf, false)) {
      return -error;
    }
  }
  int total = 0;
  for (std::size_t n = 0; n < transfers.size(); ++n) {
    auto& bytes = buffers[n];
    const auto speed = transfers[n].speed_hz ? transfers[n].speed_hz : speed_;
    wire_.shift(std::vector(bytes), bytes, mode_, speed);
    // In the middle it pulses chip-select; at the end it leaves it down for the next message.
    const bool last = n + 1 == transfers.size();
    if ((transfers[n].cs_change != 0) != last) wire_.lift();
    total += static_cast<int>(bytes.size());
  }
  for (std::size_t n = 0; n < transfers.size(); ++n) {
    if (const int error = copy(client, buffers[n], transfers[n].rx_buf, true)) return -error;
  }
  ++messages_;
  return total;
}

void FuseSpidev::half_duplex(fuse_req_t request, std::span<std::uint8_t> bytes, bool write) {
  if (bytes.size() > kBuffer) {
    fuse_reply_err(request, EMSGSIZE);
    return;
  }
  wire_.shift(std::vector(bytes.begin(), bytes.end()), bytes, mode_, speed_);
  wire_.lift();
  ++messages_;
  if (write) {
    fuse_reply_write(request, bytes.size());
  } else {
    fuse_reply_buf(request, reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

}  // namespace

Result<std::unique_ptr<VirtualSpidev>> VirtualSpidev::mount(const std::string& file,
                                                            sim::Wire& wire, Misuse& misuse) {
  auto device = std::make_unique<FuseSpidev>(wire, misuse);
  FITHOME_TRY_VOID(device->start(file));
  return std::unique_ptr<VirtualSpidev>(std::move(device));
}

}  // namespace fithome::vspi
